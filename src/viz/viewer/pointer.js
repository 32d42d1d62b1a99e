// Mouse, pen and touch on the graph: drag pans, wheel and pinch zoom, a click selects, a double click expands.
const fingers = new Map();
let dragged = 0;

/** The box under the pointer, or the title of an expanded group; and whether it is on the sign that expands or collapses. */
function hit(event) {
  const x = (event.offsetX - cam.x) / cam.k, y = (event.offsetY - cam.y) / cam.k;
  const inside = one => x >= one.x && x <= one.x + one.w && y >= one.y && y <= one.y + one.h;
  for (const part of [...scene.parts].reverse().filter(inside)) {
    const box = part.boxes.find(one => inside(one) && passes(one.id));
    if (box) return { id: box.id, onSign: box.id < 0 && cam.k > 0.6 && x > box.x + box.w - 24 && y < box.y + 24 };
    if (part.id && y < part.y + TITLE) return { id: part.id, onSign: x < part.x + 28 };
  }
  return {};
}

on(canvas, 'pointerdown', event => {
  if (event.button) return;
  cancelAnimationFrame(gliding);
  canvas.setPointerCapture(event.pointerId);
  if (!fingers.size) dragged = 0;
  fingers.set(event.pointerId, [event.offsetX, event.offsetY]);
});

on(canvas, 'pointermove', event => {
  const from = fingers.get(event.pointerId), at = [event.offsetX, event.offsetY];
  if (!from) return hover(hit(event).id ?? null, event);
  dragged += Math.hypot(at[0] - from[0], at[1] - from[1]);
  fingers.set(event.pointerId, at);
  if (dragged < 4) return;
  const [, other] = [...fingers].find(([finger]) => finger !== event.pointerId) ?? [], far = ([x, y]) => Math.hypot(x - other[0], y - other[1]) || 1;
  look(other ? zoomed(far(at) / far(from), ...other) : { x: cam.x + at[0] - from[0], y: cam.y + at[1] - from[1] });
  moved();
});

function lift(event) {
  if (!fingers.delete(event.pointerId) || event.type !== 'pointerup' || fingers.size || dragged >= 4) return;
  const { id = null, onSign } = hit(event);
  if (onSign) toggle(id);
  else if (id !== selected) select(id, { stay: true });
}
on(canvas, 'pointerup pointercancel', lift);
on(canvas, 'pointerleave', () => hover(null));
on(canvas, 'dblclick', event => {
  const { id, onSign } = hit(event);
  if (id < 0 && !onSign) toggle(id);
  else if (id >= 0) reveal(rectOf(id), 1);
});

/** By which factor a turn of the wheel zooms. */
const wheelFactor = ({ deltaY, deltaMode, ctrlKey }) => Math.exp(-deltaY * (deltaMode ? 18 : 1) * (ctrlKey ? 0.01 : 0.0016));
on(canvas, 'wheel', event => {
  look(zoomed(wheelFactor(event), event.offsetX, event.offsetY));
  moved();
  return true;
});

/** Marks a box and shows a hint beside the pointer. */
function hover(id, event) {
  const tip = $('tip'), text = id !== null && lineOf(id)[0];
  tip.hidden = !text;
  canvas.style.cursor = text ? 'pointer' : '';
  if (text) {
    tip.replaceChildren(nameText(nameOf(id)), el('br'), text);
    tip.style.left = `${Math.min(innerWidth - tip.offsetWidth - 8, event.clientX + 12)}px`;
    tip.style.top = `${Math.min(innerHeight - tip.offsetHeight - 8, event.clientY + 18)}px`;
  }
  const box = id >= 0 && !rectOf(id) ? standIn(id) : id;
  if (box !== hovered) redraw();
  hovered = box;
}
