// A moment: the cluster's placement at one time, small enough to keep hundreds of, and enough to draw the shard map.
//
// { at, until, status, master, nodes: [[id, name, machine]], indices: {name: "0PS1 0RS0 0RU-"} }
// Each word of an index is a copy: shard, P or R, state, place of its node in `nodes`, and of the node it moves to.
// Times are milliseconds since the epoch, by the cluster's clock (now.js).

import { stateOf } from "./model.js";

const STATES = { S: "STARTED", I: "INITIALIZING", R: "RELOCATING", U: "UNASSIGNED" };

export function momentOf(cluster, at) {
  const places = new Map(cluster.nodes.map(({ id }, place) => [id, place]));
  const placeOf = (id) => places.get(id) ?? "-";
  const indices = {};
  for (const { index, shard, primary, state, node, target } of cluster.copies) {
    const moving = target !== null && state === "RELOCATING" ? `>${placeOf(target)}` : "";
    (indices[index] ??= []).push(`${shard}${primary ? "P" : "R"}${state[0]}${placeOf(node)}${moving}`);
  }
  return {
    at,
    until: at,
    status: cluster.master === null ? "no-master" : stateOf(cluster),
    master: cluster.master?.name ?? null,
    nodes: cluster.nodes.map(({ id, name, machine }) => [id, name, machine]),
    indices: Object.fromEntries(Object.entries(indices).map(([name, copies]) => [name, copies.sort().join(" ")])),
  };
}

// The cluster of a moment, as clusterOf() (model.js) gives it, without what a moment does not hold.
export function clusterAt({ master, nodes, indices }) {
  const members = nodes.map(([id, name, machine]) => ({ id, name, machine, label: null, isMaster: name === master }));
  const idOf = (place) => (place === undefined || place === "-" ? null : members[place].id);
  const copies = Object.entries(indices).flatMap(([index, words]) => words.split(" ").filter(Boolean).map((word) => {
    const [, shard, kind, state, node, target] = /^(\d+)([PR])([SIRU])(-|\d+)(?:>(-|\d+))?$/.exec(word);
    return {
      index, shard: Number(shard), primary: kind === "P", state: STATES[state],
      node: idOf(node), target: idOf(target), since: null, reason: null,
    };
  }));
  return { name: null, master: members.find(({ isMaster }) => isMaster) ?? null, blocks: [], nodes: members, copies };
}

// Whether nothing has changed from one moment to another.
export function isSame(one, other) {
  const essence = ({ status, master, nodes, indices }) => JSON.stringify([status, master, nodes, Object.entries(indices).sort()]);
  return essence(one) === essence(other);
}
