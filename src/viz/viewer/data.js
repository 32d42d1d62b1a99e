// The data of the page and what is derived from it, each index built when it is first asked for.
let data, nodes, groups;
/** Which groups are expanded; for each group the outermost collapsed one around it or itself, 0 for none. */
let open, hidden;

/** A value made once for one data set, or until it is forgotten. */
function lazily(make) {
  let of, value;
  const get = () => {
    if (of !== data) [value, of] = [make(), data];
    return value;
  };
  get.forget = () => { of = null; };
  return get;
}

function load(next) {
  data = next;
  ({ nodes, groups } = data);
  open = groups.map((group, g) => !g || group.open);
  hide();
}

function hide() {
  hidden = [0];
  for (let g = 1; g < groups.length; g++) hidden[g] = hidden[groups[g].parent] || (open[g] ? 0 : g);
}

const none = Object.freeze({});
const allNodes = lazily(() => nodes.label.map((_, i) => i));
const detail = i => data.details[i] ?? none;
const stateName = s => data.states[s] ?? 'unknown';
const stateOf = i => stateName(nodes.state[i]);
const stateText = i => words(stateOf(i));
const kindOf = i => data.kinds[nodes.kind[i]] ?? '';
const took = i => nodes.took_ms[i];
const timeText = i => (took(i) > 0 ? duration(took(i)) : '');
const sizeText = i => (nodes.bytes[i] < 0 ? '' : size(nodes.bytes[i]));
const reasonOf = i => detail(i).failure ?? detail(i).why?.[0] ?? '';
const isTarget = lazily(() => new Set(data.target));

/** Paths of the groups; those made of a function's nodes are no part of names. */
const paths = lazily(() => groups.reduce((all, { name, parent, kind }, g) => {
  const around = all[parent] ?? '';
  all[g] = kind === 'group' ? join(around, name) : around;
  return all;
}, []));
const join = (path, name) => (path ? `${path}/${name}` : name);
/** The full name of a node (n) or group (-g). */
const nameOf = id => join(paths()[groupOf(id)], labelOf(id));
const labelOf = id => (id < 0 ? groups[-id].name : nodes.label[id]);
const groupOf = id => (id < 0 ? groups[-id].parent : nodes.group[id]);
const names = lazily(() => allNodes().map(nameOf));
const lowerNames = lazily(() => names().map(name => name.toLowerCase()));
const byName = lazily(() => new Map(names().map((name, i) => [name, i]).reverse()));
const groupIds = () => groups.map((_, g) => -g).slice(1);
const groupNamed = name => groupIds().find(id => nameOf(id) === name);

/** Neighbours in compressed rows: those of node i are list[start[i]..start[i + 1]]. */
function rows(from) {
  const { edges } = data, start = new Int32Array(nodes.label.length + 1), list = new Int32Array(edges.length / 2);
  for (let e = from; e < edges.length; e += 2) start[edges[e] + 1]++;
  for (let i = 1; i < start.length; i++) start[i] += start[i - 1];
  const next = start.slice();
  for (let e = from; e < edges.length; e += 2) list[next[edges[e]]++] = edges[from ? e - 1 : e + 1];
  return i => list.subarray(start[i], start[i + 1]);
}
const downstream = lazily(() => rows(0));
const upstream = lazily(() => rows(1));

/** Adds counts of inner groups to those around them. */
function rollUp(counts) {
  for (let g = groups.length - 1; g > 0; g--) counts[g].forEach((n, s) => { counts[groups[g].parent][s] += n; });
  return counts;
}
const sum = list => list.reduce((a, b) => a + b, 0);

/** For each group, how many nodes in it have each state; the last column is the unknown. */
const tallies = lazily(() => {
  const wide = data.states.length + 1, counts = groups.map(() => new Array(wide).fill(0));
  nodes.state.forEach((state, i) => { counts[nodes.group[i]][state < 0 ? wide - 1 : state]++; });
  return rollUp(counts);
});
const countIn = g => sum(tallies()[g]);

/** The nodes in a group and in those within. */
function nodesIn(g) {
  const inside = [];
  groups.forEach(({ parent }, n) => { inside[n] = n === g || inside[parent]; });
  return allNodes().filter(i => inside[nodes.group[i]]);
}

/** The box that stands for a node at present: itself or a collapsed group. */
const standIn = i => -hidden[nodes.group[i]] || i;

/** The lists of those of which `key` says the same, longest first; those of which it says nothing are left out. */
function gather(list, key) {
  const map = new Map();
  for (const one of list) {
    const name = key(one);
    if (name && !map.has(name)) map.set(name, []);
    map.get(name)?.push(one);
  }
  return [...map].sort((a, b) => b[1].length - a[1].length);
}

/** True edges between nodes of different groups, by the pair of children of their common group. */
const crossings = lazily(() => new Map(gather(data.edges.keys(), e => {
  const pair = e % 2 ? [0, 0] : data.edges.slice(e, e + 2), around = pair.map(i => nodes.group[i]);
  if (around[0] === around[1]) return '';
  while (around[0] !== around[1]) {
    const side = around[0] > around[1] ? 0 : 1; // parents come before children
    pair[side] = -around[side];
    around[side] = groups[around[side]].parent;
  }
  return pair.join();
})));
