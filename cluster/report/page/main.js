// Put together: what stands still first, then what follows the time that is shown.
function facts() {
  const { run } = data;
  const told = [['Began', run.began], ['Lasted', lasting(run.end)], ['Seed', run.seed], ['Command', run.command && el('code', {}, run.command)], ['Entries', `${data.entries}`]];
  byId('run').textContent = [run.name, run.cluster].filter(Boolean).join(' · ');
  const word = { failed: 'Red', passed: 'Green', unknown: 'Unknown' }[data.tone];
  byId('headline').replaceChildren(el('b', { 'data-tone': data.tone }, word), `: ${data.headline}`);
  byId('facts').replaceChildren(...told.filter(([, value]) => value !== null && value !== '' && value !== undefined)
    .map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, `${value}` === value ? value : value instanceof Node ? value : `${value}`))));
  const keys = [['good', 'good'], ['busy', 'starting or stopping'], ['warn', 'warning'], ['bad', 'failure'], ['unknown', 'unknown'], ['fault', 'fault (light until it bites, dark on its machine)'], ['info', 'note; a triangle is a new Elasticsearch process']];
  byId('legend').replaceChildren(...keys.map(([tone, text]) => el('span', { class: 'key', 'data-tone': tone }, text)));
  const notes = [...data.notes, 'Drawn from the history alone. Times are those of the machine that wrote it (UTC).'];
  byId('notes').replaceChildren(...notes.map((text) => el('p', {}, text)));
}

function main() {
  facts();
  showFindings();
  axis.append(axisSvg);
  byId('lanes').replaceChildren(...lanes.map((lane) => lane.node));
  listeners.push(render, showTable);
  pointing();
  overviewing();
  filtering();
  keyboard();
  byId('in').addEventListener('click', () => zoom(0.5));
  byId('out').addEventListener('click', () => zoom(2));
  byId('earlier').addEventListener('click', () => move(-0.5));
  byId('later').addEventListener('click', () => move(0.5));
  byId('whole').addEventListener('click', showAll);
  new ResizeObserver(changed).observe(axis);
  window.addEventListener('beforeprint', () => listeners.forEach((listener) => listener()));
  show(shown.from, shown.to);
}

main();
