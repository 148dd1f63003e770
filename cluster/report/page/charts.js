// A chart as a lane: steps, stacked bars, or a range of values; a point is [seconds, line, value, …].
const CHART = 64;

const figure = (value, unit) => {
  const text = value >= 100 ? Math.round(value) : value >= 1 ? +value.toFixed(1) : +value.toPrecision(2);
  return unit === 'seconds' ? `${text} s` : `${text}`;
};

class Chart {
  constructor(chart) {
    this.chart = chart;
    this.lane = { id: chart.id, title: chart.title, rows: [CHART] };
    this.least = CHART;
    this.events = [];
    this.svg = draw('svg', { 'aria-hidden': 'true' });
    this.plot = el('div', { class: 'plot' }, this.svg);
    const keys = chart.series.map(([name, tone]) => el('span', { class: 'key', 'data-tone': tone }, name));
    this.label = el('div', { class: 'label' }, chart.title, el('small', {}, chart.unit), ...keys);
    this.node = el('div', { class: 'lane', 'data-lane': chart.id }, this.label, this.plot);
  }

  // The points in view, one before and one after; thinned to the worst a pixel.
  points() {
    const { points, width: piece = 0 } = this.chart;
    let first = points.findIndex((point) => point[0] + piece >= shown.from);
    if (first < 0) first = points.length;
    let last = points.findIndex((point) => point[0] > shown.to);
    if (last < 0) last = points.length;
    return points.slice(Math.max(0, first - 1), last + 1);
  }

  render(width) {
    fit(this, width);
    const place = placer(width);
    const points = this.points();
    const values = points.flatMap((point) => this.chart.shape === 'stack' ? [point.slice(2).reduce((sum, value) => sum + value, 0)] : point.slice(2));
    const top = values.reduce((most, value) => Math.max(most, value), 0) || 1;
    const up = (value) => this.height - 4 - value / top * (this.height - 18);
    const kind = { steps: this.steps, stack: this.stack, range: this.range }[this.chart.shape];
    this.svg.replaceChildren(
      ...shades(place, width, this.height),
      draw('line', { class: 'grid', x1: 0, x2: width, y1: up(top), y2: up(top) }),
      draw('line', { class: 'grid', x1: 0, x2: width, y1: up(0), y2: up(0) }),
      ...kind.call(this, points, place, up),
      draw('text', { x: 4, y: 11, class: 'tick' }, figure(top, this.chart.unit)),
    );
  }

  steps(points, place, up) {
    return this.chart.series.map(([, tone], number) => {
      let path = '';
      points.forEach((point, index) => {
        const next = index + 1 < points.length ? points[index + 1][0] : whole.to;
        path += `${path ? 'V' : `M${place(point[0])} `}${up(point[number + 2])}H${place(next)}`;
      });
      return draw('path', { class: 'curve', 'data-tone': tone, d: path || 'M0 0' });
    }).reverse();
  }

  stack(points, place, up) {
    const found = [];
    for (const point of points) {
      const left = place(point[0]);
      const wide = Math.max(place(point[0] + this.chart.width) - left - 0.4, 1);
      let below = 0;
      this.chart.series.forEach(([, tone], number) => {
        const value = point[number + 2];
        if (!value) return;
        const height = Math.max(up(below) - up(below + value), number ? 2 : 0.5); // a single failure is seen
        found.push(draw('rect', { class: 'solid', 'data-tone': tone, x: left, y: up(below) - height, width: wide, height }));
        below += value;
      });
    }
    return found;
  }

  range(points, place, up) {
    const wide = this.chart.width;
    const found = points.map((point) => {
      const x = place(point[0] + wide / 2);
      return draw('line', { class: 'curve', 'data-tone': 'warn', x1: x, x2: x, y1: up(point[2]), y2: up(point[3]) });
    });
    let path = '';
    points.forEach((point, index) => {
      const joined = index && point[0] - points[index - 1][0] < wide * 3;
      path += `${joined ? 'L' : 'M'}${place(point[0] + wide / 2)} ${up(point[2])}`;
    });
    return [...found, draw('path', { class: 'curve', 'data-tone': 'info', d: path || 'M0 0' })];
  }

  // A point as something that can be chosen: its line, and its values in words.
  at(x) {
    const time = shown.from + x / this.width * (shown.to - shown.from);
    const { points, width: piece } = this.chart;
    let found = null;
    for (const point of points) {
      if (point[0] > time + (piece || 0) / 2) break;
      found = point;
    }
    if (!found || (piece && time - found[0] > 3 * piece)) return null;
    const said = this.chart.series.map(([name], number) => `${figure(found[number + 2], this.chart.unit)} ${name}`);
    const text = `${this.chart.title}, ${this.chart.unit}: ${said.join(', ')}`;
    return { lane: this.chart.id, at: found[0], lines: [found[1]], tone: 'plain', text, index: -1 };
  }

  say() { return this.chart.title; }
}
