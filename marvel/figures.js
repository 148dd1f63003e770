// The nodes' figures, and their course: what this page asks itself, and what the recorder kept before.

import { isLearned, learn, now } from "./now.js";
import { recordedIndices } from "./recorded.js";
import { holesOf, recordedOf, sampleOf } from "./series.js";

const EVERY = 6000; // milliseconds: a frozen node is told of after that and the deadline
const MANY = 12; // nodes
const KEPT = 3600000 / EVERY; // of a node's own samples: an hour, more is not shown

const FROM_STATS = `filter_path=${[
  "nodes.*.timestamp", "nodes.*.jvm.uptime_in_millis", "nodes.*.jvm.mem.heap_used_percent", "nodes.*.jvm.mem.heap_max_in_bytes",
  "nodes.*.jvm.gc.collectors.*.collection_time_in_millis", "nodes.*.os.cpu.usage", "nodes.*.os.cpu_percent", "nodes.*.os.load_average",
  "nodes.*.fs.total.available_in_bytes", "nodes.*.indices.indexing.index_total", "nodes.*.indices.search.query_total",
].join()}`;

const own = new Map(); // a node's name -> its samples; a node that is started anew has another id, and the same name

// By the cluster's clock, as the recorder's are; they are kept by the browser's, since the difference may be learned later.
export function samplesOf(name) {
  const ahead = now() - Date.now();
  return (own.get(name) ?? []).map((sample) => ({ ...sample, at: sample.at + ahead }));
}

// Each node's figures, by its id: Elasticsearch gathers those of several nodes before it answers, and would wait for a
// frozen one.
export const figures = {
  id: "figures",
  every: EVERY,
  lane: "nodes",
  needs: ["state"],
  parts: ({ state: { answer } }) => answer?.nodes.map(({ id }) => id) ?? [],
  async ask(api, signal, { state: { answer: { nodes, master } } }, id) {
    const asked = Date.now();
    const reply = await api.get(`_nodes/${encodeURIComponent(id)}/stats/jvm,os,fs,indices/indexing,search?${FROM_STATS}`);
    const told = reply.nodes?.[id];
    if (!told) {
      throw new Error("not connected");
    }
    if (told.timestamp && (master === null ? !isLearned() : master.id === id)) {
      learn(told.timestamp, asked);
    }
    keep(nodes.find((node) => node.id === id).name, sampleOf(told, Date.now()));
    return told;
  },
};

const keep = (name, sample) => own.set(name, [...(own.get(name) ?? []), sample].slice(-KEPT));

const HOUR = 3600000; // milliseconds: what the chart shows at most

// {node's name: [sample]} from the recorder's indices where there are any that can be read, of the last hour: of each time
// of which nothing is known yet (before this page was opened, out of sight, paused, no answer). What was recorded without
// a master is delivered later, nobody knows when: a hole is asked for until something fills it, and only what is between
// the first and the last one.
export const samples = {
  id: "samples",
  every: 60000,
  needs: ["state"],
  parts: ({ state: { answer } }) => (recordedIndices(answer, now()).readable.length > 0 ? ["all"] : []),
  async ask(api, signal, { state, samples: { parts } }) {
    const time = now();
    const before = since(time - HOUR, parts.all.answer ?? {});
    const holes = state.answer.nodes
      .map(({ name }) => [name, unknownOf(before[name] ?? [], samplesOf(name), time).flat()])
      .filter(([, times]) => times.length > 0);
    if (holes.length === 0) {
      return before;
    }
    const { hits } = await api.search(recordedIndices(state.answer, time).readable, "sample", within(holes), 4000);
    return joined(before, hits.map(({ _source: document }) => [document.node, recordedOf(document)]));
  },
};

// The query for what each node's holes lie between: what the others have is not sent again each minute. Of many nodes, all
// at once: an address has room for four thousand characters.
function within(holes) {
  const span = (times) => `@timestamp:[${Math.round(Math.min(...times))} TO ${Math.round(Math.max(...times))}]`;
  return holes.length > MANY
    ? span(holes.flatMap(([, times]) => times))
    : holes.map(([name, times]) => `(node:${JSON.stringify(name)} AND ${span(times)})`).join(" OR ");
}

function unknownOf(recorded, itself, time) {
  const times = [...recorded, ...itself].map(({ at }) => at).filter((at) => at > time - HOUR && at < time);
  return holesOf(times.sort((a, b) => a - b), time - HOUR, time);
}

const since = (from, courses) => Object.fromEntries(Object.entries(courses).map(([name, course]) => [name, course.filter(({ at }) => at >= from)]));

function joined(before, told) {
  const after = { ...before };
  for (const [name, sample] of told.reverse()) {
    const course = after[name] ?? [];
    after[name] = course.some(({ at }) => at === sample.at) ? course : [...course, sample];
  }
  return after;
}
