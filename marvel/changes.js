// What happened between two moments (moment.js), as events (events.js).

import { clusterAt } from "./moment.js";
import { isActive } from "./model.js";

export function changes(before, after) {
  const at = after.at;
  return [
    ...statuses(before, after),
    ...masters(before, after),
    ...members(before, after),
    ...indices(before, after),
    ...copies(before, after),
  ].map((event) => ({ at, origin: "page", observer: "page", ...event }));
}

function statuses(before, after) {
  if (before.status === after.status) {
    return [];
  }
  const { copies } = clusterAt(after);
  const missing = copies.filter((copy) => !isActive(copy)).length;
  return [{ type: "status", subject: after.status, status: after.status, previous: before.status, missing, copies: copies.length }];
}

function masters(before, after) {
  if (before.master === after.master) {
    return [];
  }
  return [after.master === null
    ? { type: "master_lost", subject: "", previous: before.master }
    : { type: "master_elected", subject: after.master, node: after.master, previous: before.master }];
}

// While there is no master, who is told to be there is what was known last: nobody joins or leaves by that.
function members(before, after) {
  const ids = (moment) => new Map(moment.nodes.map(([id, name]) => [id, name]));
  const [old, young] = [ids(before), ids(after)];
  const change = (type, id, node) => ({ type, subject: node, node, node_id: id });
  return [
    ...[...old].filter(([id]) => !young.has(id)).map(([id, name]) => change("node_left", id, name)),
    ...[...young].filter(([id]) => !old.has(id)).map(([id, name]) => change("node_joined", id, name)),
  ];
}

// An index is neither new nor gone while nobody knows the indices.
function indices(before, after) {
  const [old, young] = [Object.keys(before.indices), Object.keys(after.indices)];
  if (before.status === "no-master" || after.status === "no-master" || old.length === 0 || young.length === 0) {
    return [];
  }
  return [
    ...young.filter((name) => !(name in before.indices)).map((index) => ({ type: "index_created", subject: index, index })),
    ...old.filter((name) => !(name in after.indices)).map((index) => ({ type: "index_deleted", subject: index, index })),
  ];
}

function copies(before, after) {
  const [old, young] = [servingIn(before), servingIn(after)];
  return [...young].flatMap(([key, copy]) => {
    const was = old.get(key);
    const [index, shard, node] = JSON.parse(key);
    const event = { subject: `${index}[${shard}]`, index, shard, node };
    if (was === undefined && index in before.indices) {
      return [{ type: "copy_started", ...event }];
    }
    return was !== undefined && copy.primary && !was.primary ? [{ type: "copy_promoted", ...event }] : [];
  });
}

function servingIn(moment) {
  const { nodes, copies } = clusterAt(moment);
  const names = new Map(nodes.map(({ id, name }) => [id, name]));
  return new Map(copies.filter((copy) => isActive(copy) && names.has(copy.node))
    .map((copy) => [JSON.stringify([copy.index, copy.shard, names.get(copy.node)]), copy]));
}
