// The first sentence of the page, its title and its colour.

import { setLead, setNote, setText } from "../dom.js";
import { verdictOf } from "../verdict.js";
import { clock } from "../words.js";

export const panel = {
  id: "verdict",
  needs: ["state", "health", "stats"],
  show,
};

function show(section, { state, health, stats }) {
  const { answer: cluster, problem, seen } = state;
  if (cluster === null && problem === null) {
    return;
  }
  const delayed = health.problem === null ? health.answer?.delayed_unassigned_shards ?? 0 : 0;
  const verdict = verdictOf({ cluster, problem, seen, delayed, answers: answersOf(stats.parts) });
  document.documentElement.dataset.state = verdict.state;
  setLead(document.getElementById("verdict"), verdict.text);
  performance.getEntriesByName("verdict").length || performance.mark("verdict"); // how soon it was there: `cluster bench`
  setNote(document.getElementById("verdict-note"), health.problem && problem === null ? `cluster health: ${health.problem}` : null);
  if (cluster !== null) {
    document.title = `${verdict.state.replace("-", " ")} · ${cluster.name}`;
    setText(document.getElementById("cluster"), cluster.name);
    setText(document.getElementById("updated"), `as of ${clock(seen)}`);
  }
}

// {node id: whether it answers}, without those that have not been asked yet
function answersOf(parts) {
  const asked = Object.entries(parts).filter(([, part]) => part.seen !== null || part.problem !== null);
  return Object.fromEntries(asked.map(([id, part]) => [id, part.problem === null]));
}
