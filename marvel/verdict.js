// The cluster's verdict in words: what is wrong, since when, why, and what happens about it.

import { factorsOf, isActive, stateOf, UNASSIGNED, unrecovered } from "./model.js";
import { bytes, clock, count, duration, list, share, word } from "./words.js";

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
// delayed: copies that Elasticsearch holds back for a node that may return. left: names of nodes that left, null where
// unknown. settings: replies.js. recovering: [{done, total, rate}]. masterless: {since, last}: since when there is no
// master, and who was the last one, by what the page saw, or null. opened, now: milliseconds, by the cluster's clock.
// Returns { state, text, doing }: `doing` changes with every second, and is not to be read out each time.
export function verdictOf(given) {
  const { cluster, problem = null, seen = null } = given;
  if (problem !== null) {
    return { state: "unreachable", text: unreachable(problem, cluster, seen), doing: "" };
  }
  if (cluster.master === null) {
    return { state: "no-master", text: noMaster(given), doing: "" };
  }
  const state = stateOf(cluster);
  const tell = { green, yellow, red }[state];
  return { state, text: [`${state}: ${tell(given)}`, ...silent(given)].join("; "), doing: doing(given) };
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

function unreachable(problem, cluster, seen) {
  const rest = cluster === null ? "nothing is known yet" : `what is shown is from ${clock(seen)}`;
  return `cannot reach Elasticsearch: ${problem}; ${rest}`;
}

function noMaster({ cluster: { nodes }, answers = {}, settings = null, masterless = null, opened = null }) {
  const since = masterless !== null ? `since ${clock(new Date(masterless.since))} ` : "";
  const last = masterless?.last ? `; the last one was ${masterless.last}` : "";
  const before = masterless === null && opened !== null ? `; it has been so since before ${clock(new Date(opened))}` : "";
  const needed = settings?.quorum > 1 ? `; ${word(settings.quorum)} nodes must see one another` : "";
  if (nodes.length < 2) {
    return `no master: ${since}nothing can be read or written until one is elected${last}; this node knows no other${needed}${before}`;
  }
  const heard = nodes.filter((node) => answers[node.id] === true).length;
  const known = nodes.every((node) => node.id in answers)
    ? `; of the ${count(nodes.length, "node")} last known, ${heard === 1 ? "one answers" : `${word(heard)} answer`}` : "";
  return `no master: ${since}nothing can be written until one is elected${last}${needed}${known}${before}`;
}

function green({ cluster: { nodes, copies } }) {
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

function yellow({ cluster: { nodes, copies }, left }) {
  const most = Math.max(...factorsOf(copies));
  const few = most > nodes.length ? `; ${most} copies need ${count(most, "node")}` : "";
  return `${gap(copies.filter((copy) => !isActive(copy)), copies, left)}; ${count(nodes.length, "node")}${few}`;
}

function red(given) {
  const { cluster: { nodes, copies, blocks }, settings, left } = given;
  const block = unrecovered(blocks);
  if (block) {
    return `${count(nodes.length, "node")} and a master, but the data is not recovered yet${waitsFor(nodes.length, settings) ?? ` (${block.description})`}`;
  }
  const primaries = copies.filter((copy) => copy.primary);
  const lost = primaries.filter((copy) => !isActive(copy));
  const indices = list([...new Set(lost.map((copy) => copy.index))].sort());
  return `${share(lost.length, primaries.length, "primaries")} missing${sinceOf(lost)}, in ${indices}; ${yellow({ ...given, left })}`;
}

// A cluster opens its indices when enough nodes are there, or after a while when not all are that are expected.
function waitsFor(nodes, settings) {
  const { recover_after_nodes: least, expected_nodes: all, recover_after_time: time } = settings?.gateway ?? {};
  if (least > nodes) {
    return `: it waits for ${count(Number(least), "node")} (gateway.recover_after_nodes)`;
  }
  return all > nodes ? `: it waits for ${count(Number(all), "node")} (gateway.expected_nodes)${time ? `, for ${time} at the most` : ""}` : null;
}

// "8 of 40 copies missing since 06:39:46, node elasticsearch_logging-3 left"
function gap(missing, copies, left = []) {
  const reasons = [...new Set(missing.map((copy) => copy.reason).filter(Boolean))];
  const named = left.filter(Boolean);
  const said = reasons.map((reason) => (reason === "NODE_LEFT" && named.length > 0 && named.length === left.length
    ? `${named.length === 1 ? "node" : "nodes"} ${list(named.sort())} left` : REASONS[reason] ?? reason));
  return `${share(missing.length, copies.length, "copies")} missing${sinceOf(missing)}${said.length > 0 ? `, ${list(said.sort())}` : ""}`;
}

const firstOf = (missing) => missing.map((copy) => copy.since).filter(Boolean).sort()[0] ?? null;

const sinceOf = (missing) => (firstOf(missing) === null ? "" : ` since ${clock(new Date(firstOf(missing)))}`);

// "2 being copied: 45 % of 1.2 GiB, 12 MiB/s, about 20 s left; rebuilding of 4 starts in 41 s, in case the node returns; 19 s so far"
function doing({ cluster, delayed = 0, settings = null, recovering = [], now = Date.now() }) {
  const missing = cluster.copies.filter((copy) => !isActive(copy));
  const copied = missing.filter((copy) => copy.state !== UNASSIGNED).length;
  const held = Math.min(delayed, missing.length - copied);
  const waiting = missing.length - copied - held;
  const most = Math.max(0, ...factorsOf(cluster.copies));
  const since = firstOf(missing);
  return [
    copied > 0 ? `${copied} being copied${progress(recovering)}` : null,
    held > 0 ? heldBack(missing, held === missing.length ? "" : ` of ${held}`, settings, now) : null,
    waiting > 0 && most <= cluster.nodes.length ? `${waiting} ${waiting === 1 ? "waits for its" : "wait for their"} turn` : null,
    since === null ? null : `${duration(Math.max(0, now - Date.parse(since)))} so far`,
  ].filter(Boolean).join("; ");
}

function heldBack(missing, which, settings, now) {
  const ends = missing.filter(({ state, reason, since }) => state === UNASSIGNED && reason === "NODE_LEFT" && since !== null)
    .map(({ index, since }) => Date.parse(since) + (settings?.delays[index] ?? settings?.delay ?? NaN));
  const rest = Math.min(...ends) - now;
  if (!Number.isFinite(rest)) {
    return `rebuilding${which} is held back in case the node returns`;
  }
  return rest > 0 ? `rebuilding${which} starts in ${duration(rest)}, in case the node returns` : `rebuilding${which} is due`;
}

function progress(recovering) {
  const sum = (field) => recovering.reduce((all, one) => all + (one[field] ?? 0), 0);
  const [done, total, rate] = [sum("done"), sum("total"), sum("rate")];
  if (total === 0) {
    return "";
  }
  const left = rate > 0 ? `, ${bytes(rate)}/s, about ${duration(Math.max(1000, ((total - done) / rate) * 1000))} left` : "";
  return `: ${Math.min(100, Math.floor((100 * done) / total))} % of ${bytes(total)}${left}`;
}

// The cluster may still call a node its member that no longer answers: a frozen one, until it is noticed.
function silent({ cluster: { nodes }, answers = {} }) {
  const names = nodes.filter((node) => answers[node.id] === false).map((node) => node.name);
  return names.length > 0 ? [`${list(names)} ${names.length === 1 ? "does" : "do"} not answer`] : [];
}
