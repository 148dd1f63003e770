// One lane: a label, and bars and marks in rows; drawn anew for each stretch of time.
const GAP = 3;
const PAD = 5;
const SHARE = { good: 0.4, plain: 0.4, warn: 0.75, busy: 0.4 }; // of a thin row's height: what is worse is higher

data.events.forEach((event, index) => { event.index = index; });

const state = { chosen: null, words: [], least: 1 };

const matches = (event) => weightOf(event) >= state.least
  && state.words.every((word) => event.text.toLowerCase().includes(word) || placeOf(event).toLowerCase().includes(word));

class Lane {
  constructor(lane) {
    this.lane = lane;
    this.events = data.events.filter((event) => event.lane === lane.id && event.shape !== 'none');
    this.rows = [];
    let top = PAD;
    for (const height of lane.rows) {
      this.rows.push({ top, height });
      top += height + GAP;
    }
    this.least = Math.max(top - GAP + PAD, 28);
    this.svg = draw('svg', { 'aria-hidden': 'true' });
    this.plot = el('div', { class: 'plot' }, this.svg);
    this.label = el('div', { class: 'label' }, lane.title, lane.note && el('small', {}, lane.note));
    this.node = el('div', { class: 'lane', 'data-lane': lane.id }, this.label, this.plot);
    this.hits = [];
  }

  render(width) {
    fit(this, width);
    const place = placer(width);
    this.hits = [];
    this.taken = new Map();
    const drawn = shades(place, width, this.height, this.lane.machine);
    for (const event of this.events) {
      const until = event.until ?? event.at;
      if (until >= shown.from && event.at <= shown.to) drawn.push(...this.event(event, place, width));
    }
    this.svg.replaceChildren(...drawn, ...this.chosen());
  }

  event(event, place, width) {
    const row = this.rows[event.row || 0] || this.rows[0];
    const left = Math.max(place(event.at), -2);
    const right = Math.min(place(event.until ?? event.at), width + 2);
    const long = event.shape === 'bar' || event.shape === 'thin';
    // What is narrower than a few pixels gives way to what is worse at the same place.
    const key = !long || right - left < 2 ? `${event.row || 0}:${Math.round(left / 3)}` : null;
    if (key !== null && (this.taken.get(key) || 0) >= weightOf(event) && event !== state.chosen) return [];
    if (key !== null) this.taken.set(key, weightOf(event));
    const box = { left, right: Math.max(right, left + (long ? 1.5 : 0)), top: row.top, height: row.height };
    this.hits.push({ event, ...box });
    const group = draw('g', { 'data-tone': event.tone || 'plain', class: matches(event) ? null : 'dim' });
    group.append(...this.shape(event, box));
    return [group];
  }

  shape(event, { left, right, top, height }) {
    const width = right - left;
    if (event.shape === 'bar') {
      const bar = draw('rect', { class: 'bar-fill', x: left, y: top + 0.5, width, height: height - 1, rx: Math.min(2, width / 2) });
      return [bar, ...this.text(event, left, width, top + height / 2 + 4)];
    }
    if (event.shape === 'thin') {
      if (event.tone === 'unknown') return [draw('rect', { class: 'hollow', x: left, y: top + 0.5, width, height: height - 1 })];
      const high = height * (SHARE[event.tone] || 1);
      return [draw('rect', { class: 'solid', x: left, y: top + height - high, width, height: high })];
    }
    if (event.shape === 'start') return [draw('path', { class: 'solid', d: `M${left} ${top + 1}l5 ${height - 2}h-10z` })];
    const high = height * ({ bad: 1, unknown: 0.85, warn: 0.75 }[event.tone] || 0.45);
    const wide = event.tone === 'bad' ? 3 : 2;
    return [draw('rect', { class: 'solid', x: left - wide / 2, y: top + height - high, width: wide, height: high })];
  }

  text(event, left, width, baseline) {
    const start = Math.max(left, 0) + 5;
    const room = Math.floor((Math.min(left + width, this.width) - start - 3) / 6.1);
    const text = event.short || '';
    if (room < Math.min(text.length, 3) || !text) return [];
    return [draw('text', { x: start, y: baseline }, text.length > room ? `${text.slice(0, Math.max(room - 1, 1))}…` : text)];
  }

  chosen() {
    const hit = this.hits.find((one) => one.event === state.chosen);
    if (!hit) return [];
    const left = Math.max(hit.left - 4, 1);
    const width = Math.max(Math.min(hit.right + 4, this.width - 1) - left, 8);
    return [draw('rect', { class: 'chosen', x: left, y: hit.top - 3, width, height: hit.height + 6, rx: 3 })];
  }

  // What is drawn nearest to a point, within a finger's reach.
  at(x, y) {
    const far = (hit) => Math.max(hit.left - x, x - hit.right, 0) + 2 * Math.max(hit.top - y, y - hit.top - hit.height, 0);
    const near = this.hits.filter((hit) => far(hit) < 12).sort((one, two) => far(one) - far(two) || weightOf(two.event) - weightOf(one.event));
    return near.length ? near[0].event : null;
  }

  say() { return this.lane.title; }
}

// Make a lane's drawing as high as its label, where that stands beside it: so that shades reach from lane to lane.
function fit(lane, width) {
  if (lane.width === width) return;
  lane.svg.setAttribute('height', lane.least);
  lane.height = Math.max(lane.least, lane.plot.clientHeight);
  lane.svg.setAttribute('height', lane.height);
  lane.svg.setAttribute('width', width);
  lane.width = width;
}

// The faults as shaded windows: light until it bites, darker on the machine that it aims at.
function shades(place, width, height, machine) {
  const found = [];
  for (const fault of data.faults) {
    if (fault.until < shown.from || fault.at > shown.to) continue;
    const aimed = machine && fault.target.split(/[^\w.-]+/).includes(machine) ? ' aimed' : '';
    for (const [from, to, kind] of [[fault.at, fault.bites, ' early'], [fault.bites, fault.until, aimed]]) {
      const left = Math.max(place(from), 0);
      const right = Math.min(place(to), width);
      if (right > left) found.push(draw('rect', { class: `shade${kind}`, x: left, y: 0, width: right - left, height }));
    }
    for (const at of [fault.at, fault.until]) {
      found.push(draw('line', { class: 'edge', x1: place(at), x2: place(at), y1: 0, y2: height }));
    }
  }
  return found;
}
