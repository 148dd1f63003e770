// The verdicts: what is wrong at length, with the lines that matter; what is good in a list.
const SAYS = { failed: 'Failed', infra: 'Infrastructure:', unknown: 'Unknown', unfinished: 'Unfinished', known: 'Known', passed: 'Passed', skipped: 'Skipped' };
const KINDS = { check: 'check', test: 'test', phase: 'phase', fault: 'fault' };
const isWrong = (one) => ['failed', 'infra', 'unknown', 'unfinished'].includes(one.status);

function goTo(one) {
  const around = Math.max(5, (one.until - one.at) * 0.1);
  show(one.at - around, one.until + around);
  byId('course').scrollIntoView();
  timeline.focus({ preventScroll: true });
}

function wrong(one, first) {
  const reasons = one.reasons.slice(0, 3);
  const rest = one.reasons.slice(3);
  return el('article', { class: 'finding', 'data-tone': one.status },
    el('h3', {}, el('span', { class: 'word' }, `${SAYS[one.status]} ${KINDS[one.what]}`), ` ${one.title}`),
    el('ul', { class: 'reasons' }, reasons.map((reason) => el('li', {}, reason))),
    rest.length || one.more ? el('details', {}, el('summary', {}, `${rest.length + one.more} more`), el('ul', { class: 'reasons' }, rest.map((reason) => el('li', {}, reason)), one.more ? el('li', {}, `and ${one.more} in the history`) : '')) : null,
    el('p', { class: 'when' },
      el('span', {}, between(one.at, one.until)),
      one.during.length ? el('span', {}, 'during ', el('b', {}, one.during.join(', '))) : el('span', {}, 'no fault was at work'),
      one.about && one.about !== one.title ? el('code', {}, one.about) : null,
      button('Show in the timeline', () => goTo(one)),
      button('Its line', () => chooseLine(one.line, one.until, one.title))),
    one.matters.length ? matters(one, first) : null);
}

function matters(one, open) {
  const rows = one.matters.map(([position, at, tone, text]) => el('li', {},
    el('button', { type: 'button', 'data-tone': tone, onclick: () => chooseLine(position, at, text) }, el('time', {}, clock(at, 1)), el('span', {}, text))));
  return el('details', { class: 'matters', open },
    el('summary', {}, `The lines that matter (${rows.length})`), el('ol', {}, rows));
}

function list(title, found, open) {
  if (!found.length) return null;
  const rows = found.map((one) => el('li', { 'data-tone': one.status },
    el('span', { class: 'word' }, SAYS[one.status]),
    el('span', {}, one.title, el('small', {}, note(one)))));
  return el('details', { open }, el('summary', {}, title), el('ul', { class: 'rest' }, rows));
}

function note(one) {
  const parts = [];
  if (one.observed !== null && one.observed !== undefined) parts.push(`${one.observed} observed`);
  if (one.issue) parts.push(`known issue ${one.issue}`);
  if (one.status === 'known' && one.reasons.length) parts.push(one.reasons[0]);
  if (one.what === 'check' && one.about) parts.push(one.about);
  if (one.what === 'test') parts.push(lasting(one.until - one.at));
  return parts.length ? `  (${parts.join('; ')})` : '';
}

function showFindings() {
  const bad = data.findings.filter(isWrong);
  const of = (...kinds) => data.findings.filter((one) => kinds.includes(one.status));
  const passed = of('passed');
  const none = el('p', { class: 'soft' }, 'Nothing was judged and nothing was tested.');
  byId('findings').replaceChildren(...[
    ...bad.slice(0, 12).map((one, number) => wrong(one, number === 0)),
    list(`${bad.length - 12} more that failed`, bad.slice(12), true),
    list(`${of('known').length} known`, of('known'), true),
    list(`${passed.length} passed`, passed, !bad.length && passed.length < 12),
    list(`${of('skipped').length} skipped`, of('skipped'), false),
  ].filter(Boolean));
  if (!data.findings.length) byId('findings').append(none);
}
