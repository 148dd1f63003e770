// Events of several sources and observers become one story: what is told twice is one row with its origins, what
// belongs together is one row with a count, what ends something says how long that was, and what follows from something
// names it.
//
// An event is { type, at, origin, observer, subject, ... } with a type and fields as in docs/marvel.md. `origin` is where
// it is known from: "recorder", "api" (what Elasticsearch still knows) or "page" (seen by this page itself).
// Times are milliseconds since the epoch, by the cluster's clock.

const SAME = 60000; // two observers may tell of one thing so far apart: one of them may have been frozen or cut off
const LATE = 3000; // two recorders tell of one moment so far apart
const BURST = 20000; // copies that start no further apart belong together
const CAUSE = 5000; // what comes so soon after something else follows from it

export function story(events) {
  const rows = withNew(gathered(ofTheCluster(merged(events), inOrder(events))).sort((a, b) => a.at - b.at));
  return withDurations(withCauses(withoutRepeats(rows)));
}

const inOrder = (events) => [...events].sort((a, b) => a.at - b.at || (a.observer < b.observer ? -1 : 1));

// The same thing: of one type and about the same, told by observers that differ, not too far apart.
export function merged(events) {
  const byKey = new Map();
  const lastTold = new Map(); // an observer and a line -> its row
  for (const event of inOrder(events)) {
    const key = keyOf(event);
    const rows = byKey.get(key) ?? [];
    byKey.set(key, rows);
    const line = event.type in LINES ? `${event.observer} ${LINES[event.type]}` : null;
    const before = lastTold.get(line);
    let row = rows.findLast((one) => mayTell(event, one, before));
    if (row) {
      join(row, event);
    } else {
      row = { ...event, first: event.at, last: event.at, observers: [event.observer], origins: [event.origin] };
      rows.push(row);
    }
    if (line !== null) {
      lastTold.set(line, row);
      if (before && keyOf(before) !== key && before.over?.version === undefined) {
        before.over = event; // the page knows no version
      }
    }
  }
  return [...byKey.values()].flat();
}

// What is so until its observer tells of another one on the same line.
const LINES = { status: "status", master_lost: "master", master_elected: "master" };

// Whether an event may be a row's. What one alone has seen pass may come again within the minute, and be seen by all.
function mayTell(event, row, before) {
  if (event.at - row.last >= SAME || row.observers.includes(event.observer)) {
    return false;
  }
  if (event.type === "master_lost" || event.status === "no-master") { // each for himself, with the version that he knew last
    return !(row.over?.version <= event.version);
  }
  return !(event.type in LINES) || !(row.first < before?.first || isOver(row, event));
}

// By one who told of it. Nobody tells what was over. The states of one master have an order, as long as not all nodes are
// started anew; else the clocks have to do.
function isOver({ over, last }, { at, version, master }) {
  if (over === undefined) {
    return false;
  }
  const isOfOneMaster = master && master === over.master && version !== undefined && over.version !== undefined;
  return isOfOneMaster ? version >= over.version : at > Math.max(over.at, last) + LATE;
}

// A node that lost sight of a cluster that went on is no cluster without a master: its no-master is left out, and its
// master_lost is told as its own. The cluster went on if somebody else, who has not found a master anew, knew one meanwhile.
function ofTheCluster(rows, events) {
  const isLost = ({ type, status }) => type === "master_lost" || (type === "status" && status === "no-master");
  return rows.flatMap((row) => {
    if (!isLost(row) || !wentOn(row, events)) {
      return [row];
    }
    const nodes = row.observers.filter((one) => one !== "page");
    return row.type === "status" ? [] : [{ ...row, type: "node_alone", subject: nodes.join(", ") || "the node of this page", node: null }];
  });
}

const ANEW = ["master_elected", "recorder_started"];

function wentOn({ at, observers }, events) {
  const found = events.find((one) => one.type === "master_elected" && one.at >= at && observers.includes(one.observer));
  const until = (found?.at ?? Infinity) + LATE;
  const meanwhile = events.filter((one) => one.origin === "recorder" && !observers.includes(one.observer) && one.at >= at && one.at <= until);
  const anew = new Set(meanwhile.filter(({ type }) => ANEW.includes(type)).map(({ observer }) => observer));
  return meanwhile.some(({ master, observer }) => master && !anew.has(observer));
}

function keyOf({ type, subject, status, index, shard, node, revision }) {
  if (revision !== undefined && revision !== null) {
    return `${type} ${subject} ${revision}`; // of etcd: another revision is another event
  }
  if (type === "status") {
    return `status ${status}`;
  }
  if (type === "master_lost") {
    return type;
  }
  return type.startsWith("copy_") ? JSON.stringify([type, index, shard, node]) : `${type} ${subject}`;
}

// What the master wrote down itself is the time; else the earliest observer's. What one does not know, another may.
function join(row, event) {
  row.observers.push(event.observer);
  row.last = event.at;
  for (const [name, value] of Object.entries(event)) {
    if (row[name] === undefined || row[name] === null) {
      row[name] = value;
    }
  }
  if (event.origin === "api" && !row.origins.includes("api")) {
    row.at = event.at;
  }
  row.origins = [...new Set([...row.origins, event.origin])];
}

// Copies that start, or are promoted, in one burst are one row.
const BURSTS = { copy_started: "copies_started", copy_promoted: "copies_promoted" };

function gathered(events) {
  const rest = events.filter(({ type }) => !(type in BURSTS));
  return rest.concat(...Object.entries(BURSTS).map(([one, many]) => bursts(events.filter(({ type }) => type === one), many)));
}

function bursts(events, type) {
  const rows = [];
  for (const event of events.sort((a, b) => a.at - b.at)) {
    const row = rows.at(-1);
    if (row && event.at - row.end < BURST) {
      row.parts.push(event);
      row.end = event.at;
    } else {
      rows.push({ type, parts: [event], end: event.at });
    }
  }
  return rows.map(burstOf);
}

function burstOf({ type, parts, end }) {
  const all = (field) => [...new Set(parts.map((part) => part[field]).filter((value) => value !== undefined && value !== null))];
  const began = Math.min(...parts.map((part) => part.began ?? (part.duration_ms === undefined ? part.at : part.at - part.duration_ms)));
  return {
    type,
    subject: "",
    at: type === "copies_promoted" ? began : end,
    count: new Set(parts.map(({ index, shard, node }) => JSON.stringify([index, shard, node]))).size,
    nodes: all("node").sort(),
    indices: all("index").sort(),
    sources: all("source").sort(),
    bytes: parts.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
    took: end > began ? end - began : null,
    origins: [...new Set(parts.flatMap(({ origins }) => origins))],
    observers: [...new Set(parts.flatMap(({ observers }) => observers))],
  };
}

// A status or a master that is told again without another one between is no news.
function withoutRepeats(rows) {
  const last = {};
  return rows.filter((row) => {
    const line = { status: "status", master_elected: "master", master_lost: "master" }[row.type];
    if (line === undefined) {
      return true;
    }
    const value = row.type === "master_lost" ? null : row.subject;
    const now = row.type === "status" ? row.status : value;
    const isNews = !(line in last) || last[line].now !== now;
    if (isNews) {
      last[line] = { now, row };
    } else {
      last[line].row.origins = [...new Set([...last[line].row.origins, ...row.origins])];
    }
    return isNews;
  });
}

// The first copies of an index are made, not rebuilt.
function withNew(rows) {
  const created = new Map(rows.filter(({ type }) => type === "index_created").map(({ index, at }) => [index, at]));
  for (const row of rows.filter(({ type }) => type === "copies_started")) {
    const began = row.at - (row.took ?? 0) - BURST;
    row.isNew = row.indices.length > 0 && row.indices.every((index) => created.get(index) >= began && created.get(index) <= row.at);
  }
  return rows;
}

const CAUSES = {
  node_left: ({ node, subject }) => `${node ?? (subject === "" ? "a node" : subject)} left`,
  master_lost: () => "there was no master",
  cluster_recovered: () => "the whole cluster was started",
  index_created: ({ index }) => `${index} is new`,
};

// Why a node left, where the recorder beside it has told so. Without its word nobody knows: its host goes from etcd however
// it left.
function whyItLeft({ at, subject }, rows) {
  const own = rows.filter((row) => row.subject === subject);
  if (own.some((row) => row.type === "process_ended" && Math.abs(row.at - at) <= CAUSE)) {
    return "its process ended";
  }
  const last = own.findLast((row) => ["node_silent", "node_answers"].includes(row.type) && row.at <= at && at - row.at < SAME);
  return last?.type === "node_silent" ? "it did not answer" : null;
}

// What made copies be missing, or replicas primaries: the last such thing shortly before, or just after by another clock.
function withCauses(rows) {
  for (const row of rows) {
    const needs = (row.type === "status" && row.status !== "green" && row.status !== "no-master") || row.type === "copies_promoted";
    if (needs && !row.cause) {
      const near = rows.filter(({ type, at }) => type in CAUSES && Math.abs(row.at - at) <= CAUSE);
      const cause = near.find(({ type }) => type === "node_left") ?? near.at(-1);
      row.cause = cause ? CAUSES[cause.type](cause) : null;
    }
    if (row.type === "node_left") {
      row.cause ??= whyItLeft(row, rows);
    }
  }
  return rows;
}

// type that ends -> types it ends, about the same thing; what is between belongs to it
const ENDS = {
  node_joined: ["node_left"], node_answers: ["node_silent"], master_elected: ["master_lost"],
  host_published: ["host_gone"], lease_free: ["lease_taken", "lease_used"], allocation_resumed: ["allocation_delayed"],
};

function withDurations(rows) {
  const begun = new Map();
  let trouble = null; // the first of the rows that tell of another status than green
  for (const row of rows) {
    const about = ["master_elected", "master_lost"].includes(row.type) ? "" : row.subject;
    const began = (ENDS[row.type] ?? []).map((type) => begun.get(`${type} ${about}`)).find(Boolean);
    row.took ??= began ? row.at - began.at : row.duration_ms ?? null;
    row.ends = began ? began.type : null;
    if (began) {
      begun.delete(`${began.type} ${about}`);
    }
    begun.set(`${row.type} ${about}`, row);
    if (row.type === "status") {
      row.took = row.status === "green" && trouble !== null ? row.at - trouble.at : null;
      row.ends = row.status === "green" && trouble !== null ? "trouble" : null;
      trouble = row.status === "green" ? null : trouble ?? row;
    }
  }
  return rows;
}
