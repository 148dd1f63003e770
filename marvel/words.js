// Figures as a reader says them.

const NUMBERS = ["none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

// "five", "13"
export const word = (n) => NUMBERS[n] ?? String(n);

// "five nodes", "one node", "13 nodes"
export const count = (n, one, many = `${one}s`) => `${n === 0 ? "no" : word(n)} ${n === 1 ? one : many}`;

// "8 of 40 copies", "1 of 15 primaries"
export const share = (part, whole, many) => `${part} of ${whole} ${many}`;

// "a", "a and b", "a, b and c", "a, b, c and 4 more"
export function list(names, most = 3) {
  const said = names.length > most ? [...names.slice(0, most), `${names.length - most} more`] : names;
  return said.length < 2 ? said.join("") : `${said.slice(0, -1).join(", ")} and ${said.at(-1)}`;
}

// "06:39:46" of today, "2026-11-22 06:39:46" of another day; the reader's time zone
export function clock(moment, now = new Date()) {
  const two = (n) => String(n).padStart(2, "0");
  const time = [moment.getHours(), moment.getMinutes(), moment.getSeconds()].map(two).join(":");
  const day = (date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return day(moment) === day(now) ? time : `${day(moment)} ${time}`;
}

// "42 s", "5 min 3 s", "2 h 5 min", "3 d 4 h": the two largest units that are not nought in front
export function duration(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  const units = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const first = units.findIndex(([size]) => seconds >= size);
  const shown = first < 0 ? [units.at(-1)] : units.slice(first, first + 2);
  let rest = seconds;
  return shown.map(([size, unit]) => {
    const whole = Math.floor(rest / size);
    rest -= whole * size;
    return `${whole} ${unit}`;
  }).join(" ");
}

// "0 bytes", "812 bytes", "1.4 MiB", "23 GiB"
export function bytes(amount) {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  const step = amount < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(amount) / 10));
  const value = amount / 1024 ** step;
  return `${step === 0 || value >= 10 ? Math.round(value) : value.toFixed(1)} ${units[step]}`;
}

// "1,234,567"
export const number = (value) => value.toLocaleString("en");
