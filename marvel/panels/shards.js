// The shard map of now, or of a time that the reader chose: with the slider, step by step, played, or in the timeline.

import { element, setText } from "../dom.js";
import { momentBefore } from "../history.js";
import { clusterAt } from "../moment.js";
import { machinesAt, recordedIndices, recordedMoment, toldBy } from "../recorded.js";
import { goTo, keyOf, onMove, past } from "../replay.js";
import { showMap } from "../shardmap.js";
import { tell } from "../telling.js";
import { lastKnown } from "../verdict.js";
import { clock, duration } from "../words.js";
import { shownRows } from "./timeline.js";

const SETTLED = 2000; // milliseconds after an event in which the map has come to show it
const STEP = 1500; // milliseconds of each event when played

let steps = []; // rows of the timeline, oldest first; behind the last one is now
let playing = null;

export const panel = {
  id: "shards",
  needs: ["state", "timeline", "recorded", "older"],
  when: (known) => past() === null || indicesOf(known).length > 0,
  wants: (known) => panel.when(known) && isUnanswered(known),
  ask,
  show,
  start,
  note: (known) => (past() === null ? lastKnown(known) : known.shards.problem && `What was recorded is not to be had: ${known.shards.problem}.`),
};

// Whether what the recorder kept of the chosen time is not known yet.
const isUnanswered = ({ shards: { answer } }) => past() !== null && answer?.key !== past().key;

// The map that was recorded last before the chosen time.
async function ask(api, signal, known) {
  const row = past();
  if (row === null) {
    return null;
  }
  const at = row.at + SETTLED;
  const machines = machinesAt(known.state.answer, toldBy(known)?.events ?? [], at);
  return { key: row.key, moment: await recordedMoment(api, indicesOf(known), at, machines) };
}

// Those of the chosen time's day and of the one before: each day has a map, since its own index makes the first one.
const indicesOf = ({ state: { answer } }) => recordedIndices(answer, past().at + SETTLED).readable;

function start(section, known, { again, redraw }) {
  const [slider, [back, play, forth, now]] = [section.querySelector("input"), section.querySelectorAll("[data-replay] button")];
  const go = (place) => goTo(place >= steps.length || place < 0 ? null : steps[place]);
  const step = (by) => {
    refresh(known);
    go(Math.max(0, placeOf() + by));
  };
  slider.addEventListener("input", () => go(Number(slider.value)));
  onPress(back, () => step(-1));
  onPress(forth, () => step(1));
  onPress(now, () => goTo(null));
  onPress(play, () => {
    stop(playing === null ? setInterval(() => (past() === null ? stop(null) : step(1)), STEP) : null);
    if (playing !== null && past() === null) {
      refresh(known);
      go(0);
    }
    redraw();
  });
  onMove(() => {
    past() === null ? stop(null) : again();
    redraw();
  });
}

// A button that has nothing to do says so and stays: disabled, it would lose the focus of who has just pressed it.
const allow = (button, isOfUse) => button.setAttribute("aria-disabled", String(!isOfUse));
const onPress = (button, act) => button.addEventListener("click", () => button.getAttribute("aria-disabled") === "true" || act());

function stop(timer) {
  clearInterval(playing);
  playing = timer;
}

const refresh = (known) => { steps = shownRows(known); };

// The place of what is shown among the steps; now is behind the last one.
function placeOf() {
  const row = past();
  if (row === null) {
    return steps.length;
  }
  const place = steps.findIndex((step) => keyOf(step) === row.key);
  return place >= 0 ? place : Math.max(0, steps.findLastIndex(({ at }) => at <= row.at));
}

function show(section, known) {
  refresh(known);
  const row = past();
  const moment = row === null ? null : momentOf(row, known.shards.answer);
  const cluster = row === null ? known.state.answer : moment && clusterAt(moment.moment);
  const isAsking = panel.wants(known) && known.shards.problem === null;
  section.dataset.past = row !== null;
  showControls(section, row, moment, isAsking);
  if (cluster !== null || row !== null) {
    const nothing = isAsking ? "Asking for the map of this time …" : "The map of this time is not known.";
    showMap(section.querySelector("table"), cluster ?? { nodes: [], copies: [], blocks: [] }, cluster ? null : nothing);
  }
}

// Of what was recorded and what this page saw, the later one before the event has settled; null if there is neither.
function momentOf(row, answer) {
  const at = row.at + SETTLED;
  const seen = momentBefore(at);
  const recorded = answer?.key === row.key ? answer.moment : null;
  const [moment, by] = recorded && (!seen || recorded.at > seen.at) ? [recorded, "the recorder"] : [seen, "this page"];
  return moment && { moment, by };
}

function showControls(section, row, moment, isAsking) {
  const [slider, output, [back, play, forth, now]] = [
    section.querySelector("input"), section.querySelector("output"), section.querySelectorAll("[data-replay] button")];
  const place = placeOf();
  slider.max = steps.length;
  slider.value = place;
  slider.setAttribute("aria-valuetext", row === null ? "now" : `${clock(new Date(row.at))}, ${tell(row)}`);
  allow(back, place > 0);
  [forth, now].forEach((button) => allow(button, row !== null));
  allow(play, steps.length > 0);
  setText(play, playing === null ? "Play" : "Stop");
  setText(output, row === null ? "" : toldOf(row, moment, isAsking));
}

export function toldOf(row, found, isAsking = false) {
  const head = `Not now: ${clock(new Date(row.at))}, ${tell(row)}.`;
  const asking = isAsking ? " Asking for what the recorder kept …" : "";
  if (!found) {
    return `${head}${asking || " Nobody kept the map of that time."}`;
  }
  const { moment: { at, until, status, master }, by } = found;
  const isMasterless = status === "no-master" || row.status === "no-master" || row.type === "master_lost"; // then nobody tells a map
  const old = row.at - Math.max(at, until);
  const age = old > 60000 ? `, ${duration(old)} before` : "";
  return `${head} The cluster was ${isMasterless ? "without a master" : `${status}, its master ${master}`}; the map is of ${clock(new Date(at))}${age}, kept by ${by}.${asking}`;
}
