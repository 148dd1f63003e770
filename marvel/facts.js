// What the API still knows of what happened, as events (events.js): it outlives a reload of the page, and needs nobody
// to have watched. It is forgotten when a copy is assigned, a node starts again, an index is deleted.

// cluster: clusterOf(). names: Map(node id -> name), also of nodes that left. recoveries: [{index, shard, kind, node,
// start, stop}]. starts: {node name: time}. created: {index: time}
export function facts({ cluster, names, recoveries, starts, created }) {
  return [
    ...left(cluster?.copies ?? [], names),
    ...recovered(cluster?.copies ?? []),
    ...recoveries.filter(({ stop }) => stop !== null).map(copied),
    ...Object.entries(starts).map(([node, at]) => ({ type: "process_started", subject: node, node, at })),
    ...Object.entries(created).map(([index, at]) => ({ type: "index_created", subject: index, index, at })),
  ].map((event) => ({ origin: "api", observer: "api", ...event }));
}

// One node's leaving is told by each copy that it had.
function left(copies, names) {
  const gone = new Map();
  for (const { reason, details, since } of copies) {
    if (reason === "NODE_LEFT" && since !== null) {
      const id = nodeLeft(details);
      const at = Date.parse(since);
      gone.set(id, Math.min(at, gone.get(id) ?? at));
    }
  }
  return [...gone].map(([id, at]) => ({ type: "node_left", subject: names.get(id) ?? "", node: names.get(id) ?? null, node_id: id, at }));
}

// "node_left[ZBO8cIaARvuEQS6DzXfxjg]" -> the id
export const nodeLeft = (details) => /^node_left\[(.+)\]$/.exec(details ?? "")?.[1] ?? null;

function recovered(copies) {
  const times = copies.filter(({ reason, since }) => reason === "CLUSTER_RECOVERED" && since !== null).map(({ since }) => Date.parse(since));
  return times.length > 0 ? [{ type: "cluster_recovered", subject: "", at: Math.min(...times) }] : [];
}

const copied = ({ index, shard, kind, node, from, start, stop, bytes }) =>
  ({ type: "copy_started", subject: `${index}[${shard}]`, index, shard, node, from_node: from, source: kind, at: stop, began: start, bytes });
