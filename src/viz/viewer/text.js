// Texts in the picture: measured once, cut with an ellipsis where they do not fit.
const fontFamily = 'system-ui, sans-serif';
const gauge = document.createElement('canvas').getContext('2d');
gauge.font = `500 20px ${fontFamily}`;
const wide = text => gauge.measureText(text).width / 20;
let measured = new Map();

/** A text cut to `room`, in units of the font's size. */
function cutText(text, room) {
  let known = measured.get(text);
  if (!known) {
    if (measured.size > 50000) measured = new Map();
    known = { letters: Array.from(text.length > 120 ? `${text.slice(0, 120)}…` : text) };
    known.width = wide(known.letters.join(''));
    measured.set(text, known);
  }
  if (known.width <= room) return known.letters.join('');
  const step = Math.floor(room * 4) / 4;
  if (known.step !== step) {
    const cut = n => `${known.letters.slice(0, n).join('').trimEnd()}…`;
    let n = Math.ceil((known.letters.length * step) / known.width);
    while (n > 0 && wide(cut(n)) > step) n -= 1;
    Object.assign(known, { step, cut: n > 0 ? cut(n) : '' });
  }
  return known.cut;
}
const font = (ctx, px, weight = 400) => { ctx.font = `${weight} ${px}px ${fontFamily}`; };
