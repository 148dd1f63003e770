// When the recorders were looking: at other times nobody knows how the cluster was.

const PACE = 10000; // milliseconds from one question about events to the next
const BREAKS = ["recorder_started", "recorder_paused"]; // each tells at its end how long nothing was recorded

// [from, until] of each time that a recorder was looking: from its first word to its last one, or to now where its node
// is in the cluster on that machine, without the times in which it did not run or stood still. Each machine is for itself:
// its spool is what a recorder knows of the one before it there, whichever instances they are of. What was said in the time
// that is not read (recorded.js) nobody knows.
export function recordedLooks(cluster, { answer, seen }) {
  const byMachine = new Map();
  for (const event of answer?.events ?? []) {
    byMachine.has(event.machine) ? byMachine.get(event.machine).push(event) : byMachine.set(event.machine, [event]);
  }
  return [...byMachine].flatMap(([machine, events]) => {
    const words = events.map(wordOf).sort((a, b) => a.at - b.at);
    const last = words.at(-1);
    const isLive = cluster?.nodes.some((node) => node.machine === machine && node.name === last.observer);
    const until = isLive ? Math.max(last.at, (seen?.getTime() ?? 0) + PACE) : last.at;
    return without(words[0].at, until, [...breaksOf(words), ...stopsOf(words, until), ...(answer.unread ? [answer.unread] : [])]);
  });
}

// When it was looking, which is when it said so: what it tells may be older than itself (when the node's process began).
const wordOf = ({ seen, at, type, observer, duration_ms: lasted }) => ({ at: seen ?? at, type, observer, lasted });

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
    const stop = Math.min(begin, until);
    stop > at && left.push([at, stop]);
    at = Math.max(at, end);
  }
  until > at && left.push([at, until]);
  return left;
}
