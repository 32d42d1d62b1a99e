//! Tokens as text that comments, documentation, formatting and visibility leave as it is.
#![expect(clippy::wildcard_enum_match_arm, reason = "a match on tokens names the few that matter")]

use crate::index::{File, is_without_effect};
use crate::resolve::{MacroFacts, Resolver};
use crate::symbol::{self, Symbol};
use crate::token::{Kind, Token};

/// What an open delimiter means for the commas in it.
struct Open {
    /// The delimiter's kind.
    kind: Kind,
    /// It stands behind a name: a list of arguments, not a tuple.
    is_arguments: bool,
    /// It stands behind `=>`: the body of a match arm.
    is_arm: bool,
    commas: usize,
    has_angles: bool,
    in_macro: Macro,
}

/// Whose input is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Macro {
    /// Nobody's: this is code.
    None,
    /// A macro's that treats what it is given as code.
    Standard,
    /// Some other macro's, or its rules: commas and attributes may matter.
    Other,
}

/// Writes normalised tokens of one file.
pub(crate) struct Normal<'a> {
    pub(crate) index: &'a crate::index::Index,
    pub(crate) macros: &'a mut Resolver,
    pub(crate) file: &'a File,
    /// Without `#[derive(..)]`: for what a value looks like, not for what it can do.
    pub(crate) skips_derives: bool,
    pub(crate) out: Vec<u8>,
}

impl Normal<'_> {
    pub(crate) fn tokens(&mut self, start: usize, end: usize, around: Macro) {
        let tokens = &self.file.lexed.tokens;
        let mut open: Vec<Open> = Vec::new();
        let mut before = Kind::Semicolon;
        let mut word = symbol::UNDERSCORE;
        let (mut is_where, mut was_arm) = (false, false);
        // Where the last comma was written, if it was the last token.
        let mut comma: Option<usize> = None;
        let mut at = start;
        while at < end {
            let Some(token) = tokens.get(at).copied() else { break };
            let inside = open.last().map_or(around, |open| open.in_macro);
            if token.kind == Kind::Doc {
                at += 1;
                continue;
            }
            if token.kind == Kind::Pound
                && inside != Macro::Other
                && let Some(behind) = self.skipped_attribute(tokens, at)
            {
                at = behind;
                continue;
            }
            if token.kind == Kind::Pound
                && inside == Macro::None
                && let Some(behind) = self.without_resources(tokens, at)
            {
                (at, before, comma) = (behind, Kind::CloseBracket, None);
                continue;
            }
            if token.is(symbol::PUB) && inside == Macro::None {
                at = behind_visibility(tokens, at);
                continue;
            }
            if token.kind == Kind::Comma {
                if was_arm && inside == Macro::None {
                    at += 1;
                    was_arm = false;
                    continue;
                }
                if let Some(open) = open.last_mut() {
                    open.commas += 1;
                }
            }
            let ends_where = is_where && matches!(token.kind, Kind::OpenBrace | Kind::Semicolon);
            let may_drop = match token.kind {
                Kind::Greater => inside != Macro::Other,
                Kind::OpenBrace | Kind::Semicolon => ends_where,
                kind if kind.is_close() => open.last().is_some_and(drops_last_comma),
                _ => false,
            };
            if let Some(place) = comma.filter(|_| may_drop) {
                self.out.truncate(place);
            }
            is_where &= !ends_where;
            was_arm = false;
            comma = (token.kind == Kind::Comma).then_some(self.out.len());
            if token.kind.is_open() {
                let called = self.macro_before(tokens, at, inside, start);
                if called.1 {
                    self.raw(tokens, at);
                    at = token.data + 1;
                    before = Kind::CloseParen;
                    continue;
                }
                open.push(Open {
                    kind: token.kind,
                    is_arguments: is_callable(before, word) || called.0 != inside,
                    is_arm: before == Kind::FatArrow && token.kind == Kind::OpenBrace,
                    commas: 0,
                    has_angles: false,
                    in_macro: called.0,
                });
            } else if token.kind.is_close() {
                was_arm = open.pop().is_some_and(|open| open.is_arm);
            } else if token.kind == Kind::Less
                && let Some(open) = open.last_mut()
            {
                open.has_angles = true;
            }
            self.write(token);
            if let Some(symbol) = token.symbol() {
                is_where |= symbol == symbol::WHERE && inside == Macro::None;
                word = symbol;
            }
            before = token.kind;
            at += 1;
        }
    }

    pub(super) fn write(&mut self, token: Token) {
        match token.symbol() {
            Some(symbol) => self.out.extend_from_slice(self.index.symbols.name(symbol).as_bytes()),
            None => {
                let text = self.file.text.get(token.start..token.end).unwrap_or_default();
                self.out.extend_from_slice(text.as_bytes());
            }
        }
        self.out.push(0);
    }

    /// A macro's input as it is written.
    fn raw(&mut self, tokens: &[Token], open: usize) {
        let Some(opening) = tokens.get(open) else { return };
        let end = tokens.get(opening.data).map_or(opening.end, |close| close.end);
        let text = self.file.text.get(opening.start..end).unwrap_or_default();
        self.out.extend_from_slice(text.as_bytes());
        self.out.push(0);
    }

    /// Where an attribute ends that does not count.
    fn skipped_attribute(&self, tokens: &[Token], at: usize) -> Option<usize> {
        let (found, _) = crate::index::attributes(tokens, at);
        let first = found.first()?;
        let skips =
            is_without_effect(&self.index.symbols, first.name) || (self.skips_derives && first.name == symbol::DERIVE);
        skips.then_some(first.end)
    }

    /// Whose input a delimiter opens, and whether that macro sees the text itself.
    fn macro_before(&mut self, tokens: &[Token], at: usize, inside: Macro, start: usize) -> (Macro, bool) {
        let word = |back: usize| at.checked_sub(back).filter(|at| *at >= start).and_then(|at| tokens.get(at)).copied();
        let is_bang = |back: usize| word(back).is_some_and(|token| token.kind == Kind::Bang);
        let name = match (is_bang(1), is_bang(2)) {
            (true, _) => word(2).and_then(Token::symbol),
            (false, true) => word(3).and_then(Token::symbol).filter(|name| *name == symbol::MACRO_RULES),
            (false, false) => None,
        };
        let Some(name) = name.filter(|name| !name.is_keyword()) else { return (inside, false) };
        if name == symbol::MACRO_RULES {
            return (Macro::Other, false);
        }
        let own = self.macros.macros.named(self.index, name);
        let sees_text = self.macros.macros.rules(self.index, name).sees_text;
        if own.is_empty() && MacroFacts::is_standard(self.index, name) && inside != Macro::Other {
            return (Macro::Standard, sees_text);
        }
        (Macro::Other, sees_text)
    }
}

fn drops_last_comma(open: &Open) -> bool {
    let is_tuple = open.kind == Kind::OpenParen && !open.is_arguments && (open.commas <= 1 || open.has_angles);
    open.in_macro != Macro::Other && !is_tuple
}

/// Whether a parenthesis behind this token holds arguments.
fn is_callable(before: Kind, word: Symbol) -> bool {
    match before {
        Kind::Ident => !word.is_keyword(),
        Kind::Greater | Kind::CloseParen | Kind::CloseBracket => true,
        _ => false,
    }
}

/// Behind `pub` or `pub(..)`.
fn behind_visibility(tokens: &[Token], at: usize) -> usize {
    let open = tokens.get(at + 1).filter(|token| token.kind == Kind::OpenParen);
    let word = tokens.get(at + 2).and_then(|token| token.symbol());
    match (open, word) {
        (Some(open), Some(symbol::CRATE | symbol::SELF | symbol::SUPER | symbol::IN)) => open.data + 1,
        _ => at + 1,
    }
}
