// Printing: the report, the picture as it is, in light colours, and the table of what ran.
on(window, 'beforeprint', () => {
  const ran = allNodes().filter(i => isLoud(stateOf(i)) && passes(i)), list = ran.length ? ran : allNodes().filter(passes), before = selected;
  wearTheme('light');
  paint(sizeCanvas($('print-picture'), stage.w, stage.h, 2), { ...cam, w: stage.w, h: stage.h });
  selected = null;
  $('print-text').replaceChildren(el('div', { class: 'report' }, filled(report())), el('h2', {}, ran.length ? 'What ran' : 'Nodes'),
    el('table', {}, el('thead', {}, el('tr', {}, columns.map(([title]) => el('th', {}, title)))), el('tbody', {}, list.slice(0, 400).map(i => el('tr', {}, cells('td', i))))),
    el('p', {}, list.length > 400 ? `and ${number(list.length - 400)} more` : ''));
  selected = before;
});
on(window, 'afterprint', () => {
  $('print-text').replaceChildren();
  wearTheme();
  repaint();
});
