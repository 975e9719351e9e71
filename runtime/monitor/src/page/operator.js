// What an operator may do from the page: needs the token of the venue's data directory.

const byId = (id) => document.getElementById(id);
const ARMED_MS = 4000;

/** What a button asks for; `of` has the symbol and the user that are chosen. */
const wishes = {
  halt: (of) => ({ do: "trading", thing: "halt", symbols: [of.symbol] }),
  resume: (of) => ({ do: "trading", thing: "resume", symbols: [of.symbol] }),
  "start-auction": (of) => ({ do: "trading", thing: "start-auction", symbols: [of.symbol] }),
  uncross: (of) => ({ do: "trading", thing: "uncross", symbols: [of.symbol] }),
  "stop-entry": (of) => ({ do: "stop-entry", user: of.user }),
  "allow-entry": (of) => ({ do: "allow-entry", user: of.user }),
  kill: (of) => ({ do: "kill", user: of.user }),
  disconnect: (of) => ({ do: "disconnect", user: of.user }),
};

let armed = null;

function disarm() {
  if (armed) {
    clearTimeout(armed.timer);
    armed.button.textContent = armed.label;
    armed.button.classList.remove("armed");
  }
  armed = null;
}

/** The first press says what would be done, the second one does it. */
function press(button, chosen) {
  const of = chosen();
  const name = "user" in wishes[button.dataset.wish](of) ? of.user : of.symbol;
  if (!name) return tell("There is nobody to do that to.");
  if (armed?.button === button && armed.name === name) {
    disarm();
    return ask(wishes[button.dataset.wish](of));
  }
  disarm();
  armed = { button, name, label: button.textContent, timer: setTimeout(disarm, ARMED_MS) };
  button.textContent = `${armed.label} ${name}: press again`;
  button.classList.add("armed");
}

function tell(sentence) {
  byId("operator-answer").textContent = sentence;
}

async function ask(wish) {
  const token = byId("operator-token").value.trim();
  sessionStorage.setItem("token", token);
  tell("…");
  try {
    const headers = { Authorization: `Bearer ${token}` };
    const reply = await fetch("api/admin", { method: "POST", headers, body: JSON.stringify(wish) });
    const said = (await reply.text()).trim();
    if (reply.status === 401) tell("This is not the token: it is in admin/page-token of the data directory.");
    else tell(reply.ok ? JSON.parse(said).lines.join(" ") : said);
  } catch {
    tell("The venue is not reached; whether it was done is not known.");
  }
}

/** Opens the dialog for what is looked at now. */
export function openOperator(symbol, users, token) {
  disarm();
  byId("operator-symbol").textContent = symbol ?? "no instrument";
  // Who is not logged in can be typed.
  const options = users.map((user) => new Option(user, user));
  byId("operator-users").replaceChildren(...options);
  byId("operator-token").value ||= sessionStorage.getItem("token") ?? token ?? "";
  tell("");
  byId("operator").showModal();
}

for (const button of document.querySelectorAll("#operator [data-wish]")) {
  button.addEventListener("click", () => press(button, () => ({
    symbol: byId("operator-symbol").textContent, user: byId("operator-user").value.trim(),
  })));
}
