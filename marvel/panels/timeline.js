// What happened, newest first, with what was its cause and how long it took, and the strip of how the cluster was.

import { element, setItems, setText } from "../dom.js";
import { looks, rowsOf } from "../history.js";
import { recordedLooks } from "../looks.js";
import { now } from "../now.js";
import { unreadOf } from "../recorded.js";
import { goTo, onMove, past } from "../replay.js";
import { drawStrip, spansOf, summary } from "../strip.js";
import { KINDS, kindOf, ORIGINS, tell } from "../telling.js";
import { clock, number } from "../words.js";

const SPANS = { "15m": ["15 minutes", 900e3], "1h": ["hour", 3600e3], "6h": ["6 hours", 21600e3], "24h": ["24 hours", 86400e3] };
const MOST = 200; // rows shown

const view = { span: "1h", kinds: new Set(Object.keys(KINDS)) };

export const panel = {
  id: "timeline",
  needs: ["state", "recorded", "copied", "settings", "figures"],
  start,
  show,
  note: ({ recorded, copied }) => [
    recorded.problem && `What was recorded is not to be had: ${recorded.problem}.`,
    copied.problem && `When copies were made is not to be had: ${copied.problem}.`,
  ].filter(Boolean).join(" ") || null,
};

function start(section, known, { redraw }) {
  const select = section.querySelector("select");
  select.append(...Object.entries(SPANS).map(([value, [name]]) => element("option", { value }, name)));
  select.value = view.span;
  select.addEventListener("change", () => { view.span = select.value; redraw(); });
  section.querySelector("[data-kinds]").append(...Object.entries(KINDS).map(([kind, name]) => {
    const box = element("input", { type: "checkbox", value: kind });
    box.checked = true;
    box.addEventListener("change", () => { view.kinds[box.checked ? "add" : "delete"](kind); redraw(); });
    return element("label", {}, box, ` ${name}`);
  }));
  section.querySelector("svg").addEventListener("click", ({ currentTarget, clientX }) => {
    const { left, width } = currentTarget.getBoundingClientRect();
    const at = now() - SPANS[view.span][1] * (1 - (clientX - left) / width);
    const row = shownRows(known).findLast((one) => one.at <= at);
    row && goTo(row);
  });
  onMove(redraw);
}

// The rows that the reader wants to see, oldest first.
export function shownRows(known) {
  const from = now() - SPANS[view.span][1];
  return rowsOf(known).filter((row) => row.at >= from && view.kinds.has(kindOf(row)));
}

function show(section, known) {
  const until = now();
  const rows = shownRows(known);
  const spans = spansOf(rowsOf(known), [...looks(), ...recordedLooks(known.state.answer, known.recorded)], until - SPANS[view.span][1], until);
  const svg = section.querySelector("svg");
  drawStrip(svg, spans, rows.map(({ at }) => at), past()?.at ?? null);
  svg.setAttribute("aria-label", `The last ${SPANS[view.span][0]}: ${summary(spans)}`);
  setText(section.querySelector("[data-from]"), clock(new Date(spans[0].from)));
  setText(section.querySelector("[data-until]"), clock(new Date(until)));
  const told = rows.slice(-MOST).reverse().map((row) => ({
    key: `${row.type} ${row.subject} ${row.at}`, at: row.at, status: row.status ?? "", kind: kindOf(row), text: tell(row),
    origins: row.origins.map((origin) => originOf(origin, row)).join(", "), isShown: past()?.key === keyOf(row),
  }));
  setItems(section.querySelector("tbody"), told, ({ key }) => key, (one) => rowFor(one, rows));
  setText(section.querySelector("[data-more]"), moreOf(rows.length, known));
}

export const keyOf = ({ type, subject, at }) => `${type} ${subject} ${at}`;

function originOf(origin, { observers }) {
  const many = origin === "recorder" ? observers.filter((one) => one !== "api" && one !== "page").length : 1;
  return many > 1 ? `${ORIGINS[origin]} × ${many}` : ORIGINS[origin];
}

function rowFor({ at, key, status, kind, text, origins, isShown }, rows) {
  const button = element("button", { type: "button", class: "time", "aria-pressed": isShown, title: "Show the shard map of this time" },
    element("time", { datetime: new Date(at).toISOString() }, clock(new Date(at))));
  button.addEventListener("click", () => goTo(isShown ? null : { ...rows.find((row) => keyOf(row) === key), key }));
  return element("tr", { "data-kind": kind, "data-status": status },
    element("td", {}, button), element("td", { class: "words" }, text), element("td", { class: "origin" }, origins));
}

function moreOf(found, { state, recorded: { answer } }) {
  const words = [
    found === 0 ? "Nothing of this kind happened in this time, as far as is known." : null,
    found > MOST ? `The last ${MOST} of ${number(found)} are shown.` : null,
    answer !== null && answer.total > answer.events.length ? `The last ${number(answer.events.length)} of ${number(answer.total)} recorded events are read.` : null,
    unreadOf(state.answer, now()),
  ];
  return words.filter(Boolean).join(" ");
}
