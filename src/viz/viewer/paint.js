// The picture: frames, then edges, then boxes; what is far away has no text. Texts are made for boxes 38 px high.
const FAR = 0, MIDDLE = 1, NEAR = 2;
/** How strongly what is lit, dimmed (1) and filtered out (2) is painted. */
const alphas = [1, 0.32, 0.13];
const dimming = id => (!passes(id) ? 2 : !isLit(id) || (comparing && !differs(id)) ? 1 : 0);

/** Paints what view = {k, x, y, w, h} sees; returns how much that was. */
function paint(ctx, view) {
  const { k, x, y, w, h } = view, boxes = [], curves = [];
  const sees = one => one.x * k + x < w && (one.x + one.w) * k + x > 0 && one.y * k + y < h && (one.y + one.h) * k + y > 0;
  view.level = k >= 0.66 ? NEAR : k >= 0.3 ? MIDDLE : FAR;
  ctx.fillStyle = theme.back;
  ctx.fillRect(0, 0, w + 1, h + 1);
  ctx.textBaseline = 'middle';
  ctx.lineCap = ctx.lineJoin = 'round';
  for (const part of scene.parts) { // groups out of sight are passed over with all that is in them: they are the spatial index
    if (!sees(part)) continue;
    if (part.id) paintFrame(ctx, view, part);
    for (const box of part.boxes) if (sees(box)) boxes.push(box);
    if (part.w * k > 12) for (const one of part.curves) if (sees(one)) curves.push(one);
  }
  if (curves.length < 40000) {
    paintEdges(ctx, view, curves, 1);
    paintEdges(ctx, view, scene.inner.filter(sees), 0.6);
  }
  paintBoxes(ctx, view, boxes);
  return curves.length + boxes.length * (view.level ? 2 : 1);
}

/** Strokes the path that `draw` makes. */
function stroke(ctx, colour, width, draw) {
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.beginPath();
  draw();
  ctx.stroke();
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
  ctx.fillStyle = part.depth % 2 ? theme.frame : theme.back;
  stroke(ctx, theme.line, 1, () => { ctx.roundRect(px, py, part.w * k, part.h * k, 8 * k); ctx.fill(); });
  if (k * TITLE < 13) return;
  ctx.globalAlpha = alphas[dimming(part.id)];
  stroke(ctx, theme.muted, 1, () => trace(ctx, signs.less, px + 16 * k, middle, scale));
  ctx.fillStyle = theme.ink;
  font(ctx, 12.5 * scale, 600);
  ctx.fillText(cutText(groups[-part.id].name, (part.w - 36) * k / (13 * scale)), px + 28 * k, middle);
  ctx.globalAlpha = 1;
}

function paintBoxes(ctx, view, boxes) {
  const buckets = [{}, {}, {}], { k, x, y } = view;
  for (const { id, ...box } of boxes) {
    const state = id < 0 ? 'group' : stateOf(id);
    (buckets[dimming(id)][state] ??= []).push({ id, x: box.x * k + x, y: box.y * k + y, w: Math.max(1.2, box.w * k), h: Math.max(1.2, box.h * k) });
  }
  for (const dim of [2, 1, 0]) {
    for (const [state, list] of Object.entries(buckets[dim])) {
      ctx.globalAlpha = alphas[dim];
      if (view.level) paintCards(ctx, view, list, state, dim); else paintDots(ctx, list, state);
    }
    if (view.level && dim < 2) paintTexts(ctx, view, Object.values(buckets[dim]).flat());
  }
  ctx.globalAlpha = 1;
}

/** Boxes too small for text, in their strong colour; groups show the shares of their states. */
function paintDots(ctx, list, state) {
  if (!isLoud(state)) ctx.globalAlpha *= 0.65;
  ctx.fillStyle = strong(state);
  for (const { id, x, y, w, h } of list) {
    if (id < 0) paintShares(ctx, -id, x, y, w, h); else ctx.fillRect(x, y, w, h);
  }
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
function paintCards(ctx, { level, k: u }, cards, state, dim) {
  const group = state === 'group';
  const outline = (chosen, grow = 0, off = 0) => stroke(ctx, group ? theme.muted : strong(state), isLoud(state) ? 1.5 : 1, () => {
    for (const { x, y, w, h } of chosen) ctx.roundRect(x + off - grow, y + off - grow, w + 2 * grow, h + 2 * grow, 6 * u + grow);
    if (!grow && dim < 2) ctx.fill();
  });
  ctx.fillStyle = group ? theme.surface : soft(state);
  outline(cards.filter(({ id }) => group || /map|expand/.test(kindOf(id))), 0, 3.5 * u);
  outline(cards);
  outline(cards.filter(({ id }) => isTarget().has(id)), 3 * u);
  if (group) for (const { id, x, y, w, h } of cards) paintShares(ctx, -id, x + 7 * u, y + h - 8 * u, w - 14 * u, 5 * u);
  else if (level === NEAR) for (const [colour, thick, lines] of [[strong(state), 16, signs.unknown], [theme.surface, 1.7, signs[known(state)]]]) {
    stroke(ctx, colour, thick * u, () => { for (const { x, y, h } of cards) trace(ctx, lines, x + 17 * u, y + h / 2, u); });
  }
}

function paintTexts(ctx, { level, k: u }, list) {
  const near = level === NEAR, big = near ? Math.max(10, 13 * u) : Math.max(8.5, 16 * u), small = Math.max(8.5, 10.5 * u);
  const each = draw => list.forEach(({ id, x, y, w, h }) => {
    const lead = near && id >= 0 ? 30 * u : 9 * u;
    draw(id, x + lead, y + h / 2 - (id < 0 ? 5 * u : 0), w - lead);
  });
  ctx.fillStyle = theme.ink;
  font(ctx, big, 500);
  each((id, left, middle, room) => ctx.fillText(cutText(labelOf(id), (room - (near ? 20 : 5) * u) / big), left, middle - near * 7.5 * u));
  if (!near) return;
  stroke(ctx, theme.muted, Math.max(0.9, 1.1 * u), () => each((id, left, middle, room) => trace(ctx, signs[id < 0 ? 'more' : kindOf(id)] ?? [], left + room - 12 * u, middle - 7.5 * u, 0.85 * u)));
  font(ctx, small);
  each((id, left, middle, room) => {
    const options = lineOf(id), fits = options.find(text => wide(text) < (room - 6 * u) / small) ?? options.at(-1);
    ctx.fillStyle = comparing && id >= 0 && differs(id) ? theme.mark : theme.muted;
    ctx.fillText(cutText(fits, (room - 6 * u) / small), left, middle + 8 * u);
  });
}

/** The second line of a box: what there is to say, and shorter ways to say it. */
function lineOf(id) {
  if (id < 0) {
    const all = several(countIn(-id), 'node');
    return [passing ? `${number(passing.group[-id][0])} of ${all}` : all];
  }
  if (comparing && differs(id)) return [`${stateText(id)}, ${differs(id)}`, differs(id)];
  const { elements } = detail(id), facts = filled([timeText(id), elements ? `${number(elements[0])} el.` : sizeText(id)]), state = nodes.state[id] < 0 ? kindOf(id) : stateText(id);
  return [[state, ...facts].join(' · '), facts.join(' · '), facts[0]].filter(Boolean);
}

/** How a node came out otherwise than in the run before; empty when it did not. */
function differs(id) {
  const { before } = id < 0 ? none : detail(id);
  if (!before) return '';
  return before.state === nodes.state[id] ? slower(took(id), before.took_ms) : `was ${words(stateName(before.state))}`;
}
