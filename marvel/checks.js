// Whether settings can lose data, and what to do: from what the nodes say of themselves. Knows no network, no document.

import { bad, good, unknown, warn } from "./finding.js";
import { factorsOf } from "./model.js";
import { quorum } from "./quorum.js";
import { bytes, count, list } from "./words.js";

const GIB = 2 ** 30;
const COMPRESSED = 32 * GIB; // from here Java's references take twice the room
const DESCRIPTORS = 32000; // what Elasticsearch 1.7's own guide asks for, at least

const RANK = { bad: 0, warn: 1, unknown: 2, good: 3 };

// {severity: "good", "warn", "bad" or "unknown", name, text: what is, todo: what to do or null}, the worst first.
// nodes: [{name, settings, info, stats}] of those that answered (settings flat), asked: how many there are, as far as is
// known; without a master (hasMaster) nobody knows who is missing.
export function checksOf({ nodes, asked, settings, copies, hasMaster = true }) {
  const given = { nodes, asked, settings: { ...settings?.persistent, ...settings?.transient }, copies, hasMaster };
  const found = CHECKS.map(([name, check]) => ({ name, todo: null, ...(nodes.length > 0 ? check(given) : unknown("no node has told its settings yet")) }));
  if (nodes.length > 0 && nodes.length < asked) {
    found.push({ name: "Nodes that answered", ...unknown(`only ${nodes.length} of ${asked}: the rest is not judged`) });
  }
  return found.sort((a, b) => RANK[a.severity] - RANK[b.severity]);
}

// "every node", "n-1, n-3 and n-4"
const names = (some, nodes) => some.length === nodes.length ? "every node" : list(some.map(({ name }) => name));
const one = (some, nodes) => some.length === 1 || some.length === nodes.length;
const truth = (value) => String(value) === "true";

const CHECKS = [
  ["Quorum of masters", quorum],
  ["Replicas", replicas],
  ["One node a disk", oneNodeADisk],
  ["Disk watermarks", watermarks],
  ["Free space", space],
  ["Memory locked", locked],
  ["Heap", heap],
  ["File descriptors", descriptors],
  ["Deleting by name", destructive],
  ["Indices made unasked", unasked],
];

function replicas({ nodes, asked, copies }) {
  const data = nodes.filter((node) => node.settings["node.data"] !== "false" && node.settings["node.client"] !== "true").length;
  const factors = [...factorsOf(copies)].sort((a, b) => a - b);
  if (factors.length === 0) {
    return good("no index yet");
  }
  if (factors[0] === 1) {
    const lone = [...new Set(copies.map(({ index }) => index))].filter((index) => factorsOf(copies.filter((copy) => copy.index === index)).has(1));
    return bad(`${list(lone)} ${lone.length === 1 ? "has" : "have"} one copy only: what is on a lost disk is gone`, "PUT <index>/_settings with index.number_of_replicas: 1 or more.");
  }
  if (factors.at(-1) > data && nodes.length < asked) {
    return unknown(`${factors.at(-1)} copies are wanted of a shard; only ${nodes.length} of ${asked} nodes answered`);
  }
  return factors.at(-1) > data
    ? warn(`${factors.at(-1)} copies are wanted of a shard, and there are ${count(data, "node")} with data: it stays yellow`, "Add nodes, or ask for fewer replicas.")
    : good(`${[...new Set([factors[0], factors.at(-1)])].join(" to ")} copies of each shard on ${data} nodes with data`);
}

function oneNodeADisk({ nodes }) {
  const key = "node.max_local_storage_nodes";
  const open = nodes.filter((node) => node.settings[key] !== "1");
  return open.length > 0
    ? warn(`${key} is not 1 on ${names(open, nodes)}: a second process on the same folder starts empty, and the data looks lost`, `Set ${key}: 1.`)
    : good("a second process on a node's folder is refused");
}

const WATERMARKS = { low: "85%", high: "90%" };
const mark = (which, node, settings) => {
  const key = `cluster.routing.allocation.disk.watermark.${which}`;
  return settings[key] ?? node.settings[key] ?? WATERMARKS[which];
};

// What of a disk is to stay free, in bytes: "85%" is how full it may be, "2gb" how much is to stay.
export function kept(watermark, total) {
  const [, amount, unit] = /^([\d.]+) *(%|[kmgt]?b?)$/i.exec(watermark) ?? [];
  const size = { "%": null, k: 2 ** 10, m: 2 ** 20, g: GIB, t: 2 ** 40 };
  if (amount === undefined) {
    return null;
  }
  return unit === "%" ? total * (1 - amount / 100) : unit === "" ? total * (1 - amount) : amount * (size[unit[0].toLowerCase()] ?? 1);
}

function watermarks({ nodes, settings }) {
  const off = (node) => [settings, node.settings].find((from) => "cluster.routing.allocation.disk.threshold_enabled" in from)?.["cluster.routing.allocation.disk.threshold_enabled"];
  if (nodes.some((node) => String(off(node)) === "false")) {
    return warn("the disk watermarks are switched off: a disk may be filled up, and a full disk breaks the translog", "Set cluster.routing.allocation.disk.threshold_enabled: true.");
  }
  const [low, high] = ["low", "high"].map((which) => [...new Set(nodes.map((node) => mark(which, node, settings)))].join(" or "));
  return good(`no new copies from ${low}, copies move away from ${high}`);
}

function space({ nodes, settings }) {
  const known = nodes.filter(({ stats }) => stats?.fs?.total?.total_in_bytes > 0);
  if (known.length < nodes.length) {
    const mute = nodes.filter((node) => !known.includes(node));
    return warn(`${names(mute, nodes)} ${one(mute, nodes) ? "tells" : "tell"} nothing of disks: such nodes may get no copies at all`, "Look whether /etc/mtab is there: 1.7 reads the disks through it.");
  }
  const free = ({ stats: { fs: { total } } }) => total.available_in_bytes;
  const below = (which) => known.filter((node) => free(node) < (kept(mark(which, node, settings), node.stats.fs.total.total_in_bytes) ?? 0));
  const [low, high] = [below("low"), below("high")];
  const todo = "Delete old indices, add disks or nodes.";
  if (high.length > 0) {
    return bad(`${names(high, nodes)} ${one(high, nodes) ? "is" : "are"} past the high watermark: copies are moved away`, todo);
  }
  return low.length > 0
    ? warn(`${names(low, nodes)} ${one(low, nodes) ? "is" : "are"} past the low watermark and ${one(low, nodes) ? "gets" : "get"} no more copies`, todo)
    : good(`at least ${bytes(Math.min(...known.map(free)))} free on each node`);
}

function locked({ nodes }) {
  if (nodes.every(({ info }) => info.os?.swap?.total_in_bytes === 0)) {
    return good("the machines have no swap");
  }
  const wanted = nodes.filter((node) => truth(node.settings["bootstrap.mlockall"]));
  const got = nodes.filter((node) => truth(node.info.process?.mlockall));
  const refused = wanted.filter((node) => !got.includes(node));
  if (refused.length > 0) {
    return warn(`asked for on ${names(refused, nodes)}, but not got: a heap that is swapped out stops the node for so long that it is thrown out`, "Raise the limit of locked memory (ulimit -l unlimited, LimitMEMLOCK=infinity), or switch swap off.");
  }
  return got.length === nodes.length
    ? good("every node's heap is locked in memory")
    : warn(`not asked for on ${names(nodes.filter((node) => !got.includes(node)), nodes)}`, "Set bootstrap.mlockall: true, or switch swap off.");
}

function heap({ nodes }) {
  const max = ({ info }) => info.jvm?.mem?.heap_max_in_bytes ?? 0;
  const total = ({ info }) => info.os?.mem?.total_in_bytes ?? 0;
  const wide = nodes.filter((node) => max(node) >= COMPRESSED);
  if (wide.length > 0) {
    return warn(`${names(wide, nodes)} ${one(wide, nodes) ? "has" : "have"} 32 GiB or more: Java's references then take twice the room`, "Set ES_HEAP_SIZE to 30g or less.");
  }
  const greedy = nodes.filter((node) => total(node) > 0 && max(node) > total(node) * 0.55);
  return greedy.length > 0
    ? warn(`${names(greedy, nodes)} ${one(greedy, nodes) ? "has" : "have"} more than half of the machine's memory: the disk cache needs the other half`, "Set ES_HEAP_SIZE to half of the memory.")
    : good(`${[...new Set(nodes.map((node) => bytes(max(node))))].join(" or ")} a node, at most half of the machine's memory`);
}

function descriptors({ nodes }) {
  const limit = (node) => node.info.process?.max_file_descriptors ?? -1;
  const few = nodes.filter((node) => limit(node) < DESCRIPTORS);
  const told = (node) => limit(node) < 0 ? "not told" : limit(node).toLocaleString("en");
  return few.length > 0
    ? warn(`${names(few, nodes)} may open few files (${[...new Set(few.map(told))].join(", ")}): a node that runs out of them loses its shards`, "Raise the limit (ulimit -n 65536, LimitNOFILE=65536).")
    : good(`at least ${Math.min(...nodes.map(limit)).toLocaleString("en")} a node`);
}

function destructive({ nodes, settings }) {
  const key = "action.destructive_requires_name";
  return nodes.every((node) => truth(settings[key] ?? node.settings[key]))
    ? good("all indices cannot be deleted at one blow")
    : warn("DELETE /_all and DELETE /* delete every index", `Set ${key}: true.`);
}

function unasked({ nodes }) {
  const key = "action.auto_create_index";
  return nodes.every((node) => node.settings[key] !== undefined && node.settings[key] !== "true")
    ? good(`only what ${key} allows: ${[...new Set(nodes.map((node) => node.settings[key]))].join(" or ")}`)
    : { severity: "good", text: "any write makes the index that it names; a misspelt name makes a new one", todo: `Set ${key} to the names that are meant, where that matters.` };
}
