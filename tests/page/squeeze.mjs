// Makes the viewer's files small for the page: drops comments, spaces and signs that nothing needs, and writes `let` for `const`.
//
// It relies on how the files are written: statements end with a semicolon, there is no template within a template, and
// no quote, space or `//` in a regular expression.
const word = /[\w$]/;

export function squeeze(text) {
  let out = '', at = 0;
  while (at < text.length) {
    const c = text[at];
    if (c === '"' || c === "'" || c === '`') { // a string is kept as it is
      let end = at + 1;
      while (text[end] !== c) end += text[end] === '\\' ? 2 : 1;
      out += text.slice(at, end + 1);
      at = end + 1;
    } else if (text.startsWith('/*', at)) at = text.indexOf('*/', at) + 2;
    else if (text.startsWith('//', at)) at = text.indexOf('\n', at);
    else if (/\s/.test(c)) {
      let end = at;
      while (end < text.length && /\s/.test(text[end])) end += 1;
      if (/(^|[^\w$.])const$/.test(out)) out = out.slice(0, -5) + 'let'; // shorter, and nothing is assigned twice
      const before = out.at(-1) ?? '', after = text[end] ?? '';
      if ((word.test(before) && word.test(after)) || (before === after && '+-'.includes(before))) out += ' ';
      at = end;
    } else {
      if (c === '}' && out.endsWith(';')) out = out.slice(0, -1);
      if (c !== '0' || text[at + 1] !== '.' || /[\w$.]/.test(text[at - 1])) out += c; // 0.5 is .5
      at += 1;
    }
  }
  return out;
}

/** Style sheets: comments, line ends and the spaces at signs. */
export const squeezeStyle = text => text.replace(/\/\*.*?\*\//gs, '').replace(/\s+/g, ' ').replace(/ ?([{};,>]) ?/g, '$1').replaceAll(': ', ':').replaceAll(';}', '}').trim();
