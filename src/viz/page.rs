//! A page that people look around in: one file of HTML with everything in it, for browsers without a network.

use crate::viz::View;
use crate::viz::page_data::{data, grouped};

const SKELETON: &str = include_str!("viewer/page.html");
const STYLE: &str = include_str!("viewer/style.css");
/// The viewer, in the order in which its parts need each other.
const SCRIPT: [&str; 23] = [
    include_str!("viewer/dom.js"),
    include_str!("viewer/format.js"),
    include_str!("viewer/data.js"),
    include_str!("viewer/look.js"),
    include_str!("viewer/place.js"),
    include_str!("viewer/reach.js"),
    include_str!("viewer/filter.js"),
    include_str!("viewer/camera.js"),
    include_str!("viewer/text.js"),
    include_str!("viewer/paint.js"),
    include_str!("viewer/paint_edges.js"),
    include_str!("viewer/stage.js"),
    include_str!("viewer/select.js"),
    include_str!("viewer/pointer.js"),
    include_str!("viewer/keys.js"),
    include_str!("viewer/search.js"),
    include_str!("viewer/panel.js"),
    include_str!("viewer/report.js"),
    include_str!("viewer/timeline.js"),
    include_str!("viewer/table.js"),
    include_str!("viewer/live.js"),
    include_str!("viewer/print.js"),
    include_str!("viewer/main.js"),
];

impl View {
    /// The picture as a page: one file that asks nobody for anything. It pans and zooms, searches, filters, opens and closes groups, and shows all
    /// that is known of a node; a table beside it has the same for those who do not see the picture.
    ///
    /// Nodes of one function are put together where there are more than 300 nodes, and groups are closed at first sight where there is more than
    /// can be read.
    pub fn html(&self) -> String {
        let n_declared = self.groups.len();
        let view = grouped(self.clone());
        // Structs of text and numbers have no way to fail.
        let data = serde_json::to_string(&data(&view, n_declared)).unwrap_or_default().replace('<', "\\u003c");
        let script = format!("(()=>{{'use strict';\n{}}})();", squeezed(&SCRIPT.concat()));
        let nonce = blake3::hash(data.as_bytes()).to_hex().chars().take(24).collect::<String>();
        let policy = format!(
            "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; img-src data:; base-uri 'none'; form-action 'none'"
        );
        filled(&[
            ("csp", &policy),
            ("nonce", &nonce),
            ("style", &squeezed_style(STYLE)),
            ("data", &data),
            ("script", &script),
        ])
    }
}

/// The skeleton with values in their places, in one pass: a name such as `{{script}}` in the data stays what it is.
fn filled(values: &[(&str, &str)]) -> String {
    let mut page = String::new();
    let mut rest = SKELETON;
    while let Some((before, behind)) = rest.split_once("{{") {
        let (name, behind) = behind.split_once("}}").unwrap_or((behind, ""));
        page.push_str(before);
        page.extend(values.iter().filter(|(known, _)| *known == name).map(|(_, value)| *value));
        rest = behind;
    }
    page.push_str(rest);
    page
}

/// A script without comments, and without spaces and signs that nothing needs.
///
/// It relies on how the viewer is written: statements end with a semicolon, and there is no template within a template, and no quote, space or
/// `//` in a regular expression.
fn squeezed(script: &str) -> String {
    let mut out = String::with_capacity(script.len());
    let mut rest = script;
    while let Some(c) = rest.chars().next() {
        let taken = if matches!(c, '"' | '\'' | '`') {
            let taken = length_of_text(rest, c);
            out.push_str(rest.get(..taken).unwrap_or_default());
            taken
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if c.is_whitespace() {
            let taken = rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len());
            shorten_const(&mut out);
            let before = out.chars().next_back().unwrap_or(' ');
            let after = rest.get(taken..).and_then(|behind| behind.chars().next()).unwrap_or(' ');
            if (is_word(before) && is_word(after)) || (before == after && "+-".contains(before)) {
                out.push(' ');
            }
            taken
        } else {
            if c == '}' && out.ends_with(';') {
                out.pop();
            }
            // 0.5 is .5
            let is_number = out.chars().next_back().is_some_and(|before| is_word(before) || before == '.');
            if !rest.starts_with("0.") || is_number {
                out.push(c);
            }
            c.len_utf8()
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// `let` is shorter, and nothing is assigned twice that was a `const`.
fn shorten_const(out: &mut String) {
    if let Some(before) = out.strip_suffix("const")
        && !before.chars().next_back().is_some_and(|c| is_word(c) || c == '.')
    {
        out.truncate(out.len() - "const".len());
        out.push_str("let");
    }
}

/// Bytes of the text literal at the beginning, with its quotes.
fn length_of_text(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

/// A style sheet without comments, and without spaces and signs that nothing needs.
fn squeezed_style(style: &str) -> String {
    let mut plain = String::with_capacity(style.len());
    let mut rest = style;
    while let Some((before, behind)) = rest.split_once("/*") {
        plain.push_str(before);
        rest = behind.split_once("*/").map_or("", |(_, behind)| behind);
    }
    plain.push_str(rest);
    let mut short = String::with_capacity(plain.len());
    for word in plain.split_whitespace() {
        let touches = |c: char| "{};,>".contains(c);
        if !short.is_empty() && !short.ends_with(touches) && !word.starts_with(touches) && !short.ends_with(": ") {
            short.push(' ');
        }
        short.push_str(word);
    }
    for sign in ["{", "}", ";", ",", ">"] {
        short = short.replace(&format!(" {sign}"), sign).replace(&format!("{sign} "), sign);
    }
    short.replace(": ", ":").replace(";}", "}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squeezing_keeps_texts_and_drops_comments() {
        let script = "// one\nconst a = 0.5; /* two */\nlet b = 'x // y  z' + `${ a }`;\nif (a) { return a + +b; }\n";
        assert_eq!(squeezed(script), "let a=.5;let b='x // y  z'+`${ a }`;if(a){return a+ +b}");
        assert_eq!(squeezed_style("a > b, c {\n  b: c d; /* d */\n}\n"), "a>b,c{b:c d}");
    }

    #[test]
    fn the_viewer_is_small() {
        let view = View::new("");
        let data = serde_json::to_string(&data(&view, 1)).unwrap().len();
        let size = view.html().len() - data;
        assert!(size < 60_000, "{size}");
    }
}
