// Helpers to build elements; strings only ever become text.
const $ = id => document.getElementById(id);
/** Listens for events, several kinds with spaces between; what answers `true` to one keeps the browser from acting on it. */
const on = (target, kinds, act) => kinds.split(' ').forEach(kind => target.addEventListener(kind, event => { if (act(event) === true) event.preventDefault(); }, { passive: false }));

/** An element with attributes and children; an attribute `onclick` is a listener, what is empty is left out. */
function el(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') on(element, key.slice(2), value);
    else element.setAttribute(key, value);
  }
  element.append(...filled(children));
  return element;
}
const filled = list => list.flat(9).filter(Boolean);
const button = (act, attributes, ...children) => el('button', { type: 'button', onclick: act, ...attributes }, ...children);

/** A name from outside: isolated, in its own direction. */
const nameText = name => el('bdi', { dir: 'auto' }, name);
const badge = (...content) => el('span', { class: 'badge' }, ...content);

/** A sign made of polylines. */
function sign(lines = [], colour = '') {
  const [picture, path] = ['svg', 'path'].map(tag => document.createElementNS('http://www.w3.org/2000/svg', tag));
  picture.setAttribute('viewBox', '-6 -6 12 12');
  picture.setAttribute('aria-hidden', 'true');
  picture.style.color = colour;
  path.setAttribute('d', lines.map(line => 'M' + line.join(' ')).join(''));
  picture.append(path);
  return picture;
}

const say = text => { $('say').textContent = text; };
const press = (id, on) => $(id).setAttribute('aria-pressed', on);

/** Calls `act` once in the next frame, however often it was asked for. */
function inNextFrame(act) {
  let asked = 0;
  return () => { asked ||= requestAnimationFrame(() => { asked = 0; act(); }); };
}
