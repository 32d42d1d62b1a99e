// Selecting, expanding and collapsing, and the address of what is selected.

/** Places everything anew after a change of what is expanded; `id` keeps its place on the screen. */
function rearrange(id) {
  const before = rectOf(id);
  hide();
  place();
  const after = rectOf(id);
  if (before && after) look({ x: cam.x + (before.x + before.w / 2 - after.x - after.w / 2) * cam.k, y: cam.y + (before.y + before.h / 2 - after.y - after.h / 2) * cam.k });
  repaint();
}

function toggle(id) {
  open[-id] = !isOpen(id);
  if (!open[-id] && selected !== null && isInside(selected, -id)) select(id, { stay: true });
  rearrange(id);
  reveal(rectOf(id));
  if (selected === id) showPanel();
  say(`${groups[-id].name} ${open[-id] ? 'expanded' : 'collapsed'}`);
}

function expandLevel() {
  const closed = scene.ids.filter(id => id < 0);
  for (const id of closed) open[-id] = true;
  rearrange();
  fit();
  say(`${several(closed.length, 'group')} expanded`);
}

function collapseAll() {
  open.fill(false, 1);
  rearrange();
  fit();
  say('All groups collapsed');
}

/** Selects a node (n), a group (-g) or nothing (null); what is around it is expanded and shown unless all is to `stay`. */
function select(id, { stay, least } = {}) {
  selected = id;
  if (id !== null && !stay) {
    if (!rectOf(id)) {
      for (let g = id < 0 ? groups[-id].parent : nodes.group[id]; g; g = groups[g].parent) open[g] = true;
      rearrange();
    }
    reveal(rectOf(id), least);
  }
  light();
  repaint();
  showPanel();
  timeline.draw();
  table.mark();
  const hash = id === null ? '' : `#${id < 0 ? 'group' : 'node'}=${encodeURIComponent(nameOf(id))}`;
  if (hash !== location.hash) history.replaceState(null, '', hash || location.pathname + location.search);
  say(id === null ? 'Nothing selected' : filled([nameOf(id), ...(id < 0 ? ['group', isOpen(id) ? 'expanded' : 'collapsed', several(countIn(-id), 'node')] : [kindOf(id), stateText(id), timeText(id), reasonOf(id)])]).join(', '));
}

/** Selects what the address names; false if it names nothing. */
function readAddress() {
  const [, what, code] = /^#(node|group)=(.*)$/.exec(location.hash) ?? [];
  let name = code;
  try { name = decodeURIComponent(code); } catch { /* a bare % in an address typed by hand is taken as it is */ }
  const id = what === 'group' ? groupNamed(name) : byName().get(name);
  if (!what || id === undefined || id === 1) return false;
  select(id, { least: 0.9 });
  return true;
}
