// The table of nodes. A node that does not answer costs its own row's figures, nothing else.

import { element, setText } from "./dom.js";
import { figuresOf, strainOf } from "./model.js";
import { duration } from "./words.js";

const COLUMNS = ["name", "label", "machine", "master", "heap", "cpu", "load", "uptime", "shards"];
const FIGURES = ["heap", "cpu", "load", "uptime"];
const NUMBERS = ["heap", "cpu", "load", "shards"];

// answers: {node id: {stats} | {problem}}; a node missing there has not been asked yet.
export function showNodes(body, cluster, answers) {
  const rows = new Map([...body.rows].map((row) => [row.id, row]));
  cluster.nodes.forEach((node, place) => {
    const id = `node-${node.id}`;
    const row = rows.get(id) ?? newRow(id);
    rows.delete(id);
    fill(row, node, cluster.copies.filter((copy) => copy.node === node.id), answers[node.id]);
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
  row.cells[COLUMNS.indexOf("heap")].append(element("span"), element("span", { class: "bar", "aria-hidden": "true" }));
  return row;
}

function fill(row, node, held, answer) {
  row.dataset.node = node.name;
  row.dataset.live = answer === undefined ? "unknown" : answer.problem === undefined ? "yes" : "no";
  const cell = (column) => row.cells[COLUMNS.indexOf(column)];
  setText(cell("name"), node.name);
  setText(cell("label"), node.label ?? "–");
  setText(cell("machine"), node.machine);
  setText(cell("master"), node.isMaster ? "master" : "");
  const primaries = held.filter((copy) => copy.primary).length;
  setText(cell("shards"), held.length === 0 ? "0" : `${held.length} (${primaries} primary)`);
  showProblem(row, answer?.problem);
  if (answer?.problem === undefined) {
    showFigures(cell, figuresOf(answer?.stats ?? {}));
  }
}

// The problem takes the place of all four figures.
function showProblem(row, problem) {
  const [first, ...others] = FIGURES.map((column) => row.cells[COLUMNS.indexOf(column)]);
  first.colSpan = problem === undefined ? 1 : FIGURES.length;
  first.classList.toggle("problem", problem !== undefined);
  others.forEach((cell) => { cell.hidden = problem !== undefined; });
  first.lastElementChild.hidden = problem !== undefined;
  if (problem !== undefined) {
    setText(first.firstElementChild, problem);
  }
}

function showFigures(cell, { heap, heapMax, cpu, load, uptime }) {
  const strain = heap === null ? null : strainOf(heap);
  setText(cell("heap").firstElementChild, heap === null ? "–" : `${heap} %${strain ? `, ${strain}` : ""}`);
  cell("heap").title = heapMax === null ? "" : `of ${Math.round(heapMax / 2 ** 20)} MiB`;
  cell("heap").lastElementChild.style.setProperty("--part", `${heap ?? 0}%`);
  setText(cell("cpu"), cpu === null ? "–" : `${cpu} %`);
  setText(cell("load"), load === null ? "–" : load.toFixed(2));
  setText(cell("uptime"), uptime === null ? "–" : duration(uptime));
}
