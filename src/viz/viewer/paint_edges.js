// Edges in the picture: curves in batches of one style, tips where they arrive.
function paintEdges(ctx, view, list) {
  const plain = [], shining = [], dim = [], { from, to, inner } = scene;
  for (const e of list) (!passes(from[e]) || !passes(to[e]) || !isLit(from[e]) || !isLit(to[e]) ? dim : lit ? shining : plain).push(e);
  const dense = Math.min(1, 0.35 + 2500 / list.length);
  for (const [batch, colour, alpha] of [[dim, theme.edge, 0.16 * dense], [plain, theme.edge, dense], [shining, theme.accent, 0.9]]) {
    ctx.strokeStyle = ctx.fillStyle = colour;
    ctx.lineWidth = Math.min(batch === shining ? 2 : 1, 0.4 + view.k);
    ctx.globalAlpha = alpha;
    strokeCurves(ctx, view, batch.filter(e => e < inner));
    if (view.k > 0.4) paintTips(ctx, view, batch);
    ctx.globalAlpha = alpha * 0.6;
    strokeCurves(ctx, view, batch.filter(e => e >= inner));
  }
  ctx.globalAlpha = 1;
}

function strokeCurves(ctx, { k, x, y }, list) {
  const { curves: c, starts } = scene;
  for (let n = 0; n < list.length; n++) {
    let p = starts[list[n]];
    if (n % 200 === 0) ctx.beginPath(); // long paths are slow to stroke
    ctx.moveTo(c[p] * k + x, c[p + 1] * k + y);
    for (p += 2; p < starts[list[n] + 1]; p += 6) {
      if (k < 0.22) ctx.lineTo(c[p + 4] * k + x, c[p + 5] * k + y);
      else ctx.bezierCurveTo(c[p] * k + x, c[p + 1] * k + y, c[p + 2] * k + x, c[p + 3] * k + y, c[p + 4] * k + x, c[p + 5] * k + y);
    }
    if (n % 200 === 199 || n === list.length - 1) ctx.stroke();
  }
}

function paintTips(ctx, { k, x, y }, list) {
  const { curves: c, starts, tips } = scene, long = Math.min(8, 7 * k + 1);
  ctx.beginPath();
  for (const e of list) {
    if (!tips[e]) continue;
    const p = starts[e + 1] - 4, dx = c[p + 2] - c[p], dy = c[p + 3] - c[p + 1], part = long / (Math.hypot(dx, dy) || 1);
    const tx = c[p + 2] * k + x, ty = c[p + 3] * k + y, ux = dx * part, uy = dy * part;
    ctx.moveTo(tx, ty);
    ctx.lineTo(tx - ux - uy * 0.42, ty - uy + ux * 0.42);
    ctx.lineTo(tx - ux + uy * 0.42, ty - uy - ux * 0.42);
  }
  ctx.fill();
}
