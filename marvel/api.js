// Asks Elasticsearch. Every answer has a deadline, and every failure says in words what happened.

const BASE = "../../"; // relative to the page, so that a proxy may serve it all below a path
const DEADLINE = 3000; // milliseconds

const FROM_STATE = "filter_path=cluster_name,master_node,blocks,nodes,routing_table";
const FROM_STATS = "filter_path=nodes.*.jvm.uptime_in_millis,nodes.*.jvm.mem.heap_*,nodes.*.os.cpu.usage,nodes.*.os.load_average";

// `local=true`: the node answers from what it knows, also while there is no master.
export const state = () => get(`_cluster/state/master_node,nodes,blocks,routing_table?local=true&${FROM_STATE}`);

export const health = () => get("_cluster/health?local=true");

// One request a node: Elasticsearch gathers the figures of several nodes before it answers, and would wait for a frozen one.
export async function stats(id) {
  const reply = await get(`_nodes/${encodeURIComponent(id)}/stats/jvm,os?${FROM_STATS}`);
  const figures = reply.nodes?.[id];
  if (!figures) {
    throw new Error("not connected");
  }
  return figures;
}

async function get(path) {
  const control = new AbortController();
  const timer = setTimeout(() => control.abort(), DEADLINE);
  try {
    const reply = await fetch(BASE + path, { signal: control.signal, cache: "no-store" });
    if (!reply.ok) {
      throw new Error(`it answered HTTP ${reply.status}`);
    }
    return await reply.json();
  } catch (failure) {
    throw new Error(inWords(failure, control.signal.aborted));
  } finally {
    clearTimeout(timer);
  }
}

function inWords(failure, timedOut) {
  if (timedOut) {
    return `no answer within ${DEADLINE / 1000} s`;
  }
  if (failure instanceof TypeError) {
    return "no connection";
  }
  return failure instanceof SyntaxError ? "it answered something that is not JSON" : failure.message;
}
