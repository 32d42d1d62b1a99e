// Edges in the picture: curves in batches of one style, tips where they arrive.
function paintEdges(ctx, view, list, faint) {
  const plain = [], shining = [], dim = [], dense = Math.min(1, 0.35 + 2500 / list.length) * faint;
  for (const one of list) {
    const { from, to } = one;
    (!passes(from) || !passes(to) || !isLit(from) || !isLit(to) ? dim : lit ? shining : plain).push(one);
  }
  for (const [batch, colour, alpha] of [[dim, theme.edge, 0.16 * dense], [plain, theme.edge, dense], [shining, theme.accent, 0.9 * faint]]) {
    ctx.globalAlpha = alpha;
    for (let n = 0; n < batch.length; n += 200) { // long paths are slow to stroke
      stroke(ctx, colour, Math.min(batch === shining ? 2 : 1, 0.4 + view.k), () => batch.slice(n, n + 200).forEach(one => traceCurve(ctx, view, one)));
    }
    ctx.fillStyle = colour;
    ctx.beginPath();
    if (view.k > 0.4) for (const { points, tip } of batch) if (tip) traceTip(ctx, view, points);
    ctx.fill();
  }
  ctx.globalAlpha = 1;
}

function traceCurve(ctx, { k, x, y }, { points: c }) {
  ctx.moveTo(c[0] * k + x, c[1] * k + y);
  for (let p = 2; p < c.length; p += 6) {
    if (k < 0.22) ctx.lineTo(c[p + 4] * k + x, c[p + 5] * k + y);
    else ctx.bezierCurveTo(c[p] * k + x, c[p + 1] * k + y, c[p + 2] * k + x, c[p + 3] * k + y, c[p + 4] * k + x, c[p + 5] * k + y);
  }
}

function traceTip(ctx, { k, x, y }, points) {
  const [hx, hy, ex, ey] = points.slice(-4), part = Math.min(8, 7 * k + 1) / (Math.hypot(ex - hx, ey - hy) || 1);
  const tx = ex * k + x, ty = ey * k + y, ux = (ex - hx) * part, uy = (ey - hy) * part;
  ctx.moveTo(tx, ty);
  ctx.lineTo(tx - ux - uy * 0.42, ty - uy + ux * 0.42);
  ctx.lineTo(tx - ux + uy * 0.42, ty - uy - ux * 0.42);
}
