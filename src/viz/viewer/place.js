// Where everything lies: each axis of a group is stretched where its expanded children need more room.
const MARGIN = 16, TITLE = 30, NARROWEST = 150;

/** What is placed: boxes, the parts (expanded groups) with their ranges of boxes and edges, curves. */
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

/** Sizes of the expanded groups, inner ones first, with the maps of their axes. */
function measure() {
  const sizes = [];
  for (let g = groups.length - 1; g >= 0; g--) {
    if (hidden[g]) continue;
    const { children, boxes, w, h } = groups[g], across = [], down = [];
    children.forEach((child, n) => {
      if (child >= 0 || hidden[-child]) return;
      const [x, y, bw, bh] = boxes.slice(4 * n, 4 * n + 4);
      across.push([x, x + bw, sizes[-child].w]);
      down.push([y, y + bh, sizes[-child].h]);
    });
    const fx = stretched(across), fy = stretched(down), wide = g ? Math.max(NARROWEST, fx(w) + 2 * MARGIN) : fx(w);
    sizes[g] = { fx, fy, w: wide, h: fy(h) + (g && MARGIN + TITLE), left: (wide - fx(w)) / 2, moved: across.length };
  }
  return sizes;
}

function place() {
  const sizes = measure(), frames = [{ x: 0, y: 0, ...sizes[0] }], entries = [];
  scene = { w: sizes[0].w, h: sizes[0].h, parts: [], ids: [], rects: [], boxOf: new Map(), partOf: new Map(), curves: [], starts: [0], from: [], to: [], tips: [], bounds: [] };
  groups.forEach((_, g) => { if (!hidden[g]) placeGroup(g, sizes, frames, entries); });
  scene.inner = scene.from.length;
  entries.forEach(continueInside);
  lookForPasses();
}

function placeGroup(g, sizes, frames, entries) {
  const { children, boxes, edges } = groups[g], { fx, fy, left, moved } = sizes[g], { x: px, y: py, w: pw, h: ph } = frames[g], now = [];
  const part = { g, x: px, y: py, w: pw, h: ph, depth: g && scene.partOf.get(groups[g].parent).depth + 1, firstBox: scene.ids.length, firstEdge: scene.from.length };
  const ox = px + left, oy = py + (g && TITLE);
  scene.partOf.set(g, part);
  scene.parts.push(part);
  children.forEach((child, n) => {
    const [x, y, w, h] = boxes.slice(4 * n, 4 * n + 4), opened = child < 0 && !hidden[-child], { w: bw, h: bh } = opened ? sizes[-child] : { w, h };
    const box = { x: ox + (fx(x) + fx(x + w) - bw) / 2, y: oy + (fy(y) + fy(y + h) - bh) / 2, w: bw, h: bh };
    if (moved) now.push(box);
    if (opened) { frames[-child] = box; return; }
    scene.boxOf.set(child, scene.ids.length);
    scene.ids.push(child);
    scene.rects.push(box.x, box.y, bw, bh);
  });
  part.lastBox = scene.ids.length;
  for (let e = 0; e < edges.length;) {
    const a = edges[e], b = edges[e + 1], first = e + 3, points = [];
    e += 6 * edges[e + 2] + 5;
    for (let p = first; p < e; p += 2) points.push(ox + fx(edges[p]), oy + fy(edges[p + 1]));
    if (moved) {
      const last = points.length - 2, begin = touch(a, first, points, 0, 2), end = touch(b, first, points, last, -2);
      const [x, y] = points, [ex, ey] = points.slice(last); // a straight piece bridges what was stretched more than the box
      if (Math.hypot(x - begin.x, y - begin.y) > 0.5) points.unshift(begin.x, begin.y, begin.x, begin.y, x, y);
      if (Math.hypot(ex - end.x, ey - end.y) > 0.5) points.push(ex, ey, ex, ey, end.x, end.y);
      if (children[a] < 0 || children[b] < 0) entries.push({ a: children[a], b: children[b], begin, end });
    }
    addCurve(children[a], children[b], points, !isOpen(children[b]));
  }
  part.lastEdge = scene.from.length;

  /** Where an end of an edge touches its box now; moves the end beside that, and its handle so that it keeps the direction. */
  function touch(n, first, points, end, step) {
    const [bx, by, bw, bh] = boxes.slice(4 * n, 4 * n + 4), x = edges[first + end], y = edges[first + end + 1], box = now[n];
    const sideways = Math.min(Math.abs(x - bx), Math.abs(x - bx - bw)) < Math.min(Math.abs(y - by), Math.abs(y - by - bh));
    const at = { x: box.x + ((x - bx) * box.w) / bw, y: box.y + ((y - by) * box.h) / bh, sideways }, c = end + (sideways ? 1 : 0);
    points[c] = sideways ? at.y : at.x;
    if (edges[first + c] === edges[first + c + step]) points[c + step] = points[c];
    return at;
  }
}

/** A curve of cubic pieces between two boxes; with a tip when it arrives at one. */
function addCurve(from, to, points, tip) {
  const xs = points.filter((_, p) => p % 2 === 0), ys = points.filter((_, p) => p % 2);
  scene.curves.push(...points);
  scene.starts.push(scene.curves.length);
  scene.from.push(from);
  scene.to.push(to);
  scene.tips.push(tip);
  scene.bounds.push(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys));
}

/** Continues an edge that ends at an expanded group by curves to the boxes inside that it concerns. */
function continueInside({ a, b, begin, end }) {
  const pairs = crossings().get(`${a},${b}`) ?? [];
  for (const [group, border, leaving] of [[a, begin, true], [b, end, false]]) {
    const inside = new Set(isOpen(group) ? pairs.filter((_, p) => (p % 2 === 0) === leaving).map(standIn) : []);
    if (inside.size > 200) continue;
    for (const id of inside) {
      const { x, y, w, h } = rectOf(id), { sideways } = border;
      const tx = sideways ? x + (leaving ? w : 0) : x + w / 2, ty = sideways ? y + h / 2 : y + (leaving ? h : 0);
      const mx = (tx + border.x) / 2, my = (ty + border.y) / 2, box = [tx, ty], [near, far] = sideways ? [[mx, ty], [mx, border.y]] : [[tx, my], [border.x, my]];
      if (leaving) addCurve(id, b, [...box, ...near, ...far, border.x, border.y], false);
      else addCurve(a, id, [border.x, border.y, ...far, ...near, ...box], true);
    }
  }
}

/** Whether a group's inside is in the picture. */
const isOpen = id => id < 0 && !hidden[-id];

/** The rectangle of a box, or of the frame of an expanded group; undefined when it is inside of a collapsed one. */
function rectOf(id) {
  if (isOpen(id)) return scene.partOf.get(-id);
  const r = 4 * scene.boxOf.get(id);
  if (r >= 0) return { x: scene.rects[r], y: scene.rects[r + 1], w: scene.rects[r + 2], h: scene.rects[r + 3] };
}
