// Search by name, tag and fingerprint: a box with a list of what was found.
let found = [], active = 0;

/** Whether a node matches all words of a text. */
function matcher(text) {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean), lower = wanted.length && lowerNames();
  return i => wanted.every(word => lower[i].includes(word) || (word.length > 3 && nodes.fingerprint[i].startsWith(word)) || detail(i).tags?.some(tag => tag.toLowerCase().includes(word)));
}

function showResults() {
  const text = $('search').value.trim().toLowerCase(), list = $('results'), matches = matcher(text);
  const rank = id => { const label = labelOf(id).toLowerCase(); return label === text ? 0 : 1 + label.indexOf(text) || 999; };
  const all = text ? allNodes().filter(matches) : [], inGroups = text ? groupIds().filter(id => rank(id) < 2) : [];
  found = [...inGroups, ...all.slice(0, 5000)].sort((a, b) => rank(a) - rank(b)).slice(0, 40);
  active = 0;
  const item = (n, content) => el('li', { role: 'option', id: `found-${n}`, onclick: () => take(n) }, content);
  list.replaceChildren(...found.map((id, n) => item(n, nodeLabel(id, lineOf(id)[0]))), all.length ? item(found.length, `Show only these ${number(all.length)} in graph and table`) : found.length ? '' : 'Nothing found');
  list.hidden = !text;
  markActive();
  if (text) say(`${number(all.length)} found`);
}

function markActive() {
  const items = $('results').children, { hidden } = $('results');
  [...items].forEach((one, n) => one.setAttribute('aria-selected', n === active));
  $('search').setAttribute('aria-expanded', !hidden);
  $('search').setAttribute('aria-activedescendant', hidden ? '' : items[active]?.id ?? '');
  items[active]?.scrollIntoView({ block: 'nearest' });
}

function take(n) {
  closeResults();
  if (n < found.length) {
    select(found[n], { least: 0.9 });
    canvas.focus();
  } else {
    wantedText = $('search').value.trim();
    filterChanged();
  }
}

/** Whether there was something to close. */
function closeResults() {
  const was = !$('results').hidden;
  $('results').hidden = true;
  markActive();
  return was;
}

on($('search'), 'input', showResults);
on($('search'), 'focus', showResults);
on($('search'), 'keydown', event => {
  const { length } = $('results').children, step = { ArrowDown: 1, ArrowUp: length - 1 }[event.key];
  if (event.key === 'Enter' && length) take(active);
  else if (step && length) active = (active + step) % length;
  else return;
  markActive();
  return true;
});
on(window, 'pointerdown', event => { if (!event.target.closest('[role=search]')) closeResults(); });
