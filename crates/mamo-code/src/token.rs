//! What a source file is made of, without what means nothing.

use crate::symbol::Symbol;

/// What a token is; operators that the parser never asks for are `Operator`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// An identifier or a keyword; raw identifiers lose their `r#` unless they would be keywords.
    Ident,
    Lifetime,
    /// A string with escapes, whatever its prefix.
    String,
    /// A raw string, whatever its prefix.
    RawString,
    /// A character or a byte.
    Char,
    Number,
    OpenParen,
    OpenBracket,
    OpenBrace,
    CloseParen,
    CloseBracket,
    CloseBrace,
    PathSep,
    Dot,
    Bang,
    Pound,
    Dollar,
    Semicolon,
    Comma,
    Colon,
    Less,
    Greater,
    Equals,
    Arrow,
    FatArrow,
    Operator,
    /// A documentation comment: only macros see it.
    Doc,
}

impl Kind {
    pub(crate) fn is_open(self) -> bool {
        matches!(self, Self::OpenParen | Self::OpenBracket | Self::OpenBrace)
    }

    pub(crate) fn is_close(self) -> bool {
        matches!(self, Self::CloseParen | Self::CloseBracket | Self::CloseBrace)
    }
}

/// One token; `start..end` are its bytes in the file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// The name of an identifier; the place of the partner of a delimiter; otherwise without meaning.
    pub(crate) data: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Token {
    /// The name, if this is an identifier or a keyword.
    pub(crate) fn symbol(self) -> Option<Symbol> {
        match self.kind == Kind::Ident {
            true => Some(Symbol(self.data)),
            false => None,
        }
    }

    pub(crate) fn is(self, word: Symbol) -> bool {
        self.kind == Kind::Ident && self.data == word.0
    }
}
