// The table of nodes. A node that does not answer costs its own row's figures, nothing else.

import { element, setText } from "../dom.js";
import { figuresOf } from "../model.js";
import { strainBy } from "../series.js";
import { lastKnown } from "../verdict.js";
import { duration } from "../words.js";

export const panel = {
  id: "nodes",
  needs: ["state", "figures"],
  note: lastKnown,
  show(section, { state, figures }) {
    if (state.answer !== null) {
      showNodes(section.querySelector("tbody"), state.answer, figures.parts);
    }
  },
};

const COLUMNS = ["name", "label", "machine", "master", "heap", "cpu", "load", "uptime", "shards"];
const FIGURES = ["heap", "cpu", "load", "uptime"];
const SPARKS = ["heap", "cpu", "load"]; // these cells have a [data-spark] for the course of the figure
const NUMBERS = ["heap", "cpu", "load", "shards"];

// parts: {node id: {answer, problem, seen}}; a node missing there has not been asked yet.
function showNodes(body, cluster, parts) {
  const rows = new Map([...body.rows].map((row) => [row.id, row]));
  cluster.nodes.forEach((node, place) => {
    const id = `node-${node.id}`;
    const row = rows.get(id) ?? newRow(id);
    rows.delete(id);
    fill(row, node, cluster.copies.filter((copy) => copy.node === node.id), parts[node.id]);
    if (body.rows[place] !== row) {
      body.insertBefore(row, body.rows[place] ?? null);
    }
  });
  rows.forEach((row) => row.remove());
}

function newRow(id) {
  const row = element("tr", { id });
  for (const column of COLUMNS) {
    const cell = column === "name" ? element("th", { scope: "row" }) : element("td");
    cell.dataset.column = column;
    cell.classList.toggle("number", NUMBERS.includes(column));
    row.append(cell);
  }
  FIGURES.forEach((column) => row.cells[COLUMNS.indexOf(column)].append(element("span")));
  row.cells[COLUMNS.indexOf("heap")].append(element("span", { class: "bar", "aria-hidden": "true" }));
  SPARKS.forEach((column) => row.cells[COLUMNS.indexOf(column)].append(element("span", { "data-spark": column })));
  return row;
}

function fill(row, node, held, { answer = null, problem = null } = {}) {
  row.dataset.node = node.name;
  row.dataset.live = problem !== null ? "no" : answer === null ? "unknown" : "yes";
  const cell = (column) => row.cells[COLUMNS.indexOf(column)];
  setText(cell("name"), node.name);
  setText(cell("label"), node.label ?? "–");
  setText(cell("machine"), node.machine);
  setText(cell("master"), node.isMaster ? "master" : "");
  const primaries = held.filter((copy) => copy.primary).length;
  setText(cell("shards"), held.length === 0 ? "0" : `${held.length} (${primaries} primary)`);
  showProblem(row, problem);
  if (problem === null) {
    showFigures(cell, figuresOf(answer ?? {}));
  }
}

// The problem takes the place of all four figures.
function showProblem(row, problem) {
  const [first, ...others] = FIGURES.map((column) => row.cells[COLUMNS.indexOf(column)]);
  first.colSpan = problem === null ? 1 : FIGURES.length;
  first.classList.toggle("problem", problem !== null);
  others.forEach((cell) => { cell.hidden = problem !== null; });
  [...first.children].slice(1).forEach((part) => { part.hidden = problem !== null; });
  if (problem !== null) {
    setText(first.firstElementChild, problem);
  }
}

function showFigures(cell, { heap, heapMax, cpu, load, uptime }) {
  const say = (column, text) => setText(cell(column).firstElementChild, text);
  const strained = (column, value, text) => say(column, [text, strainBy(column, value)].filter(Boolean).join(", "));
  strained("heap", heap, heap === null ? "–" : `${heap} %`);
  cell("heap").title = heapMax === null ? "" : `of ${Math.round(heapMax / 2 ** 20)} MiB`;
  cell("heap").querySelector(".bar").style.setProperty("--part", `${heap ?? 0}%`);
  strained("cpu", cpu, cpu === null ? "–" : `${cpu} %`);
  say("load", load === null ? "–" : load.toFixed(2));
  say("uptime", uptime === null ? "–" : duration(uptime));
}
