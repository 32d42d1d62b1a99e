// Drives the page in a real Chromium: `node --test viewer.test.mjs`.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { assemble, viewerSize } from './assemble.mjs';
import { Browser } from './browser.mjs';
import { runStates, samples } from './sample.mjs';

let browser, folder;
before(async () => {
  browser = await Browser.open();
  folder = mkdtempSync(join(tmpdir(), 'pages-'));
});
after(async () => {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Opens a sample in a page, lets `act` use it, then sees that nothing went wrong and nothing was asked of the network. */
async function check(sample, act, { hash = '', width, height, media = {}, data = samples[sample]() } = {}) {
  const file = join(folder, `${sample}.html`), page = await browser.page(width, height);
  writeFileSync(file, assemble(data));
  await page.media({ 'prefers-reduced-motion': 'reduce', ...media });
  await page.goto(`file://${file}${hash}`);
  await act(page);
  assert.deepEqual(page.errors, []);
  assert.deepEqual(page.requests.filter(url => !url.startsWith('file:')), []);
  await page.close();
}
const text = (page, selector) => page.run(`document.querySelector(${JSON.stringify(selector)}).innerText`);
const idOf = (page, name) => page.run(`mamo.byName().get(${JSON.stringify(name)})`);
const selectedName = page => page.run('mamo.selected() >= 0 && mamo.selected() !== null ? mamo.data().nodes.label[mamo.selected()] : mamo.selected()');
const chip = name => `[data-chip="${name}"]`;
const boxes = page => page.run('mamo.scene().boxes.length');
const groupNamed = (page, name) => page.run(`-mamo.data().groups.findIndex(group => group.name === ${JSON.stringify(name)})`);

test('the viewer stays below 60 kB', () => {
  console.log(`viewer: ${viewerSize()} bytes`);
  assert.ok(viewerSize() < 60000, `${viewerSize()} bytes`);
});

for (const sample of ['empty', 'one', 'five', 'flights', 'nested', 'ugly']) {
  test(`opens without error or request: ${sample}`, () => check(sample, async page => {
    assert.equal(await page.run('document.title.length > 0'), true);
    for (const key of ['ArrowDown', 'Enter', 'e', 'x', '+', '0', 'u', 'd', 'b', 't', 'l', 'Backspace', 'Escape']) {
      await page.run('document.getElementById("graph").focus()');
      await page.key(key);
    }
  }));
}

test('the report says what happened', () => check('flights', async page => {
  const report = await text(page, '#panel');
  for (const part of ['What happened', 'cannot fit tree 17', '3 min 4 s', 'Slowest', 'Critical path', 'Compared with the run before', 'code of `flights::clean` changed']) assert.ok(report.includes(part), part);
}));

test('search finds by name, tag and fingerprint, and filters', () => check('flights', async page => {
  await page.key('/');
  await page.type('by_a');
  assert.match(await text(page, '#results'), /by_airport/);
  await page.key('Enter');
  assert.equal(await selectedName(page), 'by_airport');
  const found = async wanted => {
    await page.run(`(box => { box.focus(); box.value = ${JSON.stringify(wanted)}; box.dispatchEvent(new Event('input')); })(document.getElementById('search'))`);
    return text(page, '#results');
  };
  assert.match(await found('model'), /fit[^]*model\/forest/);
  const fingerprint = await page.run('mamo.data().nodes.fingerprint[5]');
  assert.match(await found(fingerprint.slice(0, 12)), /by_airport/);
  assert.match(await found('nothing like it'), /Nothing found/);
  await found('raw');
  await page.key('ArrowUp');
  await page.key('Enter');
  assert.match(await text(page, chip('clear')), /2 of 19 shown/);
}));

test('filters hide nodes in the graph and in the table', () => check('flights', async page => {
  await page.clickOn('#show-table');
  await page.clickOn(chip('state:failed'));
  const forest = await idOf(page, 'model/forest'), clean = await idOf(page, 'clean');
  assert.deepEqual([await page.run(`mamo.passes(${forest})`), await page.run(`mamo.passes(${clean})`)], [true, false]);
  assert.equal(await page.run('document.querySelector("#rows table").ariaRowCount ?? document.querySelector("#rows table").getAttribute("aria-rowcount")'), '2');
  await page.clickBox(clean);
  assert.equal(await selectedName(page), null, 'a hidden box cannot be clicked');
  await page.clickOn(chip('clear'));
  assert.equal(await page.run(`mamo.passes(${clean})`), true);
}));

test('a group expands where it is and collapses again', () => check('flights', async page => {
  const model = await groupNamed(page, 'model'), centre = () => page.run(`(r => [r.x + r.w / 2, r.y + r.h / 2].map(Math.round))(mamo.onScreen(mamo.rectOf(${model})))`);
  await page.run('mamo.look({ k: 0.5, x: 200, y: 100 })');
  const before = await centre(), many = await boxes(page);
  await page.clickBox(model, 2);
  assert.equal(await boxes(page), many + 4);
  assert.deepEqual(await centre(), before);
  assert.equal(await page.run(`mamo.scene().boxes.every((p, n, all) => all.slice(0, n).every(q => p.x >= q.x + q.w || q.x >= p.x + p.w || p.y >= q.y + q.h || q.y >= p.y + p.h))`), true, 'boxes overlap');
  await page.run('document.getElementById("graph").focus()');
  await page.key('Backspace');
  assert.equal(await boxes(page), many);
  assert.deepEqual(await centre(), before);
}));

test('three levels of groups are laid out without overlaps', () => check('nested', async page => {
  for (let n = 0; n < 3; n++) await page.clickOn('#expand-level');
  assert.equal(await boxes(page), 49);
  const outside = await page.run(`mamo.scene().parts.slice(1).flatMap(part => part.boxes.filter(box => box.x < part.x || box.y < part.y + 28 || box.x + box.w > part.x + part.w || box.y + box.h > part.y + part.h)).length`);
  assert.equal(outside, 0);
  assert.ok(await page.run('mamo.scene().inner.length > 10'), 'edges go on inside of expanded groups');
  await page.clickOn('#collapse-all');
  assert.equal(await boxes(page), 5);
}));

test('a selection that is collapsed goes to its group', () => check('nested', async page => {
  await page.mouse('mouseMoved', 700, 300);
  for (const way of ['x', 'Backspace']) {
    await page.run(`location.hash = '#node=' + encodeURIComponent('images/fold 1/gentoo/fit')`);
    await page.until('mamo.data().nodes.label[mamo.selected()] === "fit"');
    const { x, y } = await page.run('(r => ({ x: r.x + document.getElementById("graph").getBoundingClientRect().x + 4, y: r.y + document.getElementById("graph").getBoundingClientRect().y + 4 }))(mamo.onScreen(mamo.rectOf(mamo.selected())))');
    await page.mouse('mouseMoved', x, y);
    await page.run('document.getElementById("graph").focus()');
    await page.key(way);
    await page.settle();
    assert.equal(await page.run('mamo.data().groups[-mamo.selected()].name'), way === 'x' ? 'images' : 'gentoo');
  }
}));

test('the panel tells the reason, the code that changed and the rest', () => check('flights', async page => {
  await page.clickBox(await idOf(page, 'clean'));
  const panel = await text(page, '#panel');
  for (const part of ['clean', 'executed', 'map', 'slow', 'code of `flights::clean` changed', 'flights::clean::is_outlier', 'src/clean.rs:31', '1.8 s', '37 MB', 'fresh 620 ms → executed 1.8 s', '12 elements', '214 rows', 'Fingerprint', 'Inputs (2)', 'Used by (2)', '3 upstream', '14 downstream']) {
    assert.ok(panel.includes(part) || panel.replace(/\s+/g, ' ').includes(part), `${part} in ${panel}`);
  }
  await page.clickOn('[data-way=up]');
  assert.match(await text(page, '#panel'), /3 upstream/);
  assert.doesNotMatch(await text(page, '#panel'), /downstream,|\d downstream/);
  await page.key('Escape');
  assert.match(await text(page, '#panel'), /What happened/);
}));

test('the keyboard alone reaches a node, its panel, the timeline and the table', () => check('flights', async page => {
  const where = () => page.run('document.activeElement.id || document.activeElement.dataset.chip || document.activeElement.tagName');
  const stops = [];
  await page.clickOn('#show-table');
  await page.run('(h => { h.tabIndex = -1; h.focus(); })(document.querySelector("h1"))');
  for (let n = 0; n < 90 && stops.at(-1) !== 'TR'; n++) { await page.key('Tab'); stops.push(await where()); }
  const order = ['search', 'state:executed', 'graph', 'panel', 'times', 'TR'].map(stop => stops.indexOf(stop));
  assert.deepEqual(order.filter((at, n) => at < 0 || at < (order[n - 1] ?? 0)), [], stops.join(' '));
  await page.run('document.getElementById("graph").focus()');
  await page.key('ArrowDown');
  const first = await selectedName(page);
  await page.key('ArrowDown', { times: 2 });
  assert.notEqual(await selectedName(page), first);
  assert.match(await text(page, '#say'), new RegExp(await selectedName(page)));
  await page.key('Enter');
  assert.equal(await where(), 'panel');
  await page.key('Escape');
  assert.equal(await where(), 'graph');
  await page.key('?');
  assert.equal(await page.run('document.getElementById("keys").open'), true);
  await page.key('Escape');
  assert.equal(await page.run('document.getElementById("keys").open'), false);
}));

test('every box can be walked to with the arrows', () => check('flights', async page => {
  await page.run('document.getElementById("graph").focus()');
  await page.key('ArrowDown');
  const seen = new Set([await page.run('mamo.selected()')]), ways = ['ArrowDown', 'ArrowRight', 'ArrowUp', 'ArrowLeft'];
  for (let n = 0; n < 160; n++) { await page.key(ways[Math.floor(n / 3 + n * n / 7) % 4]); seen.add(await page.run('mamo.selected()')); }
  assert.ok(seen.size >= (await boxes(page)) - 3, `${seen.size} of ${await boxes(page)}`);
}));

test('deep links select, expand what is around, and follow the hash', () => check('nested', async page => {
  assert.equal(await selectedName(page), 'score');
  assert.match(await text(page, '#panel'), /speech\/fold 2\/adelie/);
  await page.run('location.hash = "#node=raw"');
  await page.until('mamo.selected() === 0');
  await page.clickOn('#zoom-fit');
  await page.clickBox(await idOf(page, 'compare'));
  assert.equal(await page.run('location.hash'), '#node=compare');
  await page.key('Escape');
  assert.equal(await page.run('location.hash'), '');
}, { hash: `#node=${encodeURIComponent('speech/fold 2/adelie/score')}` }));

test('ugly names are texts and nothing else', () => check('ugly', async page => {
  await page.clickOn('#show-table');
  await page.clickOn('#expand-level');
  const names = await page.run('mamo.data().nodes.label');
  for (const [i, name] of names.entries()) {
    await page.run(`location.hash = '#node=' + encodeURIComponent(${JSON.stringify(await page.run(`(g => g ? mamo.data().groups[g].name + '/' : '')(mamo.data().nodes.group[${i}])`) + name)})`);
    await page.until(`mamo.selected() === ${i}`);
    assert.equal(await page.run('document.querySelector("#panel h2").textContent'), name);
  }
  assert.equal(await page.run('window.broken'), undefined);
  assert.equal(await page.run('document.querySelectorAll("#panel img, #rows img, #rows b, #panel script").length'), 0);
  assert.equal(await page.run('[...document.querySelectorAll("bdi")].every(one => one.dir === "auto")'), true);
}));

test('the table sorts and is walked by keys', () => check('flights', async page => {
  const column = name => page.run(`[...document.querySelectorAll('#rows tr[data-n]')].map(row => row.querySelector('[class="${name}"]').innerText)`);
  await page.clickOn('#show-table');
  await page.clickOn('[data-by=Time]');
  assert.deepEqual((await column('Time')).slice(0, 3), ['4.3 s', '2.1 s', '1.8 s']);
  assert.equal(await page.run('document.querySelector("th.Time").ariaSort'), 'descending');
  await page.clickOn('[data-by=Name]');
  assert.deepEqual((await column('Name')).slice(0, 2), ['by_airport', 'charts/delays']);
  await page.run('document.querySelector("#rows [tabindex=\'0\']").focus()');
  await page.key('ArrowDown', { times: 2 });
  await page.key('Enter');
  assert.equal(await selectedName(page), 'destinations');
}));

test('rows are made only where they are in sight', () => check('three', async page => {
  await page.clickOn('#show-table');
  assert.ok((await page.run('document.querySelectorAll("#rows tr").length')) < 60);
  await page.run('document.querySelector("#rows [tabindex=\'0\']").focus()');
  await page.key('End');
  assert.equal(await page.run('document.activeElement.getAttribute("aria-rowindex")'), '3001');
}));

test('the timeline is linked with the graph', () => check('flights', async page => {
  const box = await page.run('(r => ({ x: r.x, y: r.y, width: r.width }))(document.getElementById("times").getBoundingClientRect())');
  await page.click(box.x + 700, box.y + 32);
  assert.equal(await selectedName(page), 'fit');
  await page.key('Tab');
  await page.run('document.getElementById("times").focus()');
  await page.key('ArrowRight');
  assert.notEqual(await selectedName(page), 'fit');
}));

test('dark, light and high contrast', () => check('flights', async page => {
  const back = () => page.run('getComputedStyle(document.body).backgroundColor');
  assert.equal(await back(), 'rgb(26, 32, 41)');
  await page.clickOn('#theme');
  assert.equal(await back(), 'rgb(255, 255, 255)');
  await page.media({ 'prefers-color-scheme': 'light' });
  await page.clickOn('#theme');
  assert.equal(await back(), 'rgb(26, 32, 41)');
  await page.clickOn('#theme');
}, { media: { 'prefers-color-scheme': 'dark' } }));

test('texts and signs have enough contrast', () => check('flights', async page => {
  for (const dark of [false, true]) {
    await page.media({ 'prefers-color-scheme': dark ? 'dark' : 'light' });
    const colours = await page.run(`(style => Object.fromEntries([...document.documentElement.style].filter(name => name.startsWith('--')).map(name => [name.slice(2), style.getPropertyValue(name)])))(document.documentElement.style)`);
    const light = colour => [1, 3, 5].map(at => parseInt(colour.slice(at, at + 2), 16) / 255).map(c => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)).reduce((s, c, n) => s + c * [0.2126, 0.7152, 0.0722][n], 0);
    const contrast = (a, b) => (([x, y]) => (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05))([light(colours[a]), light(colours[b])]);
    const pairs = [['ink', 'surface'], ['ink', 'back'], ['muted', 'surface'], ['muted', 'frame'], ['accent', 'surface'], ['mark', 'surface']];
    for (const name of Object.keys(colours)) if (colours[`${name}-soft`]) pairs.push(['ink', `${name}-soft`], ['muted', `${name}-soft`], [name, `${name}-soft`], [name, 'surface']);
    const weak = pairs.map(([a, b]) => [a, b, contrast(a, b)]).filter(([, , c]) => c < 4.5);
    assert.deepEqual(weak, [], dark ? 'dark' : 'light');
  }
}));

test('comparison with the run before', () => check('flights', async page => {
  await page.clickOn('#compare');
  assert.equal(await page.run('document.getElementById("compare").ariaPressed'), 'true');
  assert.match(await text(page, '#panel'), /came out otherwise[^]*was fresh/);
  await page.clickBox(await idOf(page, 'fit'));
  assert.match(await text(page, '#panel'), /2\.3 times slower/);
}));

test('printing shows the report, the picture and what ran', () => check('flights', async page => {
  await page.send('Page.printToPDF', { printBackground: true });
  await page.run('dispatchEvent(new Event("beforeprint"))');
  assert.match(await page.run('document.getElementById("print-text").textContent'), /What happened[^]*What ran[^]*by_airport/);
  assert.ok((await page.run('document.getElementById("print-picture").width')) > 1000);
  await page.run('dispatchEvent(new Event("afterprint"))');
  assert.equal(await page.run('document.getElementById("print-text").textContent'), '');
}));

test('a narrow window', () => check('flights', async page => {
  assert.equal(await page.run('document.documentElement.scrollWidth'), 400);
}, { width: 400, height: 800 }));

test('live updates by server-sent events', async () => {
  const data = { ...samples.flights(), live: { events: '/events' } }, open = [];
  const server = createServer((request, response) => {
    if (request.url === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('retry: 100\n\n');
      open.push(response);
    } else if (request.url === '/') response.writeHead(200, { 'content-type': 'text/html' }).end(assemble(data));
    else response.writeHead(204).end();
  });
  await new Promise(done => server.listen(0, '127.0.0.1', done));
  const page = await browser.page();
  await page.goto(`http://127.0.0.1:${server.address().port}/#node=model/forest`);
  await page.until('document.getElementById("live").textContent === "live"');
  const tell = message => open.at(-1).write(`data: ${JSON.stringify(message)}\n\n`);
  const forest = await idOf(page, 'model/forest');
  tell({ type: 'states', nodes: [forest, runStates.indexOf('executed'), 777] });
  await page.until(`mamo.data().nodes.took_ms[${forest}] === 777`);
  await page.frames(3);
  assert.match(await text(page, '#panel'), /777 ms/);
  assert.match(await text(page, chip('state:executed')), /10/);
  await page.clickOn(chip('state:executed'));
  const next = samples.flights(), camera = await page.run('JSON.stringify(mamo.cam)');
  next.nodes.label.push('later');
  for (const [name, value] of Object.entries({ group: 0, kind: 2, state: 0, fn: -1, took_ms: 5, start_ms: -1, worker: -1, bytes: -1, fingerprint: '' })) next.nodes[name].push(value);
  next.groups[0].children.push(next.nodes.label.length - 1);
  next.groups[0].boxes.push(0, 0, 100, 38);
  tell({ type: 'data', data: { ...next, live: data.live } });
  await page.until('mamo.data().nodes.label.length === 20');
  await page.frames(3);
  assert.equal(await selectedName(page), 'forest');
  assert.equal(await page.run('mamo.scene().parts.length'), 2, 'the group around stays expanded');
  assert.equal(await page.run('JSON.stringify(mamo.cam)'), camera);
  assert.match(await text(page, chip('clear')), /10 of 20/);
  server.close();
  server.closeAllConnections();
  await page.until('document.getElementById("live").textContent === "connection lost"');
  assert.deepEqual(page.errors.filter(error => !/net::ERR|Failed to load/.test(error)), []);
  await page.close();
});

/** Pans by the mouse's way for 90 frames; the times between frames in ms, sorted. */
const panning = page => page.run(`new Promise(done => { const gaps = []; let last = 0, n = 0;
  const step = () => { const now = performance.now(); if (last) gaps.push(now - last); last = now; n += 1; mamo.look({ x: mamo.cam.x + 9 * Math.sin(n / 9), y: mamo.cam.y + 7 * Math.cos(n / 7) }); mamo.moved(); if (n < 90) requestAnimationFrame(step); else done(gaps.sort((a, b) => a - b)); };
  requestAnimationFrame(step); })`);
const report = (name, gaps) => console.log(`${name}: median ${gaps[gaps.length >> 1].toFixed(1)} ms, 90th ${gaps[Math.floor(gaps.length * 0.9)].toFixed(1)} ms, worst ${gaps.at(-1).toFixed(1)} ms a frame`);

test('times at 3,000 expanded nodes', () => check('three', async page => {
  for (const k of [0.14, 0.3, 0.45, 0.8]) {
    await page.run(`mamo.look({ k: ${k}, x: -300, y: -200 })`);
    await page.frames(10);
    report(`3,000 nodes, panning at scale ${k}`, await panning(page));
  }
}));

test('times at 100,000 nodes', () => check('hundred', async page => {
  console.log(`100,200 nodes: opened, two frames drawn, after ${(await page.run('new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))')).toFixed(0)} ms at most`);
  report('100,200 nodes collapsed, panning', await panning(page));
  const took = async (name, action) => { const begin = Date.now(); await action(); await page.frames(2); console.log(`100,200 nodes, ${name}: ${Date.now() - begin} ms`); };
  await took('search', () => page.run('(box => { box.value = "step 33"; box.dispatchEvent(new Event("input")); })(document.getElementById("search"))'));
  await took('table', () => page.run('document.getElementById("show-table").click()'));
  await page.run('document.getElementById("show-table").click()');
  await took('filter', () => page.run('document.querySelector("[data-chip=\'state:failed\']").click()'));
  await page.run('document.querySelector("[data-chip=clear]").click()');
  await took('select', () => page.run('location.hash = "#node=" + encodeURIComponent("part 200/step 100")'));
  await took('expand all', () => page.run('document.getElementById("expand-level").click()'));
  await page.run('new Promise(done => setTimeout(done, 300))');
  report('100,200 nodes expanded, panning', await panning(page));
}));
