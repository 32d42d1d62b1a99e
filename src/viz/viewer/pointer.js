// Mouse, pen and touch on the graph: drag pans, wheel and pinch zoom, a click selects, a double click expands.
const fingers = new Map();
let dragged = 0;

/** The box under the pointer, or the title of an expanded group; and whether it is on the sign that expands or collapses. */
function hit(event) {
  const x = (event.offsetX - cam.x) / cam.k, y = (event.offsetY - cam.y) / cam.k, { rects, ids } = scene;
  const inside = (left, top, w, h) => x >= left && x <= left + w && y >= top && y <= top + h;
  for (const part of scene.parts.toReversed()) {
    if (!inside(part.x, part.y, part.w, part.h)) continue;
    for (let b = part.firstBox, r = 4 * b; b < part.lastBox; b++, r += 4) {
      if (inside(rects[r], rects[r + 1], rects[r + 2], rects[r + 3]) && passes(ids[b])) {
        return { id: ids[b], onSign: ids[b] < 0 && cam.k > 0.6 && inside(rects[r] + rects[r + 2] - 24, rects[r + 1], 24, 24) };
      }
    }
    if (part.g && y < part.y + TITLE) return { id: -part.g, onSign: x < part.x + 28 };
  }
  return null;
}

canvas.addEventListener('pointerdown', event => {
  if (event.button) return;
  cancelAnimationFrame(gliding);
  canvas.setPointerCapture(event.pointerId);
  if (!fingers.size) dragged = 0;
  fingers.set(event.pointerId, [event.offsetX, event.offsetY]);
});

canvas.addEventListener('pointermove', event => {
  const from = fingers.get(event.pointerId), at = [event.offsetX, event.offsetY];
  if (!from) return hover(hit(event)?.id ?? null, event);
  dragged += Math.hypot(at[0] - from[0], at[1] - from[1]);
  fingers.set(event.pointerId, at);
  if (dragged < 4) return;
  const [, other] = [...fingers].find(([finger]) => finger !== event.pointerId) ?? [], far = ([x, y]) => Math.hypot(x - other[0], y - other[1]) || 1;
  look(other ? zoomed(far(at) / far(from), ...other) : { x: cam.x + at[0] - from[0], y: cam.y + at[1] - from[1] });
  moved();
});

function lift(event) {
  if (!fingers.delete(event.pointerId) || event.type !== 'pointerup' || fingers.size || dragged >= 4) return;
  const { id = null, onSign } = hit(event) ?? {};
  if (onSign) toggle(id);
  else if (id !== selected) select(id, { stay: true });
}
canvas.addEventListener('pointerup', lift);
canvas.addEventListener('pointercancel', lift);
canvas.addEventListener('pointerleave', () => hover(null));
canvas.addEventListener('dblclick', event => {
  const { id, onSign } = hit(event) ?? {};
  if (id < 0 && !onSign) toggle(id);
  else if (id >= 0) reveal(rectOf(id), 1);
});

/** By which factor a turn of the wheel zooms; the other axis and other units are taken into account. */
const wheelFactor = ({ deltaY, deltaMode, ctrlKey }) => Math.exp(-Math.max(-240, Math.min(240, deltaY * (deltaMode ? 18 : 1))) * (ctrlKey ? 0.01 : 0.0016));
canvas.addEventListener('wheel', event => {
  event.preventDefault();
  look(zoomed(wheelFactor(event), event.offsetX, event.offsetY));
  moved();
}, { passive: false });

/** Marks a box and shows a hint beside the pointer. */
function hover(id, event, text = id !== null && lineOf(id)[0]) {
  const tip = $('tip');
  tip.hidden = !text;
  canvas.style.cursor = text ? 'pointer' : '';
  if (text) {
    tip.replaceChildren(nameText(nameOf(id)), el('br'), text);
    tip.style.left = `${Math.max(4, Math.min(innerWidth - tip.offsetWidth - 8, event.clientX + 12))}px`;
    tip.style.top = `${event.clientY + (event.clientY + tip.offsetHeight + 24 > innerHeight ? -tip.offsetHeight - 10 : 18)}px`;
  }
  const box = id >= 0 && !rectOf(id) ? standIn(id) : id;
  if (box !== hovered) redraw();
  hovered = box;
}
