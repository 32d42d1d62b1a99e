// A headless Chromium driven over its devtools pipe.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class Browser {
  static async open() {
    const browser = new Browser();
    browser.folder = mkdtempSync(join(tmpdir(), 'viewer-'));
    browser.process = spawn('/usr/bin/chromium', ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--remote-debugging-pipe', `--user-data-dir=${join(browser.folder, 'profile')}`, 'about:blank'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    browser.pending = new Map();
    browser.listeners = new Set();
    browser.last = 0;
    let rest = Buffer.alloc(0);
    browser.process.stdio[4].on('data', chunk => {
      rest = Buffer.concat([rest, chunk]);
      for (let end; (end = rest.indexOf(0)) >= 0; rest = rest.subarray(end + 1)) browser.receive(JSON.parse(rest.subarray(0, end).toString()));
    });
    return browser;
  }
  receive(message) {
    if (message.id) {
      const { resolve, reject } = this.pending.get(message.id);
      this.pending.delete(message.id);
      if (message.error) reject(new Error(message.error.message)); else resolve(message.result);
    } else for (const listener of this.listeners) listener(message);
  }
  send(method, params = {}, sessionId) {
    const id = ++this.last;
    this.process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => this.pending.set(id, { resolve, reject }));
  }
  /** A new page with its errors and requests recorded. */
  async page(width = 1400, height = 900) {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const page = new Page(this, targetId, sessionId);
    await Promise.all(['Page', 'Runtime', 'Network', 'Log', 'DOM', 'Accessibility'].map(domain => page.send(`${domain}.enable`)));
    await page.resize(width, height);
    return page;
  }
  close() {
    return new Promise(done => {
      this.process.once('exit', () => { rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 }); done(); });
      this.send('Browser.close').catch(() => {});
    });
  }
}

export class Page {
  constructor(browser, targetId, sessionId) {
    Object.assign(this, { browser, targetId, sessionId, errors: [], requests: [] });
    browser.listeners.add(message => {
      if (message.sessionId !== sessionId) return;
      const { method, params } = message;
      if (method === 'Runtime.exceptionThrown') this.errors.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
      if (method === 'Log.entryAdded' && params.entry.level === 'error') this.errors.push(`${params.entry.text} ${params.entry.url ?? ''}`);
      if (method === 'Runtime.consoleAPICalled' && ['error', 'warning', 'assert'].includes(params.type)) this.errors.push(params.args.map(one => one.value).join(' '));
      if (method === 'Network.requestWillBeSent') this.requests.push(params.request.url);
      if (method === 'Page.loadEventFired') this.loaded?.();
    });
  }
  send(method, params) { return this.browser.send(method, params, this.sessionId); }
  resize(width, height, scale = 1) { return this.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: scale, mobile: false }); }
  async goto(url) {
    const loaded = new Promise(resolve => { this.loaded = resolve; });
    await this.send('Page.navigate', { url });
    await loaded;
    await this.frames(6);
  }
  async run(expression) {
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }
  /** Waits for frames to be drawn. */
  frames(n = 2) { return this.run(`new Promise(done => { let n = ${n}; const step = () => (n-- ? requestAnimationFrame(step) : done()); step(); })`); }
  /** Waits until an expression holds; fails after ten seconds. */
  async until(expression) {
    const end = Date.now() + 10000;
    while (!(await this.run(expression))) {
      if (Date.now() > end) throw new Error(`never came true: ${expression}`);
      await this.frames(2);
    }
  }
  async key(key, { shift = false, times = 1 } = {}) {
    const text = key.length === 1 ? key : key === 'Enter' ? '\r' : undefined;
    const code = { Enter: 13, Tab: 9, Escape: 27, ArrowUp: 38, ArrowDown: 40, ArrowLeft: 37, ArrowRight: 39, Home: 36, End: 35, PageDown: 34, Backspace: 8 }[key];
    for (let n = 0; n < times; n++) {
      await this.send('Input.dispatchKeyEvent', { type: 'keyDown', key, text, windowsVirtualKeyCode: code, modifiers: shift ? 8 : 0 });
      await this.send('Input.dispatchKeyEvent', { type: 'keyUp', key, windowsVirtualKeyCode: code, modifiers: shift ? 8 : 0 });
    }
    await this.frames(2);
  }
  async type(text) { for (const letter of text) await this.key(letter); }
  async mouse(type, x, y, more = {}) { await this.send('Input.dispatchMouseEvent', { type, x, y, button: 'left', ...more }); }
  async click(x, y, count = 1) {
    for (let n = 1; n <= count; n++) {
      await this.mouse('mousePressed', x, y, { clickCount: n });
      await this.mouse('mouseReleased', x, y, { clickCount: n });
    }
    await this.settle();
  }
  async clickOn(selector) {
    const { x, y } = await this.run(`(r => ({ x: r.x + r.width / 2, y: r.y + r.height / 2 }))(document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect())`);
    await this.click(x, y);
  }
  async clickBox(id, count = 1) {
    const { x, y, w, h } = await this.run(`(r => { const b = document.getElementById("graph").getBoundingClientRect(); return { ...r, x: r.x + b.x, y: r.y + b.y }; })(mamo.onScreen(mamo.rectOf(${id})))`);
    await this.click(x + w / 3, y + h / 2, count);
  }
  /** Waits until the camera stands still. */
  async settle() {
    let before = '';
    for (let same = 0; same < 2;) {
      const now = await this.run('JSON.stringify(mamo.cam)');
      same = now === before ? same + 1 : 0;
      before = now;
      await this.frames(3);
    }
  }
  async shot(path) {
    await this.frames(3);
    const { data } = await this.send('Page.captureScreenshot', { format: 'png' });
    writeFileSync(path, Buffer.from(data, 'base64'));
  }
  media(features, media = '') { return this.send('Emulation.setEmulatedMedia', { media, features: Object.entries(features).map(([name, value]) => ({ name, value })) }); }
  close() { return this.browser.send('Target.closeTarget', { targetId: this.targetId }); }
}
