// The first sentence of the page, its title and its colour.

import { setLead, setNote, setText } from "../dom.js";
import { leftBy, masterless, namesOf } from "../history.js";
import { now } from "../now.js";
import { verdictOf } from "../verdict.js";
import { clock } from "../words.js";

const opened = Date.now();

export const panel = {
  id: "verdict",
  needs: ["state", "health", "figures", "settings", "recoveries"],
  ticks: true,
  show,
};

function show(section, known) {
  const { state: { answer: cluster, problem, seen }, health, figures, settings, recoveries } = known;
  if (cluster === null && problem === null) {
    return;
  }
  const verdict = verdictOf({
    cluster, problem, seen,
    opened: now() - (Date.now() - opened),
    delayed: health.problem === null ? health.answer?.delayed_unassigned_shards ?? 0 : 0,
    answers: answersOf(figures.parts),
    left: leftBy(cluster?.copies ?? [], namesOf(known)),
    settings: settings.answer,
    recovering: recoveries?.parts.all?.answer ?? [],
    masterless: masterless(),
    now: now(),
  });
  document.documentElement.dataset.state = verdict.state;
  setLead(document.getElementById("verdict"), verdict.text);
  setText(document.getElementById("verdict-doing"), verdict.doing === "" ? "" : `; ${verdict.doing}`);
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
