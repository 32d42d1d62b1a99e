// Selecting, expanding and collapsing, and the address of what is selected.

/** Places everything anew after a change of what is expanded; `id` keeps its place on the screen. A selection that was collapsed goes to its group. */
function rearrange(id) {
  const before = rectOf(id);
  hide();
  place();
  const after = rectOf(id);
  if (before && after) look({ x: cam.x + (before.x + before.w / 2 - after.x - after.w / 2) * cam.k, y: cam.y + (before.y + before.h / 2 - after.y - after.h / 2) * cam.k });
  hovered = null;
  const around = hidden[selected < 0 ? -selected : nodes.group[selected]];
  if (selected !== null && around) select(-around, { stay: true });
  repaint();
}

function toggle(id) {
  open[-id] = !isOpen(id);
  rearrange(id);
  reveal(rectOf(id));
  if (selected === id) showPanel();
  say(`${groups[-id].name} ${open[-id] ? 'expanded' : 'collapsed'}`);
}

function openAll(ids, value) {
  for (const id of ids) open[-id] = value;
  rearrange();
  fit();
  say(`${several(ids.length, 'group')} ${value ? 'expanded' : 'collapsed'}`);
}
const expandLevel = () => openAll(scene.boxes.map(({ id }) => id).filter(id => id < 0), true);
const collapseAll = () => openAll(groupIds(), false);

/** Selects a node (n), a group (-g) or nothing (null); what is around it is expanded and shown unless all is to `stay`. */
function select(id, { stay, least } = {}) {
  selected = id;
  if (id !== null && !stay) {
    if (!rectOf(id)) {
      for (let g = groupOf(id); g; g = groups[g].parent) open[g] = true;
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
  if (!what || id === undefined) return false;
  select(id, { least: 0.9 });
  return true;
}
