// What several panels read: asked once, each with its own pace and its own failure.

import { watch } from "./history.js";
import { clusterOf, isReadable, stateOf } from "./model.js";
import { now } from "./now.js";
import { recordedEvents, recordedIndices } from "./recorded.js";
import { recoveriesOf, settingsOf } from "./replies.js";
import { daysOfSpan, onChoice } from "./span.js";

const FROM_STATE = "filter_path=cluster_name,master_node,blocks,nodes,routing_table";

let told = null; // the last state, as it came

// The cluster as this node knows it (model.js); the same object while it stays the same. `local=true`: it answers from
// what it knows, also without a master.
export const state = {
  id: "state",
  every: 2000,
  lane: "local",
  async ask(api, signal, known) {
    const text = await api.text(`_cluster/state/master_node,nodes,blocks,routing_table?local=true&${FROM_STATE}`);
    const cluster = text === told ? known.state.answer : clusterOf(JSON.parse(text));
    told = text;
    watch(cluster);
    return cluster;
  },
};

// {delayed_unassigned_shards, …}: asked only while something is missing.
export const health = {
  id: "health",
  every: 2000,
  lane: "local",
  needs: ["state"],
  ask: async (api, signal, { state: { answer } }) => (answer && stateOf(answer) === "green" ? {} : api.get("_cluster/health?local=true")),
};

// {created: {index: time}, delays: {index: ms}, delay: ms, gateway, quorum}: what explains why the cluster waits.
export const settings = {
  id: "settings",
  every: 30000,
  needs: ["state"],
  when: ({ state }) => state.answer !== null,
  async ask(api, signal, { state: { answer: cluster } }) {
    const [own, indices] = await Promise.all([
      api.get("_nodes/_local/settings?filter_path=nodes.*.settings.gateway,nodes.*.settings.index,nodes.*.settings.discovery"),
      isReadable(cluster) ? api.get("_all/_settings/index.creation_date,index.unassigned.*?local=true") : null,
    ]);
    return settingsOf(own, indices);
  },
};

const FROM_RECOVERY = ["id", "type", "stage", "start_time_in_millis", "stop_time_in_millis", "source.id", "source.name", "target.id", "target.name",
  "index.size.recovered_in_bytes"].map((field) => `*.shards.${field}`).join();

// [{index, shard, kind, node, nodeId, from, fromId, start, stop, bytes}]: every copy's last recovery (replies.js), since
// it tells when copies were made, and the names of nodes that have left. Every node is asked for its part: seldom, then.
export const copied = {
  id: "copied",
  every: 20000,
  needs: ["state"],
  when: ({ state }) => isReadable(state.answer),
  ask: async (api) => recoveriesOf(await api.get(`_recovery?filter_path=${FROM_RECOVERY}`)),
};

const ALL = "24h";
const NEW = "2m";
const WHOLE = 60000; // how often all of it is read: what was delivered late is not among what was recorded just now

let whole = 0; // when all of it was read

// {events, total, read}: what the recorders wrote down (docs/marvel.md). All of it once a minute, between that what is new.
export const recorded = {
  id: "recorded",
  every: 10000,
  needs: ["state"],
  when: ({ state }) => recordedIndices(state.answer, now()).readable.length > 0,
  async ask(api, signal, { state, recorded: { answer: before } }) {
    const began = Date.now();
    const { readable } = recordedIndices(state.answer, now());
    if (before === null || began - whole >= WHOLE) {
      const answer = await recordedEvents(api, readable, "@timestamp", ALL);
      whole = began;
      return before !== null && idsOf(before) === idsOf(answer) && before.total === answer.total ? before : answer;
    }
    const { events } = await recordedEvents(api, readable, "seen", NEW);
    const had = new Set(before.events.map(({ id }) => id));
    const fresh = events.filter(({ id }) => !had.has(id));
    return fresh.length === 0 ? before : { ...before, events: [...before.events, ...fresh], total: before.total + fresh.length };
  },
};

const idsOf = ({ events }) => events.map(({ id }) => id).sort().join();

const UNTIL = 82800000; // milliseconds, 23 hours: an hour of what is read all the time, too, as that hour goes by
// Where a day has more events than are read at once, those of its beginning are older ones.
const untilOf = (answer) => Math.round(Math.max(now() - UNTIL, answer?.read[0] ?? 0));
const olderIndices = ({ state }) => recordedIndices(state.answer, now(), daysOfSpan()).readable;

// The same of what was before it, while the reader looks so far back: at most as much again, so it is read seldom.
export const older = {
  id: "older",
  every: 600000,
  needs: ["state"],
  when: (known) => daysOfSpan() > 1 && olderIndices(known).length > 0,
  ask: (api, signal, known) => recordedEvents(api, olderIndices(known), "@timestamp", "7d", untilOf(known.recorded.answer)),
  start: (section, known, { again }) => onChoice(again),
};
