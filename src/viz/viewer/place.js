// Where everything lies: each axis of a group is stretched where its expanded children need more room.
const MARGIN = 16, TITLE = 30, NARROWEST = 150;

/** What is placed: the parts (expanded groups, outer ones first) with their boxes and curves. */
let scene;

/** The monotone map of one axis, from intervals [start, end, needed length]. */
function stretched(intervals) {
  if (!intervals.length) return t => t;
  const cuts = [...new Set(intervals.flatMap(([start, end]) => [start, end]))].sort((a, b) => a - b), places = [cuts[0]];
  for (let i = 1; i < cuts.length; i++) {
    let density = 1;
    for (const [start, end, needed] of intervals) {
      if (start < cuts[i] && end > cuts[i - 1]) density = Math.max(density, needed / (end - start));
    }
    places.push(places[i - 1] + density * (cuts[i] - cuts[i - 1]));
  }
  return t => {
    let low = 0, high = cuts.length - 1;
    if (t <= cuts[0]) return t;
    if (t >= cuts[high]) return places[high] + t - cuts[high];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (cuts[middle] <= t) low = middle; else high = middle;
    }
    return places[low] + ((t - cuts[low]) * (places[high] - places[low])) / (cuts[high] - cuts[low]);
  };
}

/** The small box of the n-th child of a group. */
const smallBox = ({ boxes }, n) => boxes.slice(4 * n, 4 * n + 4);

/** Sizes of the expanded groups, inner ones first, with the maps of their axes. */
function measure() {
  const sizes = [];
  for (let g = groups.length - 1; g >= 0; g--) {
    if (hidden[g]) continue;
    const { children, w, h } = groups[g], across = [], down = [];
    children.forEach((child, n) => {
      if (!isOpen(child)) return;
      const [x, y, bw, bh] = smallBox(groups[g], n);
      across.push([x, x + bw, sizes[-child].w]);
      down.push([y, y + bh, sizes[-child].h]);
    });
    const fx = stretched(across), fy = stretched(down), wide = g ? Math.max(NARROWEST, fx(w) + 2 * MARGIN) : fx(w);
    sizes[g] = { fx, fy, w: wide, h: fy(h) + (g && MARGIN + TITLE), left: (wide - fx(w)) / 2 };
  }
  return sizes;
}

function place() {
  const sizes = measure(), frames = [{ x: 0, y: 0, ...sizes[0] }], entries = [];
  scene = { w: sizes[0].w, h: sizes[0].h, parts: [], at: new Map(), inner: [] };
  groups.forEach((_, g) => { if (!hidden[g]) placeGroup(g, sizes, frames[g], frames, entries); });
  scene.boxes = scene.parts.flatMap(part => part.boxes);
  entries.forEach(continueInside);
  lookForPasses();
}

function placeGroup(g, sizes, { x: px, y: py, w: pw, h: ph }, frames, entries) {
  const { children, edges } = groups[g], { fx, fy, left } = sizes[g], ox = px + left, oy = py + (g && TITLE), now = [];
  const part = { id: -g, x: px, y: py, w: pw, h: ph, depth: (scene.at.get(-groups[g].parent)?.depth ?? 0) + 1, boxes: [], curves: [] };
  if (g) scene.at.set(-g, part);
  scene.parts.push(part);
  children.forEach((id, n) => {
    const [x, y, w, h] = smallBox(groups[g], n), opened = isOpen(id), size = opened ? sizes[-id] : { w, h };
    const box = { id, x: ox + (fx(x) + fx(x + w) - size.w) / 2, y: oy + (fy(y) + fy(y + h) - size.h) / 2, w: size.w, h: size.h };
    now.push(box);
    if (opened) { frames[-id] = box; return; }
    scene.at.set(id, box);
    part.boxes.push(box);
  });
  for (let e = 0; e < edges.length;) {
    const a = edges[e], b = edges[e + 1], first = e + 3, points = [], last = 6 * edges[e + 2];
    e += last + 5;
    for (let p = first; p < e; p += 2) points.push(ox + fx(edges[p]), oy + fy(edges[p + 1]));
    const begin = touch(a, first, points, 0, 2), end = touch(b, first, points, last, -2), [x, y] = points, [ex, ey] = points.slice(last);
    // A straight piece bridges what was stretched more than the box.
    if (Math.hypot(x - begin.x, y - begin.y) > 0.5) points.unshift(begin.x, begin.y, begin.x, begin.y, x, y);
    if (Math.hypot(ex - end.x, ey - end.y) > 0.5) points.push(ex, ey, ex, ey, end.x, end.y);
    if (isOpen(children[a]) || isOpen(children[b])) entries.push({ a: children[a], b: children[b], begin, end });
    part.curves.push(curve(children[a], children[b], points, !isOpen(children[b])));
  }

  /** Where an end of an edge touches its box now; moves the end beside that, and its handle so that it keeps the direction. */
  function touch(n, first, points, end, step) {
    const [bx, by, bw, bh] = smallBox(groups[g], n), x = edges[first + end], y = edges[first + end + 1], box = now[n];
    const sideways = Math.min(Math.abs(x - bx), Math.abs(x - bx - bw)) < Math.min(Math.abs(y - by), Math.abs(y - by - bh));
    const at = { x: box.x + ((x - bx) * box.w) / bw, y: box.y + ((y - by) * box.h) / bh, sideways }, c = end + (sideways ? 1 : 0);
    points[c] = sideways ? at.y : at.x;
    if (edges[first + c] === edges[first + c + step]) points[c + step] = points[c];
    return at;
  }
}

/** A curve of cubic pieces between two boxes, with the rectangle around it; with a tip when it arrives at a box. */
function curve(from, to, points, tip) {
  let [x, y] = points, right = x, bottom = y;
  for (let p = 2; p < points.length; p += 2) {
    x = Math.min(x, points[p]);
    y = Math.min(y, points[p + 1]);
    right = Math.max(right, points[p]);
    bottom = Math.max(bottom, points[p + 1]);
  }
  return { from, to, points, tip, x, y, w: right - x, h: bottom - y };
}

/** Continues an edge that ends at an expanded group by curves to the boxes inside that it concerns. */
function continueInside({ a, b, begin, end }) {
  for (const [group, border, leaving] of [[a, begin, true], [b, end, false]]) {
    const inside = new Set(isOpen(group) ? crossings().get(`${a},${b}`)?.map(e => standIn(data.edges[leaving ? e : e + 1])) : []);
    if (inside.size > 200) continue;
    for (const id of inside) {
      const { x, y, w, h } = rectOf(id), { sideways } = border;
      const tx = sideways ? x + (leaving ? w : 0) : x + w / 2, ty = sideways ? y + h / 2 : y + (leaving ? h : 0), mx = (tx + border.x) / 2, my = (ty + border.y) / 2;
      const way = sideways ? [[tx, ty], [mx, ty], [mx, border.y]] : [[tx, ty], [tx, my], [border.x, my]];
      way.push([border.x, border.y]);
      scene.inner.push(leaving ? curve(id, b, way.flat(), false) : curve(a, id, way.reverse().flat(), true));
    }
  }
}

/** Whether a group's inside is in the picture. */
const isOpen = id => id < 0 && !hidden[-id];

/** The rectangle of a box, or of the frame of an expanded group; undefined when it is inside of a collapsed one. */
const rectOf = id => scene.at.get(id);
