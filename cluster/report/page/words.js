// What the page says: times, durations and what a tone means in a word.
const data = JSON.parse(document.getElementById('data').textContent);

const WORDS = {
  good: 'good', busy: 'in between', plain: 'note', info: 'note', fault: 'fault', known: 'known', warn: 'warning', unknown: 'unknown', bad: 'failure',
};
const WEIGHTS = { bad: 3, unknown: 2, warn: 2, fault: 2, known: 2 };

const weightOf = (event) => WEIGHTS[event.tone] || 1;

// Wall time (UTC) of seconds since the run's base; `digits` of a second.
function clock(at, digits = 0) {
  const unit = 10 ** (3 - digits);
  const text = new Date(Math.floor((data.run.epoch + at) * 1000 / unit) * unit).toISOString();
  return text.slice(11, digits ? 20 + digits : 19);
}

// Seconds as a person says them.
function lasting(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const between = (at, until) => until - at < 0.5 ? clock(at, 1) : `${clock(at)} to ${clock(until)} (${lasting(until - at)})`;

const lineOf = (position) => data.lines[position] || [0, ''];

const placeOf = (event) => (data.lanes.find((lane) => lane.id === event.lane) || { title: '' }).title;
