//! From the text of a file to its tokens.
//!
//! Compiled without optimisation wherever it counts, so it walks by slice patterns, which cost no call.

use crate::symbol::{SEED, Symbol, Symbols, mix};
use crate::token::{Kind, Token};

/// A file's tokens, and where in them the parser finds items inside of function bodies.
#[derive(Debug, Default)]
pub(crate) struct Lexed {
    pub(crate) tokens: Vec<Token>,
    /// Words that may begin an item and stand inside of some braces, with the opening brace.
    pub(crate) nested: Vec<(usize, usize)>,
    /// Inputs of macro calls that hold the word `impl`, by their opening delimiter.
    pub(crate) macro_impls: Vec<usize>,
    /// Why the text is no Rust, if it is none.
    pub(crate) problem: Option<String>,
}

/// An open delimiter.
struct Open {
    token: usize,
    close: Kind,
    is_macro: bool,
}

struct Lexer<'a> {
    text: &'a str,
    symbols: &'a mut Symbols,
    lexed: Lexed,
    open: Vec<Open>,
}

pub(crate) fn lex(text: &str, symbols: &mut Symbols) -> Lexed {
    let lexed = Lexed { tokens: Vec::with_capacity(text.len() / 3), ..Lexed::default() };
    let mut lexer = Lexer { text, symbols, lexed, open: Vec::new() };
    lexer.file();
    lexer.lexed
}

impl Lexer<'_> {
    fn file(&mut self) {
        let text = self.text;
        let all = text.as_bytes();
        let mut rest = skip_preamble(all);
        loop {
            match rest {
                [] => break,
                [b' ' | b'\n' | b'\t' | b'\r', tail @ ..] => rest = tail,
                [b'/', b'/', tail @ ..] => rest = self.line_comment(rest, tail),
                [b'/', b'*', tail @ ..] => rest = self.block_comment(rest, tail),
                [b'r', b'"', ..] | [b'r', b'#', b'"' | b'#', ..] => rest = self.raw_string(rest, 1),
                [b'b' | b'c', b'r', b'"' | b'#', ..] => rest = self.raw_string(rest, 2),
                [b'"', tail @ ..] | [b'b' | b'c', b'"', tail @ ..] => rest = self.string(rest, tail),
                [b'b', b'\'', tail @ ..] => rest = self.char(rest, tail),
                [b'r', b'#', ..] => rest = self.raw_ident(rest),
                [b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80..=255, ..] => rest = self.ident(rest),
                [b'0'..=b'9', ..] => rest = self.number(rest),
                [b'\'', ..] => rest = self.quote(rest),
                [first, tail @ ..] => rest = self.punctuation(*first, rest, tail),
            }
            if self.lexed.problem.is_some() {
                break;
            }
        }
        if let (Some(open), None) = (self.open.last(), &self.lexed.problem) {
            let start = self.lexed.tokens.get(open.token).map_or(0, |token| token.start);
            self.fail("delimiter that is never closed", start);
        }
    }

    fn push(&mut self, kind: Kind, data: usize, from: &[u8], to: &[u8]) {
        let length = self.text.len();
        self.lexed.tokens.push(Token { kind, data, start: length - from.len(), end: length - to.len() });
    }

    fn fail(&mut self, what: &str, start: usize) {
        let line = 1 + self.text.bytes().take(start).filter(|byte| *byte == b'\n').count();
        self.lexed.problem = Some(format!("{what}, line {line}"));
    }

    fn line_comment<'t>(&mut self, from: &[u8], tail: &'t [u8]) -> &'t [u8] {
        let is_doc = matches!(tail, [b'/' | b'!', ..]) && !matches!(tail, [b'/', b'/', ..]);
        let mut rest = tail;
        while let [0..=9 | 11..=255, after @ ..] = rest {
            rest = after;
        }
        if is_doc {
            self.push(Kind::Doc, 0, from, rest);
        }
        rest
    }

    fn block_comment<'t>(&mut self, from: &[u8], tail: &'t [u8]) -> &'t [u8] {
        let is_doc = matches!(tail, [b'!', ..] | [b'*', 0..=41 | 43..=46 | 48..=255, ..]);
        let (mut rest, mut depth) = (tail, 1usize);
        loop {
            match rest {
                [] => {
                    self.fail("comment that never ends", self.text.len() - from.len());
                    return rest;
                }
                [b'/', b'*', after @ ..] => (rest, depth) = (after, depth + 1),
                [b'*', b'/', after @ ..] => {
                    (rest, depth) = (after, depth - 1);
                    if depth == 0 {
                        break;
                    }
                }
                [_, after @ ..] => rest = after,
            }
        }
        if is_doc {
            self.push(Kind::Doc, 0, from, rest);
        }
        rest
    }

    fn string<'t>(&mut self, from: &[u8], tail: &'t [u8]) -> &'t [u8] {
        let mut rest = tail;
        loop {
            match rest {
                [] => {
                    self.fail("string that never ends", self.text.len() - from.len());
                    return rest;
                }
                [b'"', after @ ..] => {
                    rest = skip_suffix(after);
                    break;
                }
                [b'\\', _, after @ ..] | [_, after @ ..] => rest = after,
            }
        }
        self.push(Kind::String, 0, from, rest);
        rest
    }

    fn raw_string<'t>(&mut self, from: &'t [u8], prefix: usize) -> &'t [u8] {
        let mut rest = from.get(prefix..).unwrap_or_default();
        let mut hashes = 0;
        while let [b'#', after @ ..] = rest {
            (rest, hashes) = (after, hashes + 1);
        }
        let [b'"', after @ ..] = rest else {
            // `r#name`: the caller has only looked at two bytes.
            return self.raw_ident(from);
        };
        rest = after;
        loop {
            match rest {
                [] => {
                    self.fail("raw string that never ends", self.text.len() - from.len());
                    return rest;
                }
                [b'"', after @ ..] => {
                    let (mut closing, mut left) = (after, hashes);
                    while let ([b'#', more @ ..], 1..) = (closing, left) {
                        (closing, left) = (more, left - 1);
                    }
                    rest = after;
                    if left == 0 {
                        rest = skip_suffix(closing);
                        break;
                    }
                }
                [_, after @ ..] => rest = after,
            }
        }
        self.push(Kind::RawString, 0, from, rest);
        rest
    }

    fn char<'t>(&mut self, from: &[u8], tail: &'t [u8]) -> &'t [u8] {
        let mut rest = tail;
        loop {
            match rest {
                [] | [b'\n', _, ..] => {
                    self.fail("character that never ends", self.text.len() - from.len());
                    return rest;
                }
                [b'\'', after @ ..] => {
                    rest = skip_suffix(after);
                    break;
                }
                [b'\\', _, after @ ..] | [_, after @ ..] => rest = after,
            }
        }
        self.push(Kind::Char, 0, from, rest);
        rest
    }

    /// A character or a lifetime.
    fn quote<'t>(&mut self, from: &'t [u8]) -> &'t [u8] {
        let tail = from.get(1..).unwrap_or_default();
        let is_char = match tail {
            [b'\\', ..] | [_, b'\'', ..] => true,
            // A character of several bytes; a lifetime may begin with one as well.
            [0x80..=255, ..] => {
                let character = tail.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
                character.is_some_and(|character| tail.get(character.len_utf8()) == Some(&b'\''))
            }
            [b'a'..=b'z' | b'A'..=b'Z' | b'_', ..] => false,
            _ => true,
        };
        if is_char {
            return match tail {
                // `'''` is no character, but `'"'` and `'\''` are.
                [b'\\', _, after @ ..] => self.char(from, after),
                [_, after @ ..] => self.char(from, after),
                [] => self.char(from, tail),
            };
        }
        let mut rest = tail;
        while let [b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'0'..=b'9' | 0x80..=255, after @ ..] = rest {
            rest = after;
        }
        self.push(Kind::Lifetime, 0, from, rest);
        rest
    }

    fn ident<'t>(&mut self, from: &'t [u8]) -> &'t [u8] {
        let (rest, symbol) = self.word(from);
        self.push(Kind::Ident, symbol.0, from, rest);
        if symbol.is_item_word() {
            self.item_word(symbol);
        }
        rest
    }

    fn raw_ident<'t>(&mut self, from: &'t [u8]) -> &'t [u8] {
        let (rest, mut symbol) = self.word(from.get(2..).unwrap_or_default());
        if symbol.is_keyword() {
            let raw = format!("r#{}", self.symbols.name(symbol));
            symbol = self.symbols.intern(&raw);
        }
        self.push(Kind::Ident, symbol.0, from, rest);
        rest
    }

    fn word<'t>(&mut self, from: &'t [u8]) -> (&'t [u8], Symbol) {
        let (mut rest, mut hash) = (from, SEED);
        while let [byte @ (b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'0'..=b'9' | 0x80..=255), after @ ..] = rest {
            hash = mix(hash, *byte);
            rest = after;
        }
        let length = self.text.len();
        let name = self.text.get(length - from.len()..length - rest.len()).unwrap_or_default();
        let symbol = self.symbols.intern_hashed(name, hash);
        (rest, symbol)
    }

    /// Notes where an item may stand inside of a body.
    fn item_word(&mut self, symbol: Symbol) {
        let token = self.lexed.tokens.len() - 1;
        match self.open.last() {
            Some(open) if open.is_macro => {
                if symbol == crate::symbol::IMPL {
                    let outermost = self.open.iter().find(|open| open.is_macro).map_or(open.token, |open| open.token);
                    if self.lexed.macro_impls.last() != Some(&outermost) {
                        self.lexed.macro_impls.push(outermost);
                    }
                }
            }
            Some(open) if open.close == Kind::CloseBrace => self.lexed.nested.push((token, open.token)),
            Some(_) | None => {}
        }
    }

    fn number<'t>(&mut self, from: &'t [u8]) -> &'t [u8] {
        let is_decimal = !matches!(from, [b'0', b'x' | b'o' | b'b', ..]);
        let mut rest = from;
        loop {
            rest = match rest {
                [b'e' | b'E', b'+' | b'-', b'0'..=b'9', after @ ..] if is_decimal => after,
                [b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_', after @ ..] => after,
                [b'.', b'0'..=b'9', ..] if is_decimal && self.may_have_fraction(from, rest) => {
                    rest.get(1..).unwrap_or_default()
                }
                [b'.', b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'.' | 0x80..=255, ..] => break,
                [b'.', after @ ..] if is_decimal && self.may_have_fraction(from, rest) => {
                    rest = after;
                    break;
                }
                _ => break,
            };
        }
        self.push(Kind::Number, 0, from, rest);
        rest
    }

    /// Whether a dot belongs to the number: not in `tuple.0.1`, not a second time.
    fn may_have_fraction(&self, from: &[u8], at: &[u8]) -> bool {
        let before = self.lexed.tokens.last().is_some_and(|token| token.kind == Kind::Dot);
        let digits = from.get(..from.len() - at.len()).unwrap_or_default();
        !before && digits.iter().all(|byte| byte.is_ascii_digit() || *byte == b'_')
    }

    fn punctuation<'t>(&mut self, first: u8, from: &[u8], tail: &'t [u8]) -> &'t [u8] {
        let (kind, rest) = match (first, tail) {
            (b'(', _) => return self.opened(Kind::OpenParen, Kind::CloseParen, from, tail),
            (b'[', _) => return self.opened(Kind::OpenBracket, Kind::CloseBracket, from, tail),
            (b'{', _) => return self.opened(Kind::OpenBrace, Kind::CloseBrace, from, tail),
            (b')', _) => return self.closed(Kind::CloseParen, from, tail),
            (b']', _) => return self.closed(Kind::CloseBracket, from, tail),
            (b'}', _) => return self.closed(Kind::CloseBrace, from, tail),
            (b':', [b':', rest @ ..]) => (Kind::PathSep, rest),
            (b':', _) => (Kind::Colon, tail),
            (b'.', [b'.', b'=' | b'.', rest @ ..] | [b'.', rest @ ..]) => (Kind::Operator, rest),
            (b'.', _) => (Kind::Dot, tail),
            (b',', _) => (Kind::Comma, tail),
            (b';', _) => (Kind::Semicolon, tail),
            (b'#', _) => (Kind::Pound, tail),
            (b'$', _) => (Kind::Dollar, tail),
            // `<<` and `>>` are two tokens each, because they also open and close generics; so are `<=` and `>=`.
            (b'<', _) => (Kind::Less, tail),
            (b'>', _) => (Kind::Greater, tail),
            (b'-', [b'>', rest @ ..]) => (Kind::Arrow, rest),
            (b'=', [b'>', rest @ ..]) => (Kind::FatArrow, rest),
            (b'=', [b'=', rest @ ..]) => (Kind::Operator, rest),
            (b'=', _) => (Kind::Equals, tail),
            (b'!', [b'=', b'=', ..]) | (b'!', [b'=', b'>', ..]) => (Kind::Bang, tail),
            (b'!', [b'=', rest @ ..]) => (Kind::Operator, rest),
            (b'!', _) => (Kind::Bang, tail),
            (b'&', [b'&', rest @ ..]) | (b'|', [b'|', rest @ ..]) => (Kind::Operator, rest),
            (b'+' | b'-' | b'*' | b'/' | b'%' | b'^' | b'&' | b'|', [b'=', rest @ ..]) => (Kind::Operator, rest),
            (b'+' | b'-' | b'*' | b'/' | b'%' | b'^' | b'&' | b'|' | b'?' | b'@' | b'~', _) => (Kind::Operator, tail),
            _ => {
                self.fail("character that is no Rust", self.text.len() - from.len());
                (Kind::Operator, tail)
            }
        };
        self.push(kind, 0, from, rest);
        rest
    }

    fn opened<'t>(&mut self, kind: Kind, close: Kind, from: &[u8], tail: &'t [u8]) -> &'t [u8] {
        let token = self.lexed.tokens.len();
        let is_macro = self.open.last().is_some_and(|open| open.is_macro) || self.begins_macro();
        self.open.push(Open { token, close, is_macro });
        self.push(kind, 0, from, tail);
        tail
    }

    /// Whether a delimiter that opens now holds the input or the rules of a macro.
    fn begins_macro(&self) -> bool {
        match self.lexed.tokens.as_slice() {
            [.., name, bang] if bang.kind == Kind::Bang && name.kind == Kind::Ident => !Symbol(name.data).is_keyword(),
            [.., rules, bang, name] if name.kind == Kind::Ident && bang.kind == Kind::Bang => {
                rules.is(crate::symbol::MACRO_RULES)
            }
            _ => false,
        }
    }

    fn closed<'t>(&mut self, kind: Kind, from: &[u8], tail: &'t [u8]) -> &'t [u8] {
        let token = self.lexed.tokens.len();
        match self.open.pop() {
            Some(open) if open.close == kind => {
                if let Some(opened) = self.lexed.tokens.get_mut(open.token) {
                    opened.data = token;
                }
                self.push(kind, open.token, from, tail);
            }
            Some(_) | None => self.fail("delimiter that closes nothing", self.text.len() - from.len()),
        }
        tail
    }
}

/// A byte order mark and a line for the shell mean nothing.
fn skip_preamble(text: &[u8]) -> &[u8] {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    match text {
        [b'#', b'!', b'[', ..] => text,
        [b'#', b'!', ..] => text.iter().position(|byte| *byte == b'\n').and_then(|end| text.get(end..)).unwrap_or(&[]),
        _ => text,
    }
}

fn skip_suffix(mut rest: &[u8]) -> &[u8] {
    while let [b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'0'..=b'9', after @ ..] = rest {
        rest = after;
    }
    rest
}
