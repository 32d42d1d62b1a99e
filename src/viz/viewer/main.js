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

/** Remembers the theme; pages from files may not store, then it lasts as long as the page. */
function turnTheme(next) {
  try { localStorage.mamoTheme = next; } catch { /* see above */ }
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
for (const [id, act] of Object.entries(acts)) $(id).addEventListener('click', () => act());

load(JSON.parse($('data').textContent));
try { chosenTheme = { light: 'light', dark: 'dark' }[localStorage.mamoTheme] ?? 'auto'; } catch { /* see turnTheme */ }
wearTheme();
place();
showAll();
if (timeline.any()) showDrawer('timeline', true);
resize();
look(fitting(whole()));
readAddress();
new ResizeObserver(resize).observe($('stage'));
new ResizeObserver(() => { timeline.draw(); table.fill(); }).observe(document.body);
for (const list of [darkness, forced]) list.addEventListener('change', wearAnew);
addEventListener('hashchange', () => readAddress() || location.hash || deselect());
listen();

/** For tests and the curious. */
window.mamo = { cam, look, moved, passes, scene: () => scene, selected: () => selected, data: () => data, idOf: name => byName().get(name), screenRect: id => { const rect = rectOf(id); return rect && onScreen(rect); } };
