// The nodes' figures, and their course: what this page asks itself, and what the recorder kept before.

import { isLearned, learn, now } from "./now.js";
import { recordedIndices } from "./recorded.js";
import { holesOf, recordedOf, sampleOf } from "./series.js";

const EVERY = 6000; // milliseconds: a frozen node is told of after that and the deadline
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

// {node's name: [sample]} from the recorder's indices where there are any that can be read: of the last hour before this
// page was opened, and of each time since of which it has none itself (out of sight, paused, no answer). Asked until
// there are some, and then only for holes.
export const samples = {
  id: "samples",
  every: 60000,
  needs: ["state"],
  parts: ({ state: { answer } }) => (recordedIndices(answer, now()).readable.length > 0 ? ["all"] : []),
  async ask(api, signal, { state, samples: { parts } }) {
    const before = parts.all.answer ?? {};
    const isFirst = Object.keys(before).length === 0;
    const began = Date.now();
    const since = isFirst ? "1h" : secondsSince(firstHole(state.answer.nodes, began), began);
    if (since === null) {
      return before;
    }
    const { readable } = recordedIndices(state.answer, now());
    const { hits } = await api.search(readable, "sample", `@timestamp:[now-${since} TO now]`, 4000);
    filled = began;
    return joined(before, hits.map(({ _source: document }) => [document.node, recordedOf(document)]));
  },
};

const DELIVERED = 20000; // milliseconds until what was recorded can be found
const HOUR = 3600000;
let filled = 0; // when what was recorded was read last

// When the earliest hole began that was not over, and delivered, when it was asked for last: of what was delivered then
// nothing is asked again. null where there is none.
function firstHole(nodes, time) {
  const known = filled - DELIVERED;
  const begins = nodes.flatMap(({ name }) => {
    const times = (own.get(name) ?? []).map(({ at }) => at);
    return holesOf(times, known, time).filter(([, until]) => until > known).map(([from]) => Math.max(from, known));
  });
  return begins.length > 0 ? Math.max(time - HOUR, Math.min(...begins)) : null;
}

const secondsSince = (at, time) => (at === null ? null : `${Math.ceil((time - at) / 1000)}s`);

function joined(before, told) {
  const after = Object.fromEntries(Object.entries(before).map(([name, course]) => [name, [...course]]));
  for (const [name, sample] of told.reverse()) {
    const course = (after[name] ??= []);
    course.some(({ at }) => at === sample.at) || course.push(sample);
  }
  return after;
}
