// Starts everything: the switches, the drawers, the first picture.
function showDrawer(name, on = $(name).hidden) {
  if ($(`show-${name}`).hidden) return;
  $(name).hidden = !on;
  press(`show-${name}`, on);
  timeline.draw();
  table.refresh();
  table.mark();
}

function wearAnew() {
  wearTheme();
  repaint();
  timeline.draw();
}

function turnTheme(next) {
  chosenTheme = next;
  $('theme').textContent = { auto: 'Auto', light: 'Light', dark: 'Dark' }[next];
  wearAnew();
}

const acts = {
  'zoom-in': () => glide(zoomed(1.4)), 'zoom-out': () => glide(zoomed(1 / 1.4)), 'zoom-fit': fit, 'expand-level': expandLevel, 'collapse-all': collapseAll,
  'show-timeline': () => showDrawer('timeline'), 'show-table': () => showDrawer('table'), 'show-keys': () => $('keys').showModal(),
  theme: () => turnTheme({ auto: 'light', light: 'dark', dark: 'auto' }[chosenTheme]),
  compare: () => { comparing = !comparing; press('compare', comparing); repaint(); },
};
for (const [id, act] of Object.entries(acts)) on($(id), 'click', () => act());

load(JSON.parse($('data').textContent));
turnTheme('auto');
place();
showAll();
if (timeline.any()) showDrawer('timeline', true);
listen();
/** Once head, drawers and panel have their sizes. */
const begin = () => {
  resize();
  readAddress();
  new ResizeObserver(resize).observe($('stage'));
  new ResizeObserver(() => { timeline.draw(); table.fill(); }).observe(document.body);
};
requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(begin)));
for (const list of [darkness, forced]) on(list, 'change', wearAnew);
on(window, 'hashchange', () => readAddress() || location.hash || deselect());

/** For tests and the curious. */
window.mamo = { cam, look, moved, passes, rectOf, onScreen, byName, scene: () => scene, selected: () => selected, data: () => data };
