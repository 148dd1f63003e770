// Everything in view as rows: for a screen reader, for searching, and for whoever likes lists better.
const ROWS = 200;
let most = ROWS;

function row(event) {
  const number = lineOf(event.lines[0])[0];
  return el('tr', { 'data-tone': event.tone || 'plain' },
    el('td', {}, clock(event.at, 1)),
    el('td', {}, placeOf(event)),
    el('td', {}, el('span', { class: 'word' }, WORDS[event.tone || 'plain'])),
    el('td', {}, event.text),
    el('td', {}, button(`${number}`, () => choose(event), { 'aria-label': `line ${number}` })));
}

function showTable() {
  const inside = data.events.filter((event) => (event.until ?? event.at) >= shown.from && event.at <= shown.to && matches(event));
  byId('events').tBodies[0].replaceChildren(...inside.slice(0, most).map(row));
  const asked = state.words.length || state.least > 1 ? ' that match' : '';
  byId('counted').textContent = `${Math.min(most, inside.length)} of ${inside.length} events${asked}, in the time that is shown above. A line opens the raw history.`;
  byId('more').hidden = inside.length <= most;
}

function filtering() {
  byId('filter').addEventListener('input', (event) => {
    state.words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    changed();
  });
  byId('level').addEventListener('change', (event) => {
    state.least = Number(event.target.value);
    changed();
  });
  byId('more').addEventListener('click', () => {
    most += 5 * ROWS;
    changed();
  });
}
