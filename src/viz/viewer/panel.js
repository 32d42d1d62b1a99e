// The panel beside the graph: everything about the selected node or group.
const section = (title, ...content) => filled(content).length > 0 && el('section', {}, el('h3', {}, title), ...content);
const facts = pairs => { const rows = pairs.filter(([, value]) => filled([value]).length); return rows.length > 0 && el('dl', {}, rows.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)])); };
const lines = list => list?.length && el('ul', { class: 'lines' }, list.map(line => el('li', { dir: 'auto' }, line)));
const block = text => text && el('pre', { dir: 'auto', tabindex: 0 }, text);
const code = text => text && el('code', { dir: 'auto' }, text);

const nodeLabel = (id, extra) => [id < 0 ? sign(signs.more) : stateSign(stateOf(id)), nameText(nameOf(id)), extra && el('small', {}, extra)];

/** Buttons that go to nodes, the first `most`; with a bar when `share` gives a length between 0 and 1. */
function nodeList(list, most, extra, share) {
  const more = list.length - most;
  return list.length > 0 && el('ul', { class: 'nodes' }, list.slice(0, most).map(id => {
    const bar = share && el('i');
    if (bar) bar.style.width = `${100 * share(id)}%`;
    return el('li', {}, button(() => select(id), { class: 'go' }, nodeLabel(id, extra?.(id))), bar);
  }), more > 0 && el('li', {}, button(event => event.target.closest('ul').replaceWith(nodeList(list, most * 5, extra, share)), { class: 'go more' }, `${number(more)} more`)));
}

/** A bar of how many nodes have each state, with its legend; counts by index of state. */
function stateBar(counts) {
  const shown = counts.map((n, s) => [n, stateName(s)]).filter(([n]) => n), pieces = shown.map(([n, state]) => {
    const piece = el('span');
    piece.style.cssText = `flex: ${n}; background: var(--${known(state)})`;
    return piece;
  });
  return [el('div', { class: 'bar' }, pieces), el('ul', { class: 'legend' }, shown.map(([n, state]) => el('li', {}, stateSign(state), words(state), el('b', {}, number(n)))))];
}

function showPanel() {
  const panel = $('panel'), inside = panel.contains(document.activeElement), way = document.activeElement.dataset.way;
  panel.replaceChildren(...filled(selected === null ? report() : selected < 0 ? groupPanel(-selected) : nodePanel(selected)));
  panel.scrollTop = 0;
  if (inside) (panel.querySelector(`[data-way=${way}]`) ?? panel).focus();
}

/** Changes which way the graph is lit from the selection. */
function turn(way) {
  direction = way;
  light();
  repaint();
  showPanel();
}

const head = (id, ...marks) => [
  button(deselect, { class: 'close', 'aria-label': 'Close' }, '×'),
  el('p', { class: 'soft' }, nameText(paths()[groupOf(id)])),
  el('h2', {}, nameText(labelOf(id))),
  el('p', { class: 'row' }, ...marks),
  el('div', { class: 'row' }, [['up', '↑ Upstream'], ['both', 'Both'], ['down', '↓ Downstream']].map(([way, text]) => button(() => turn(way), { 'data-way': way, 'aria-pressed': String(direction === way) }, text)),
    el('small', {}, lit.text), button(() => { wantedOnly = lit.node; filterChanged(); }, {}, 'Show only these')),
];

function nodePanel(i) {
  const { failure, why, changed, before, elements, preview, log, tags = [], target = [], pool, note } = detail(i), f = data.functions[nodes.fn[i]];
  const above = [...upstream()(i)], below = [...downstream()(i)], inOrder = ['executed', 'cut_off', 'fresh', 'failed', 'skipped'];
  return [
    head(i, stateBadge(stateOf(i)), badge(sign(signs[kindOf(i)]), words(kindOf(i))), isTarget().has(i) && badge('target ', target.map(nameText)),
      tags.map(tag => button(() => { chosen.tag.add(tag); filterChanged(); }, { class: 'badge' }, nameText(tag)))),
    failure && el('section', { class: 'failure' }, el('h3', {}, 'Failure'), block(failure)),
    section('Why', lines(why), lines(changed?.map(code))),
    before && section('Compared with the run before', el('p', { class: 'row' }, stateBadge(stateName(before.state)), ` ${duration(before.took_ms)} → `, stateBadge(stateOf(i)), ` ${timeText(i)}`), el('p', {}, slower(took(i), before.took_ms))),
    elements && section(several(elements[0], 'element'), stateBar(stateIndices().map(state => elements[1 + inOrder.indexOf(state)] * inOrder.includes(state)))),
    section('Facts', facts([
      ['Took', timeText(i)], ['Began', nodes.start_ms[i] >= 0 && `after ${duration(nodes.start_ms[i])}`],
      ['Worker', nodes.worker[i] >= 0 && nodes.worker[i] + 1], ['Pool', pool], ['Size', sizeText(i)], ['Function', code(f?.name)], ['Source', code(f?.place)],
      ['Code version', code(f?.code)], ['Fingerprint', code(nodes.fingerprint[i])], ['Note', note && nameText(note)]])),
    section('Value', block(preview)),
    section('Log', block(log)),
    section(`Inputs (${number(above.length)})`, nodeList(above, 8)),
    section(`Used by (${number(below.length)})`, nodeList(below, 8)),
  ];
}
const stateIndices = () => [...data.states, 'unknown'];

function groupPanel(g) {
  const inside = nodesIn(g);
  return [
    head(-g, badge(groups[g].kind === 'function' ? 'nodes of one function' : 'group'), badge(several(inside.length, 'node')), button(() => toggle(-g), {}, isOpen(-g) ? 'Collapse' : 'Expand')),
    section('States', stateBar(tallies()[g])),
    slowestSection(inside, 5),
    section('Nodes', nodeList(inside, 10)),
  ];
}
