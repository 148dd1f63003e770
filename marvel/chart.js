// A chart is a picture (uPlot, on a canvas) with its content in words; who does not see it reads these, or its table.

/* global uPlot */

const colours = (element) => {
  const style = getComputedStyle(element);
  const of = (name) => style.getPropertyValue(name).trim();
  return { ink: of("--ink"), soft: of("--soft"), line: of("--line"), high: of("--yellow"), lines: [1, 2, 3, 4, 5].map((n) => of(`--line-${n}`)) };
};

// Lines differ by dashes as well as by colour.
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 5]];
export const styleOf = (place) => ({ colour: place % 5, dash: DASHES[(place + Math.floor(place / 5)) % 5] });

// Draws into `place` (an element), anew where its size or the colours changed, else only the new data.
// options: words (of the picture), limits, top (of the scale; null: it fits), axes (false: a sparkline), height,
// names (of the lines), say (a value in words), span: () => [first second, last second]. data: [times, values, values, ...] as uPlot takes them.
export function draw(place, data, options) {
  const width = Math.floor(place.clientWidth);
  if (width < 20) {
    return;
  }
  setAttributes(place, { role: "img", "aria-label": options.words });
  const theme = colours(place);
  const shape = JSON.stringify([width, options.height, options.limits, data.length, options.names, options.top, theme]);
  if (place.shape !== shape) {
    place.chart?.destroy();
    place.shape = shape;
    place.chart = new uPlot(settings(width, data, options, theme), data, place);
  } else {
    place.chart.setData(data);
  }
}

function setAttributes(target, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (target.getAttribute(name) !== value) {
      target.setAttribute(name, value);
    }
  }
}

function settings(width, data, { height, limits = [], top, axes = false, say, names = [], span }, theme) {
  return {
    width,
    height,
    legend: { show: false },
    cursor: { show: false },
    padding: axes ? [12, 12, 0, 0] : [3, 2, 3, 2],
    scales: { x: { time: true, range: () => span() }, y: { range: (_, low, high) => rangeOf(low, high, top, limits) } },
    axes: axes ? [axisOf(theme), { ...axisOf(theme), size: 64, values: (_, ticks) => ticks.map(say) }] : [{ show: false }, { show: false }],
    series: [{}, ...data.slice(1).map((_, place) => lineOf(names.length > 1 || axes ? styleOf(place) : styleOf(0), theme, axes))],
    hooks: { draw: [(chart) => drawLimits(chart, limits, theme)] },
  };
}

function rangeOf(low, high, top, limits) {
  if (top) {
    return [0, top];
  }
  const most = Math.max(high ?? 0, limits[0] ?? 0);
  return [0, most > 0 ? most * 1.1 : 1];
}

const axisOf = (theme) => ({
  stroke: theme.soft,
  font: "13px system-ui, sans-serif",
  grid: { stroke: theme.line, width: 1 },
  ticks: { stroke: theme.line, width: 1 },
  values: (_, ticks) => ticks.map((second) => new Date(second * 1000).toTimeString().slice(0, 5)),
});

const lineOf = ({ colour, dash }, theme, axes) => ({
  stroke: theme.lines[colour],
  width: axes ? 2 : 1.5,
  dash: axes ? dash : [],
  points: { show: false },
  spanGaps: false,
});

// Thresholds as thin lines across.
function drawLimits(chart, limits, theme) {
  const { ctx, bbox } = chart;
  const most = chart.scales.y.max;
  ctx.save();
  ctx.strokeStyle = theme.high;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
  for (const limit of limits.filter((value) => value <= most)) {
    const y = Math.round(chart.valToPos(limit, "y", true)) + 0.5;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.restore();
}
