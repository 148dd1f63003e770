// What is chosen: in words, and the raw lines of the history that say so.
let before = null; // what had the focus

function raw(position) {
  const [number, line] = lineOf(position);
  return [
    el('p', { class: 'soft' }, number ? `${data.file}, line ${number}` : 'this line was thinned out'),
    el('pre', { class: 'raw' }, line),
  ];
}

function choose(event, { focus = true } = {}) {
  state.chosen = event;
  changed();
  const panel = byId('details');
  if (!event) {
    close();
    return;
  }
  if (panel.hidden) before = document.activeElement;
  const last = event.until === undefined ? event.at : event.until;
  const others = event.lines.slice(1, 12);
  panel.replaceChildren(
    el('header', {},
      el('h2', { id: 'details-title' }, event.text),
      el('span', { class: 'buttons' },
        button('Zoom to it', () => show(event.at - Math.max(2, (last - event.at) * 0.2), last + Math.max(2, (last - event.at) * 0.2))),
        button('Close', close, { 'aria-keyshortcuts': 'Escape' }))),
    el('p', { class: 'soft' }, `${between(event.at, last)}, ${lasting(event.at)} after the run began`),
    ...raw(event.lines[0]),
    ...others.length ? [el('details', {}, el('summary', {}, `${others.length} more line${others.length > 1 ? 's' : ''} of the same`), ...others.flatMap(raw))] : [],
  );
  panel.hidden = false;
  document.body.style.paddingBottom = `${panel.offsetHeight + 24}px`;
  byId('said').textContent = `${clock(event.at, 1)} ${event.text}`;
  if (focus) panel.focus({ preventScroll: true });
}

function close() {
  const panel = byId('details');
  if (panel.hidden) return;
  const inside = panel.contains(document.activeElement);
  panel.hidden = true;
  document.body.style.paddingBottom = '';
  state.chosen = null;
  changed();
  if (inside && before && before.isConnected) before.focus({ preventScroll: true });
}

// Show the line at a position: as the event that is made of it, where there is one.
function chooseLine(position, at, text) {
  const event = data.events.find((one) => one.lines[0] === position) || { lines: [position], at, text, lane: '', index: -1, tone: 'plain' };
  reveal(event.at, event.until);
  choose(event);
}
