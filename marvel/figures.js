// The course of the nodes' figures: what this page asks itself every ten seconds, and what the recorder kept before.

import { now } from "./now.js";
import { recordedIndices } from "./recorded.js";
import { recordedOf, sampleOf } from "./series.js";

export const EVERY = 10000; // milliseconds
const KEPT = 8640; // of a node's own samples: a day

const FROM_STATS = `filter_path=${[
  "nodes.*.jvm.mem.heap_used_percent", "nodes.*.jvm.gc.collectors.*.collection_time_in_millis",
  "nodes.*.os.cpu.usage", "nodes.*.os.load_average", "nodes.*.fs.total.available_in_bytes",
  "nodes.*.indices.indexing.index_total", "nodes.*.indices.search.query_total",
].join(",")}`;

const own = new Map(); // a node's name -> its samples; a node that is started anew has another id, and the same name

// By the cluster's clock, as the recorder's are; they are kept by the browser's, since the difference may be learned later.
export function samplesOf(name) {
  const ahead = now() - Date.now();
  return (own.get(name) ?? []).map((sample) => ({ ...sample, at: sample.at + ahead }));
}

export const figures = {
  id: "figures",
  every: EVERY,
  lane: "nodes",
  needs: ["state"],
  parts: ({ state: { answer } }) => answer?.nodes.map(({ id }) => id) ?? [],
  async ask(api, signal, { state }, id) {
    const reply = await api.get(`_nodes/${encodeURIComponent(id)}/stats/jvm,os,fs,indices?${FROM_STATS}`);
    const stats = reply.nodes?.[id];
    if (!stats) {
      throw new Error("not connected");
    }
    const { name } = state.answer.nodes.find((node) => node.id === id) ?? {};
    const sample = sampleOf(stats, Date.now());
    own.set(name, [...(own.get(name) ?? []), sample].slice(-KEPT));
    return sample;
  },
};

// {node's name: [sample]} of the last hour before this page was opened, from the recorder's indices where there are any
// that can be read; asked again until there are some.
export const samples = {
  id: "samples",
  every: 60000,
  needs: ["state"],
  parts: ({ state: { answer } }) => (recordedIndices(answer, now()).readable.length > 0 ? ["all"] : []),
  async ask(api, signal, { state, samples: { parts } }) {
    if (Object.keys(parts.all.answer ?? {}).length > 0) {
      return parts.all.answer;
    }
    const { readable } = recordedIndices(state.answer, now());
    const { hits } = await api.search(readable, "sample", "@timestamp:[now-1h TO now]", 4000);
    const told = {};
    for (const { _source: document } of [...hits].reverse()) {
      (told[document.node] ??= []).push(recordedOf(document));
    }
    return told;
  },
};
