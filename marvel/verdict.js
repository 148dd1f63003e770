// The cluster's verdict in words, from one snapshot of its state: what is wrong, since when, and what that means.

import { factorsOf, isActive, UNASSIGNED, unrecovered } from "./model.js";
import { clock, count, list, share, word } from "./words.js";

const REASONS = {
  ALLOCATION_FAILED: "a copy could not be started",
  CLUSTER_RECOVERED: "the whole cluster was started",
  DANGLING_INDEX_IMPORTED: "an index was found on a disk",
  EXISTING_INDEX_RESTORED: "an index was restored",
  INDEX_CREATED: "an index is new",
  INDEX_REOPENED: "an index was opened again",
  NEW_INDEX_RESTORED: "an index was restored",
  NODE_LEFT: "a node left",
  REINITIALIZED: "a copy began anew",
  REPLICA_ADDED: "more replicas are wanted",
  REROUTE_CANCELLED: "a move was cancelled",
};

// cluster: clusterOf() or null while nothing is known. problem: why the last request for the state failed, or null.
// seen: the time of the cluster shown. answers: {node id: true | false}, a node missing that has not been asked yet.
// delayed: copies that Elasticsearch holds back for a node that may return.
export function verdictOf({ cluster, problem = null, seen = null, answers = {}, delayed = 0 }) {
  if (problem !== null) {
    return { state: "unreachable", text: unreachable(problem, cluster, seen) };
  }
  if (cluster.master === null) {
    return { state: "no-master", text: noMaster(cluster, answers) };
  }
  const state = stateOf(cluster);
  const tell = { green, yellow, red }[state];
  return { state, text: [`${state}: ${tell(cluster, delayed)}`, ...silent(cluster, answers)].join("; ") };
}

// What to say below a part of the page that shows the state, when it is not what is now; null when it is.
export function lastKnown({ state: { answer, problem, seen } }) {
  if (answer === null) {
    return null;
  }
  if (problem !== null) {
    return `From ${clock(seen)}; not updated since.`;
  }
  return answer.master === null ? "What this node knew last; it may be out of date." : null;
}

// As Elasticsearch counts: red without a primary or without a recovered state, yellow without a replica.
function stateOf({ blocks, copies }) {
  const missing = copies.filter((copy) => !isActive(copy));
  if (unrecovered(blocks) || missing.some((copy) => copy.primary)) {
    return "red";
  }
  return missing.length > 0 ? "yellow" : "green";
}

function unreachable(problem, cluster, seen) {
  const rest = cluster === null ? "nothing is known yet" : `what is shown is from ${clock(seen)}`;
  return `cannot reach Elasticsearch: ${problem}; ${rest}`;
}

function noMaster({ nodes }, answers) {
  const heard = nodes.filter((node) => answers[node.id] === true).length;
  if (nodes.length < 2) {
    return "no master: nothing can be read or written until one is elected; this node knows no other";
  }
  const known = nodes.every((node) => node.id in answers)
    ? `; of the ${count(nodes.length, "node")} last known, ${heard === 1 ? "one answers" : `${word(heard)} answer`}` : "";
  return `no master: nothing can be written until one is elected${known}`;
}

function green({ nodes, copies }) {
  const said = `${count(nodes.length, "node")}, ${whole(copies)}`;
  const moving = copies.filter((copy) => copy.target !== null && copy.state === "RELOCATING").length;
  return moving > 0 ? `${said}; ${count(moving, "copy", "copies")} moving to another node` : said;
}

function whole(copies) {
  const factors = [...factorsOf(copies)].sort((a, b) => a - b);
  if (factors.length === 0) {
    return "no index yet";
  }
  if (factors.length > 1) {
    return `every shard has its copies (${factors[0]} to ${factors.at(-1)})`;
  }
  return factors[0] === 1 ? "every shard has its one copy, there are no replicas" : `every shard has its ${factors[0]} copies`;
}

function yellow({ nodes, copies }, delayed) {
  const missing = copies.filter((copy) => !isActive(copy));
  const most = Math.max(...factorsOf(copies));
  const few = most > nodes.length ? `; ${most} copies need ${count(most, "node")}` : "";
  return `${gap(missing, copies, delayed)}; ${count(nodes.length, "node")}${few}`;
}

function red(cluster, delayed) {
  const block = unrecovered(cluster.blocks);
  if (block) {
    return `${count(cluster.nodes.length, "node")} and a master, but the data is not recovered yet (${block.description})`;
  }
  const primaries = cluster.copies.filter((copy) => copy.primary);
  const lost = primaries.filter((copy) => !isActive(copy));
  const indices = list([...new Set(lost.map((copy) => copy.index))].sort());
  return `${share(lost.length, primaries.length, "primaries")} missing, in ${indices}; ${yellow(cluster, delayed)}`;
}

// "8 of 40 copies missing since 06:39:46, a node left (2 are being copied, 6 are held back in case it returns)"
function gap(missing, copies, delayed) {
  const since = missing.map((copy) => copy.since).filter(Boolean).sort()[0];
  const reasons = [...new Set(missing.map((copy) => copy.reason).filter(Boolean))].map((reason) => REASONS[reason] ?? reason);
  const copied = missing.filter((copy) => copy.state !== UNASSIGNED).length;
  const held = Math.min(delayed, missing.length - copied);
  const doing = [
    copied > 0 ? `${copied} being copied` : null,
    held > 0 ? `${held} held back in case the node returns` : null,
  ].filter(Boolean);
  return [
    `${share(missing.length, copies.length, "copies")} missing`,
    since ? ` since ${clock(new Date(since))}` : "",
    reasons.length > 0 ? `, ${list(reasons.sort())}` : "",
    doing.length > 0 ? ` (${doing.join(", ")})` : "",
  ].join("");
}

// The cluster may still call a node its member that no longer answers: a frozen one, until it is noticed.
function silent({ nodes }, answers) {
  const names = nodes.filter((node) => answers[node.id] === false).map((node) => node.name);
  return names.length > 0 ? [`${list(names)} ${names.length === 1 ? "does" : "do"} not answer`] : [];
}
