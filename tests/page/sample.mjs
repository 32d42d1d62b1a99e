// Sample data for the viewer, in the shape of CONTRACT.md: `node sample.mjs NAME > data.json`.
import { layOut } from './layout.mjs';

export const runStates = ['executed', 'cut_off', 'fresh', 'not_needed', 'failed', 'skipped'];
const kinds = ['source', 'value', 'function', 'map', 'reduce', 'expand', 'gather', 'settle', 'field', 'output'];

function randomFrom(seed) {
  return () => { seed = (seed * 1664525 + 1013904223) >>> 0; return seed / 2 ** 32; };
}
const hex = (random, n) => Array.from({ length: n }, () => Math.floor(random() * 16).toString(16)).join('');

/** Collects nodes and groups by name, then lays out each group. */
class Sketch {
  constructor(title, { what = 'run', states = runStates, seed = 1 } = {}) {
    this.random = randomFrom(seed);
    this.data = { schema: 'mamo.page/1', title, what, made_at_ms: 1795000000000, run: null, states, kinds, functions: [],
      nodes: { label: [], group: [], kind: [], state: [], fn: [], took_ms: [], start_ms: [], worker: [], bytes: [], fingerprint: [] },
      target: [], details: {}, groups: [], edges: [], spans: [], live: null };
    this.group('', -1, 'graph', true);
  }
  group(name, parent = 0, kind = 'group', open = false) {
    this.data.groups.push({ name, parent, kind, open, children: [], w: 0, h: 0, boxes: [], edges: [] });
    const g = this.data.groups.length - 1;
    if (g) this.data.groups[parent].children.push(-g);
    return g;
  }
  node(label, { group = 0, kind = 'function', state = -1, fn = -1, took = -1, bytes = -1, after = [], ...detail } = {}) {
    const { nodes, details, groups, edges } = this.data, i = nodes.label.length;
    const row = { label, group, kind: kinds.indexOf(kind), state: typeof state === 'string' ? this.data.states.indexOf(state) : state,
      fn, took_ms: took, start_ms: -1, worker: -1, bytes, fingerprint: hex(this.random, 64) };
    for (const [name, value] of Object.entries(row)) nodes[name].push(value);
    groups[group].children.push(i);
    for (const u of after) edges.push(u, i);
    if (Object.keys(detail).length) details[i] = detail;
    return i;
  }
  fn(name, place) { this.data.functions.push({ name, place, code: hex(this.random, 16) }); return this.data.functions.length - 1; }
  target(i, ...names) { this.data.target.push(i); (this.data.details[i] ??= {}).target = names; }

  /** Gives what ran a worker and a time, and the run its summary. */
  ran(workers, outcome, saved) {
    const { nodes, edges, spans } = this.data, end = new Array(nodes.label.length).fill(0), free = new Array(workers).fill(0), into = nodes.label.map(() => []);
    for (let e = 0; e < edges.length; e += 2) into[edges[e + 1]].push(edges[e]);
    const counts = Object.fromEntries(['executed', 'cut_off', 'fresh', 'not_needed', 'failed', 'skipped'].map(s => [s, 0]));
    let last = -1;
    nodes.label.forEach((_, i) => {
      const state = runStates[nodes.state[i]];
      counts[state]++;
      end[i] = Math.max(0, ...into[i].map(u => end[u]));
      if (state !== 'executed' && state !== 'failed') return;
      const worker = free.indexOf(Math.min(...free)), start = Math.max(free[worker], end[i]);
      nodes.start_ms[i] = Math.round(start);
      nodes.worker[i] = worker;
      const load = nodes.took_ms[i] * 0.06, save = nodes.took_ms[i] * 0.08;
      spans.push(i, worker, Math.round(start * 1000), Math.round(load * 1000), 1);
      spans.push(i, worker, Math.round((start + load) * 1000), Math.round(nodes.took_ms[i] * 1000), 0);
      spans.push(i, worker, Math.round((start + load + nodes.took_ms[i]) * 1000), Math.round(save * 1000), 2);
      end[i] = free[worker] = start + load + nodes.took_ms[i] + save;
      if (last < 0 || end[i] > end[last]) last = i;
    });
    const critical = [];
    for (let i = last; i >= 0; i = into[i].length ? into[i].reduce((a, b) => (end[b] > end[a] ? b : a)) : -1) critical.unshift(i);
    const took = Math.round(Math.max(0, ...end));
    this.data.run = { id: '01jd7q0v5m', at_ms: 1795000000000, took_ms: took, outcome, counts, elements: { ...counts, elements: 0 }, restarts: 0,
      saved_ms: saved, estimated_ms: Math.round(took * 1.1), spent_ms: Math.round(nodes.took_ms.reduce((a, b) => a + Math.max(0, b), 0)), critical, workers };
    return this;
  }

  done() {
    const { groups, nodes, edges, details } = this.data, insides = [], width = text => Math.max(110, Math.min(230, Math.round(Array.from(text).length * 7.6 + 62)));
    const position = new Map();
    for (const group of groups) group.children.forEach((child, n) => position.set(child, n));
    const links = groups.map(() => new Set());
    const depth = groups.map(() => 0);
    groups.forEach((group, g) => { if (g) depth[g] = depth[group.parent] + 1; });
    for (let e = 0; e < edges.length; e += 2) {
      let a = nodes.group[edges[e]], b = nodes.group[edges[e + 1]], ca = edges[e], cb = edges[e + 1];
      while (a !== b) {
        if (depth[a] >= depth[b]) { ca = -a; a = groups[a].parent; } else { cb = -b; b = groups[b].parent; }
      }
      links[a].add(`${position.get(ca)} ${position.get(cb)}`);
    }
    groups.forEach((group, g) => {
      const sizes = group.children.map(child => (child < 0 ? [Math.max(140, width(groups[-child].name)), 46] : [width(nodes.label[child]), 38]));
      insides[g] = layOut(sizes, [...links[g]].map(link => link.split(' ').map(Number)));
      Object.assign(group, insides[g]);
    });
    return this.data;
  }
}

export function five() {
  const s = new Sketch('words', { what: 'plan', states: ['run', 'run_unless_cut_off', 'after_barrier', 'cut_off', 'fresh', 'not_needed', 'failed'] });
  const books = s.node('books', { kind: 'source', state: 'fresh', bytes: 194000 }), shortest = s.node('shortest', { kind: 'source', state: 'run', why: ['parameter `shortest`: 4 -> 5'], preview: '5' });
  const count = s.node('count', { kind: 'map', state: 'run', after: [books, shortest], fn: s.fn('words::count', 'src/main.rs:6'), why: ['input `shortest` changed'], elements: [12, 0, 0, 0, 0, 0] });
  const total = s.node('total', { state: 'run_unless_cut_off', after: [count], fn: s.fn('words::total', 'src/main.rs:12'), why: ['runs unless `count` comes out as before'] });
  const out = s.node('report', { kind: 'output', state: 'after_barrier', after: [total] });
  s.target(out, 'report');
  return s.done();
}

/** Like the flights example: sources, maps and a report, with a run, its reasons and a failure. */
export function flights() {
  const s = new Sketch('flights', { seed: 5 });
  const fn = Object.fromEntries([['parse', 14], ['clean', 31], ['by_airport', 52], ['fit', 70], ['destinations', 98], ['summary', 120], ['chart', 141], ['report', 160]].map(([name, line]) => [name, s.fn(`flights::${name}`, `src/${name}.rs:${line}`)]));
  const files = s.node('files', { kind: 'source', state: 'fresh', bytes: 48200000, tags: ['raw'] });
  const options = s.node('options', { kind: 'source', state: 'fresh', preview: 'Clean { max_delay: 600.0, keep_cancelled: false }' });
  const weather = s.node('weather', { kind: 'source', state: 'executed', took: 210, bytes: 3100000, tags: ['raw'], why: ['`data/weather.csv` changed: 2,190 -> 2,192 lines'], before: { state: 2, took_ms: 0 } });
  const parse = s.node('parse', { kind: 'map', state: 'fresh', fn: fn.parse, bytes: 39000000, elements: [12, 0, 0, 12, 0, 0], after: [files] });
  const clean = s.node('clean', { kind: 'map', state: 'executed', fn: fn.clean, took: 1840, bytes: 36500000, elements: [12, 12, 0, 0, 0, 0], after: [parse, options], tags: ['slow'],
    why: ['code of `flights::clean` changed'], changed: ['flights::clean::is_outlier  ebf9adc6 -> d140e157', 'flights::units::minutes  70d09001 -> 630a06b9'], before: { state: 2, took_ms: 620 },
    log: 'cleaning 12 months\n2024-02: 214 rows without a departure time, left out\n2024-07: 31 rows twice, kept once\ndone in 1.84 s' });
  const byAirport = s.node('by_airport', { state: 'executed', fn: fn.by_airport, took: 530, bytes: 36400000, after: [clean], why: ['input `clean` changed'], before: { state: 0, took_ms: 540 } });
  const fit = s.node('fit', { kind: 'map', state: 'executed', fn: fn.fit, took: 4310, bytes: 812000, elements: [365, 41, 0, 324, 0, 0], after: [byAirport, weather], tags: ['slow', 'model'], why: ['input `by_airport` changed: 41 of 365 elements', 'input `weather` changed'], before: { state: 0, took_ms: 1900 } });
  const spread = s.node('spread', { kind: 'reduce', state: 'cut_off', after: [fit], bytes: 2400, elements: [365, 9, 0, 0, 0, 0] });
  const model = s.group('model');
  const split = s.node('split', { group: model, state: 'executed', took: 90, bytes: 1900000, after: [clean], why: ['input `clean` changed'] });
  const train = s.node('train', { group: model, kind: 'field', state: 'executed', took: 2, after: [split] });
  const test = s.node('test', { group: model, kind: 'field', state: 'cut_off', after: [split] });
  const forest = s.node('forest', { group: model, state: 'failed', took: 2100, after: [train, fit], tags: ['model', 'slow'], why: ['input `train` changed'],
    failure: 'cannot fit tree 17: the leaf `dest = "SJU"` has no rows\ncaused by: 0 rows after the filter `delay < 600`\nhint: lower `min_leaf` or raise `max_delay`', before: { state: 0, took_ms: 2050 } });
  const score = s.node('score', { group: model, state: 'skipped', after: [forest, test], tags: ['model'], why: ['`model/forest` failed'] });
  const charts = s.group('charts');
  const destinations = s.node('destinations', { group: charts, state: 'executed', fn: fn.destinations, took: 320, bytes: 14000, after: [byAirport], why: ['input `by_airport` changed'] });
  const map = s.node('map', { group: charts, kind: 'output', state: 'cut_off', fn: fn.chart, bytes: 420000, after: [destinations] });
  const delays = s.node('delays', { group: charts, kind: 'output', state: 'executed', fn: fn.chart, took: 610, bytes: 310000, after: [spread, weather], why: ['input `weather` changed'] });
  const summary = s.node('summary', { state: 'executed', fn: fn.summary, took: 44, bytes: 1800, after: [spread, destinations], why: ['input `charts/destinations` changed'], preview: 'Summary {\n    flights: 583_985,\n    mean_delay: 8.1 min,\n    worst: "ORD",\n}' });
  const report = s.node('report', { kind: 'output', state: 'skipped', fn: fn.report, after: [summary, map, delays, score], why: ['`model/forest` failed'] });
  s.node('old_format', { kind: 'output', state: 'not_needed', after: [summary] });
  s.target(report, 'report');
  return s.ran(3, 'failed', 184000).done();
}

/** Groups in groups in groups, some expanded. */
export function nested() {
  const s = new Sketch('training', { seed: 9 });
  const raw = s.node('raw', { kind: 'source', state: 'fresh', bytes: 1e9 });
  let last = [];
  for (const dataset of ['images', 'speech']) {
    const outer = s.group(dataset, 0, 'group', true), ready = s.node('prepare', { group: outer, state: 'executed', took: 300, after: [raw], why: ['code of `prepare` changed'] });
    for (const fold of ['fold 1', 'fold 2']) {
      const middle = s.group(fold, outer, 'group', fold === 'fold 1'), cut = s.node('cut', { group: middle, state: 'executed', took: 40, after: [ready] });
      const ends = [];
      for (const model of ['adelie', 'gentoo', 'chinstrap']) {
        const inner = s.group(model, middle, 'group', model === 'gentoo'), fit = s.node('fit', { group: inner, state: 'executed', took: 100 + s.random() * 900, after: [cut], bytes: 52000 });
        const scored = s.node('score', { group: inner, state: 'cut_off', after: [fit] });
        s.node('plot', { group: inner, kind: 'output', state: 'fresh', after: [scored], bytes: 8100 });
        ends.push(scored);
      }
      last.push(s.node('best', { group: middle, kind: 'reduce', state: 'fresh', after: ends }));
    }
  }
  const all = s.node('compare', { kind: 'gather', state: 'fresh', after: last });
  s.target(s.node('table', { kind: 'output', state: 'fresh', after: [all], bytes: 900 }), 'table');
  return s.ran(2, 'done', 90000).done();
}

/** `groups` groups of `each` nodes in layers, joined with the group before. */
export function many(groups, each, open) {
  const s = new Sketch(`${groups * each} nodes`, { seed: 3 }), ends = [];
  const pick = [['executed', 0.12], ['cut_off', 0.08], ['failed', 0.004], ['skipped', 0.01], ['not_needed', 0.06]];
  for (let g = 0; g < groups; g++) {
    const group = s.group(`part ${g + 1}`, 0, g % 5 === 4 ? 'function' : 'group', open), own = [];
    for (let n = 0; n < each; n++) {
      let chance = s.random(), state = 'fresh';
      for (const [name, part] of pick) { if (chance < part) { state = name; break; } chance -= part; }
      const after = [], layer = 12;
      if (n >= layer) for (let k = 0; k < 1 + (s.random() < 0.45); k++) after.push(own[n - layer + Math.floor((s.random() - 0.5) * 5)] ?? own[n - layer]);
      else if (g >= 6 && n < 2) after.push(ends[g - 6 + (n && g > 6 ? 1 : 0) - (n && g > 6 ? 2 : 0)]);
      const ran = state === 'executed' || state === 'failed';
      own.push(s.node(`step ${n + 1}`, { group, state, kind: n < 3 && g < 6 ? 'source' : n % 11 === 0 ? 'map' : 'function', took: ran ? Math.round(s.random() ** 6 * 4000) + 1 : -1,
        bytes: ran ? Math.round(s.random() * 1e6) : -1, after: [...new Set(after)], ...(ran && n % 7 === 0 ? { why: [`input changed`], before: { state: 2, took_ms: 10 } } : {}) }));
    }
    ends.push(own.at(-1));
  }
  s.target(ends.at(-1), 'end');
  return s.ran(4, 'done', 3600000).done();
}

/** Names that try to break the page. */
export function ugly() {
  const s = new Sketch('<script>alert("title")</script>', { seed: 4 });
  const names = ['"quoted" \'twice\' `thrice`', '<script>window.broken = true</script>', '<img src=x onerror="window.broken=true">', '🛫 flights 👩‍👩‍👧‍👦 🇨🇭', 'تقرير الرحلات الجوية', 'דוח טיסות 2024',
    'evil \u202e txt.exe', 'line\nbreak\tand tab', '{{script}} ${1+1} &lt;b&gt;', `${'very long name '.repeat(34)}`.slice(0, 500), '</script><script>window.broken = true</script>', '日本語のノード名がここにあります', '__proto__', 'constructor', '  ', 'a/b#node=c%20d'];
  let last = [];
  const group = s.group('<b>قسم</b> "g"');
  names.forEach((name, n) => {
    const i = s.node(name, { group: n % 3 === 2 ? group : 0, kind: n % 2 ? 'map' : 'function', state: runStates[n % 6], took: n % 6 === 0 ? 20 : -1, after: n % 3 === 2 ? last.slice(0, 1) : last.slice(-1), tags: [name.slice(0, 30)], why: [name], log: name, preview: name, failure: n % 6 === 4 ? name : undefined });
    last.push(i);
  });
  return s.ran(1, 'failed', 0).done();
}

export const empty = () => new Sketch('nothing', { what: 'graph' }).done();
export function one() { const s = new Sketch('one', { what: 'graph' }); s.node('only', { kind: 'value', preview: '42' }); return s.done(); }

export const samples = { five, flights, nested, ugly, empty, one, three: () => many(30, 100, true), hundred: () => many(300, 334, false) };
if (process.argv[1]?.endsWith('sample.mjs')) process.stdout.write(JSON.stringify(samples[process.argv[2]]()));
