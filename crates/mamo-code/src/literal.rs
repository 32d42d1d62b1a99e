//! What string literals say: their value, the names that a format string captures, the paths in an attribute.

/// The text of a string literal, its escapes undone as far as paths and names need it.
pub(crate) fn value(literal: &str) -> String {
    let body = literal.trim_start_matches(['b', 'c']);
    if let Some(raw) = body.strip_prefix('r') {
        let raw = raw.trim_matches('#');
        return raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')).unwrap_or(raw).to_owned();
    }
    let body = body.strip_prefix('"').and_then(|body| body.strip_suffix('"')).unwrap_or(body);
    let mut text = String::with_capacity(body.len());
    let mut characters = body.chars().peekable();
    while let Some(character) = characters.next() {
        if character != '\\' {
            text.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            // A line break that is continued takes the space behind it along.
            Some('\n') => while characters.next_if(|next| next.is_whitespace()).is_some() {},
            Some(other) => text.push(other),
            None => {}
        }
    }
    text
}

/// The names in braces of a format string: `{name}`, `{name:?}`, `{0:>width$}`, `{:.precision$}`.
pub(crate) fn captures(literal: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for part in literal.split('{').skip(1) {
        let Some(inside) = part.split('}').next() else { continue };
        let (argument, format) = inside.split_once(':').unwrap_or((inside, ""));
        if is_name(argument.trim()) {
            names.push(argument.trim());
        }
        for piece in format.split('$') {
            let start = piece.rfind(|character: char| !is_part(character));
            let name = piece.get(start.map_or(0, |start| start + 1)..).unwrap_or_default();
            let name = name.trim_start_matches(|character: char| character.is_ascii_digit());
            if is_name(name) {
                names.push(name);
            }
        }
    }
    names
}

/// The paths that a string in an attribute may mean, as `with = "module::codec"`: words with `::` between.
pub(crate) fn paths(literal: &str) -> Vec<Vec<&str>> {
    let mut found = Vec::new();
    for piece in literal.split(|character: char| !is_part(character) && character != ':') {
        let path: Vec<&str> = piece.split("::").filter(|name| !name.is_empty()).collect();
        if !path.is_empty() && path.iter().all(|name| is_name(name)) {
            found.push(path);
        }
    }
    found
}

fn is_part(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn is_name(text: &str) -> bool {
    text.chars().next().is_some_and(|first| is_part(first) && !first.is_ascii_digit()) && text.chars().all(is_part)
}
