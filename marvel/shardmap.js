// The shard map: a row an index, a column a node below its machine, and in each cell the copies that are there. With many
// indices those that are whole are folded: a cell then counts its copies, and the first row sums up all.

import { element, setChildren, setItems } from "./dom.js";
import { inOrder, isActive, machinesOf, mapOf, UNASSIGNED, unrecovered } from "./model.js";

const STATES = { INITIALIZING: "being copied", RELOCATING: "moving", STARTED: "", UNASSIGNED: "unassigned" };
const FEW = 8; // indices that are all shown in full; of more, so many that have trouble
const MOST = 60; // rows; those with trouble come first

const turned = new Map(); // index -> whether the reader wants it open

// nothing: what to say where there is no index to show, or null for the usual words
export function showMap(table, cluster, nothing = null) {
  table.again = () => showMap(table, cluster, nothing); // a row that stays the same stays, and is to draw what is shown by then
  const known = new Map(cluster.nodes.map((node) => [node.id, node.name]));
  const machines = machinesOf(cluster.nodes);
  const columns = machines.flatMap(({ nodes }) => nodes);
  const homeless = cluster.copies.some((copy) => !known.has(copy.node));
  const rows = mapOf(cluster.copies).map(({ name, cells }) => rowOf(name, cells, columns, known));
  const shown = chosen(rows);
  const rest = rows.length - shown.length;
  const isCalm = rows.filter(({ isTroubled }) => isTroubled).length <= FEW;
  setChildren(table.tHead, [machines, homeless], () => headOf(machines, homeless));
  setItems(table.tBodies[0], [
    ...(rows.length > FEW ? [{ sum: true, name: `All ${rows.length} indices`, cells: sums(rows) }] : []),
    ...shown.map((row) => ({ ...row, isOpen: turned.get(row.name) ?? (rows.length <= FEW || (row.isTroubled && isCalm)), canFold: rows.length > FEW, homeless })),
    ...(rest > 0 ? [{ words: `and ${rest} more indices, all of whose copies are there`, span: columns.length + 2 }] : []),
    ...(rows.length === 0 ? [{ words: nothing ?? nothingOf(cluster), span: columns.length + 2 }] : []),
  ], ({ name, words }) => name ?? words, (row) => built(row, () => table.again()));
}

const nothingOf = ({ blocks }) => (unrecovered(blocks) ? "Not known before the cluster has recovered its state." : "No index yet.");

// Those with trouble stay when not all can be shown.
function chosen(rows) {
  if (rows.length <= MOST) {
    return rows;
  }
  const troubled = rows.filter(({ isTroubled }) => isTroubled);
  return [...troubled, ...rows.filter(({ isTroubled }) => !isTroubled)].slice(0, Math.max(MOST, troubled.length));
}

// What a row shows, as data: it is drawn anew only when this changes.
function rowOf(name, cells, columns, known) {
  const chips = (copies) => copies.map((copy) => chipOf(copy, known));
  const lost = [...cells].filter(([node]) => !known.has(node)).flatMap(([, copies]) => copies).sort(inOrder);
  return {
    name,
    isTroubled: [...cells.values()].flat().some((copy) => !isActive(copy) || !known.has(copy.node)),
    cells: [...columns.map(({ id, name: node }) => ({ node, chips: chips(cells.get(id) ?? []) })), { node: "", chips: chips(lost) }],
  };
}

function chipOf(copy, known) {
  const { primary, shard, reason, state } = copy;
  return {
    kind: primary ? "primary" : "replica",
    state: known.has(copy.node) ? state : UNASSIGNED,
    text: `${primary ? "P" : "R"}${shard}`,
    says: wordsOf(copy, known),
    title: `${primary ? "primary" : "replica"} of shard ${shard}${reason ? `: ${reason}` : ""}`,
  };
}

// While there is no master, a copy may still be told to be on a node that is no longer told of.
function wordsOf({ state, node, target }, known) {
  if (node !== null && !known.has(node)) {
    return "its node left";
  }
  return state === "RELOCATING" && known.has(target) ? `moving to ${known.get(target)}` : STATES[state] ?? state.toLowerCase();
}

const sums = (rows) => (rows[0]?.cells ?? []).map(({ node }, place) => ({ node, chips: rows.flatMap(({ cells }) => cells[place].chips) }));

function headOf(machines, homeless) {
  const top = element("tr", {}, element("th", { scope: "col", rowspan: "2" }, "Index"));
  const below = element("tr");
  for (const { name, nodes } of machines) {
    top.append(element("th", { scope: "colgroup", colspan: nodes.length, "data-machine": name }, name));
    below.append(...nodes.map((node) => element("th", { scope: "col" }, node.name)));
  }
  if (homeless) {
    top.append(element("th", { scope: "col", rowspan: "2" }, "Unassigned"));
  }
  return [top, below];
}

function built(row, again) {
  if (row.words) {
    return element("tr", {}, element("td", { colspan: row.span }, row.words));
  }
  const tr = element("tr", row.sum ? { class: "sum" } : { "data-index": row.name }, element("th", { scope: "row" }, headerOf(row, again)));
  const cells = row.cells.filter(({ node, chips }) => node !== "" || chips.length > 0 || row.homeless);
  tr.append(...cells.map(({ node, chips }) => element("td", { "data-node": node }, ...cellOf(chips, row.isOpen))));
  return tr;
}

function headerOf({ name, canFold, isOpen }, again) {
  if (!canFold) {
    return name;
  }
  const button = element("button", { type: "button", class: "fold", "aria-expanded": isOpen }, name);
  button.addEventListener("click", () => {
    turned.set(name, !isOpen);
    again();
  });
  return button;
}

function cellOf(chips, isOpen) {
  if (chips.length === 0) {
    return [];
  }
  if (isOpen) {
    return [element("ul", {}, ...chips.map((chip) => element("li", {}, drawn(chip))))];
  }
  const whole = chips.filter(({ state }) => state === "STARTED" || state === "RELOCATING");
  const primaries = whole.filter(({ kind }) => kind === "primary").length;
  const rest = chips.length - whole.length;
  const word = chips.every(({ state }) => state === UNASSIGNED) ? "unassigned" : "not started";
  return [
    whole.length > 0 ? `${whole.length}${primaries > 0 ? ` (${primaries} P)` : ""}` : "",
    ...(rest > 0 ? [element("small", { class: "problem" }, ` ${rest} ${word}`)] : []),
  ];
}

// P is a primary and square, R a replica and round; a copy that has not simply started says what it does. Of one that is
// nowhere its column's head says so already.
function drawn({ kind, state, text, says, title }) {
  const chip = element("span", { class: "copy", "data-kind": kind, "data-state": state, title }, text);
  if (says !== "") {
    chip.append(element("small", says === STATES.UNASSIGNED ? { class: "hidden" } : {}, ` ${says}`));
  }
  return chip;
}
