// Live updates while a run goes on, by server-sent events.
let source;

function listen() {
  source?.close();
  $('live').hidden = !data.live;
  if (!data.live) return;
  const show = text => { $('live').textContent = text; $('live').className = text; };
  source = new EventSource(data.live.events);
  source.onopen = () => show('live');
  source.onerror = () => show('connection lost');
  source.onmessage = event => {
    const message = JSON.parse(event.data);
    if (message.type === 'data') replace(message.data);
    else if (message.type === 'states') update(message.nodes);
  };
}

/** Takes triples of node, state and time. */
function update(list) {
  for (let n = 0; n < list.length; n += 3) [nodes.state[list[n]], nodes.took_ms[list[n]]] = [list[n + 1], list[n + 2]];
  tallies.forget();
  showAll();
}

/** Takes whole new data; the camera, what is expanded, selected and filtered stay as they are, by name. */
function replace(next) {
  const name = selected === null ? null : nameOf(selected), group = selected < 0, wasOpen = new Map(groups.map((_, g) => [nameOf(-g), open[g]])), { live } = data;
  load(next);
  groups.forEach((_, g) => { open[g] = wasOpen.get(nameOf(-g)) ?? open[g]; });
  hide();
  wantedOnly = hovered = null;
  selected = name === null ? null : (group ? groupNamed(name) : byName().get(name)) ?? null;
  place();
  light();
  timeline.reset();
  showAll();
  if (data.live?.events !== live?.events) listen();
}

/** Shows everything anew; a panel that is being used stays. */
const showAll = inNextFrame(() => {
  lookForPasses();
  showHead();
  showFilters();
  $('compare').hidden = !Object.values(data.details).some(one => one.before);
  $('show-timeline').hidden = !timeline.any();
  repaint();
  timeline.draw();
  table.refresh();
  if (!$('panel').contains(document.activeElement)) showPanel();
});
