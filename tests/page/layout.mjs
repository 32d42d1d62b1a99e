// A small layered layout for sample data: longest-path layers, barycentre sweeps, routed curves.
const GAP_X = 26, GAP_Y = 46, AROUND = 16;

/** Lays out `sizes` ([w, h] each) joined by `links` ([from, to] each, acyclic). */
export function layOut(sizes, links) {
  const n = sizes.length, layer = new Array(n).fill(0), below = sizes.map(() => []), inDegree = new Array(n).fill(0);
  for (const [a, b] of links) { below[a].push(b); inDegree[b]++; }
  const queue = [...inDegree.keys()].filter(i => !inDegree[i]);
  for (let q = 0; q < queue.length; q++) {
    for (const b of below[queue[q]]) {
      layer[b] = Math.max(layer[b], layer[queue[q]] + 1);
      if (!--inDegree[b]) queue.push(b);
    }
  }
  // Loose boxes are wrapped into rows below.
  const items = sizes.map(([w, h], i) => ({ w, h, layer: layer[i], up: [], down: [] }));
  const routes = links.map(([a, b]) => {
    const route = [items[a]];
    for (let l = layer[a] + 1; l < layer[b]; l++) route.push({ w: 8, h: 0, layer: l, up: [], down: [], dummy: true });
    route.push(items[b]);
    for (let r = 1; r < route.length; r++) { route[r - 1].down.push(route[r]); route[r].up.push(route[r - 1]); }
    return route;
  });
  const layers = [];
  const all = new Set([...items, ...routes.flat()]);
  for (const item of all) (layers[item.layer] ??= []).push(item);
  const alone = links.length === 0 && n > 6;
  if (alone) {
    const columns = Math.ceil(Math.sqrt(n / 2.2));
    layers.length = 0;
    items.forEach((item, i) => { item.layer = Math.floor(i / columns); (layers[item.layer] ??= []).push(item); });
  }
  for (const row of layers) row.forEach((item, i) => { item.at = i; });
  for (let sweep = 0; sweep < (alone ? 0 : 8); sweep++) {
    const side = sweep % 2 ? 'down' : 'up';
    for (const row of sweep % 2 ? [...layers].reverse() : layers) {
      for (const item of row) item.key = item[side].length ? item[side].reduce((s, other) => s + other.at / layers[other.layer].length, 0) / item[side].length : item.at / row.length;
      row.sort((a, b) => a.key - b.key);
      row.forEach((item, i) => { item.at = i; });
    }
  }
  const rowWidth = row => row.reduce((s, item) => s + item.w + (item.dummy ? 10 : GAP_X), 0);
  const widest = Math.max(0, ...layers.map(rowWidth));
  let y = AROUND;
  for (const row of layers) {
    let x = AROUND + (widest - rowWidth(row)) / 2 + GAP_X / 2;
    const high = Math.max(...row.map(item => item.h));
    for (const item of row) { item.x = x; item.y = y + (high - item.h) / 2; x += item.w + (item.dummy ? 10 : GAP_X); }
    y += high + (alone ? 20 : GAP_Y);
  }
  for (let round = 0; round < (alone ? 0 : 12); round++) { // pull towards neighbours without passing any
    for (const row of round % 2 ? [...layers].reverse() : layers) {
      for (const [i, item] of row.entries()) {
        const near = round % 2 ? item.down : item.up;
        if (!near.length) continue;
        const wanted = near.reduce((s, other) => s + other.x + other.w / 2, 0) / near.length - item.w / 2;
        const least = i ? row[i - 1].x + row[i - 1].w + (item.dummy ? 10 : GAP_X) : AROUND;
        const most = i + 1 < row.length ? row[i + 1].x - item.w - (row[i + 1].dummy ? 10 : GAP_X) : Infinity;
        if (least <= most) item.x = Math.max(least, Math.min(most, wanted));
      }
    }
  }
  const left = Math.min(Infinity, ...[...all].map(item => item.x)) - AROUND;
  for (const item of all) item.x = Math.round(item.x - (Number.isFinite(left) ? left : 0));
  const w = Math.max(60, ...[...all].map(item => item.x + item.w)) + AROUND, h = Math.max(40, y - GAP_Y + AROUND);
  const edges = [];
  routes.forEach((route, r) => {
    const points = [];
    let from = { x: route[0].x + route[0].w / 2, y: route[0].y + route[0].h };
    points.push(from.x, from.y);
    route.slice(1).forEach((item, s) => {
      const to = { x: item.x + item.w / 2, y: item.y }, bend = (to.y - from.y) * 0.5;
      points.push(from.x, from.y + bend, to.x, to.y - bend, to.x, to.y);
      from = to;
      if (item.dummy && s < route.length - 2) from = to;
    });
    edges.push(...links[r], route.length - 1, ...points.map(Math.round));
  });
  return { w: Math.round(w), h: Math.round(h), boxes: items.flatMap(item => [item.x, Math.round(item.y), item.w, item.h]), edges };
}
