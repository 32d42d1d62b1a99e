// The keyboard: arrows walk through the graph, letters do what the buttons do.
const directions = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

/** The box with the least score; boxes that the filters hide and those without a score are left out. */
function bestBox(score) {
  let best = null, least = Infinity;
  for (const id of scene.ids) {
    const s = passes(id) ? score(rectOf(id), id) : NaN;
    if (s < least) [best, least] = [id, s];
  }
  return best;
}

/** The first box in sight, from the top left. */
const firstBox = () => bestBox(rect => {
  const { x, y } = onScreen(rect);
  return x + 3 * y + (x < 0 || y < 0 || x > stage.w || y > stage.h ? 1e6 : 0);
});

/** The best box in a direction: a neighbour along an edge before any other. */
function nextBox([dx, dy]) {
  const at = selected !== null && rectOf(selected), tied = new Set();
  if (!at) return firstBox();
  scene.from.forEach((from, e) => {
    if (from === selected) tied.add(scene.to[e]);
    if (scene.to[e] === selected) tied.add(from);
  });
  return bestBox((rect, id) => {
    const x = rect.x - at.x + (rect.w - at.w) / 2, y = rect.y - at.y + (rect.h - at.h) / 2, along = x * dx + y * dy, aside = Math.abs(x * dy) + Math.abs(y * dx);
    if (id === selected || along < 2) return NaN;
    return (along + 2.2 * aside) * (tied.has(id) && aside < 3 * along ? 0.3 : 1) + (aside > 2 * along ? 1e6 : 0);
  });
}

function enter() {
  if (selected < 0) toggle(selected);
  else if (selected !== null) $('panel').focus();
}

function collapseAround() {
  if (selected === null) return;
  const g = isOpen(selected) ? -selected : selected < 0 ? groups[-selected].parent : nodes.group[selected];
  if (g) toggle(-g);
}

const walk = key => {
  const next = nextBox(directions[key]);
  if (next === null) say('Nothing in this direction'); else select(next);
};

/** Keys of the graph, what they do, and how the help says it. */
const graphKeys = [
  [['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight'], walk, '↑ ↓ ← →', 'walk to the next box'],
  [['Home'], () => select(firstBox()), 'Home', 'first box in sight'],
  [['Enter', ' '], enter, 'Enter', 'expand or collapse a group; go to a node’s panel'],
  [['Backspace'], collapseAround, 'Backspace', 'collapse the group around'],
  [['+', '='], () => glide(zoomed(1.4)), '+', 'zoom in'],
  [['-'], () => glide(zoomed(1 / 1.4)), '−', 'zoom out'],
  [['0'], fit, '0', 'show all'],
  [['z'], () => selected !== null && reveal(rectOf(selected), 1), 'z', 'zoom to the selection'],
  [['e'], expandLevel, 'e', 'expand one level'],
  [['x'], collapseAll, 'x', 'collapse all'],
  [['u'], () => turn('up'), 'u', 'light up what it needs'],
  [['d'], () => turn('down'), 'd', 'light up what needs it'],
  [['b'], () => turn('both'), 'b', 'light up both'],
  [['t'], () => showDrawer('timeline'), 't', 'timeline'],
  [['l'], () => showDrawer('table'), 'l', 'table'],
];

canvas.addEventListener('keydown', event => {
  const [, act] = graphKeys.find(([keys]) => keys.includes(event.key)) ?? [];
  if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
  act(event.key);
  event.preventDefault();
});

addEventListener('keydown', event => {
  if (event.key === 'Escape') escape();
  else if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey) return;
  else if (event.key === '/') { event.preventDefault(); $('search').focus(); }
  else if (event.key === '?') $('keys').showModal();
});

/** Closes what is open, one thing at a time: menus, results, the panel. */
function escape() {
  const menus = document.querySelectorAll('details[open]');
  for (const one of menus) one.open = false;
  if (menus.length || $('keys').open || closeResults()) return;
  deselect();
}
function deselect() {
  if (selected === null) return;
  select(null);
  canvas.focus();
}
$('key-list').append(...[['/', 'search'], ['?', 'these keys'], ['Esc', 'close, select nothing'], ...graphKeys.map(one => one.slice(2))].flatMap(([keys, what]) => [el('dt', {}, el('kbd', {}, keys)), el('dd', {}, what)]));
