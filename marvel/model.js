// What the replies of Elasticsearch 1.7 mean. Knows neither the network nor the document.

export const UNASSIGNED = "UNASSIGNED";

const COLLATE = new Intl.Collator("en", { numeric: true });
export const byName = (a, b) => COLLATE.compare(a.name, b.name);

// The cluster as one node knows it: nodes by name, and every copy of every shard, wherever it is or is not.
export function clusterOf(state) {
  const nodes = Object.entries(state.nodes ?? {}).map(([id, node]) => nodeOf(id, node, state.master_node));
  return {
    name: state.cluster_name,
    master: nodes.find((node) => node.isMaster) ?? null,
    blocks: Object.values(state.blocks?.global ?? {}),
    nodes: nodes.sort(byName),
    copies: copiesOf(state.routing_table?.indices ?? {}),
  };
}

function nodeOf(id, node, master) {
  return {
    id,
    name: node.name,
    label: node.attributes?.label ?? null,
    machine: addressOf(node.transport_address),
    isMaster: id === master,
  };
}

// "inet[/192.168.57.101:9300]" and "inet[host/192.168.57.101:9300]" -> "192.168.57.101"
export function addressOf(transport) {
  const found = /^inet\[[^/]*\/(.*):\d+\]$/.exec(transport) ?? /^([^a-z]*):\d+$/.exec(transport); // the latter is 2.x's
  return found ? found[1] : transport;
}

function copiesOf(indices) {
  return Object.entries(indices).flatMap(([index, { shards }]) =>
    Object.values(shards).flatMap((group) => group.map((copy) => ({
      index,
      shard: copy.shard,
      primary: copy.primary,
      state: copy.state,
      node: copy.node ?? null,
      target: copy.relocating_node ?? null,
      since: copy.unassigned_info?.at ?? null,
      reason: copy.unassigned_info?.reason ?? null,
      details: copy.unassigned_info?.details ?? null,
    }))));
}

// A copy that serves: one on its way to another node does so until it has arrived.
export const isActive = (copy) => copy.state === "STARTED" || copy.state === "RELOCATING";

export const isOnItsWay = (copy) => copy.state === "INITIALIZING" || copy.state === "RELOCATING";

// The block of a cluster that has not yet read what its nodes hold: until then nobody knows its indices.
export const unrecovered = (blocks) => blocks.find((block) => block.description.startsWith("state not recovered"));

// For `parts` of a source that only a cluster with its state recovered answers: one part, "all", or none yet.
export const onceRecovered = ({ state: { answer } }) => answer !== null && answer.nodes.length > 0 && !unrecovered(answer.blocks) ? ["all"] : [];

// As Elasticsearch counts: red without a primary or without a recovered state, yellow without a replica.
export function stateOf({ blocks, copies }) {
  const missing = copies.filter((copy) => !isActive(copy));
  if (unrecovered(blocks) || missing.some((copy) => copy.primary)) {
    return "red";
  }
  return missing.length > 0 ? "yellow" : "green";
}

// Whether questions about indices can be answered now; asked in vain, the browser itself would complain of the refusal.
export const isReadable = (cluster) => cluster !== null && !unrecovered(cluster.blocks) && cluster.master !== null;

// Whether each shard of these copies, of one index, has one that can be read.
export function isWhole(copies) {
  const shards = (some) => new Set(some.map(({ shard }) => shard)).size;
  return shards(copies) === shards(copies.filter(isActive));
}

// Copies wanted of each shard, a set: {4}, or {1, 4} where indices differ.
export function factorsOf(copies) {
  const groups = new Map();
  for (const copy of copies) {
    const group = JSON.stringify([copy.index, copy.shard]);
    groups.set(group, (groups.get(group) ?? 0) + 1);
  }
  return new Set(groups.values());
}

export const inOrder = (a, b) => a.shard - b.shard || Number(b.primary) - Number(a.primary);

// Rows of the shard map: [{index, cells: Map(node id or null -> copies)}], in the order a reader looks for them.
export function mapOf(copies) {
  const rows = new Map();
  for (const copy of copies) {
    const cells = rows.get(copy.index) ?? new Map();
    rows.set(copy.index, cells.set(copy.node, [...(cells.get(copy.node) ?? []), copy]));
  }
  return [...rows]
    .map(([name, cells]) => ({ name, cells: new Map([...cells].map(([node, held]) => [node, held.sort(inOrder)])) }))
    .sort(byName);
}

// Machines in the order of their addresses, each with its nodes: several nodes may share one.
export function machinesOf(nodes) {
  const machines = new Map();
  for (const node of nodes) {
    machines.set(node.machine, [...(machines.get(node.machine) ?? []), node]);
  }
  return [...machines].map(([name, held]) => ({ name, nodes: held })).sort(byName);
}

// The figures of one node, each null where the node cannot tell (1.7 reads some of them through a native library).
export function figuresOf(stats) {
  return {
    heap: stats.jvm?.mem?.heap_used_percent ?? null,
    heapMax: stats.jvm?.mem?.heap_max_in_bytes ?? null,
    cpu: cpuOf(stats),
    load: [stats.os?.load_average ?? []].flat()[0] ?? null,
    uptime: stats.jvm?.uptime_in_millis ?? null,
  };
}

// Of the whole machine, in percent; 2.x calls it otherwise.
export const cpuOf = ({ os }) => os?.cpu?.usage ?? os?.cpu_percent ?? null;
