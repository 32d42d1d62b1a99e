// How states and kinds look: a sign, a colour and a word each, in light, dark and forced colours.
const tabular = text => text.trim().split('\n').map(line => line.trim().split(' '));

/** Signs as polylines around the origin. */
const signs = Object.fromEntries(tabular(`
  executed -2,-3,3,0,-2,3,-2,-3
  run_unless_cut_off -3.5,-3,.5,0,-3.5,3,-3.5,-3 3.5,-3,3.5,3
  after_barrier -1.7,-3,-1.7,3 1.7,-3,1.7,3
  cut_off -3.5,0,2.5,0 2.5,-3,2.5,3
  fresh -3,.2,-.8,2.5,3,-2.5
  not_needed -2.8,0,2.8,0
  failed -2.5,-2.5,2.5,2.5 2.5,-2.5,-2.5,2.5
  skipped -2.8,-2.8,0,0,-2.8,2.8 .6,-2.8,3.4,0,.6,2.8
  running -3,0,-3,0 0,0,0,0 3,0,3,0
  unknown 0,0,0,0
  source 0,-4,0,1.6 -2.3,-.7,0,1.6,2.3,-.7 -4,4,4,4
  value -3.5,-1.5,3.5,-1.5 -3.5,1.5,3.5,1.5
  function 2.8,-3.6,1.6,-4.2,.6,-3.2,-.6,3.2,-1.6,4.2,-2.8,3.6 -2.4,-.8,2.2,-.8
  map -4,-3,4,-3 -4,0,4,0 -4,3,4,3
  reduce -4,-4,0,0,4,-4 0,0,0,4
  expand -4,4,0,0,4,4 0,0,0,-4
  gather -4,-3.5,0,0,-4,3.5 0,0,4,0
  settle -4,1,-2,-1,0,0,2,1,4,-1
  field -3.5,2.5,-3.5,2.5 -.5,2.5,4,2.5
  output 0,1.6,0,-4 -2.3,-1.7,0,-4,2.3,-1.7 -4,4,4,4
  less -4,-4,4,-4,4,4,-4,4,-4,-4 -2,0,2,0
  more -4,-4,4,-4,4,4,-4,4,-4,-4 -2,0,2,0 0,-2,0,2`).map(([name, ...lines]) => [name, lines.map(line => line.split(',').map(Number))]));

/** Colours in light and in dark; states have a strong and a soft one, in hues that colour-blind eyes tell apart. */
const palette = tabular(`
  ink 18202c e8ecf2
  muted 566172 a3aebd
  back f5f6f8 12161d
  surface ffffff 1a2029
  line d3d9e1 36404e
  edge 8b97a8 66738a
  frame e9edf3 1f2630
  accent 1a56c4 8ab4ff
  mark a3005c ff8cc6
  executed 00619c 6cb8f3 dbeefb 12324a
  run_unless_cut_off 27698f a3d1f0 e6f3fa 1b2f3e
  after_barrier 4f4fa3 b3b5f5 e8e8f8 2a2b4d
  cut_off 8a3a72 e0a0cb f8e7f2 3c2338
  fresh 0b7350 58c79c e3f4ec 12352b
  not_needed 5d6877 9aa6b5 eef0f3 252c36
  failed b32d0c ff9575 fde4db 4c2015
  skipped 7d5800 eebb50 fdf0d0 3c2f12
  running 6b6100 efe06a fbf6c4 39350f
  unknown 5d6877 9aa6b5 ffffff 1d232c`);

/** States that ask for attention; the others are painted calmly. */
const isLoud = state => !/^(cut_off|fresh|not_needed|unknown|group)$/.test(state);
const darkness = matchMedia('(prefers-color-scheme: dark)'), forced = matchMedia('(forced-colors: active)'), calm = matchMedia('(prefers-reduced-motion: reduce)');
let chosenTheme = 'auto', theme;

function wearTheme(chosen = chosenTheme) {
  const dark = chosen === 'auto' ? darkness.matches : chosen === 'dark', root = document.documentElement.style;
  theme = {};
  root.colorScheme = dark ? 'dark' : 'light';
  const wear = (name, value, system) => {
    theme[name] = forced.matches ? system : `#${value}`;
    root.setProperty(`--${name}`, theme[name]);
  };
  for (const [name, light, night, softLight, softNight] of palette) {
    wear(name, dark ? night : light, /back|surface|frame/.test(name) ? 'Canvas' : /accent|mark/.test(name) ? 'Highlight' : 'CanvasText');
    if (softLight) wear(`${name}-soft`, dark ? softNight : softLight, 'Canvas');
  }
}

const known = state => (state === 'run' ? 'executed' : theme[`${state}-soft`] ? state : 'unknown');
const strong = state => theme[known(state)];
const soft = state => theme[`${known(state)}-soft`];
const stateSign = state => sign(signs[known(state)], `var(--${known(state)})`);
const stateBadge = state => badge(stateSign(state), words(state));
