// Takes pictures of the pages to look at: `node shots.mjs FOLDER`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { assemble } from './assemble.mjs';
import { Browser } from './browser.mjs';
import { samples } from './sample.mjs';

const folder = resolve(process.argv[2] ?? 'shots'), only = process.argv[3];
mkdirSync(folder, { recursive: true });
const browser = await Browser.open();

async function scene(name, sample, act, { width = 1400, height = 900, dark = false, hash = '' } = {}) {
  if (only && !name.includes(only)) return;
  const file = `${folder}/${sample}.html`;
  writeFileSync(file, assemble(samples[sample]()));
  const page = await browser.page(width, height);
  await page.media({ 'prefers-color-scheme': dark ? 'dark' : 'light', 'prefers-reduced-motion': 'reduce' });
  await page.goto(`file://${file}${hash}`);
  await act?.(page);
  await page.settle();
  await page.shot(`${folder}/${name}.png`);
  if (page.errors.length) console.log(name, page.errors);
  await page.close();
}

await scene('light', 'flights');
await scene('dark', 'flights', null, { dark: true });
await scene('panel', 'flights', page => page.run('0'), { hash: '#node=clean' });
await scene('failed', 'flights', async page => { await page.clickOn('#show-table'); }, { hash: '#node=model/forest', dark: true });
await scene('compare', 'flights', page => page.clickOn('#compare'));
await scene('nested', 'nested');
await scene('expanded', 'nested', async page => { await page.clickOn('#expand-level'); await page.clickOn('#expand-level'); });
await scene('plan', 'five');
await scene('ugly', 'ugly', async page => { await page.clickOn('#show-table'); }, { hash: `#node=${encodeURIComponent('تقرير الرحلات الجوية')}` });
await scene('three', 'three');
await scene('three_middle', 'three', async page => { await page.run('mamo.look({ k: 0.42, x: 0, y: 0 })'); await page.run('new Promise(done => setTimeout(done, 300))'); });
await scene('three_selected', 'three', null, { hash: `#node=${encodeURIComponent('part 9/step 40')}` });
await scene('hundred', 'hundred', page => page.clickOn('#show-table'));
await scene('narrow', 'flights', page => page.run('0'), { width: 400, height: 860 });
await scene('narrow_selected', 'flights', null, { width: 400, height: 860, hash: '#node=fit', dark: true });
await scene('search', 'flights', async page => { await page.key('/'); await page.type('cl'); });
await scene('print', 'flights', async page => {
  await page.run("dispatchEvent(new Event('beforeprint'))");
  await page.media({}, 'print');
}, { width: 800, height: 1600 });
await scene('forced', 'flights', page => page.media({ 'forced-colors': 'active' }));
await scene('empty', 'empty');
await scene('one', 'one');
await browser.close();
