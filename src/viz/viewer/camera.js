// The camera: a point (x, y) of the picture lies on the screen at (x * k + cam.x, y * k + cam.y).
const cam = { k: 1, x: 0, y: 0 }, stage = { w: 1, h: 1, ratio: 1 };
let gliding;

const onScreen = ({ x, y, w, h }) => ({ x: x * cam.k + cam.x, y: y * cam.k + cam.y, w: w * cam.k, h: h * cam.k });
const whole = () => ({ x: 0, y: 0, w: scene.w, h: scene.h });

/** The camera that shows a rectangle in the middle, at most at scale `most`. */
function fitting({ x, y, w, h }, most = 1.25) {
  const k = Math.min(most, Math.max(9, stage.w - 48) / Math.max(1, w), Math.max(9, stage.h - 48) / Math.max(1, h));
  return { k, x: stage.w / 2 - (x + w / 2) * k, y: stage.h / 2 - (y + h / 2) * k };
}

function look(to) {
  cancelAnimationFrame(gliding);
  Object.assign(cam, to);
  redraw();
}

/** Moves the camera smoothly, unless motion is unwanted. */
function glide(to) {
  isFitted = false;
  if (calm.matches) return look(to);
  cancelAnimationFrame(gliding);
  const from = { ...cam }, begin = performance.now();
  const step = now => {
    const t = Math.min(1, Math.max(0, now - begin) / 220), part = 1 - (1 - t) ** 3;
    for (const key of Object.keys(to)) cam[key] = from[key] + (to[key] - from[key]) * part;
    if (t < 1) gliding = requestAnimationFrame(step);
    redraw();
  };
  gliding = requestAnimationFrame(step);
}

const fit = () => { glide(fitting(whole())); isFitted = true; };

function zoomed(factor, sx = stage.w / 2, sy = stage.h / 2) {
  const k = Math.min(4, Math.max(Math.min(0.05, fitting(whole()).k / 2), cam.k * factor)), grown = k / cam.k;
  return { k, x: sx - (sx - cam.x) * grown, y: sy - (sy - cam.y) * grown };
}

/** Brings a rectangle into sight with as little movement as possible. */
function reveal({ x, y, w, h }, least = 0) {
  const k = Math.min(Math.max(cam.k, least), fitting({ x, y, w, h }, 4).k), cx = x + w / 2, cy = y + h / 2;
  const into = (begin, long, room) => Math.max(24 - begin, 0) || Math.min(room - 24 - begin - long, 0);
  const to = { k, x: cam.x + cx * (cam.k - k), y: cam.y + cy * (cam.k - k) };
  to.x += into(x * k + to.x, w * k, stage.w);
  to.y += into(y * k + to.y, h * k, stage.h);
  glide(to);
}
