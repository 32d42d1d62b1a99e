//! Names and signs of a Rust source with their lines: no comments, no literals, no tests.

/// A name, or one character of anything else.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Token<'a> {
    pub(crate) text: &'a str,
    pub(crate) line: usize,
}

/// A source file taken apart.
pub(crate) struct Lexed<'a> {
    /// The tokens outside of `#[cfg(test)]`.
    pub(crate) tokens: Vec<Token<'a>>,
    /// Modules in files of their own that are declared under `#[cfg(test)]`.
    pub(crate) test_modules: Vec<&'a str>,
}

/// Takes a source apart.
pub(crate) fn lex(source: &str) -> Lexed<'_> {
    let all = tokens(source);
    let mut lexed = Lexed { tokens: Vec::new(), test_modules: Vec::new() };
    let mut at = 0;
    while at < all.len() {
        if !is_test_attribute(&all[at..]) {
            lexed.tokens.push(all[at]);
            at += 1;
            continue;
        }
        let item = at + length_of_group(&all[at + 1..]) + 1;
        let end = item + length_of_item(&all[item..]);
        if let [.., Token { text: "mod", .. }, name, Token { text: ";", .. }] = &all[item..end] {
            lexed.test_modules.push(name.text);
        }
        at = end;
    }
    lexed
}

fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    while let Some(first) = source[at..].chars().next() {
        let rest = &source[at..];
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            length_of_comment(rest)
        } else if let Some(length) = length_of_literal(rest) {
            length
        } else {
            let is_name = |c: char| c.is_alphanumeric() || c == '_';
            let length =
                if is_name(first) { rest.find(|c| !is_name(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
            if !first.is_whitespace() {
                tokens.push(Token { text: &rest[..length], line });
            }
            length
        };
        line += rest[..length].matches('\n').count();
        at += length;
    }
    tokens
}

/// Block comments nest.
fn length_of_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// Strings of all kinds and characters, but not lifetimes. What stands before the quote decides, so this is asked at the start of every name.
fn length_of_literal(rest: &str) -> Option<usize> {
    let prefix = ["br", "cr", "b", "c", "r", ""].into_iter().find(|prefix| {
        rest.strip_prefix(prefix).is_some_and(|rest| {
            let quote = if prefix.ends_with('r') { rest.trim_start_matches('#') } else { rest };
            quote.starts_with('"') || (matches!(*prefix, "" | "b") && quote.starts_with('\''))
        })
    })?;
    let body = &rest[prefix.len()..];
    if prefix.ends_with('r') {
        let hashes = body.len() - body.trim_start_matches('#').len();
        let end = format!("\"{}", "#".repeat(hashes));
        let text = &body[hashes + 1..];
        return Some(prefix.len() + hashes + 1 + text.find(&end).map_or(text.len(), |at| at + end.len()));
    }
    let quote = body.chars().next()?;
    if quote == '\'' {
        let mut after = body.chars().skip(1);
        let (inside, closing) = (after.next()?, after.next());
        if inside != '\\' && closing != Some('\'') {
            return None;
        }
    }
    let mut is_escaped = false;
    let closing = body.char_indices().skip(1).find(|(_, c)| {
        let closes = *c == quote && !is_escaped;
        is_escaped = *c == '\\' && !is_escaped;
        closes
    });
    Some(prefix.len() + closing.map_or(body.len(), |(at, _)| at + 1))
}

/// `#[cfg(test)]`, or a longer condition that needs `test`.
fn is_test_attribute(tokens: &[Token<'_>]) -> bool {
    let mut texts = tokens.iter().map(|token| token.text);
    if !["#", "[", "cfg", "("].into_iter().all(|text| texts.next() == Some(text)) {
        return false;
    }
    let condition: Vec<_> = texts.take_while(|text| *text != "]").collect();
    condition.contains(&"test") && !condition.contains(&"not") && !condition.contains(&"any")
}

/// From an opening bracket to behind its closing one.
fn length_of_group(tokens: &[Token<'_>]) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

/// From the start of an item, with further attributes, to behind its `;` or its body.
fn length_of_item(tokens: &[Token<'_>]) -> usize {
    let mut at = 0;
    while at < tokens.len() {
        match tokens[at].text {
            ";" => return at + 1,
            "{" => return at + length_of_group(&tokens[at..]),
            "(" | "[" => at += length_of_group(&tokens[at..]),
            _ => at += 1,
        }
    }
    tokens.len()
}
