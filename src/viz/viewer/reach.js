// What a selection is computed from and what depends on it.
let selected = null, direction = 'both';
/** The marked nodes and groups; null when everything is lit. */
let lit = null;

/** All nodes that can be reached from some by a relation. */
function spread(start, next) {
  const seen = new Uint8Array(nodes.label.length), stack = [...start];
  for (const i of start) seen[i] = 1;
  while (stack.length) {
    for (const i of next(stack.pop())) if (!seen[i]) { seen[i] = 1; stack.push(i); }
  }
  return seen;
}

function light() {
  lit = null;
  if (selected === null) return;
  const start = selected < 0 ? nodesIn(-selected) : [selected], node = new Uint8Array(nodes.label.length), group = groups.map((_, g) => [-g === selected ? 1 : 0]);
  const count = (way, links) => {
    if (direction !== 'both' && direction !== way) return '';
    const seen = spread(start, links);
    seen.forEach((mark, i) => { if (mark) node[i] = group[nodes.group[i]][0] = 1; });
    return `${number(sum(seen) - start.length)} ${way}stream`;
  };
  const counts = [count('up', upstream()), count('down', downstream())];
  lit = { node, group: rollUp(group), text: filled(counts).join(', ') };
}

const isLit = id => !lit || (id < 0 ? lit.group[-id][0] : lit.node[id]) > 0;
