// What this page knows of the past: the moments that it saw itself, what the API still knows, what was recorded.

import { changes } from "./changes.js";
import { story } from "./events.js";
import { facts, nodeLeft } from "./facts.js";
import { isRecent, memoryOf, MOST } from "./memory.js";
import { isActive, stateOf } from "./model.js";
import { isSame, momentOf } from "./moment.js";
import { isLearned, now } from "./now.js";
import { toldBy } from "./recorded.js";
import { isTold } from "./telling.js";

const BLINK = 15000; // milliseconds without a look at the cluster; after more of them nobody knows when something happened
const KEEP = 10000; // how often it is kept that nothing has changed

const PATIENCE = 5000; // how long the first look waits for the cluster's clock

const opened = Date.now();
const moments = []; // in order of time
let memory = null;
let kept = 0;

// Takes a look at the cluster into the memory. What was kept on earlier visits is there a moment after the first one.
export function watch(cluster) {
  memory ??= remember(cluster.name);
  if (!isLearned() && Date.now() - opened < PATIENCE) {
    return;
  }
  const moment = momentOf(cluster, now());
  const last = moments.at(-1);
  if (last && isSame(last, moment) && moment.at - last.until < BLINK) {
    last.until = moment.at;
    moment.at - kept > KEEP && keep(last);
  } else {
    moments.push(moment);
    keep(moment);
    forget(moment.at);
  }
}

// A page may be open for weeks: what is too much or too old goes from it, and from what the browser keeps.
async function forget(time) {
  const old = moments.findIndex((moment) => isRecent(moment, time));
  const gone = moments.splice(0, Math.max(old, moments.length - MOST));
  gone.length > 0 && (await memory).drop(gone);
}

async function remember(name) {
  const found = await memoryOf(name, now());
  moments.unshift(...found.moments.filter(({ at }) => moments.length === 0 || at < moments[0].at));
  return found;
}

async function keep(moment) {
  kept = moment.until;
  (await memory).put(moment);
}

// The last moment that this page saw up to a time, or null: also where it did not look just then.
export const momentBefore = (at) => moments.findLast((moment) => moment.at <= at) ?? null;

// [from, until] of each time that this page was looking.
export const looks = () => moments.map(({ at, until }) => [at, until]);

// {since, last} when the page, without a break, has seen no master, and who was the last one; null if it has one, or there
// was none when it came.
export function masterless() {
  const first = moments.findLastIndex(({ status }) => status !== "no-master") + 1;
  const before = moments[first - 1];
  return before && first < moments.length && moments[first].at - before.until < BLINK ? { since: moments[first].at, last: before.master } : null;
}

const changed = new WeakMap(); // a moment -> { before, events }: what was found once is not looked for again

function changesOf(before, moment) {
  if (changed.get(moment)?.before !== before) {
    changed.set(moment, { before, events: changes(before, moment) });
  }
  return changed.get(moment).events;
}

function seen() {
  return moments.flatMap((moment, place) => {
    const before = moments[place - 1];
    if (before && moment.at - before.until < BLINK) {
      return changesOf(before, moment);
    }
    return [{ type: "status", status: moment.status, subject: moment.status, at: moment.at, origin: "page", observer: "page" }];
  });
}

// The names of nodes by their ids, also of those that have left: a copy only tells the id of the node that it had.
export function namesOf(known) {
  const { state, copied } = known;
  return new Map([
    ...(copied.answer ?? []).flatMap(({ from, fromId, node, nodeId }) => [[fromId, from], [nodeId, node]]),
    ...(toldBy(known)?.events ?? []).map(({ node_id: id, node }) => [id, node]),
    ...moments.flatMap(({ nodes }) => nodes),
    ...(state.answer?.nodes ?? []).map(({ id, name }) => [id, name]),
  ].filter(([id, name]) => id && name));
}

// The rows of the timeline, oldest first. They are made anew only when something new is known.
let made = { from: [], rows: [] };
export function rowsOf(known) {
  const { state, copied, settings } = known;
  const recorded = toldBy(known);
  const started = Object.values(known.figures.parts).filter(({ answer }) => answer).length;
  const from = [state.answer, recorded, copied.answer, settings.answer, moments.at(-1), moments[0]?.at, started];
  if (from.some((part, place) => part !== made.from[place])) {
    const events = [...(recorded?.events ?? []), ...seen(), ...told(known)].filter((event) => isTold(event) || event.type.startsWith("copy_"));
    made = { from, rows: story(events).filter(isTold) };
  }
  return made.rows;
}

function told(known) {
  const cluster = known.state.answer;
  const starts = Object.fromEntries((cluster?.nodes ?? []).flatMap(({ id, name }) => {
    const answer = known.figures.parts[id]?.answer;
    return answer?.timestamp && answer.jvm?.uptime_in_millis ? [[name, answer.timestamp - answer.jvm.uptime_in_millis]] : [];
  }));
  return [
    ...facts({
      cluster, starts, names: namesOf(known),
      recoveries: known.copied.answer ?? [],
      created: known.settings.answer?.created ?? {},
    }),
    ...status(cluster),
  ];
}

// What is missing now is missing since then. It is a missing primary that makes it red, and not a replica that went before.
export function status(cluster) {
  const missing = (cluster?.copies ?? []).filter((copy) => !isActive(copy));
  const primaries = missing.filter(({ primary }) => primary);
  const times = (primaries.length > 0 ? primaries : missing).map(({ since }) => Date.parse(since)).filter(Boolean);
  if (times.length === 0 || cluster.master === null) {
    return [];
  }
  const value = stateOf(cluster);
  return [{
    type: "status", status: value, subject: value, at: Math.min(...times), missing: missing.length, copies: cluster.copies.length,
    origin: "api", observer: "api",
  }];
}

// Which nodes left, by what the copies tell that miss them.
export function leftBy(copies, names) {
  const ids = new Set(copies.filter(({ reason }) => reason === "NODE_LEFT").map(({ details }) => nodeLeft(details)));
  return [...ids].map((id) => names.get(id) ?? null);
}
