// The table of the same nodes: rows are made only where they are in sight.
/** Columns: title, content, what is sorted by (numbers descend first), whether it is shown. */
const columns = [
  ['State', i => stateBadge(stateOf(i)), i => -nodes.state[i]],
  ['Name', i => nameText(nameOf(i)), i => names()[i]],
  ['Kind', i => words(kindOf(i)), kindOf],
  ['Time', timeText, i => took(i)],
  ['Run before', i => detail(i).before && filled([duration(detail(i).before.took_ms), differs(i)]).join(', '), i => detail(i).before?.took_ms ?? -1],
  ['Size', sizeText, i => nodes.bytes[i]],
  ['Why', i => nameText(reasonOf(i)), reasonOf],
];
const cells = (tag, i) => columns.map(([title, content]) => el(tag, { class: title }, content(i)));

const table = (() => {
  const HIGH = 30, frame = $('rows');
  let order = [], by = 'Name', down = false, current = 0;

  function sort() {
    const value = columns.find(([title]) => title === by)[2], values = allNodes().map(value), numbers = typeof values[0] === 'number';
    const { compare } = values.length < 20000 ? new Intl.Collator(undefined, { numeric: true }) : { compare: (a, b) => (a < b ? -1 : a > b) };
    order = allNodes().filter(passes).sort((a, b) => (down ? -1 : 1) * (numbers ? values[a] - values[b] : compare(values[a], values[b])) || a - b);
    current = Math.max(0, order.indexOf(selected));
  }

  function sortBy(title) {
    down = title === by ? !down : !['Name', 'Kind', 'Why'].includes(title);
    by = title;
    refresh();
    frame.querySelector(`[data-by="${by}"]`).focus();
  }

  function refresh() {
    if ($('table').hidden) return;
    sort();
    const heads = columns.map(([title]) => el('th', { class: title, scope: 'col', 'aria-sort': title !== by ? 'none' : down ? 'descending' : 'ascending' },
      button(() => sortBy(title), { 'data-by': title }, title, title === by && (down ? ' ↓' : ' ↑'))));
    frame.replaceChildren(el('table', { 'aria-label': 'Nodes', 'aria-rowcount': order.length + 1 }, el('thead', {}, el('tr', { 'aria-rowindex': 1 }, heads)), el('tbody')));
    fill();
  }

  const space = rows => {
    const row = el('tr', { 'aria-hidden': 'true' }, el('td', { colspan: columns.length }));
    row.firstChild.style.height = `${rows * HIGH}px`;
    return row;
  };
  const rowOf = n => frame.querySelector(`[data-n="${n}"]`);

  function fill() {
    const body = frame.querySelector('tbody'), focus = body?.contains(document.activeElement), made = [];
    if (!body) return;
    const first = Math.max(0, Math.min(Math.floor(frame.scrollTop / HIGH) - 8, order.length - 1)), last = Math.min(order.length, first + Math.ceil(frame.clientHeight / HIGH) + 16);
    for (let n = first; n < last; n++) made.push(el('tr', { 'aria-rowindex': n + 2, tabindex: -1, 'data-n': n, 'aria-current': order[n] === selected }, cells('td', order[n])));
    (made[current - first] ?? made[0])?.setAttribute('tabindex', 0);
    body.replaceChildren(space(first), ...made, space(order.length - last));
    if (focus) rowOf(current)?.focus({ preventScroll: true });
  }

  /** Makes a row the current one and scrolls so that it is in sight. */
  function go(n) {
    current = Math.max(0, Math.min(order.length - 1, n));
    frame.scrollTop = Math.min(current * HIGH, Math.max(frame.scrollTop, (current + 2.2) * HIGH - frame.clientHeight));
    fill();
  }

  /** Marks the selected node's row. */
  function mark() {
    const at = order.indexOf(selected);
    if (at >= 0) go(at); else fill();
  }

  on(frame, 'scroll', inNextFrame(fill));
  on(frame, 'click', event => {
    const row = event.target.closest('[data-n]');
    if (row) select(order[row.dataset.n]);
  });
  on(frame, 'keydown', event => {
    const at = Number(event.target.dataset.n), page = Math.floor(frame.clientHeight / HIGH) - 2, { key } = event;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: order.length }[key];
    if (to >= -page) { go(to); rowOf(current).focus({ preventScroll: true }); }
    else if (at >= 0 && key === 'Enter') select(order[at]);
    else return;
    return true;
  });
  return { refresh, mark, fill };
})();
