// The shard map: a row an index, a column a node below its machine, and in each cell the copies that are there.

import { element, setChildren } from "../dom.js";
import { inOrder, machinesOf, mapOf, UNASSIGNED, unrecovered } from "../model.js";
import { lastKnown } from "../verdict.js";

const STATES = { INITIALIZING: "being copied", RELOCATING: "moving", STARTED: "", UNASSIGNED: "unassigned" };

export const panel = {
  id: "shards",
  needs: ["state"],
  note: lastKnown,
  show(section, { state }) {
    if (state.answer !== null) {
      showShards(section.querySelector("table"), state.answer);
    }
  },
};

function showShards(table, cluster) {
  const machines = machinesOf(cluster.nodes);
  const known = new Set(cluster.nodes.map((node) => node.id));
  const homeless = cluster.copies.some((copy) => !known.has(copy.node));
  const shown = [machines, cluster.copies, cluster.blocks];
  setChildren(table.tHead, shown, () => headOf(machines, cluster.copies, homeless));
  setChildren(table.tBodies[0], shown, () => bodyOf(machines, cluster, known, homeless));
}

function headOf(machines, copies, homeless) {
  const held = (nodes) => copies.filter((copy) => nodes.some((node) => node.id === copy.node)).length;
  const top = element("tr", {}, element("th", { scope: "col", rowspan: "2" }, "Index"));
  const below = element("tr");
  for (const { name, nodes } of machines) {
    top.append(element("th", { scope: "colgroup", colspan: nodes.length, "data-machine": name },
      name, element("small", {}, `${held(nodes)} ${held(nodes) === 1 ? "shard" : "shards"}`)));
    below.append(...nodes.map((node) => element("th", { scope: "col" }, node.name)));
  }
  if (homeless) {
    top.append(element("th", { scope: "col", rowspan: "2" }, "On no known machine"));
  }
  return [top, below];
}

function bodyOf(machines, cluster, known, homeless) {
  const columns = machines.flatMap(({ nodes }) => nodes);
  const names = new Map(columns.map((node) => [node.id, node.name]));
  const rows = mapOf(cluster.copies).map(({ name, cells }) => {
    const row = element("tr", { "data-index": name }, element("th", { scope: "row" }, name));
    row.append(...columns.map((node) => cellOf(node.name, cells.get(node.id) ?? [], names)));
    if (homeless) {
      const lost = [...cells].filter(([node]) => !known.has(node)).flatMap(([, copies]) => copies).sort(inOrder);
      row.append(cellOf("", lost, names));
    }
    return row;
  });
  const none = unrecovered(cluster.blocks) ? "Not known before the cluster has recovered its state." : "No index yet.";
  return rows.length > 0 ? rows : [element("tr", {}, element("td", { colspan: columns.length + 1 }, none))];
}

function cellOf(node, copies, names) {
  const cell = element("td", { "data-node": node });
  if (copies.length > 0) {
    cell.append(element("ul", {}, ...copies.map((copy) => element("li", {}, chipOf(copy, names)))));
  }
  return cell;
}

// P is a primary and square, R a replica and round; a copy that has not simply started says what it does.
function chipOf(copy, names) {
  const state = stateOf(copy, names);
  const chip = element("span", {
    class: "copy",
    "data-kind": copy.primary ? "primary" : "replica",
    "data-state": names.has(copy.node) ? copy.state : UNASSIGNED,
    title: `${copy.primary ? "primary" : "replica"} of shard ${copy.shard}${copy.reason ? `: ${copy.reason}` : ""}`,
  }, `${copy.primary ? "P" : "R"}${copy.shard}`);
  if (state !== "") {
    chip.append(element("small", {}, ` ${state}`));
  }
  return chip;
}

// While there is no master, a copy may still be told to be on a node that is no longer told of.
function stateOf({ state, node, target }, names) {
  if (node !== null && !names.has(node)) {
    return "its node left";
  }
  return state === "RELOCATING" && names.has(target) ? `moving to ${names.get(target)}` : STATES[state] ?? state.toLowerCase();
}
