// The timeline by keyboard alone: a lane is current, and something in it is chosen.
let current = 0;

function inLane(lane) {
  if (lane.events.length) return lane.events.filter(matches);
  return (lane.chart ? lane.chart.points : []).map((point) => lane.at(placer(lane.width)(point[0]))).filter(Boolean);
}

function stepTo(direction) {
  const found = inLane(lanes[current]);
  const at = state.chosen ? state.chosen.at : direction > 0 ? shown.from : shown.to;
  const here = found.indexOf(state.chosen);
  const next = here >= 0 ? found[here + direction]
    : direction > 0 ? found.find((event) => event.at > at) : found.findLast((event) => event.at < at);
  if (next) take(next);
}

function take(event) {
  reveal(event.at, event.until);
  state.chosen = event;
  changed();
  byId('said').textContent = `${clock(event.at, 1)} ${event.text}`;
  if (!byId('details').hidden) choose(event, { focus: false });
}

function otherLane(direction) {
  current = Math.max(0, Math.min(lanes.length - 1, current + direction));
  markLane();
  byId('said').textContent = `${lanes[current].say()}, ${inLane(lanes[current]).length} events`;
  const near = nearest(inLane(lanes[current]));
  if (near) take(near);
  lanes[current].node.scrollIntoView({ block: 'nearest' });
}

function nearest(found) {
  const at = state.chosen ? state.chosen.at : (shown.from + shown.to) / 2;
  return found.reduce((best, event) => !best || Math.abs(event.at - at) < Math.abs(best.at - at) ? event : best, null);
}

function markLane() {
  lanes.forEach((lane, number) => lane.label.classList.toggle('current', number === current));
}

// The next event of a kind in any lane, from what is chosen on, and from the beginning again.
function next(kind) {
  const found = data.events.filter(kind);
  if (!found.length) return;
  const at = state.chosen ? state.chosen.index : -1;
  const event = found.find((one) => one.index > at) || found[0];
  current = Math.max(0, lanes.findIndex((lane) => lane.lane.id === event.lane));
  markLane();
  take(event);
}

const KEYS = {
  ArrowLeft: (event) => event.shiftKey ? move(-0.25) : stepTo(-1),
  ArrowRight: (event) => event.shiftKey ? move(0.25) : stepTo(1),
  ArrowUp: () => otherLane(-1),
  ArrowDown: () => otherLane(1),
  Enter: () => state.chosen && choose(state.chosen),
  ' ': () => state.chosen && choose(state.chosen),
  '+': () => zoom(0.5, focusTime()), '=': () => zoom(0.5, focusTime()), '-': () => zoom(2, focusTime()), '−': () => zoom(2, focusTime()),
  0: showAll, Home: showAll,
  n: () => next((event) => event.tone === 'bad'),
  f: () => next((event) => event.lane === 'faults'),
};

const focusTime = () => state.chosen && state.chosen.at >= shown.from && state.chosen.at <= shown.to ? state.chosen.at : undefined;

function keyboard() {
  timeline.addEventListener('keydown', (event) => {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.ctrlKey || event.metaKey || event.altKey || !KEYS[key]) return;
    event.preventDefault();
    KEYS[key](event);
  });
  timeline.addEventListener('focus', markLane);
  timeline.addEventListener('blur', () => lanes.forEach((lane) => lane.label.classList.remove('current')));
  document.addEventListener('keydown', (event) => { if (event.key === 'Escape') close(); });
}
