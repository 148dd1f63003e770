// What the recorders beside the nodes have written down: events and placements in .marvel-* (docs/marvel.md). Where
// nobody records there is none of it, and the answers are empty.

const INDICES = ".marvel-*";
const MOST = 2000; // events in one answer
const LEAVE = "ignore_unavailable=true&allow_no_indices=true";
const UNTOLD = ["copy_initializing", "copy_unassigned"]; // the status says how many are missing, and why

// The events of the last hours ("24h"), newest last; `total` says how many there are in all.
export async function recordedEvents(api, field, span) {
  const query = `${field}:[now-${span} TO *] ${UNTOLD.map((type) => `-type:${type}`).join(" ")}`;
  const reply = await api.get(`${INDICES}/event/_search?${LEAVE}&size=${MOST}&sort=@timestamp:desc&q=${encodeURIComponent(query)}`);
  const { hits = [], total = 0 } = reply.hits ?? {};
  return { events: hits.map(eventOf).reverse(), total };
}

function eventOf({ _id, _source }) {
  return { ..._source, id: _id, at: _source["@timestamp"], origin: "recorder", observer: _source.observer ?? "recorder" };
}

// The last placement that was recorded up to a time, as a moment (moment.js), or null.
export async function recordedMoment(api, at) {
  const query = `@timestamp:[* TO ${Math.round(at)}]`;
  const reply = await api.get(`${INDICES}/placement/_search?${LEAVE}&size=1&sort=@timestamp:desc&q=${encodeURIComponent(query)}`);
  const found = reply.hits?.hits?.[0];
  return found ? momentOfPlacement(found._source) : null;
}

export function momentOfPlacement({ "@timestamp": at, master, table }) {
  const nodes = Object.entries(table.nodes).map(([id, node]) => [id, node.name ?? node, node.ip ?? ""]);
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
