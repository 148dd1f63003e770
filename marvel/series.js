// The course of each node's figures: samples in, lines out. Knows neither the network nor the document.

import { cpuOf } from "./model.js";
import { bytes } from "./words.js";

const PERCENT = (value) => `${Math.round(value)} %`;
const RATE = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString("en")}/s`;

// limits: from where a figure is called high and very high. `top` is the end of the scale; without it the scale fits.
export const METRICS = [
  { id: "heap", name: "Heap", say: PERCENT, limits: [75, 90], top: 100 },
  { id: "cpu", name: "CPU of the machine", say: PERCENT, limits: [80, 95], top: 100 },
  { id: "load", name: "Load of the machine, 1 min", say: (value) => value.toFixed(2), limits: [] },
  { id: "indexing", name: "Documents indexed", say: RATE, limits: [] },
  { id: "searching", name: "Searches of shards", say: RATE, limits: [] },
  { id: "gc", name: "Time spent in garbage collection", say: (value) => `${value.toFixed(1)} %`, limits: [5, 20], top: null },
  { id: "disk", name: "Disk free", say: bytes, limits: [] },
];

// One node's figures at one moment, from its own answer; the counters (indexed, searched, collected) since its start.
export function sampleOf(stats, at) {
  const collectors = Object.values(stats.jvm?.gc?.collectors ?? {});
  return {
    at,
    heap: stats.jvm?.mem?.heap_used_percent ?? null,
    cpu: cpuOf(stats),
    load: [stats.os?.load_average ?? []].flat()[0] ?? null,
    disk: stats.fs?.total?.available_in_bytes ?? null,
    indexed: stats.indices?.indexing?.index_total ?? null,
    searched: stats.indices?.search?.query_total ?? null,
    collected: collectors.length ? collectors.reduce((sum, { collection_time_in_millis: spent }) => sum + spent, 0) : null,
  };
}

// The same from a document of the recorder (docs/marvel.md).
export function recordedOf(document) {
  const known = (value) => value ?? null;
  return {
    at: Date.parse(document["@timestamp"]) || Number(document["@timestamp"]),
    heap: known(document.heap_percent),
    cpu: known(document.cpu_percent),
    load: known(document.load),
    disk: known(document.disk_free_bytes),
    indexed: known(document.indexed),
    searched: known(document.searches),
    collected: document.gc_young_ms === undefined ? null : document.gc_young_ms + (document.gc_old_ms ?? 0),
  };
}

export const GAP = 45000; // milliseconds without a sample after which a line breaks

// The lines of one node: {times: [seconds], heap: [value or null], ...}, oldest first, a gap as a point without values.
export function linesOf(samples) {
  const lines = { times: [] };
  METRICS.forEach(({ id }) => { lines[id] = []; });
  let before = null;
  for (const sample of [...samples].sort((a, b) => a.at - b.at)) {
    if (before !== null && sample.at - before.at > GAP) {
      push(lines, { at: before.at + 1000 }, null);
      before = null;
    }
    push(lines, sample, before);
    before = sample;
  }
  return lines;
}

function push(lines, sample, before) {
  const share = (counter) => perSecond(sample, before, counter);
  const spent = share("collected");
  const values = {
    ...sample,
    indexing: share("indexed"),
    searching: share("searched"),
    gc: spent === null ? null : spent / 10, // milliseconds a second, as percent
  };
  lines.times.push(sample.at / 1000);
  METRICS.forEach(({ id }) => lines[id].push(values[id] ?? null));
}

// A counter that fell belongs to a process that was started anew.
function perSecond(sample, before, counter) {
  const [now, then] = [sample[counter] ?? null, before?.[counter] ?? null];
  return now === null || then === null || now < then || sample.at <= before.at
    ? null : ((now - then) * 1000) / (sample.at - before.at);
}

// Samples of two origins, those within a window (milliseconds) before `now`: a node's own ones, and where they have a
// hole what the recorder kept of it.
export function within(recorded, own, now, window) {
  const edges = holesOf(own.map(({ at }) => at), -Infinity, now);
  const fill = recorded.filter(({ at }) => edges.some(([from, until]) => at > from + NEAR && at < until - NEAR));
  return [...fill, ...own].filter(({ at }) => at >= now - window);
}

const NEAR = 1000; // milliseconds: two samples of one moment

// [from, until] of the times longer than GAP, from one time to another, in which there is none of these (in order).
export function holesOf(times, from, until) {
  const edges = [from, ...times, until];
  return edges.slice(1).map((end, place) => [edges[place], end]).filter(([begin, end]) => end - begin > GAP);
}

export function strainOf(value, [high, veryHigh] = []) {
  return value === null || high === undefined || value < high ? null : value >= veryHigh ? "very high" : "high";
}

// What a chart shows, for those who do not see it: "31 % now, between 28 % and 45 % in 10 min; high from 75 %".
export function summaryOf(metric, values) {
  const told = values.filter((value) => value !== null);
  if (told.length === 0) {
    return "nothing is known yet";
  }
  const now = values.at(-1);
  const strain = strainOf(now, metric.limits);
  const range = `between ${metric.say(Math.min(...told))} and ${metric.say(Math.max(...told))}`;
  return `${now === null ? "not known" : metric.say(now)} now${strain ? `, ${strain}` : ""}, ${range}`;
}

// "high" or "very high" of a figure by its id; null where it is neither, or has no threshold.
export const strainBy = (id, value) => strainOf(value, METRICS.find((metric) => metric.id === id)?.limits);

// All thresholds: what is called high, wherever it is shown.
export const thresholds = () => METRICS.filter(({ limits }) => limits.length > 0).map((metric) => `${metric.name}: ${limitsOf(metric)}.`).join(" ");

export const limitsOf = ({ limits, say }) =>
  limits.length === 0 ? "no threshold" : `high from ${say(limits[0])}, very high from ${say(limits[1])}`;
