// What happened, newest first, with what was its cause and how long it took, and the strip of how the cluster was.

import { element, setItems, setText } from "../dom.js";
import { looks, rowsOf } from "../history.js";
import { recordedLooks } from "../looks.js";
import { now } from "../now.js";
import { toldBy, unreadOf } from "../recorded.js";
import { goTo, keyOf, onMove, past } from "../replay.js";
import { choose, daysOfSpan, lengthOfSpan, nameOfSpan, onChoice, span, SPANS } from "../span.js";
import { drawStrip, spansOf, summary } from "../strip.js";
import { KINDS, kindOf, ORIGINS, tell } from "../telling.js";
import { clock, number } from "../words.js";

const MOST = 200; // rows shown

const kinds = new Set(Object.keys(KINDS)); // those that the reader wants to see

export const panel = {
  id: "timeline",
  needs: ["state", "recorded", "older", "copied", "settings", "figures"],
  start,
  show,
  note: ({ recorded, older, copied }) => [
    recorded.problem && `What was recorded is not to be had: ${recorded.problem}.`,
    older.problem && daysOfSpan() > 1 && `What was recorded more than a day ago is not to be had: ${older.problem}.`,
    copied.problem && `When copies were made is not to be had: ${copied.problem}.`,
  ].filter(Boolean).join(" ") || null,
};

function start(section, known, { redraw }) {
  const select = section.querySelector("select");
  select.append(...Object.entries(SPANS).map(([value, [name]]) => element("option", { value }, name)));
  select.value = span();
  select.addEventListener("change", () => choose(select.value));
  onChoice(redraw);
  section.querySelector("[data-kinds]").append(...Object.entries(KINDS).map(([kind, name]) => {
    const box = element("input", { type: "checkbox", value: kind });
    box.checked = true;
    box.addEventListener("change", () => { kinds[box.checked ? "add" : "delete"](kind); redraw(); });
    return element("label", {}, box, ` ${name}`);
  }));
  section.querySelector("svg").addEventListener("click", ({ currentTarget, clientX }) => {
    const { left, width } = currentTarget.getBoundingClientRect();
    const at = now() - lengthOfSpan() * (1 - (clientX - left) / width);
    const row = shownRows(known).findLast((one) => one.at <= at);
    row && goTo(row);
  });
  onMove(redraw);
}

// The rows that the reader wants to see, oldest first.
export function shownRows(known) {
  const from = now() - lengthOfSpan();
  return rowsOf(known).filter((row) => row.at >= from && kinds.has(kindOf(row)));
}

function show(section, known) {
  const until = now();
  const rows = shownRows(known);
  const recorded = recordedLooks(known.state.answer, { answer: toldBy(known), seen: known.recorded.seen });
  const spans = spansOf(rowsOf(known), [...looks(), ...recorded], until - lengthOfSpan(), until);
  const svg = section.querySelector("svg");
  drawStrip(svg, spans, rows.map(({ at }) => at), past()?.at ?? null);
  svg.setAttribute("aria-label", `The last ${nameOfSpan()}: ${summary(spans)}`);
  setText(section.querySelector("[data-from]"), clock(new Date(spans[0].from)));
  setText(section.querySelector("[data-until]"), clock(new Date(until)));
  const told = rows.slice(-MOST).reverse().map((row) => ({
    key: keyOf(row), at: row.at, status: row.status ?? "", kind: kindOf(row), text: tell(row),
    origins: row.origins.map((origin) => originOf(origin, row)).join(", "), isShown: past()?.key === keyOf(row),
  }));
  setItems(section.querySelector("tbody"), told, ({ key }) => key, (one) => rowFor(one, rows));
  setText(section.querySelector("[data-more]"), moreOf(rows.length, known));
}

function originOf(origin, { observers }) {
  const many = origin === "recorder" ? observers.filter((one) => one !== "api" && one !== "page").length : 1;
  return many > 1 ? `${ORIGINS[origin]} × ${many}` : ORIGINS[origin];
}

function rowFor({ at, key, status, kind, text, origins, isShown }, rows) {
  const button = element("button", { type: "button", class: "time", "aria-pressed": isShown, title: "Show the shard map of this time" },
    element("time", { datetime: new Date(at).toISOString() }, clock(new Date(at))));
  button.addEventListener("click", () => goTo(isShown ? null : rows.find((row) => keyOf(row) === key)));
  return element("tr", { "data-kind": kind, "data-status": status },
    element("td", {}, button), element("td", { class: "words" }, text), element("td", { class: "origin" }, origins));
}

function moreOf(found, known) {
  const answer = toldBy(known);
  const words = [
    found === 0 ? "Nothing of this kind happened in this time, as far as is known." : null,
    found > MOST ? `The last ${MOST} of ${number(found)} are shown.` : null,
    answer !== null && answer.total > answer.events.length ? `The last ${number(answer.events.length)} of ${number(answer.total)} recorded events are read.` : null,
    unreadOf(known.state.answer, now(), daysOfSpan()),
  ];
  return words.filter(Boolean).join(" ");
}
