// Numbers as people read them; prices are exact, made of whole ticks.

/** A price in ticks as a decimal number; '–' for none. */
export function price(ticks, decimals) {
  if (ticks === null || ticks === undefined) return "–";
  if (decimals === 0) return String(ticks);
  const text = String(Math.abs(ticks)).padStart(decimals + 1, "0");
  return (ticks < 0 ? "−" : "") + text.slice(0, -decimals) + "." + text.slice(-decimals);
}

/** A whole number with its thousands set apart. */
export function count(number) {
  return Number(number ?? 0).toLocaleString("en");
}

/** A number that must be short: 12.3k, 4.56M. */
export function short(number) {
  for (const [size, letter] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]]) {
    if (number >= size) return (number / size).toPrecision(3) + letter;
  }
  return String(Math.round(number));
}

/** Nanoseconds with a unit. */
export function time(ns) {
  if (ns >= 1e9) return (ns / 1e9).toPrecision(3) + " s";
  if (ns >= 1e6) return (ns / 1e6).toPrecision(3) + " ms";
  return Math.round(ns / 1e3) + " µs";
}

/** Bytes with a unit. */
export function bytes(number) {
  for (const [size, unit] of [[2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"]]) {
    if (number >= size) return (number / size).toFixed(1) + " " + unit;
  }
  return number + " B";
}

/** The time of the day in the browser's zone, with milliseconds. */
export function clock(ms) {
  const date = new Date(ms);
  const two = (number) => String(number).padStart(2, "0");
  const millis = String(date.getMilliseconds()).padStart(3, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${millis}`;
}

/** How long, in words as short as can be. */
export function span(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} days`;
}
