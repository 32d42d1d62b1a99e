// Assembles a page from the viewer's files and data: `node assemble.mjs data.json page.html`.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { squeeze, squeezeStyle } from './squeeze.mjs';

const folder = new URL('../../src/viz/viewer/', import.meta.url);
const read = name => readFileSync(new URL(name, folder), 'utf8');
const digest = text => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

export function viewerParts() {
  const files = read('order.txt').trim().split('\n');
  const script = `(()=>{'use strict';\n${squeeze(files.map(read).join(''))}})();`;
  return { style: squeezeStyle(read('style.css')), script, skeleton: read('page.html') };
}

/** The page as text. */
export function assemble(data) {
  const { style, script, skeleton } = viewerParts();
  const json = JSON.stringify(data).replaceAll('<', '\\u003c');
  const csp = `default-src 'none'; style-src ${digest(style)}; script-src ${digest(script)}; img-src data:; base-uri 'none'; form-action 'none'${data.live ? "; connect-src 'self'" : ''}`;
  const values = { csp, nonce: '', style, data: json, script };
  // In one pass, so that a name like {{script}} in the data stays what it is.
  return skeleton.replace(/\{\{(csp|nonce|style|data|script)\}\}/g, (_, name) => values[name]);
}

/** The size of everything but the data, in bytes. */
export const viewerSize = () => Buffer.byteLength(assemble({})) - 2;

if (process.argv[1]?.endsWith('assemble.mjs')) {
  const [, , from, to] = process.argv;
  if (from) writeFileSync(to, assemble(JSON.parse(readFileSync(from, 'utf8'))));
  else console.log(`${viewerSize()} bytes`);
}
