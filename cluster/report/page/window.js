// The stretch of time that is shown, and who wants to know when it changes.
const shown = { from: data.opening[0], to: data.opening[1] };
const whole = { from: 0, to: data.run.end };
const LEAST = 0.5; // seconds
const listeners = [];
let asked = false;

function changed() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    listeners.forEach((listener) => listener());
  });
}

// Show this stretch, kept inside the run.
function show(from, to) {
  const room = Math.max(whole.to * 0.02, 1); // what is at the very ends is not drawn on the edge
  const length = Math.min(Math.max(to - from, LEAST), whole.to + 2 * room);
  const start = Math.min(Math.max((from + to - length) / 2, -room), whole.to + room - length);
  shown.from = start;
  shown.to = start + length;
  changed();
}

function zoom(factor, around = (shown.from + shown.to) / 2) {
  show(around - (around - shown.from) * factor, around + (shown.to - around) * factor);
}

function move(part) {
  const by = (shown.to - shown.from) * part;
  show(shown.from + by, shown.to + by);
}

const showAll = () => show(-whole.to, 2 * whole.to);

// Bring a moment into view without changing the zoom.
function reveal(at, until = at) {
  const length = shown.to - shown.from;
  const last = Math.min(until, at + length * 0.8);
  if (at < shown.from || last > shown.to) show((at + last - length) / 2, (at + last + length) / 2);
}

// Positions on a plot of so many pixels.
const placer = (width) => (at) => (at - shown.from) / (shown.to - shown.from) * width;
