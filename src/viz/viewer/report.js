// The head of the page and the report shown while nothing is selected: what ran, why, how long, what failed.
function showHead() {
  const { run, title, what } = data, parts = [words(what), several(nodes.label.length, 'node'), moment(run?.at_ms ?? data.made_at_ms)];
  if (run) parts.push(`took ${duration(run.took_ms)}`, run.saved_ms > 0 && `saved ${duration(run.saved_ms)}`);
  document.title = `${title}: ${words(what)}`;
  $('title').textContent = title;
  $('subtitle').replaceChildren(...filled([run && badge(stateSign({ done: 'fresh', failed: 'failed' }[run.outcome] ?? 'skipped'), run.outcome), filled(parts).join(' · ')]));
}

function slowestSection(list, most) {
  const slow = list.filter(i => took(i) > 0).sort((a, b) => took(b) - took(a));
  return section('Slowest', nodeList(slow.slice(0, most), most, timeText, i => took(i) / took(slow[0])));
}

/** Nodes with details by what `key` says of them. */
const gathered = key => gather(Object.keys(data.details).map(Number), key).slice(0, 8);
const lists = (list, extra) => list.map(([title, all]) => [el('p', { dir: 'auto' }, title), nodeList(all, 3, extra)]);

function report() {
  const { run, what } = data, counts = tallies()[0], failures = gathered(i => detail(i).failure), time = ms => ms > 0 && duration(ms);
  if (!nodes.label.length) return [el('h2', {}, 'Nothing here'), el('p', { class: 'soft' }, 'This graph has no nodes.')];
  return [
    el('h2', {}, { plan: 'What would happen', graph: 'Overview' }[what] ?? 'What happened'),
    counts.at(-1) < nodes.label.length && el('section', {}, stateBar(counts)),
    failures.length > 0 && el('section', { class: 'failure' }, el('h3', {}, 'Failures'), failures.map(([text, all]) => [nodeList(all, 3), block(text)])),
    run && section('Time', facts([['The run', time(run.took_ms)], ['All nodes', time(run.spent_ms)], ['Saved', time(run.saved_ms)], ['Workers', run.workers],
      ['Elements', run.elements.elements && `${number(run.elements.executed)} of ${number(run.elements.elements)} executed`], ['Run', code(run.id)]])),
    section('Why', lists(gathered(i => detail(i).why?.[0]))),
    slowestSection(allNodes(), 8),
    run && section('Critical path', nodeList(run.critical, 12, timeText)),
    section('Compared with the run before', lists(gathered(i => differs(i) && (/slower|faster/.exec(differs(i))?.[0] ?? 'came out otherwise')), differs)),
    section('Targets', nodeList(data.target, 8)),
    el('p', { class: 'soft' }, 'Select a node for its details; ? lists the keys.'),
  ];
}
