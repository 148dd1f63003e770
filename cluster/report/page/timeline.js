// All lanes under one axis; the mouse, a finger and the overview move what is shown.
const timeline = byId('timeline');
const lanes = [
  ...data.lanes.filter((lane) => !['lease', 'hosts', 'clients'].includes(lane.id)).map((lane) => new Lane(lane)),
  ...data.lanes.filter((lane) => ['lease', 'hosts', 'clients'].includes(lane.id)).map((lane) => new Lane(lane)),
  ...data.charts.map((chart) => new Chart(chart)),
];
const axis = timeline.querySelector('.axis .plot');
const axisSvg = draw('svg', { height: 26, 'aria-hidden': 'true' });
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400];

function drawAxis(width) {
  const place = placer(width);
  const least = (shown.to - shown.from) / Math.max(1, width / 85);
  const step = STEPS.find((one) => one >= least) || 86400;
  const ticks = [];
  const shift = data.run.epoch % step;
  for (let at = Math.ceil((shown.from + shift) / step) * step - shift; at <= shown.to; at += step) {
    const x = place(at);
    ticks.push(draw('line', { class: 'grid', x1: x, x2: x, y1: 19, y2: 26 }));
    if (x < width - 26 && x > 26) ticks.push(draw('text', { class: 'tick', x, y: 15, 'text-anchor': 'middle' }, clock(at + 0.0005, step < 1 ? 1 : 0)));
  }
  axisSvg.setAttribute('width', width);
  axisSvg.replaceChildren(...ticks);
}

function drawOverview() {
  const box = byId('overview');
  const width = box.clientWidth;
  const place = (at) => at / whole.to * width;
  const parts = data.faults.map((fault) => draw('rect', { class: 'shade aimed', x: place(fault.at), y: 0, width: Math.max(place(fault.until - fault.at), 1.5), height: 30 }));
  data.findings.filter(isWrong).forEach((one) => {
    parts.push(draw('rect', { class: 'solid', 'data-tone': one.status, x: place(one.until) - 2, y: 0, width: 4, height: 30 }));
  });
  const taken = new Set();
  data.events.filter((event) => weightOf(event) > 1 && event.lane !== 'faults').forEach((event) => {
    const key = `${event.tone}${Math.round(place(event.at) / 2)}`;
    if (taken.has(key)) return;
    taken.add(key);
    parts.push(draw('rect', { class: 'solid', 'data-tone': event.tone, x: place(event.at), y: event.tone === 'bad' ? 12 : 20, width: 1.5, height: 18 }));
  });
  const left = Math.max(place(shown.from), 0);
  parts.push(draw('rect', { class: 'frame', x: left + 1, y: 1, width: Math.max(Math.min(place(shown.to), width) - left - 2, 4), height: 26, rx: 2 }));
  box.replaceChildren(draw('svg', { width, height: 30 }, ...parts));
}

function render() {
  const width = axis.clientWidth;
  drawAxis(width);
  drawOverview();
  lanes.forEach((lane) => lane.render(width));
  byId('span').textContent = `Shown: ${between(Math.max(shown.from, 0), Math.min(shown.to, whole.to))} of ${lasting(whole.to)}`;
}

// Which lane and what in it a pointer means.
function under(event) {
  const node = event.target.closest ? event.target.closest('.lane') : null;
  const lane = lanes.find((one) => one.node === node);
  if (!lane || !event.target.closest('.plot')) return [null, null];
  const box = lane.plot.getBoundingClientRect();
  return [lane, lane.at(event.clientX - box.left, event.clientY - box.top)];
}

function timeAt(event) {
  const box = axis.getBoundingClientRect();
  return shown.from + (event.clientX - box.left) / box.width * (shown.to - shown.from);
}

function hover(event) {
  const [lane, found] = under(event);
  const box = timeline.getBoundingClientRect();
  byId('cursor').hidden = byId('hint').hidden = !lane;
  if (!lane) return;
  byId('cursor').style.left = `${event.clientX - box.left - 1}px`;
  const hint = byId('hint');
  hint.textContent = found ? `${clock(found.at, 1)} ${found.text}` : clock(timeAt(event), 1);
  const right = event.clientX - box.left > box.width / 2;
  hint.style.left = right ? 'auto' : `${event.clientX - box.left + 14}px`;
  hint.style.right = right ? `${box.right - event.clientX + 14}px` : 'auto';
  hint.style.top = `${event.clientY - box.top + 18}px`;
}

// One pointer drags, two pinch; a press that does not move chooses.
function pointing() {
  const fingers = new Map();
  let start = null;
  const begin = () => {
    const points = [...fingers.values()];
    start = { from: shown.from, to: shown.to, points, moved: start && fingers.size > 1 };
  };
  const area = byId('lanes');
  area.addEventListener('pointerdown', (event) => {
    if (event.button || !event.target.closest('.plot')) return;
    fingers.set(event.pointerId, event.clientX);
    begin();
  });
  window.addEventListener('pointermove', (event) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, event.clientX);
    drag([...fingers.values()], start);
  });
  const end = (event) => {
    if (!fingers.delete(event.pointerId)) return;
    if (!start.moved && event.type === 'pointerup') choose(under(event)[1], { focus: false });
    if (fingers.size) begin();
  };
  window.addEventListener('pointerup', end);
  window.addEventListener('pointercancel', end);
  area.addEventListener('pointermove', hover);
  area.addEventListener('pointerleave', () => { byId('cursor').hidden = byId('hint').hidden = true; });
  area.addEventListener('dblclick', (event) => zoom(0.4, timeAt(event)));
  timeline.addEventListener('wheel', wheel, { passive: false });
}

function drag(points, start) {
  const length = start.to - start.from;
  const second = length / axis.clientWidth;
  if (points.length > 1) {
    const [one, two] = start.points;
    const scale = Math.abs(one - two) / Math.max(Math.abs(points[0] - points[1]), 8);
    const left = axis.getBoundingClientRect().left;
    const around = start.from + ((one + two) / 2 - left) * second;
    const now = ((points[0] + points[1]) / 2 - left) / axis.clientWidth;
    start.moved = true;
    show(around - now * length * scale, around + (1 - now) * length * scale);
  } else if (start.moved || Math.abs(points[0] - start.points[0]) > 4) {
    const by = (start.points[0] - points[0]) * second;
    start.moved = true;
    show(start.from + by, start.to + by);
  }
}

function wheel(event) {
  const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
  if (!event.ctrlKey && !event.metaKey && !sideways) return; // the page scrolls
  event.preventDefault();
  if (sideways) move((event.deltaX || event.deltaY) / axis.clientWidth);
  else zoom(Math.exp(Math.max(-1, Math.min(1, event.deltaY / 300))), timeAt(event));
}

function overviewing() {
  const box = byId('overview');
  const go = (event) => {
    const edge = box.getBoundingClientRect();
    const at = (event.clientX - edge.left) / edge.width * whole.to;
    const half = (shown.to - shown.from) / 2;
    show(at - half, at + half);
  };
  box.addEventListener('pointerdown', (event) => { box.setPointerCapture(event.pointerId); go(event); });
  box.addEventListener('pointermove', (event) => { if (event.buttons) go(event); });
}
