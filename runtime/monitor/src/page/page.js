// The page of a venue: keeps the state that the venue sends, and shows it.

import { Chart } from "./charts.js";
import { openOperator } from "./operator.js";
import { bytes, clock, count, price, short, span, time } from "./format.js";

const byId = (id) => document.getElementById(id);
const POINTS_MAX = 600;
const TRADES_MAX = 60;
const ROWS_MAX = 300;
const token = new URLSearchParams(location.search).get("token");

let state = null;
let wanted = decodeURIComponent(location.hash.slice(1)) || null;
let source = null;
let lostSince = null;
let retryMs = 500;
let past = null;
let pending = null;
let isDrawn = true;

// ---- What the venue sends

function address(path, parameters) {
  const query = new URLSearchParams(parameters);
  if (token) query.set("token", token);
  return `${path}?${query}`;
}

function connect() {
  source?.close();
  source = new EventSource(address("api/live", wanted ? { instrument: wanted } : {}));
  source.addEventListener("state", (event) => {
    state = JSON.parse(event.data);
    state.book ??= { bids: [], asks: [] };
    [lostSince, retryMs] = [null, 500];
    wanted ??= state.instruments[state.instrument]?.symbol ?? null;
    draw();
  });
  source.addEventListener("change", (event) => {
    if (state) change(JSON.parse(event.data));
  });
  source.onerror = () => {
    source.close();
    lostSince ??= Date.now();
    // The instrument may be gone with another log.
    if (!state && wanted && retryMs > 2000) wanted = null;
    setTimeout(connect, retryMs);
    retryMs = Math.min(retryMs * 2, 5000);
    draw();
  };
}

function change(changed) {
  const { instruments, bids, asks, trades, point, price: last, ...rest } = changed;
  Object.assign(state, rest);
  for (const [at, row] of Object.entries(instruments ?? {})) state.instruments[at] = row;
  if (bids) state.book.bids = merged(state.book.bids, bids, (a, b) => b - a);
  if (asks) state.book.asks = merged(state.book.asks, asks, (a, b) => a - b);
  if (trades) state.trades = [...state.trades, ...trades].slice(-TRADES_MAX);
  if (point) {
    state.points = [...state.points, point].slice(-POINTS_MAX);
    state.prices = [...state.prices, last ?? null].slice(-POINTS_MAX);
  }
  draw();
}

function merged(levels, changed, order) {
  const byPrice = new Map(levels.map((level) => [level[0], level]));
  for (const level of changed) {
    if (level[2] === 0) byPrice.delete(level[0]);
    else byPrice.set(level[0], level);
  }
  return [...byPrice.values()].sort((a, b) => order(a[0], b[0]));
}

// ---- What is shown

function draw() {
  if (!isDrawn) return;
  isDrawn = false;
  requestAnimationFrame(() => { isDrawn = true; show(); });
}

function text(id, content) {
  const element = byId(id);
  if (element.textContent !== content) element.textContent = content;
}

function cell(content, className = "") {
  const element = document.createElement("td");
  element.textContent = content;
  element.className = className;
  return element;
}

function row(...cells) {
  const element = document.createElement("tr");
  element.append(...cells);
  return element;
}

function show() {
  showStatus();
  if (!state) return;
  const instrument = state.instruments[state.instrument];
  showInstruments();
  showBook(instrument);
  showTrades(instrument);
  showCharts(instrument);
  showEngine();
  showClients();
  const last = instrument ? `${instrument.symbol} ${price(instrument.last, instrument.decimals)} · ` : "";
  document.title = `${last}Highwater`;
}

function showStatus() {
  const pill = byId("status");
  const problem = byId("problem");
  let [word, className, sentence] = ["connecting", "", ""];
  if (lostSince !== null) {
    [word, className] = ["disconnected", "alarm"];
    sentence = `No connection for ${span(Date.now() - lostSince)}; what is shown is old. Trying again.`;
    if (!state) sentence = "The venue is not reached. Trying again.";
  } else if (state?.ended) {
    [word, className, sentence] = ["ended", "alarm", `The engine has ended: ${state.ended}`];
  } else if (state && state.book_sequence === null) {
    [word, sentence] = ["recovering", ""];
  } else if (past) {
    [word, className] = [`past: sequence ${count(past.sequence)}`, "past"];
  } else if (state) {
    [word, className] = ["live", "good"];
  }
  text("status", word);
  pill.className = `pill ${className}`;
  problem.hidden = sentence === "";
  text("problem", sentence);
  document.body.classList.toggle("stale", lostSince !== null && state !== null);
  if (state) {
    const { version, data, sync, started_ms } = state.about;
    text("about", `${version}  ${data}  sync ${sync}  up ${span(state.now_ms - started_ms)}`);
  }
}

function showInstruments() {
  const filter = byId("filter").value.trim().toUpperCase();
  const all = state.instruments.map((it, at) => [it, at]);
  const found = all.filter(([it]) => it.symbol.toUpperCase().includes(filter));
  const rows = found.slice(0, ROWS_MAX).map(([it, at]) => {
    const difference = it.last !== null && it.first !== null ? it.last - it.first : null;
    const way = difference > 0 ? "up" : difference < 0 ? "down" : "";
    const how = it.is_halted ? "halted" : it.phase === "continuous" ? "" : it.phase;
    const tag = cell("");
    if (how) {
      const span = document.createElement("span");
      [span.className, span.textContent] = ["tag", how];
      tag.append(span);
    }
    const changed = difference === null ? "–" : price(Math.abs(difference), it.decimals);
    const line = row(
      cell(it.symbol), cell(price(it.last, it.decimals)), cell(changed, way),
      cell(price(it.bid, it.decimals)), cell(price(it.ask, it.decimals)), cell(short(it.volume)), tag,
    );
    line.setAttribute("aria-selected", String(at === state.instrument));
    line.dataset.symbol = it.symbol;
    return line;
  });
  if (rows.length === 0) {
    const none = cell(state.instruments.length ? "No symbol matches." : "No instruments yet.", "quiet");
    none.colSpan = 7;
    rows.push(row(none));
  }
  byId("rows").replaceChildren(...rows);
}

function showBook(instrument) {
  const book = past?.book ?? state.book;
  const decimals = instrument?.decimals ?? 0;
  const most = Math.max(1, ...book.bids.map((it) => it[2]), ...book.asks.map((it) => it[2]));
  const lines = (levels) => levels.map(([ticks, shown, open, orders]) => {
    const bar = document.createElement("span");
    bar.className = "bar";
    bar.style.width = `${Math.max(1, (open / most) * 100)}%`;
    const part = document.createElement("span");
    part.className = "shown";
    part.style.width = `${open ? (shown / open) * 100 : 0}%`;
    bar.append(part);
    const depth = cell("", "wide");
    depth.append(bar);
    depth.title = `${count(shown)} shown of ${count(open)} in ${count(orders)} orders`;
    return row(cell(count(orders)), cell(count(shown)), cell(price(ticks, decimals)), depth);
  });
  byId("asks").replaceChildren(...lines(book.asks).reverse());
  byId("bids").replaceChildren(...lines(book.bids));
  byId("no-orders").hidden = book.bids.length + book.asks.length > 0;
  text("book-title", instrument ? `Book of ${instrument.symbol}` : "Book");
  const [bid, ask] = [book.bids[0]?.[0], book.asks[0]?.[0]];
  const isBoth = bid !== undefined && ask !== undefined;
  text("spread", isBoth ? `spread ${price(ask - bid, decimals)}` : "");
  byId("book").classList.toggle("past-book", past !== null);
  const end = Math.max(1, state.figures.durable);
  const slider = byId("slider");
  slider.max = String(end);
  const isLive = past === null && pending === null;
  if (isLive && document.activeElement !== byId("at")) slider.value = byId("at").value = String(end);
  byId("at").max = String(end);
  byId("live").disabled = isLive;
}

function showTrades(instrument) {
  const letters = { buy: "B", sell: "S" };
  const rows = state.trades.slice(-TRADES_MAX).reverse().map((it) => row(
    cell(clock(it.time_ms)), cell(letters[it.side] ?? "A", it.side ?? ""),
    cell(price(it.price, instrument?.decimals ?? 0), it.side ?? ""), cell(count(it.quantity)),
  ));
  byId("trade-rows").replaceChildren(...rows);
  byId("no-trades").hidden = rows.length > 0;
}

const inTicks = (value) => {
  const decimals = state?.instruments[state.instrument]?.decimals ?? 0;
  return price(Math.round(value), decimals);
};
const orNone = (value) => (value > 0 ? value : null);
const charts = {
  price: new Chart(byId("price-chart"), [{ name: "last", color: "--accent", of: (it) => it.price }], inTicks, false),
  rate: new Chart(byId("rate-chart"), [{ name: "commands/s", color: "--accent", of: (it) => it.commands }], short),
  answer: new Chart(byId("answer-chart"), [
    { name: "p99", color: "--sell", dash: [5, 3], of: (it) => orNone(it.answer_p99_ns) },
    { name: "p50", color: "--buy", of: (it) => orNone(it.answer_p50_ns) },
  ], time),
  sync: new Chart(byId("sync-chart"), [
    { name: "p99", color: "--sell", dash: [5, 3], of: (it) => orNone(it.sync_p99_ns) },
    { name: "p50", color: "--buy", of: (it) => orNone(it.sync_p50_ns) },
  ], time),
};

let chartedAt = null;
function showCharts(instrument) {
  const last = state.points[state.points.length - 1];
  const key = `${last?.time_ms} ${state.instrument}`;
  if (key === chartedAt) return;
  chartedAt = key;
  charts.price.set(state.points.map((it, at) => ({ time_ms: it.time_ms, price: state.prices[at] ?? null })));
  for (const name of ["rate", "answer", "sync"]) charts[name].set(state.points);
  const both = (p50, p99) => (p99 ? `p50 ≤ ${time(p50)}, p99 ≤ ${time(p99)}` : "none this second");
  text("price-now", instrument ? price(instrument.last, instrument.decimals) : "");
  text("rate-now", last ? count(last.commands) : "");
  text("answer-now", last ? both(last.answer_p50_ns, last.answer_p99_ns) : "");
  text("sync-now", last ? both(last.sync_p50_ns, last.sync_p99_ns) : "");
}

function showEngine() {
  const it = state.figures;
  const rejects = Object.entries(it.rejects).map(([reason, number]) => `${reason} ${count(number)}`);
  const figures = [
    ["Appended", count(it.appended)], ["Durable", count(it.durable)], ["Released", count(it.released)],
    ["Durable lag", `${count(it.appended - it.durable)} commands`],
    ["Log since start", bytes(it.log_bytes)], ["Segments begun", count(it.segments_begun)],
    ["Syncs", count(it.syncs)], ["Commands a sync", it.syncs ? short(it.durable / it.syncs) : "–"],
    ["Snapshots made", `${count(it.snapshots)}${it.snapshots_failed ? `, ${it.snapshots_failed} failed` : ""}`],
    ["Newest snapshot", it.newest_snapshot ? `at ${count(it.newest_snapshot)}` : "none yet"],
    ["Log behind it", bytes(it.behind_snapshot_bytes)],
    ["Rings", `${it.input_ring} / ${it.record_ring} / ${it.event_ring}`],
    ["Connections", count(it.connections)], ["Reading old messages", count(it.replaying)],
    ["Logins refused", count(it.logins_refused)], ["Rejects", rejects.join(", ") || "none"],
  ];
  const list = figures.map(([name, value]) => {
    const line = document.createElement("div");
    const [term, definition] = [document.createElement("dt"), document.createElement("dd")];
    [term.textContent, definition.textContent] = [name, value];
    line.append(term, definition);
    return line;
  });
  byId("figures").replaceChildren(...list);
}

function showClients() {
  const logins = [...state.logins].sort((a, b) => b.behind - a.behind).slice(0, ROWS_MAX);
  const rows = logins.map((it) => row(
    cell(it.session === null ? it.user : `${it.user} (${it.session})`), cell(it.service), cell(it.address),
    cell(count(it.next)), cell(it.behind ? count(it.behind) : "", it.behind > 1000 ? "sell" : ""),
  ));
  byId("login-rows").replaceChildren(...rows);
  byId("no-clients").hidden = rows.length > 0;
}

// ---- What the user does

function choose(symbol) {
  if (!symbol || symbol === wanted) return;
  wanted = symbol;
  history.replaceState(null, "", `#${encodeURIComponent(symbol)}`);
  if (past) travel(past.sequence);
  connect();
}

function step(by) {
  if (!state) return;
  const symbols = [...byId("rows").querySelectorAll("tr[data-symbol]")].map((it) => it.dataset.symbol);
  const at = symbols.indexOf(state.instruments[state.instrument]?.symbol);
  choose(symbols[Math.min(Math.max(at + by, 0), symbols.length - 1)]);
}

/** Shows the book as it was behind a sequence; the last wish counts. */
function travel(sequence) {
  const at = Math.min(Math.max(Math.trunc(sequence) || 1, 1), Number(byId("slider").max));
  byId("slider").value = byId("at").value = String(at);
  clearTimeout(pending);
  pending = setTimeout(async () => {
    const mine = pending;
    text("travel-note", "…");
    const [book, sentence] = await pastBook(at);
    if (mine !== pending) return;
    if (book) past = { sequence: at, book };
    else if (!past) pending = null;
    text("travel-note", sentence);
    draw();
  }, 120);
}

async function pastBook(at) {
  try {
    const reply = await fetch(address("api/book", { instrument: wanted, at, depth: 20 }));
    if (!reply.ok) return [null, (await reply.text()).trim()];
    const [found] = (await reply.json()).instruments;
    const levels = (all) => all.map((it) => [it.price_ticks, it.visible_lots, it.quantity_lots, it.order_count]);
    return [{ bids: levels(found.bids), asks: levels(found.asks) }, `The book as it was behind command ${count(at)}.`];
  } catch {
    return [null, "The venue is not reached."];
  }
}

function goLive() {
  clearTimeout(pending);
  [pending, past] = [null, null];
  text("travel-note", "");
  draw();
}

function operate() {
  const users = [...new Set((state?.logins ?? []).map((it) => it.user))].sort();
  openOperator(state?.instruments[state.instrument]?.symbol, users, token);
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  localStorage.setItem("theme", theme);
  chartedAt = null;
  draw();
}

function toggleTheme() {
  setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
}

byId("rows").addEventListener("click", (event) => choose(event.target.closest("tr")?.dataset.symbol));
byId("filter").addEventListener("input", draw);
byId("slider").addEventListener("input", () => travel(Number(byId("slider").value)));
byId("at").addEventListener("change", () => travel(Number(byId("at").value)));
byId("back").addEventListener("click", () => travel(Number(byId("at").value) - 1));
byId("forth").addEventListener("click", () => travel(Number(byId("at").value) + 1));
byId("live").addEventListener("click", goLive);
byId("travel").addEventListener("submit", (event) => event.preventDefault());
byId("theme").addEventListener("click", toggleTheme);
byId("operator-button").addEventListener("click", operate);
byId("help-button").addEventListener("click", () => byId("help").showModal());
document.addEventListener("keydown", (event) => {
  const isTyping = event.target.matches("input");
  if (event.key === "Escape" && isTyping) event.target.blur();
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const keys = {
    ArrowDown: () => step(1), ArrowUp: () => step(-1), "/": () => byId("filter").focus(),
    "[": () => travel(Number(byId("at").value) - 1), "]": () => travel(Number(byId("at").value) + 1),
    l: goLive, o: operate, t: toggleTheme, "?": () => byId("help").showModal(),
  };
  if (keys[event.key]) {
    event.preventDefault();
    keys[event.key]();
  }
});
setInterval(() => { if (lostSince !== null) draw(); }, 1000);

const dark = matchMedia("(prefers-color-scheme: dark)").matches;
setTheme(localStorage.getItem("theme") ?? (dark ? "dark" : "light"));
connect();
