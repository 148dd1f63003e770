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

// What went wrong in one test or step stands together: it has one time, and mostly one cause.
function groups(found) {
  const all = new Map();
  for (const one of found) {
    const key = one.about || `the whole run, ${one.during.join(', ')}`;
    if (!all.has(key)) all.set(key, []);
    all.get(key).push(one);
  }
  return [...all.values()];
}

function group(found, first) {
  const [worst] = found;
  const [at, until] = [Math.min(...found.map((one) => one.at)), Math.max(...found.map((one) => one.until))];
  const during = [...new Set(found.flatMap((one) => one.during))];
  const named = found.find((one) => one.what !== 'check');
  const lines = found.find((one) => one.matters.length);
  const kept = found.find((one) => one.folder);
  return el('article', { class: 'finding', 'data-tone': worst.status },
    el('p', { class: 'when' },
      el('strong', {}, worst.about || (named ? named.title : 'the whole run')),
      el('span', {}, between(at, until)),
      during.length ? el('span', {}, 'during ', el('b', {}, during.slice(0, 4).join(', ')), during.length > 4 ? ` and ${during.length - 4} more` : '') : el('span', {}, 'no fault was at work'),
      button('Show in the timeline', () => goTo({ at, until })),
      kept ? el('a', { href: `./${encodeURIComponent(kept.folder)}/` }, 'Evidence: journals, units, etcd') : null),
    found.slice(0, 8).map(wrong),
    found.length > 8 ? el('details', {}, el('summary', {}, `${found.length - 8} more`), found.slice(8).map(wrong)) : null,
    lines ? matters(lines, first) : null);
}

function wrong(one) {
  const reasons = one.reasons.slice(0, 3);
  const rest = one.reasons.slice(3);
  return el('div', { class: 'wrong', 'data-tone': one.status },
    el('h3', {}, el('span', { class: 'word' }, `${SAYS[one.status]} ${KINDS[one.what]}`), ` ${one.title} `,
      button('its line', () => chooseLine(one.line, one.until, one.title), { class: 'plain' })),
    el('ul', { class: 'reasons' }, reasons.map((reason) => el('li', {}, reason))),
    rest.length || one.more ? el('details', {}, el('summary', {}, `${rest.length + one.more} more`), el('ul', { class: 'reasons' }, rest.map((reason) => el('li', {}, reason)), one.more ? el('li', {}, `and ${one.more} in the history`) : '')) : null);
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
  const incidents = groups(bad);
  const none = el('p', { class: 'soft' }, 'Nothing was judged and nothing was tested.');
  byId('findings').replaceChildren(...[
    ...incidents.slice(0, 8).map((found, number) => group(found, number === 0)),
    list('More that went wrong', incidents.slice(8).flat(), true),
    list(`${of('known').length} known`, of('known'), true),
    list(`${passed.length} passed`, passed, !bad.length && passed.length < 12),
    list(`${of('skipped').length} skipped`, of('skipped'), false),
  ].filter(Boolean));
  if (!data.findings.length) byId('findings').append(none);
}
