// The timeline of a run: a row for each worker, linked with the graph.
const timeline = (() => {
  const area = $('times'), AXIS = 20, LEFT = 74, ROW = 24;
  let from = 0, long = 0, w = 1, pulled = null;

  /** Spans as { i, worker, start, end, kind }, in ms, in the order of their start. */
  const spans = lazily(() => {
    const list = data.spans, all = [];
    for (let s = 0; s < list.length; s += 5) all.push({ i: list[s], worker: list[s + 1], start: list[s + 2] / 1000, end: (list[s + 2] + list[s + 3]) / 1000, kind: list[s + 4] });
    return all.sort((a, b) => a.start - b.start);
  });
  const workers = lazily(() => spans().reduce((most, { worker }) => Math.max(most, worker + 1), 1));
  const total = lazily(() => spans().reduce((most, { end }) => Math.max(most, end), 1) * 1.02);
  const xOf = t => LEFT + ((t - from) / long) * (w - LEFT), tOf = x => from + ((x - LEFT) / (w - LEFT)) * long;

  /** Shows `wanted` ms with time t at x. */
  function show(wanted, t = 0, x = LEFT) {
    long = Math.max(total() / 1e5, Math.min(total(), wanted));
    from = Math.max(0, Math.min(total() - long, t - ((x - LEFT) / (w - LEFT)) * long));
    draw();
  }

  function paintAxis(ctx, high) {
    const least = (90 * long) / (w - LEFT), power = 10 ** Math.floor(Math.log10(least)), step = [1, 2, 5, 10].map(n => n * power).find(n => n >= least);
    font(ctx, 11);
    ctx.textBaseline = 'middle';
    for (let t = Math.ceil(from / step) * step; t < from + long; t += step) {
      ctx.fillStyle = theme.line;
      ctx.fillRect(xOf(t), 0, 1, 999);
      ctx.fillStyle = theme.muted;
      ctx.fillText(t ? duration(t) : '0', xOf(t) + 4, 10);
    }
    for (let n = 0; n < workers(); n += Math.ceil(14 / high)) ctx.fillText(`worker ${n + 1}`, 12, AXIS + (n + 0.5) * high);
  }

  const rowHigh = () => Math.min(ROW, (area.clientHeight - AXIS - 4) / workers());
  const draw = inNextFrame(() => {
    if (!area.clientWidth) return;
    $('timeline').style.height = `${AXIS + 8 + ROW * Math.min(workers(), 7)}px`;
    w = area.clientWidth;
    long ||= total();
    const ctx = sizeCanvas(area, w, area.clientHeight), high = rowHigh(), thick = high - (high > 8 ? 3 : 0.5), painted = [];
    ctx.fillStyle = theme.surface;
    ctx.fillRect(0, 0, w, 999);
    paintAxis(ctx, high);
    ctx.rect(LEFT, 0, w, 999);
    ctx.clip();
    for (const { i, worker, start, end, kind } of spans()) {
      const x = xOf(start), right = Math.max(xOf(end) - 1, x + 1), y = AXIS + worker * high, long = right - x;
      if (right < LEFT || x > w || (right <= painted[worker] && i !== selected)) continue; // hidden behind what is painted
      painted[worker] = right;
      ctx.globalAlpha = passes(i) && isLit(i) ? 1 : 0.25;
      ctx.fillStyle = strong(stateOf(i));
      ctx.fillRect(x, y + (kind && thick / 3), long, kind ? thick / 3 : thick);
      if (i === selected) stroke(ctx, theme.accent, 2, () => ctx.rect(x - 1, y - 1, long + 2, thick + 2));
      if (kind || long < 30 || high < 13) continue;
      ctx.fillStyle = theme.surface;
      ctx.fillText(cutText(labelOf(i), (right - Math.max(x, LEFT) - 8) / 11.5), Math.max(x, LEFT) + 4, y + thick / 2 + 1);
    }
  });

  const spanAt = ({ offsetX, offsetY }) => {
    const row = Math.floor((offsetY - AXIS) / rowHigh()), slack = long / w;
    return spans().find(({ worker, start, end }) => worker === row && tOf(offsetX) >= start - slack && tOf(offsetX) <= end + slack);
  };
  /** Selects the node that began before or after the selected one. */
  const step = by => {
    const order = spans().filter(({ i, kind }) => !kind && passes(i)), next = order[order.findIndex(({ i }) => i === selected) + by] ?? order[0];
    if (next.start < from || next.start > from + long) show(long, next.start, w / 2);
    select(next.i);
  };
  const zoom = (factor, x = w / 2) => show(long / factor, tOf(x), x);

  on(area, 'wheel', event => { zoom(wheelFactor(event), event.offsetX); return true; });
  on(area, 'pointerdown', event => { pulled = { t: tOf(event.offsetX), x: event.offsetX }; area.setPointerCapture(event.pointerId); });
  on(area, 'pointermove', event => {
    if (pulled) return show(long, pulled.t, event.offsetX);
    hover(spanAt(event)?.i ?? null, event);
  });
  on(area, 'pointerup', event => {
    const span = pulled && Math.abs(pulled.x - event.offsetX) < 4 && spanAt(event);
    pulled = null;
    if (span) select(span.i);
  });
  on(area, 'pointerleave', () => hover(null));
  on(area, 'keydown', event => {
    const { key } = event, by = { ArrowRight: 1, ArrowLeft: -1 }[key], factor = { '+': 1.5, '-': 1 / 1.5, 0: 1e-9 }[key];
    if (by) step(by);
    if (factor) zoom(factor);
    return !!(by || factor);
  });
  return { draw, any: () => spans().length > 0, reset: () => { long = 0; from = 0; draw(); } };
})();
