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
        let nonce = blake3::hash(data.as_bytes()).to_hex();
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

/// A script without comments and without spaces that nothing needs; its lines stay lines.
///
/// It relies on how the viewer is written: no template within a template, and no quote, space or `//` in a regular expression.
fn squeezed(script: &str) -> String {
    let mut out = String::with_capacity(script.len());
    let mut rest = script;
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
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
            let before = out.chars().next_back().unwrap_or('{');
            let after = rest.get(taken..).and_then(|behind| behind.chars().next()).unwrap_or_default();
            if rest.get(..taken).is_some_and(|space| space.contains('\n')) {
                if !"{;,([\n".contains(before) {
                    out.push('\n');
                }
            } else if (is_word(before) && is_word(after)) || (before == after && "+-".contains(before)) {
                out.push(' ');
            }
            taken
        } else {
            out.push(c);
            c.len_utf8()
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    out
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

/// A style sheet without comments and the spaces at the ends of lines.
fn squeezed_style(style: &str) -> String {
    let mut plain = String::with_capacity(style.len());
    let mut rest = style;
    while let Some((before, behind)) = rest.split_once("/*") {
        plain.push_str(before);
        rest = behind.split_once("*/").map_or("", |(_, behind)| behind);
    }
    plain.push_str(rest);
    plain.lines().map(str::trim).collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squeezing_keeps_texts_and_drops_comments() {
        let script = "// one\nconst a = 1; /* two */\nlet b = 'x // y  z' + `${ a }`;\nreturn a + +b\n";
        assert_eq!(squeezed(script), "const a=1;let b='x // y  z'+`${ a }`;return a+ +b\n");
        assert_eq!(squeezed_style("a {\n  b: c; /* d */\n}\n"), "a {b: c;}");
    }

    #[test]
    fn the_viewer_is_small() {
        let size = View::new("").html().len();
        assert!(size < 60_000, "{size}");
    }
}
