// Numbers, durations, sizes and moments as people read them.
const number = n => n.toLocaleString('en');
const several = (n, noun) => `${number(n)} ${noun}${n === 1 ? '' : 's'}`;
const digits = x => String(x < 10 ? +x.toFixed(1) : Math.round(x));
const words = name => name.replaceAll('_', ' ');
const moment = ms => new Date(ms).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });

function duration(ms) {
  if (ms < 999.5) return `${digits(ms)} ms`;
  if (ms < 59500) return `${digits(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000), minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function size(bytes) {
  let unit = 0;
  for (; bytes >= 999.5 && unit < 4; unit++) bytes /= 1000;
  return `${digits(bytes)} ${['B', 'kB', 'MB', 'GB', 'TB'][unit]}`;
}

/** How a time compares with the one before; empty when they are about the same. */
function slower(now, before) {
  if (!(now > 0 && before > 0) || Math.abs(now - before) < 2) return '';
  const ratio = now / before, times = x => `${x < 10 ? x.toFixed(1) : number(Math.round(x))} times`;
  return ratio > 1.15 ? `${times(ratio)} slower` : ratio < 0.87 ? `${times(1 / ratio)} faster` : '';
}
