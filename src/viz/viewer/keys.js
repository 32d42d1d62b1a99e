// The keyboard: arrows walk through the graph, letters do what the buttons do.
const directions = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

/** The box with the least score; boxes that the filters hide and those without a score are left out. */
function bestBox(score) {
  let best = null, least = Infinity;
  for (const box of scene.boxes.filter(({ id }) => passes(id))) {
    const s = score(box);
    if (s < least) [best, least] = [box.id, s];
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
  for (const { from, to } of scene.parts.flatMap(part => part.curves).concat(scene.inner)) {
    if (from === selected) tied.add(to);
    if (to === selected) tied.add(from);
  }
  return bestBox(({ id, ...rect }) => {
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
  const g = isOpen(selected) ? -selected : groupOf(selected);
  if (g) toggle(-g);
}

const walk = key => {
  const next = nextBox(directions[key]);
  if (next === null) say('Nothing in this direction'); else select(next);
};

/** Keys of the graph, what they do, and how the help says it. */
const graphKeys = [
  ['ArrowUp ArrowDown ArrowLeft ArrowRight', walk, 'walk to the next box'],
  ['Enter', enter, 'expand or collapse a group; go to a node’s panel'],
  ['Backspace', collapseAround, 'collapse the group around'],
  ['+ -', key => glide(zoomed(key === '+' ? 1.4 : 1 / 1.4)), 'zoom in, out'],
  ['0 z', key => (key === 'z' && rectOf(selected) ? reveal(rectOf(selected), 1) : fit()), 'show all, zoom to the selection'],
  ['e x', key => (key === 'e' ? expandLevel : collapseAll)(), 'expand one level, collapse all'],
  ['u d b', key => turn({ u: 'up', d: 'down', b: 'both' }[key]), 'light up what it needs, what needs it, both'],
  ['t l', key => showDrawer(key === 't' ? 'timeline' : 'table'), 'timeline, table'],
];

const hasModifier = event => event.ctrlKey || event.metaKey || event.altKey;
on(canvas, 'keydown', event => {
  const [, act] = graphKeys.find(([keys]) => keys.split(' ').includes(event.key)) ?? [];
  if (!act || hasModifier(event)) return;
  act(event.key);
  return true;
});

on(window, 'keydown', event => {
  if (event.key === 'Escape') escape();
  if (event.target === $('search') || hasModifier(event)) return false;
  if (event.key === '/') $('search').focus();
  if (event.key === '?') $('keys').showModal();
  return event.key === '/';
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
$('key-list').append(...[['/ ? Esc', 0, 'search, these keys, close'], ...graphKeys].flatMap(([keys, , what]) => [el('dt', {}, keys.split(' ').map(key => el('kbd', {}, key.replace('Arrow', '')))), el('dd', {}, what)]));
