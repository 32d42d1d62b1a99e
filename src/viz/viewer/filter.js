// Which nodes pass the filters: one choice of each category is enough, every category must agree.
const chosen = { state: new Set(), kind: new Set(), tag: new Set() };
let wantedText = '', wantedOnly = null, comparing = false;
/** The marked nodes and counts by group; null without a filter. */
let passing = null;

function lookForPasses() {
  const { state, kind, tag } = chosen, node = new Uint8Array(nodes.label.length), group = groups.map(() => [0]), matches = matcher(wantedText);
  passing = null;
  if (!state.size && !kind.size && !tag.size && !wantedText && !wantedOnly) return;
  for (const i of allNodes()) {
    if ((state.size && !state.has(stateOf(i))) || (kind.size && !kind.has(kindOf(i))) || (wantedOnly && !wantedOnly[i]) || !matches(i)) continue;
    if (tag.size && !detail(i).tags?.some(one => tag.has(one))) continue;
    node[i] = 1;
    group[nodes.group[i]][0]++;
  }
  passing = { node, group: rollUp(group) };
}

const passes = id => !passing || (id < 0 ? passing.group[-id][0] : passing.node[id]) > 0;

function filterChanged() {
  lookForPasses();
  showFilters();
  repaint();
  timeline.draw();
  table.refresh();
  say(passing ? `${several(passing.group[0][0], 'node')} shown` : 'All nodes shown');
}

function clearFilters() {
  for (const set of Object.values(chosen)) set.clear();
  wantedText = '';
  wantedOnly = null;
  filterChanged();
}

const countBy = list => gather(list, one => one).map(([one, all]) => [one, all.length]).slice(0, 200);
const tagCounts = lazily(() => countBy(Object.values(data.details).flatMap(one => one.tags ?? [])));
const kindCounts = lazily(() => countBy(allNodes().map(kindOf)));

function chips(category, list, content) {
  const set = chosen[category];
  return list.map(([value, n]) => button(() => {
    if (!set.delete(value)) set.add(value);
    filterChanged();
  }, { class: 'chip', 'aria-pressed': String(set.has(value)), 'data-chip': `${category}:${value}` }, content(value), el('small', {}, number(n))));
}

/** Chips that drop down; left out when there is nothing to choose. */
function menu(title, list) {
  const open = $(title)?.open && '';
  return list.length > 1 && el('details', { id: title, open }, el('summary', { class: 'chip' }, title), el('div', { class: 'choices' }, list));
}

function showFilters() {
  const at = document.activeElement?.dataset?.chip, counts = tallies()[0];
  const states = counts.map((n, s) => [stateName(s), n]).filter(([state, n]) => n || chosen.state.has(state));
  $('filters').replaceChildren(...filled([
    chips('state', states, state => [stateSign(state), words(state)]),
    menu('Kinds', chips('kind', kindCounts(), kind => [sign(signs[kind]), words(kind)])),
    menu('Tags', chips('tag', tagCounts(), nameText)),
    passing && button(clearFilters, { class: 'chip clear', 'data-chip': 'clear' }, wantedText && ['Only ', nameText(wantedText), ':'],
      `${number(passing.group[0][0])} of ${number(nodes.label.length)} shown, show all`)]));
  if (at) [...document.querySelectorAll('[data-chip]')].find(one => one.dataset.chip === at)?.focus();
}
