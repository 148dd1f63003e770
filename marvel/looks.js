// When the recorders were looking: at other times nobody knows how the cluster was.

const PACE = 10000; // milliseconds from one question about events to the next
const BREAKS = ["recorder_started", "recorder_paused"]; // each tells at its end how long nothing was recorded

// [from, until] of each time that a recorder was looking: from its first word to its last one, or to now where its node
// is in the cluster on that machine, without the times in which it did not run or stood still. A recorder that begins on
// another machine knows nothing of the one before it: each machine is for itself, and the one that was left saw no more.
export function recordedLooks(cluster, { answer, seen }) {
  const live = new Set((cluster?.nodes ?? []).map(({ name, machine }) => placeOf(name, machine)));
  const byPlace = new Map();
  for (const event of answer?.events ?? []) {
    const place = placeOf(event.observer, event.machine);
    byPlace.has(place) ? byPlace.get(place).push(event) : byPlace.set(place, [event]);
  }
  return [...byPlace].flatMap(([place, events]) => {
    const words = events.map(wordOf).sort((a, b) => a.at - b.at);
    const until = live.has(place) ? Math.max(words.at(-1).at, (seen?.getTime() ?? 0) + PACE) : words.at(-1).at;
    return without(words[0].at, until, [...breaksOf(words), ...stopsOf(words, until)]);
  });
}

const placeOf = (...place) => JSON.stringify(place);

// When it was looking, which is when it said so: what it tells may be older than itself (when the node's process began).
const wordOf = ({ seen, at, type, duration_ms: lasted }) => ({ at: seen ?? at, type, lasted });

const breaksOf = (words) => words.filter(({ type, lasted }) => BREAKS.includes(type) && lasted > 0).map(({ at, lasted }) => [at - lasted, at]);

// A recorder that was told to stop is not there until it begins again; and one that begins knowing of nothing before has
// lost its spool: nobody knows when the one before it ended.
function stopsOf(words, until) {
  return words.flatMap(({ type, at, lasted }, place) => {
    if (type === "recorder_stopped") {
      return [[at, words.slice(place).find((word) => word.type === "recorder_started")?.at ?? until]];
    }
    return type === "recorder_started" && !(lasted >= 0) && place > 0 ? [[words[place - 1].at, at]] : [];
  });
}

function without(from, until, breaks) {
  const left = [];
  let at = from;
  for (const [begin, end] of breaks.sort((a, b) => a[0] - b[0])) {
    begin > at && left.push([at, begin]);
    at = Math.max(at, end);
  }
  until > at && left.push([at, until]);
  return left;
}
