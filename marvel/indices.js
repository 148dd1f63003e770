// What the indices are, and which copies on their way, from the replies of Elasticsearch 1.7. Knows no document.

import { byName, isActive } from "./model.js";

// Rows of the table of indices: from the copies of the cluster's state, with documents and sizes where _stats tells them.
export function indicesOf(copies, stats) {
  const rows = new Map();
  for (const copy of copies) {
    const row = rows.get(copy.index) ?? { name: copy.index, groups: new Map(), there: 0, wanted: 0, lost: 0 };
    row.groups.set(copy.shard, (row.groups.get(copy.shard) ?? 0) + 1);
    row.wanted += 1;
    row.there += isActive(copy) ? 1 : 0;
    row.lost += copy.primary && !isActive(copy) ? 1 : 0;
    rows.set(copy.index, row);
  }
  return [...rows.values()].map(({ name, groups, there, wanted, lost }) => ({
    name,
    status: lost > 0 ? "red" : there < wanted ? "yellow" : "green",
    shards: groups.size,
    copies: Math.max(...groups.values()),
    there,
    wanted,
    docs: stats?.indices?.[name]?.primaries?.docs?.count ?? null,
    own: stats?.indices?.[name]?.primaries?.store?.size_in_bytes ?? null,
    size: stats?.indices?.[name]?.total?.store?.size_in_bytes ?? null,
  })).sort(byName);
}

// Copies on their way: [{key, index, shard, kind, stage, from, to, done, total, elapsed}], bytes and milliseconds.
export function recoveriesOf(reply) {
  return Object.entries(reply).flatMap(([index, { shards = [] }]) => shards
    .filter(({ stage }) => stage !== "DONE")
    .map((shard) => ({
      key: `${index}[${shard.id}] ${shard.target?.id}`,
      index,
      shard: shard.id,
      kind: shard.type,
      stage: shard.stage,
      from: shard.source?.name ?? null,
      to: shard.target?.name ?? null,
      done: shard.index?.size?.recovered_in_bytes ?? 0,
      total: (shard.index?.size?.total_in_bytes ?? 0) - (shard.index?.size?.reused_in_bytes ?? 0),
      operations: shard.translog?.recovered ?? 0,
      elapsed: shard.total_time_in_millis ?? 0,
    }))).sort((a, b) => byName({ name: a.key }, { name: b.key }));
}

// Bytes a second, from what was done since the last look (`before`: {done, at}), or, at the first, since the start.
export function rateOf({ done, elapsed }, before, at) {
  if (before !== undefined && at > before.at && done >= before.done) {
    return ((done - before.done) * 1000) / (at - before.at);
  }
  return elapsed > 0 ? (done * 1000) / elapsed : null;
}

// Milliseconds until the bytes are there at this rate, null where nobody can tell.
export const remaining = ({ done, total }, rate) => rate > 0 && total > done ? ((total - done) * 1000) / rate : null;
