// Runs the panels: asks for each at its own pace, never twice at a time, and draws each from what is known.
//
// A panel is an object, listed in panels.js:
//   id      known[id] is what it learned; its section in index.html is #panel-<id>. Without a section it is a source
//           that other panels read.
//   every   milliseconds from one question to the next; 0 or none: it is asked only by again()
//   lane    "local" for what the node answers by itself (local=true), "nodes" for one node's own figures, else "rest":
//           each lane has its own few requests at once (api.js)
//   needs   ids of panels whose news redraw this one, too
//   ticks   true: it is drawn every second, for ages and countdowns
//   parts   (known) => keys: then it is asked once a key, each with its own answer and its own failure in
//           known[id].parts[key]; a key that is new (after news of its `needs`) is asked for at once, one that is
//           gone is forgotten. One frozen node costs one part.
//   when    (known) => whether it can be answered now: otherwise it is not asked, and what was known stays. As soon as
//           it can, after news of its `needs`, it is asked for the first time. A refused request is a complaint in the
//           browser's console, so nothing is asked that is known to be refused (model.js: isReadable)
//   wants   (known) => whether what is known is not what a reader wants to see: then it is asked again after its own
//           answer, and after news of its `needs`, until it is; after a failure ten seconds later at the earliest. A wish
//           that comes while a question is under way is not lost
//   ask     async (api, signal, known, part) => answer; api.get(path), api.text(path); throws an Error that says why not
//   show    (section, known) => nothing; called with whatever is known, also after a failure. Draw with dom.js.
//   note    (known) => text or null, instead of the frame's own words on a failure, for the section's [data-note]
//   start   (section, known, { again, redraw }) => nothing; once, for listeners: again() asks now, redraw() draws now
//
// known[id] is { answer, seen, problem, parts }: the last answer and its Date (both null before), and why the last
// question failed (null if it did not). The answer stays when a later question fails.

import { asker } from "./api.js";
import { setNote } from "./dom.js";
import { clock } from "./words.js";

const SECOND = 1000;
const RETRY = 10000; // milliseconds from a failure until what a reader wants to see is asked for again

const blank = () => ({ answer: null, seen: null, problem: null, failed: 0, parts: {} });

const hasJustFailed = ({ problem, failed }) => problem !== null && Date.now() - failed < RETRY;

const isNew = ({ seen, problem }) => seen === null && problem === null;

export function frame(panels) {
  const known = Object.fromEntries(panels.map(({ id }) => [id, blank()]));
  const sections = new Map(panels.map((panel) => [panel, document.getElementById(`panel-${panel.id}`)]));
  const awaited = new Set();
  const timers = new Map();
  const stale = new Set(); // panels to be drawn
  let control = new AbortController();

  function round(panel) {
    timers.set(panel, setTimeout(round, panel.every, panel));
    again(panel);
  }

  async function again(panel) {
    if (panel.when && !panel.when(known)) {
      return;
    }
    if (!panel.parts) {
      await once(panel, panel.id, known[panel.id]);
      return;
    }
    const keys = panel.parts(known);
    const { parts } = known[panel.id];
    Object.keys(parts).filter((key) => !keys.includes(key)).forEach((key) => delete parts[key]);
    await Promise.all(keys.map((key) => once(panel, `${panel.id}/${key}`, parts[key] ??= blank(), key)));
  }

  // Never twice at a time: a slow answer delays its own panel only, and requests do not pile up on a sick cluster.
  async function once(panel, name, entry, part) {
    if (awaited.has(name)) {
      return;
    }
    awaited.add(name);
    const { signal } = control;
    try {
      const answer = await panel.ask(asker(panel.lane ?? "rest", signal), signal, known, part);
      Object.assign(entry, { answer, seen: new Date(), problem: null });
    } catch (failure) {
      signal.aborted || Object.assign(entry, { problem: failure.message, failed: Date.now() });
    } finally {
      awaited.delete(name);
      news(panel.id);
      // Also while the page is paused: the reader may have chosen something else meanwhile. Not what was let go.
      signal.aborted || timers.size > 0 || serve(panel);
    }
  }

  // Parts that are new are asked for at once, not a round later.
  function news(id) {
    const readers = panels.filter((panel) => panel.id === id || panel.needs?.includes(id));
    readers.forEach(redraw);
    if (timers.size === 0) {
      return; // stopped: what was under way ends, and nothing of the others follows from it
    }
    readers.forEach(serve);
    readers.filter((panel) => panel.parts?.(known).some((key) => !(key in known[panel.id].parts))).forEach(again);
    readers.filter((panel) => panel.when && panel.every > 0 && isNew(known[panel.id])).forEach(again);
  }

  // Ask for what a reader wants to see, and is not known.
  function serve(panel) {
    panel.wants?.(known) && !hasJustFailed(known[panel.id]) && again(panel);
  }

  // Several pieces of news at one moment are drawn at once.
  function redraw(panel) {
    if (stale.size === 0) {
      setTimeout(draw, 0);
    }
    stale.add(panel);
  }

  function draw() {
    const due = panels.filter((panel) => stale.has(panel) && sections.get(panel));
    stale.clear();
    due.forEach((panel) => drawOne(panel, sections.get(panel)));
  }

  // A panel that cannot draw says so in its own place, and the others go on.
  function drawOne(panel, section) {
    const note = section.querySelector("[data-note]");
    try {
      panel.show(section, known);
      note && setNote(note, panel.note ? panel.note(known) : noteOf(known[panel.id]));
    } catch (failure) {
      console.error(failure);
      note && setNote(note, `This part of the page failed: ${failure.message}`);
    }
  }

  function tick() {
    timers.set(tick, setTimeout(tick, SECOND));
    panels.filter((panel) => panel.ticks).forEach(redraw);
  }

  panels.forEach((panel) => panel.start?.(sections.get(panel), known, {
    again: () => again(panel),
    redraw: () => redraw(panel),
  }));

  return {
    known,
    run() {
      panels.filter((panel) => panel.every > 0).forEach(round);
      tick();
    },
    // What is under way is let go; its answer counts no more.
    stop() {
      timers.forEach((timer) => clearTimeout(timer));
      timers.clear();
      control.abort();
      control = new AbortController();
    },
  };
}

function noteOf({ problem, seen }) {
  return problem === null ? null : `${problem}; ${seen === null ? "nothing is known yet" : `shown is what was told at ${clock(seen)}`}`;
}
