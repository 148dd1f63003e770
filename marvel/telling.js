// A row of the story (events.js) in words, and the kind that it is filtered by.

import { bytes, count, duration, list } from "./words.js";

export const KINDS = {
  cluster: "Status and master",
  nodes: "Nodes and machines",
  units: "Units and lease",
  shards: "Shards",
  indices: "Indices",
  recorder: "Recorder",
};

export const ORIGINS = {
  recorder: "recorder",
  api: "API",
  page: "this page",
};

const named = ({ node, subject }) => node ?? (subject || "a node");
const after = ({ took }, words) => (took === null ? "" : ` ${words} ${duration(took)}`);
const why = ({ cause }) => (cause ? `: ${cause}` : "");

// type -> [kind, words]
const TYPES = {
  status: ["cluster", statusOf],
  master_lost: ["cluster", ({ previous, master }) => `no master${previous ?? master ? `: ${previous ?? master} is it no longer` : ""}`],
  master_elected: ["cluster", (row) => `${named(row)} is the master${row.ends ? after(row, "after") : ""}`],
  cluster_recovered: ["cluster", () => "the whole cluster was started"],
  node_left: ["nodes", (row) => `${named(row)} left${why(row)}`],
  node_joined: ["nodes", (row) => `${named(row)} joined${row.ends ? after(row, "again after") : ""}`],
  node_alone: ["nodes", ({ subject }) => `${subject} lost the master; the others had one`],
  node_silent: ["nodes", (row) => `${named(row)} does not answer`],
  node_answers: ["nodes", (row) => `${named(row)} answers again${after(row, "after")}`],
  process_started: ["nodes", (row) => `the process of ${named(row)} began`],
  process_ended: ["nodes", (row) => `the process of ${named(row)} ended${after(row, "after")}`],
  host_published: ["units", (row) => `the host of ${named(row)} is in etcd${row.ip ? `, ${row.ip}` : ""}${row.ends ? after(row, "again after") : ""}`],
  host_gone: ["units", (row) => `the host of ${named(row)} is gone from etcd: its machine, or its discovery, was stopped or lost`],
  instance_moved: ["units", (row) => `the unit of ${named(row)} moved${row.from_ip ? ` from ${row.from_ip}` : ""}${row.ip ? ` to ${row.ip}` : ""}`],
  lease_taken: ["units", (row) => `${named(row)} holds the startup lease`],
  lease_used: ["units", (row) => `${named(row)} is started by its lease`],
  lease_free: ["units", (row) => `the startup lease of ${named(row)} is free${after(row, "after")}`],
  copies_promoted: ["shards", (row) => `${count(row.count, "replica")} promoted to primary on ${list(row.nodes)}${why(row)}`],
  copies_started: ["shards", startedOf],
  allocation_delayed: ["shards", (row) => `${row.count ? count(row.count, "copy", "copies") : "copies"} held back, in case the node returns`],
  allocation_resumed: ["shards", (row) => `no copy is held back any more${after(row, "after")}`],
  index_created: ["indices", ({ index, subject }) => `index ${index ?? subject} is new`],
  index_deleted: ["indices", ({ index, subject }) => `index ${index ?? subject} is gone`],
  recorder_started: ["recorder", (row) => `the recorder of ${named(row)} began${row.took > 0 ? `; it had recorded nothing for ${duration(row.took)}` : ""}`],
  recorder_stopped: ["recorder", (row) => `the recorder of ${named(row)} was stopped`],
  recorder_paused: ["recorder", (row) => `the recorder of ${named(row)} stood still for ${duration(row.took ?? 0)}`],
  history_lost: ["recorder", (row) => `${row.count ?? "some"} records of ${named(row)} were lost${why(row)}`],
};

export const isTold = ({ type }) => type in TYPES;

export const kindOf = ({ type }) => TYPES[type][0];

export const tell = (row) => TYPES[row.type][1](row);

function statusOf(row) {
  if (row.status === "green") {
    return row.ends ? `green again${after(row, "after")}` : "green";
  }
  if (row.status === "no-master") {
    return `no master: nothing can be written${row.cause ? `; ${row.cause}` : ""}`;
  }
  const missing = row.missing ? `: ${row.missing}${row.copies ? ` of ${row.copies}` : ""} copies missing` : "";
  return `${row.status}${missing}${row.cause ? `${missing ? ", " : ": "}${row.cause}` : ""}`;
}

const VERBS = { GATEWAY: "opened from disk", RELOCATION: "moved", REPLICA: "rebuilt" };

function startedOf(row) {
  const verbs = row.sources.map((source) => VERBS[source] ?? "started");
  const where = row.nodes.length > 0 ? ` on ${list(row.nodes)}` : "";
  if (row.isNew) {
    return `${count(row.count, "first copy", "first copies")} of ${list(row.indices)} made${after(row, "in")}`;
  }
  const size = row.bytes > 0 ? `, ${bytes(row.bytes)}` : "";
  return `${count(row.count, "copy", "copies")} ${list([...new Set(verbs.length > 0 ? verbs : ["complete"])])}${where}${size}${after(row, "in")}`;
}
