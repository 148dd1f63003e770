// What more replies of Elasticsearch 1.7 mean. Knows neither the network nor the document.

const UNITS = { ms: 1, s: 1000, m: 60000, h: 3600000, d: 86400000, w: 604800000 };

// "1m", "1.5h", "500ms", "60000" -> milliseconds; null for none or what is no time
export function milliseconds(text) {
  const found = /^(-?[\d.]+)\s*(ms|s|m|h|d|w)?$/.exec(text ?? "");
  return found ? Number(found[1]) * UNITS[found[2] ?? "ms"] : null;
}

const DELAY = 60000; // of a node that left, where nothing is set: 1.7's own

// own: _nodes/_local/settings; indices: _all/_settings, or null where they are not known
export function settingsOf(own, indices) {
  const { gateway = {}, index = {}, discovery = {} } = Object.values(own.nodes ?? {})[0]?.settings ?? {};
  const each = Object.entries(indices ?? {}).map(([name, { settings }]) => [name, settings?.index ?? {}]);
  const some = (pairs) => Object.fromEntries(pairs.filter(([, value]) => value !== null && !Number.isNaN(value)));
  return {
    gateway,
    quorum: Number(discovery.zen?.minimum_master_nodes) || null,
    delay: milliseconds(index.unassigned?.node_left?.delayed_timeout) ?? DELAY,
    delays: some(each.map(([name, { unassigned }]) => [name, milliseconds(unassigned?.node_left?.delayed_timeout)])),
    created: some(each.map(([name, { creation_date: date }]) => [name, Number(date ?? NaN)])),
  };
}

// Every copy's last recovery; `stop` is null while it is under way.
export const recoveriesOf = (reply) => Object.entries(reply).flatMap(([index, { shards }]) =>
  (shards ?? []).map(({ id, type, stage, source, target, start_time_in_millis: start, stop_time_in_millis: stop, index: files }) => ({
    index, shard: id, start,
    kind: type,
    stop: stage === "DONE" && stop > 0 ? stop : null,
    node: target?.name ?? null, nodeId: target?.id ?? null,
    from: source?.name ?? null, fromId: source?.id ?? null,
    bytes: files?.size?.recovered_in_bytes ?? 0,
  })));
