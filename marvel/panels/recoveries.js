// Copies on their way, with how fast they come and how long they will take.

import { element, setChildren } from "../dom.js";
import { rateOf, recoveriesOf, remaining } from "../indices.js";
import { isOnItsWay, onceRecovered } from "../model.js";
import { bytes, duration } from "../words.js";

const KINDS = { GATEWAY: "from its own disk", REPLICA: "replica", RELOCATION: "moves", SNAPSHOT: "from a snapshot" };
const STAGES = { INIT: "begins", INDEX: "copies files", START: "starts", VERIFY_INDEX: "checks files", TRANSLOG: "replays operations", FINALIZE: "ends" };

const before = new Map(); // what was done of each at the last answer

export const panel = {
  id: "recoveries",
  every: 5000,
  needs: ["state"],
  parts: onceRecovered,
  async ask(api, signal, { state }) {
    if (!state.answer.copies.some(isOnItsWay)) {
      return []; // without a question: it goes to all nodes
    }
    const now = Date.now();
    const found = recoveriesOf(await api.get("_recovery?active_only=true"));
    const told = found.map((one) => {
      const rate = rateOf(one, before.get(one.key), now);
      return { ...one, rate, remaining: remaining(one, rate) };
    });
    before.clear();
    found.forEach(({ key, done }) => before.set(key, { done, at: now }));
    return told;
  },
  note: ({ recoveries: { parts: { all } } }) => all?.problem ?? null,
  show(section, { recoveries: { parts: { all } } }) {
    const found = all?.answer ?? null;
    const none = found === null ? "Not known yet." : "No copy is on its way.";
    setChildren(section.querySelector("tbody"), found, () => found?.length > 0 ? found.map(rowOf)
      : [element("tr", {}, element("td", { colspan: 7 }, none))]);
  },
};

function rowOf({ index, shard, kind, stage, from, to, done, total, operations, rate, remaining: left }) {
  const figure = (text) => element("td", { class: "number" }, text);
  const doing = stage === "TRANSLOG" ? `${STAGES[stage]} (${operations})` : STAGES[stage] ?? stage.toLowerCase();
  const part = total > 0 ? Math.min(100, Math.floor((100 * done) / total)) : 100;
  return element("tr", {},
    element("th", { scope: "row" }, `${index}, shard ${shard}`),
    element("td", {}, KINDS[kind] ?? kind.toLowerCase()),
    element("td", {}, kind === "GATEWAY" || from === null || from === to ? to : `${from} → ${to}`),
    element("td", {}, doing),
    figure(total > 0 ? `${part} % of ${bytes(total)}` : "no bytes to copy"),
    figure(rate === null || stage !== "INDEX" ? "–" : `${bytes(rate)}/s`),
    figure(left === null || stage !== "INDEX" ? "–" : duration(left)));
}
