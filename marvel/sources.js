// What several panels read: asked once, each with its own pace and its own failure.

import { clusterOf } from "./model.js";

const FROM_STATE = "filter_path=cluster_name,master_node,blocks,nodes,routing_table";
const FROM_STATS = "filter_path=nodes.*.jvm.uptime_in_millis,nodes.*.jvm.mem.heap_*,nodes.*.os.cpu.usage,nodes.*.os.load_average";

// The cluster as this node knows it (model.js). `local=true`: it answers from what it knows, also without a master.
export const state = {
  id: "state",
  every: 2000,
  lane: "local",
  ask: async (api) => clusterOf(await api.get(`_cluster/state/master_node,nodes,blocks,routing_table?local=true&${FROM_STATE}`)),
};

export const health = {
  id: "health",
  every: 2000,
  lane: "local",
  ask: (api) => api.get("_cluster/health?local=true"),
};

// Each node's figures, by its id: Elasticsearch gathers those of several nodes before it answers, and would wait for a
// frozen one.
export const stats = {
  id: "stats",
  every: 2000,
  lane: "nodes",
  needs: ["state"],
  parts: ({ state: { answer } }) => answer?.nodes.map(({ id }) => id) ?? [],
  async ask(api, signal, known, id) {
    const reply = await api.get(`_nodes/${encodeURIComponent(id)}/stats/jvm,os?${FROM_STATS}`);
    const figures = reply.nodes?.[id];
    if (!figures) {
      throw new Error("not connected");
    }
    return figures;
  },
};
