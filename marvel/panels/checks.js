// The checks of settings that lose data, the worst first, each with what to do.

import { checksOf } from "../checks.js";
import { element, setChildren } from "../dom.js";

const WORDS = { bad: "Danger", warn: "Look", unknown: "Not known", good: "Good" };
const FROM_NODE = "filter_path=nodes.*.settings.*,nodes.*.process,nodes.*.jvm.mem,nodes.*.os.mem.total_in_bytes,nodes.*.os.swap.total_in_bytes";

// What each node was started with and what it got of it.
export const checked = {
  id: "checked",
  every: 60000,
  lane: "nodes",
  needs: ["state"],
  parts: ({ state: { answer } }) => answer?.nodes.map(({ id }) => id) ?? [],
  async ask(api, signal, { state }, id) {
    const [info, stats] = await Promise.all([
      api.get(`_nodes/${encodeURIComponent(id)}/settings,process,jvm,os?flat_settings=true&${FROM_NODE}`),
      api.get(`_nodes/${encodeURIComponent(id)}/stats/fs?filter_path=nodes.*.fs.total`),
    ]);
    if (!info.nodes?.[id]) {
      throw new Error("not connected");
    }
    const { settings = {}, ...rest } = info.nodes[id];
    return { name: state.answer.nodes.find((node) => node.id === id)?.name, settings, info: rest, stats: stats.nodes?.[id] };
  },
};

export const panel = {
  id: "checks",
  every: 60000,
  lane: "local",
  needs: ["state", "checked"],
  ask: (api) => api.get("_cluster/settings?local=true&flat_settings=true"),
  note: ({ checks: { problem } }) => problem === null ? null : `The cluster's own settings: ${problem}.`,
  show(section, { state: { answer: cluster }, checked: { parts }, checks: { answer: settings } }) {
    if (cluster === null) {
      return;
    }
    const nodes = Object.values(parts).map(({ answer }) => answer).filter(Boolean);
    const found = checksOf({ nodes, asked: cluster.nodes.length, settings, copies: cluster.copies, hasMaster: cluster.master !== null });
    setChildren(section.querySelector("tbody"), found, () => found.map(rowOf));
  },
};

const rowOf = ({ severity, name, text, todo }) => element("tr", { "data-severity": severity },
  element("th", { scope: "row" }, name),
  element("td", {}, element("span", { class: "state", "data-state": severity }, WORDS[severity])),
  element("td", { class: "words" }, text, ...(todo ? [" ", element("em", {}, todo)] : [])));
