//! Text that formats read as text, whatever is in it.

/// For XML and HTML, between tags and within quotes. Characters that XML does not allow are shown by a replacement.
pub(crate) fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\t' | '\n' | '\r' => escaped.push(c),
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// For DOT, between double quotes.
pub(crate) fn dot(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '\0'..='\u{1f}' | '\u{7f}' => escaped.push('\u{fffd}'),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// For Mermaid, between double quotes: characters by their numbers, which Mermaid has entities for.
pub(crate) fn mermaid(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            'a'..='z'
            | 'A'..='Z'
            | '0'..='9'
            | ' '
            | '_'
            | '-'
            | '.'
            | ','
            | '/'
            | ':'
            | '('
            | ')'
            | '['
            | ']'
            | '=' => {
                escaped.push(c);
            }
            '\0'..='\u{1f}' | '\u{7f}' => escaped.push(' '),
            c if c.is_ascii() => escaped.push_str(&format!("#{};", u32::from(c))),
            c => escaped.push(c),
        }
    }
    escaped
}

/// As much of a text as fits, with an ellipsis when it is cut: so many characters.
pub(crate) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some(_) => text.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
        None => text.to_owned(),
    }
}

/// As [`cut`], from the middle: of a path the end says most.
pub(crate) fn cut_middle(text: &str, most: usize) -> String {
    const HEAD: usize = 6;
    let length = text.chars().count();
    if length <= most || most <= HEAD + 1 {
        return cut(text, most);
    }
    let tail = length - (most - HEAD - 1);
    text.chars().take(HEAD).chain(['…']).chain(text.chars().skip(tail)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_names_are_text_in_every_format() {
        let odd = "a \"b\" <script> & 'c' \\ \u{1}\n";
        assert_eq!(xml(odd), "a &quot;b&quot; &lt;script&gt; &amp; &#39;c&#39; \\ \u{fffd}\n");
        assert_eq!(dot(odd), "a \\\"b\\\" <script> & 'c' \\\\ \u{fffd}\\n");
        assert_eq!(mermaid(odd), "a #34;b#34; #60;script#62; #38; #39;c#39; #92;   ");
        assert_eq!([cut("abcd", 4), cut("abcde", 4), cut("äöüß!", 3)], ["abcd", "abc…", "äö…"]);
        assert_eq!(cut_middle("file:/home/someone/data/table.csv", 20), "file:/…ata/table.csv");
        assert_eq!(cut_middle("file:table.csv", 20), "file:table.csv");
    }
}
