// The strip above the timeline: how the cluster was, over time, coloured and patterned.

import { setChildren } from "./dom.js";
import { duration, list } from "./words.js";

const NAMES = { green: "green", yellow: "yellow", red: "red", "no-master": "without a master", unknown: "not known" };

// [{status, from, until}] of the time from `from` to `until`. rows: the story (events.js); looks: [from, until] of each
// time that somebody was looking: outside of them nobody knows how the cluster was.
export function spansOf(rows, looks, from, until) {
  const told = rows.filter(({ type }) => type === "status");
  const cuts = [from, until, ...told.map(({ at }) => at), ...looks.flat()].filter((at) => at >= from && at <= until);
  const spans = [];
  [...new Set(cuts)].sort((a, b) => a - b).forEach((start, place, all) => {
    const end = all[place + 1];
    if (end === undefined) {
      return;
    }
    const row = told.findLast(({ at }) => at <= start);
    const isLooked = looks.some(([first, last]) => first <= start && last >= end) || (row && row.status !== "green" && row === told.at(-1));
    const status = row && isLooked ? row.status : "unknown";
    if (spans.at(-1)?.status === status) {
      spans.at(-1).until = end;
    } else {
      spans.push({ status, from: start, until: end });
    }
  });
  return spans;
}

// "green for 58 min 2 s, yellow for 1 min 3 s, not known for 10 s"
export function summary(spans) {
  const sums = {};
  spans.forEach(({ status, from, until }) => { sums[status] = (sums[status] ?? 0) + until - from; });
  return list(Object.entries(sums).map(([status, sum]) => `${NAMES[status]} for ${duration(sum)}`), 5);
}

// marks: times of events; shown: the time that the map shows, or null
export function drawStrip(svg, spans, marks, shown) {
  const [from, until] = [spans[0]?.from ?? 0, spans.at(-1)?.until ?? 1];
  const part = (at) => Math.round(((at - from) / (until - from)) * 10000) / 100;
  const bars = spans.map((span) => ({ x: part(span.from), width: part(span.until) - part(span.from), status: span.status }));
  const lines = [...new Set(marks.filter((at) => at >= from && at <= until).map(part))];
  const here = shown === null || shown < from ? null : part(shown);
  setChildren(svg.querySelector("g"), [bars, lines, here], () => [
    ...bars.map(({ x, width, status }) => shape("rect", { x: `${x}%`, width: `${Math.max(0.15, width)}%`, y: 0, height: 22, "data-status": status })),
    ...lines.map((x) => shape("line", { x1: `${x}%`, x2: `${x}%`, y1: 22, y2: 29, class: "mark" })),
    ...(here === null ? [] : [shape("line", { x1: `${here}%`, x2: `${here}%`, y1: 0, y2: 30, class: "here" })]),
  ]);
}

function shape(tag, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
  return made;
}
