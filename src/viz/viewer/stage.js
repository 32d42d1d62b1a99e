// Frames on the screen: the picture itself, or while much of it moves a bitmap of it; and the overview in the corner.
const canvas = $('graph'), pen = canvas.getContext('2d', { alpha: false }), mini = $('mini');
/** The picture as last painted, with a margin around; and the whole of it, small; `k` 0 when out of date. */
const still = { canvas: document.createElement('canvas'), k: 0 }, overview = { canvas: document.createElement('canvas'), k: 0 };
/** How much may be painted anew in every frame, and now and then while it moves. */
const LIGHT = 700, BEARABLE = 5000;
let weight = 0, lastMove = 0, hovered = null;
/** Whether the camera still shows the whole picture, as at first. */
let isFitted = true;

const redraw = inNextFrame(drawFrame);
function repaint() {
  still.k = overview.k = 0;
  redraw();
}

/** To be called when the camera is moved by hand. */
function moved() {
  lastMove = performance.now();
  isFitted = false;
  redraw();
}
const isMoving = () => performance.now() - lastMove < 100;

function resize() {
  const { width, height } = $('stage').getBoundingClientRect(), { w, h } = stage;
  if (!width || !height) return;
  Object.assign(stage, { w: width, h: height, ratio: devicePixelRatio });
  sizeCanvas(canvas, width, height);
  look(isFitted ? fitting(whole()) : { x: cam.x + (width - w) / 2, y: cam.y + (height - h) / 2 });
  if (rectOf(selected)) reveal(rectOf(selected));
  repaint();
}

/** Gives a canvas its size in CSS pixels; returns what paints on it. */
function sizeCanvas(target, w, h, ratio = stage.ratio) {
  target.width = Math.ceil(w * ratio);
  target.height = Math.ceil(h * ratio);
  const ctx = target.getContext('2d', { alpha: false });
  ctx.scale(ratio, ratio);
  return ctx;
}

function drawFrame() {
  pen.setTransform(stage.ratio, 0, 0, stage.ratio, 0, 0);
  if (weight < LIGHT) weight = paint(pen, { ...cam, w: stage.w, h: stage.h });
  else drawStill();
  [hovered, selected].forEach((id, n) => {
    if (id === null || !passes(id) || !rectOf(id)) return;
    const { x, y, w, h } = onScreen(rectOf(id));
    stroke(pen, theme.accent, 1.5 + 1.5 * n, () => pen.roundRect(x - 4, y - 4, w + 8, h + 8, 8));
  });
  drawOverview();
}

/** Shows the bitmap where the camera is now; paints a new one when it is out of date or the movement is over. */
function drawStill() {
  const grown = cam.k / still.k, dx = cam.x - still.x * grown, dy = cam.y - still.y * grown;
  const covers = grown === 1 && dx <= 0 && dy <= 0 && dx + still.w >= stage.w && dy + still.h >= stage.h;
  if (!still.k || (!covers && (!isMoving() || weight < BEARABLE))) {
    const margin = Math.round(stage.h / 3);
    Object.assign(still, { k: cam.k, x: cam.x + margin, y: cam.y + margin, w: stage.w + 2 * margin, h: stage.h + 2 * margin });
    weight = paint(sizeCanvas(still.canvas, still.w, still.h), { ...still });
    return drawStill();
  }
  if (!covers) {
    paintOverview();
    pen.fillStyle = theme.back;
    pen.fillRect(0, 0, stage.w, stage.h);
    pen.drawImage(overview.canvas, cam.x, cam.y, scene.w * cam.k, scene.h * cam.k);
    setTimeout(redraw, 110);
  }
  pen.drawImage(still.canvas, dx, dy, still.w * grown, still.h * grown);
}

function paintOverview() {
  if (overview.k) return;
  const k = overview.k = Math.min(1, 1400 / Math.max(scene.w, scene.h)), w = scene.w * k, h = scene.h * k;
  paint(sizeCanvas(overview.canvas, w, h, 1), { k, x: 0, y: 0, w, h });
}

function drawOverview() {
  const { x, y, w, h } = onScreen(whole());
  mini.hidden = stage.w < 500 || stage.h < 260 || (x > -2 && y > -2 && x + w < stage.w + 2 && y + h < stage.h + 2);
  if (mini.hidden) return;
  if (!overview.k && isMoving()) return void setTimeout(redraw, 110);
  paintOverview();
  const part = Math.min(170 / w, 120 / h), ctx = sizeCanvas(mini, w * part, h * part);
  ctx.imageSmoothingQuality = 'high';
  ctx.drawImage(overview.canvas, 0, 0, w * part + 1, h * part + 1);
  stroke(ctx, theme.accent, 3, () => ctx.rect(-x * part, -y * part, stage.w * part, stage.h * part));
  mini.style.width = `${w * part}px`;
}

function moveOverview(event) {
  if (!event.buttons) return;
  const share = scene.w * cam.k / mini.clientWidth;
  look({ x: stage.w / 2 - event.offsetX * share, y: stage.h / 2 - event.offsetY * share });
  moved();
}
on(mini, 'pointerdown pointermove', moveOverview);
