// The picture: frames, then edges, then boxes; what is far away has no text.
const FAR = 0, MIDDLE = 1, NEAR = 2;
/** How strongly what is lit, dimmed and filtered out is painted. */
const alphas = [1, 0.32, 0.13];
const dimming = id => (!passes(id) ? 2 : !isLit(id) || (comparing && !differs(id)) ? 1 : 0);

/** The height of a node's box; texts are in proportion to it. */
const unit = lazily(() => {
  for (const { children, boxes } of groups) {
    const n = children.findIndex(child => child >= 0);
    if (n >= 0) return boxes[4 * n + 3];
  }
  return 38;
});

/** Paints what view = {k, x, y, w, h} sees; returns how much that was. */
function paint(ctx, view) {
  const { k, x, y, w, h } = view, left = -x / k, top = -y / k, right = left + w / k, bottom = top + h / k, { rects, bounds } = scene;
  const boxes = [], edges = [], sees = (x0, y0, x1, y1) => x0 < right && x1 > left && y0 < bottom && y1 > top;
  view.u = (k * unit()) / 38;
  view.level = view.u >= 0.66 ? NEAR : view.u >= 0.3 ? MIDDLE : FAR;
  ctx.fillStyle = theme.back;
  ctx.fillRect(0, 0, w, h);
  ctx.textBaseline = 'middle';
  ctx.lineCap = ctx.lineJoin = 'round';
  const findEdges = (e, end) => { for (; e < end; e++) if (sees(bounds[4 * e], bounds[4 * e + 1], bounds[4 * e + 2], bounds[4 * e + 3])) edges.push(e); };
  for (const part of scene.parts) { // groups out of sight are passed over with all that is in them: they are the spatial index
    if (!sees(part.x, part.y, part.x + part.w, part.y + part.h)) continue;
    if (part.g) paintFrame(ctx, view, part);
    for (let b = part.firstBox, r = 4 * b; b < part.lastBox; b++, r += 4) if (sees(rects[r], rects[r + 1], rects[r] + rects[r + 2], rects[r + 1] + rects[r + 3])) boxes.push(b);
    if (part.w * k > 12) findEdges(part.firstEdge, part.lastEdge);
  }
  findEdges(scene.inner, scene.from.length);
  if (edges.length < 40000) paintEdges(ctx, view, edges);
  paintBoxes(ctx, view, boxes);
  return edges.length + boxes.length * (view.level ? 2 : 1);
}

/** Adds polylines around (x, y) to the path. */
function trace(ctx, lines, x, y, scale) {
  for (const line of lines) {
    ctx.moveTo(x + line[0] * scale, y + line[1] * scale);
    for (let p = 2; p < line.length; p += 2) ctx.lineTo(x + line[p] * scale + 0.01, y + line[p + 1] * scale);
  }
}

function paintFrame(ctx, { k, x, y }, part) {
  const px = part.x * k + x, py = part.y * k + y, scale = Math.min(1.1, Math.max(0.72, k)), middle = py + (TITLE * k) / 2;
  ctx.beginPath();
  ctx.roundRect(px, py, part.w * k, part.h * k, 8 * k);
  ctx.fillStyle = part.depth % 2 ? theme.frame : theme.back;
  ctx.fill();
  ctx.strokeStyle = theme.line;
  ctx.lineWidth = 1;
  ctx.stroke();
  if (k * TITLE < 13) return;
  ctx.globalAlpha = alphas[dimming(-part.g)];
  ctx.strokeStyle = theme.muted;
  ctx.beginPath();
  trace(ctx, signs.less, px + 16 * k, middle, scale);
  ctx.stroke();
  ctx.fillStyle = theme.ink;
  font(ctx, 12.5 * scale, 600);
  ctx.fillText(cutText(groups[part.g].name, (part.w - 36) * k / (13 * scale)), px + 28 * k, middle);
  ctx.globalAlpha = 1;
}

function paintBoxes(ctx, view, boxes) {
  const buckets = [];
  for (const b of boxes) {
    const id = scene.ids[b], state = id < 0 ? 'group' : stateOf(id);
    ((buckets[dimming(id)] ??= {})[state] ??= []).push(b);
  }
  for (let dim = 2; dim >= 0; dim--) {
    ctx.globalAlpha = alphas[dim];
    for (const [state, list] of Object.entries(buckets[dim] ?? {})) (view.level ? paintCards : paintDots)(ctx, view, list, state);
    if (view.level && dim < 2) paintTexts(ctx, view, Object.values(buckets[dim] ?? {}).flat());
  }
  ctx.globalAlpha = 1;
}

/** Boxes too small for text, in their strong colour; groups show the shares of their states. */
function paintDots(ctx, { k, x, y }, list, state) {
  const { rects, ids } = scene, alpha = ctx.globalAlpha;
  if (!loud.has(state)) ctx.globalAlpha *= 0.65;
  ctx.fillStyle = strong(state);
  for (const b of list) {
    const bx = rects[4 * b] * k + x, by = rects[4 * b + 1] * k + y, w = Math.max(1.2, rects[4 * b + 2] * k), h = Math.max(1.2, rects[4 * b + 3] * k);
    if (ids[b] < 0) paintShares(ctx, -ids[b], bx, by, w, h); else ctx.fillRect(bx, by, w, h);
  }
  ctx.globalAlpha = alpha;
}

function paintShares(ctx, g, x, y, w, h) {
  const counts = tallies()[g], all = sum(counts);
  counts.forEach((n, s) => {
    ctx.fillStyle = strong(stateName(s));
    ctx.fillRect(x, y, (w * n) / all, h);
    x += (w * n) / all;
  });
}

/** Boxes of one state as cards: a second sheet behind maps and groups, a second line around targets, a sign. */
function paintCards(ctx, { k, x, y, level, u }, list, state) {
  const { rects, ids } = scene, group = state === 'group', at = b => [rects[4 * b] * k + x, rects[4 * b + 1] * k + y, rects[4 * b + 2] * k, rects[4 * b + 3] * k];
  const outline = (chosen, grow = 0, off = 0) => {
    ctx.beginPath();
    for (const b of chosen) {
      const [bx, by, w, h] = at(b);
      ctx.roundRect(bx + off - grow, by + off - grow, w + 2 * grow, h + 2 * grow, 6 * u + grow);
    }
    if (!grow && alphas.indexOf(ctx.globalAlpha) < 2) ctx.fill();
    ctx.stroke();
  };
  ctx.fillStyle = group ? theme.surface : soft(state);
  ctx.strokeStyle = group ? theme.muted : strong(state);
  ctx.lineWidth = loud.has(state) ? 1.5 : 1;
  outline(group ? list : list.filter(b => /map|expand/.test(kindOf(ids[b]))), 0, 3.5 * u);
  outline(list);
  outline(list.filter(b => isTarget().has(ids[b])), 3 * u);
  if (group) {
    for (const b of list) {
      const [bx, by, w, h] = at(b);
      paintShares(ctx, -ids[b], bx + 7 * u, by + h - 8 * u, w - 14 * u, 5 * u);
    }
  } else if (level === NEAR) {
    for (const [colour, line] of [[strong(state), 16 * u], [theme.surface, 1.7 * u]]) {
      ctx.strokeStyle = colour;
      ctx.lineWidth = line;
      ctx.beginPath();
      for (const b of list) trace(ctx, line > 8 * u ? signs.unknown : signs[known(state)], at(b)[0] + 17 * u, at(b)[1] + at(b)[3] / 2, u);
      ctx.stroke();
    }
  }
}

function paintTexts(ctx, { k, x, y, level, u }, list) {
  const { rects, ids } = scene, near = level === NEAR, two = near && unit() > 29, big = two ? Math.max(10, 13 * u) : Math.min(13, 16 * u), small = Math.max(8.5, 10.5 * u);
  const each = draw => list.forEach(b => {
    const id = ids[b], lead = near && id >= 0 ? 30 * u : 9 * u;
    draw(id, rects[4 * b] * k + x, (rects[4 * b + 1] + rects[4 * b + 3] / 2) * k + y - (id < 0 ? 5 * u : 0), lead, rects[4 * b + 2] * k - lead);
  });
  ctx.fillStyle = theme.ink;
  font(ctx, big, 500);
  each((id, left, middle, lead, room) => ctx.fillText(cutText(labelOf(id), (room - (near ? 20 : 5) * u) / big), left + lead, middle - (two ? 7.5 * u : 0)));
  if (!near) return;
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = Math.max(0.9, 1.1 * u);
  ctx.beginPath();
  each((id, left, middle, lead, room) => trace(ctx, signs[id < 0 ? 'more' : kindOf(id)] ?? [], left + lead + room - 12 * u, middle - 7.5 * u, 0.85 * u));
  ctx.stroke();
  font(ctx, small);
  if (two) each((id, left, middle, lead, room) => {
    const options = lineOf(id), fits = options.find(text => wide(text) < (room - 6 * u) / small) ?? options.at(-1);
    ctx.fillStyle = comparing && id >= 0 && differs(id) ? theme.mark : theme.muted;
    ctx.fillText(cutText(fits, (room - 6 * u) / small), left + lead, middle + 8 * u);
  });
}

/** The second line of a box: what there is to say, and shorter ways to say it. */
function lineOf(id) {
  if (id < 0) {
    const shown = passing && passing.group[-id][0];
    return [shown < countIn(-id) && passing ? `${number(shown)} of ${number(countIn(-id))} nodes` : several(countIn(-id), 'node')];
  }
  if (comparing && differs(id)) return [`${stateText(id)}, ${differs(id)}`, differs(id)];
  const { elements } = detail(id), facts = filled([timeText(id), elements ? `${number(elements[0])} el.` : sizeText(id)]), state = nodes.state[id] < 0 ? kindOf(id) : stateText(id);
  return [[state, ...facts].join(' · '), facts.join(' · '), facts[0]].filter(Boolean);
}

/** How a node came out otherwise than in the run before; empty when it did not. */
function differs(id) {
  const { before } = id < 0 ? none : detail(id);
  if (!before) return '';
  return before.state === nodes.state[id] ? slower(nodes.took_ms[id], before.took_ms) : `was ${words(stateName(before.state))}`;
}
