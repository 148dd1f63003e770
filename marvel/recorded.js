// What the recorders beside the nodes have written down: events and placements in .marvel-YYYY.MM.DD (docs/marvel.md).

import { isWhole, unrecovered } from "./model.js";
import { now } from "./now.js";
import { milliseconds } from "./replies.js";
import { list } from "./words.js";

const DAY = 86400000; // milliseconds
const MOST = 2000; // events in one answer
const UNTOLD = ["copy_initializing", "copy_unassigned"]; // the status says how many are missing, and why

// {readable, lost}: the names of the indices of a time and of so many days (UTC) before it that there are, and can be
// asked now, or cannot. A refused question is a complaint in the browser's console; what is older than the reader wants
// to see may be lost for good.
export function recordedIndices(cluster, now, days = 1) {
  const nameOf = (at) => `.marvel-${new Date(at).toISOString().slice(0, 10).replaceAll("-", ".")}`;
  const found = { readable: [], lost: [] };
  const wanted = Array.from({ length: days + 1 }, (_, place) => nameOf(now - (days - place) * DAY));
  for (const name of cluster === null || unrecovered(cluster.blocks) ? [] : wanted) {
    const copies = cluster.copies.filter(({ index }) => index === name);
    copies.length > 0 && found[isWhole(copies) ? "readable" : "lost"].push(name);
  }
  return found;
}

// Of the days of which nobody can tell, and why; null where all that was recorded can be read.
export function unreadOf(cluster, now, days = 1) {
  const { readable, lost } = recordedIndices(cluster, now, days);
  if (cluster === null || unrecovered(cluster.blocks)) {
    return "What was recorded is not known before the cluster has recovered its state.";
  }
  if (lost.length > 0) {
    return `What was recorded cannot be read now: ${list(lost, 7)} ${lost.length > 1 ? "have" : "has"} no copy.`;
  }
  return readable.length > 0 ? null : "Nothing is recorded here: what this page did not see itself may be missing.";
}

// The events of the last hours ("24h") up to a time or to now, newest last. `total` says how many there are in all, and
// `read` [from, until] of which time none is missing.
export async function recordedEvents(api, indices, field, span, until = null) {
  const time = now();
  const query = `${field}:[now-${span} TO ${until ?? "*"}] ${UNTOLD.map((type) => `-type:${type}`).join(" ")}`;
  const { hits, total } = await api.search(indices, "event", query, MOST);
  const events = hits.map(eventOf).reverse();
  const from = total > events.length ? events[0].at : time - milliseconds(span);
  return { events, total, read: [from, until ?? time] };
}

function eventOf({ _id, _source }) {
  return { ..._source, id: _id, at: _source["@timestamp"], origin: "recorder", observer: _source.observer ?? "recorder" };
}

// {events, total, unread} of what is read all the time and of the days before, if they were asked for; null while neither
// is known. What both have is one. unread: [from, until] between the two, or null: where more happens than is read, what is
// read all the time goes back less far each minute.
let joined = { parts: [], told: null };
export function toldBy({ recorded, older }) {
  const parts = [older?.answer, recorded.answer];
  if (parts.some((part, place) => part !== joined.parts[place])) {
    const [first, last] = parts;
    const had = new Set(last?.events.map(({ id }) => id));
    const before = (first?.events ?? []).filter(({ id }) => !had.has(id));
    const events = [...before, ...(last?.events ?? [])];
    const unread = first && last && first.read[1] < last.read[0] ? [first.read[1], last.read[0]] : null;
    // Where the two meet, what is not among the last is read with the ones before, and counted there.
    const more = unread === null && first ? 0 : (last?.total ?? 0) - (last?.events.length ?? 0);
    const total = events.length + more + (first ? first.total - first.events.length : 0);
    joined = { parts, told: first || last ? { events, total, unread } : null };
  }
  return joined.told;
}

// The last placement that was recorded up to a time, as a moment (moment.js), or null. machines: machinesAt().
export async function recordedMoment(api, indices, at, machines) {
  const query = `@timestamp:[* TO ${Math.round(at)}]`;
  const { hits: [found] } = await api.search(indices, "placement", query, 1);
  return found ? momentOfPlacement(found._source, machines) : null;
}

// A placement does not tell machines: Map(id or name of a node -> its machine), of the processes that run now, and of what
// the events up to a time tell of each node. Of the others nobody knows where they were.
export function machinesAt(cluster, events, at) {
  const told = events.filter((event) => event.ip && event.node && event.at <= at).sort((a, b) => a.at - b.at);
  return new Map([...told.map(({ node, ip }) => [node, ip]), ...(cluster?.nodes ?? []).map(({ id, machine }) => [id, machine])]);
}

export function momentOfPlacement({ "@timestamp": at, master, table }, machines = new Map()) {
  const nodes = Object.entries(table.nodes).map(([id, node]) => {
    const name = node.name ?? node;
    return [id, name, node.ip ?? machines.get(id) ?? machines.get(name) ?? ""];
  });
  const places = new Map(nodes.map(([id], place) => [id, place]));
  const indices = {};
  let [isRed, isYellow] = [false, false];
  for (const [index, shard, kind, state, node, target] of table.copies) {
    const serves = state === "STARTED" || state === "RELOCATING";
    isRed ||= !serves && kind === "p";
    isYellow ||= !serves;
    const moving = target === null || state !== "RELOCATING" ? "" : `>${places.get(target) ?? "-"}`;
    (indices[index] ??= []).push(`${shard}${kind.toUpperCase()}${state[0]}${places.get(node) ?? "-"}${moving}`);
  }
  return {
    at,
    until: at,
    status: master ? (isRed ? "red" : isYellow ? "yellow" : "green") : "no-master",
    master: master ?? null,
    nodes,
    indices: Object.fromEntries(Object.entries(indices).map(([name, copies]) => [name, copies.join(" ")])),
  };
}
