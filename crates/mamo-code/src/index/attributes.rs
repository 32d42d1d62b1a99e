//! Attributes: which stand in front of a token, and which of them change nothing.

use crate::symbol::{DOC, Symbol, Symbols};
use crate::token::{Kind, Token};

/// First names of attributes that never change what code does.
pub const WITHOUT_EFFECT: [&str; 14] = [
    "doc",
    "allow",
    "warn",
    "deny",
    "expect",
    "forbid",
    "inline",
    "cold",
    "must_use",
    "deprecated",
    "rustfmt",
    "clippy",
    "diagnostic",
    "feature",
];

/// `#[name ..]` or `#![name ..]`; `start..end` is all of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attribute {
    pub(crate) name: Symbol,
    /// The token of the name.
    pub(crate) inside: usize,
    pub(crate) is_inner: bool,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// The attribute that begins at a token.
pub(crate) fn attribute(tokens: &[Token], start: usize) -> Option<Attribute> {
    let kind = |at: usize| tokens.get(at).map(|token| token.kind);
    if kind(start) != Some(Kind::Pound) {
        return None;
    }
    let is_inner = kind(start + 1) == Some(Kind::Bang);
    let open = start + if is_inner { 2 } else { 1 };
    let opening = tokens.get(open).filter(|token| token.kind == Kind::OpenBracket)?;
    let mut inside = open + 1;
    let mut name = tokens.get(inside).and_then(|token| token.symbol())?;
    // `#[unsafe(no_mangle)]`
    if name == crate::symbol::UNSAFE && kind(inside + 1) == Some(Kind::OpenParen) {
        inside += 2;
        name = tokens.get(inside).and_then(|token| token.symbol())?;
    }
    Some(Attribute { name, inside, is_inner, start, end: opening.data + 1 })
}

/// The attributes and documentation that begin at a token, and where they end.
pub(crate) fn attributes(tokens: &[Token], start: usize) -> (Vec<Attribute>, usize) {
    let (mut found, mut at) = (Vec::new(), start);
    loop {
        match attribute(tokens, at) {
            Some(attribute) => {
                at = attribute.end;
                found.push(attribute);
            }
            None if tokens.get(at).is_some_and(|token| token.kind == Kind::Doc) => at += 1,
            None => break,
        }
    }
    (found, at)
}

/// Whether an attribute of this name leaves what the code does as it is.
pub(crate) fn is_without_effect(symbols: &Symbols, name: Symbol) -> bool {
    name == DOC || WITHOUT_EFFECT.contains(&symbols.name(name))
}
