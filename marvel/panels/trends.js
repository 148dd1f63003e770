// The course of the nodes' figures: one figure of all nodes as a chart with its figures in words, and sparklines in the
// table of nodes.

import { draw, styleOf } from "../chart.js";
import { element, setChildren, setText } from "../dom.js";
import { samplesOf } from "../figures.js";
import { now } from "../now.js";
import { linesOf, METRICS, strainOf, summaryOf, thresholds, within } from "../series.js";
import { clock } from "../words.js";

const MINUTE = 60000;
const WINDOWS = [[10, "10 minutes"], [60, "1 hour"]];
const ROWS = 40; // of the chart's table, at most

export const panel = {
  id: "trends",
  needs: ["state", "figures", "samples"],
  start(section, known, { redraw }) {
    section.querySelectorAll("select").forEach((select) => select.addEventListener("change", redraw));
    section.querySelector("details").addEventListener("toggle", redraw);
    addEventListener("resize", redraw);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
    fill(section.querySelector("#trends-figure"), METRICS.map(({ id, name }) => [id, name]));
    fill(section.querySelector("#trends-span"), WINDOWS);
    setText(section.querySelector("[data-limits]"), thresholds());
  },
  note: ({ samples: { parts: { all } } }) => (all?.problem ?? null) === null ? null : `Only what this page has seen itself: the recorded history cannot be read (${all.problem}).`,
  show(section, { state: { answer: cluster }, samples: { parts: { all } } }) {
    if (cluster !== null) {
      const linesIn = (name, window) => linesOf(within(all?.answer?.[name] ?? [], samplesOf(name), now(), window * MINUTE));
      showChart(section, cluster.nodes.map(({ name }) => name), linesIn);
      showSparks(cluster.nodes, linesIn);
    }
  },
};

const spanOf = (window) => () => [now() / 1000 - window * 60, now() / 1000];

const fill = (select, options) => select.append(...options.map(([value, name]) => element("option", { value }, name)));

function showChart(section, names, linesIn) {
  const metric = METRICS.find(({ id }) => id === section.querySelector("#trends-figure").value);
  const window = Number(section.querySelector("#trends-span").value);
  const lines = names.map((name) => linesIn(name, window));
  const words = `${metric.name}, last ${window} minutes. ${names.map((name, place) => `${name}: ${summaryOf(metric, lines[place][metric.id])}`).join(". ")}`;
  const data = aligned(lines, metric.id);
  draw(section.querySelector("[data-chart]"), data, { ...metric, words, names, axes: true, height: 220, span: spanOf(window) });
  const rows = names.map((name, place) => [name, ...figuresOf(metric, lines[place][metric.id])]);
  setChildren(section.querySelector("[data-now]"), rows, () => rows.map((row, place) => rowOf(row, place)));
  const details = section.querySelector("details");
  if (details.open) {
    showTable(details.querySelector("[data-course]"), metric, names, data);
  }
}

// The lines of several nodes over all of their moments: uPlot wants one series of times; undefined is "not then", null a gap.
export function aligned(lines, id) {
  const times = [...new Set(lines.flatMap((line) => line.times))].sort((a, b) => a - b);
  const values = lines.map((line) => {
    const at = new Map(line.times.map((time, place) => [time, line[id][place]]));
    return times.map((time) => at.get(time));
  });
  return [times, ...values];
}

function figuresOf(metric, values) {
  const told = values.filter((value) => value !== null);
  const now = values.at(-1) ?? null;
  const strain = strainOf(now, metric.limits);
  const say = (value) => told.length === 0 || value === null ? "–" : metric.say(value);
  return [`${say(now)}${strain ? `, ${strain}` : ""}`, say(Math.min(...told)), say(Math.max(...told))];
}

function rowOf([name, ...figures], place) {
  const { colour, dash } = styleOf(place);
  const swatch = element("span", { class: "swatch", "data-colour": colour, "data-dash": dash.length, "aria-hidden": "true" });
  return element("tr", {}, element("th", { scope: "row" }, swatch, name), ...figures.map((text) => element("td", { class: "number" }, text)));
}

// Every so many moments, the newest first; what a node told last before then.
function showTable(table, metric, names, [times, ...values]) {
  const shown = [metric.id, names, times.at(-1), times.length];
  setChildren(table.tHead, [metric.id, names], () => [element("tr", {}, ...["Time", ...names].map((name) => element("th", { scope: "col" }, name)))]);
  setChildren(table.tBodies[0], shown, () => {
    const step = Math.max(1, Math.ceil(times.length / ROWS));
    const places = times.map((_, place) => place).filter((place) => place % step === 0).reverse();
    const said = (line, place) => [...line.slice(Math.max(0, place - step - names.length), place + 1)].reverse().find((value) => value !== undefined);
    return places.map((place) => element("tr", {},
      element("th", { scope: "row" }, clock(new Date(times[place] * 1000))),
      ...values.map((line) => element("td", { class: "number" }, said(line, place) == null ? "–" : metric.say(said(line, place))))));
  });
}

function showSparks(nodes, linesIn) {
  const byId = new Map(METRICS.map((metric) => [metric.id, metric]));
  for (const { id, name } of nodes) {
    const lines = linesIn(name, WINDOWS[0][0]);
    for (const place of document.getElementById(`node-${id}`)?.querySelectorAll("[data-spark]") ?? []) {
      const metric = byId.get(place.dataset.spark);
      const values = lines[metric.id];
      const words = `${metric.name} of ${name}, last ${WINDOWS[0][1]}: ${summaryOf(metric, values)}`;
      draw(place, [lines.times, values], { ...metric, words, height: 22, span: spanOf(WINDOWS[0][0]) });
    }
  }
}
