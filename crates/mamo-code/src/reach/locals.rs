//! Parameters and variables: where a name surely is one of them, a function of that name is not reached by it.

use crate::reach::tokens::kind;
use crate::symbol::{self, Symbol};
use crate::token::{Kind, Token};

/// A name that is a variable between two tokens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Local {
    name: Symbol,
    start: usize,
    end: usize,
}

/// The variables of a function: plain parameters, and plain `let`s from behind their semicolon on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Locals(Vec<Local>);

impl Locals {
    pub(crate) fn of_function(tokens: &[Token], name: usize, end: usize) -> Self {
        let mut locals = Vec::new();
        let Some(close) = end.checked_sub(1).filter(|close| kind(tokens, *close) == Some(Kind::CloseBrace)) else {
            return Self::default();
        };
        let Some(open) = tokens.get(close).map(|close| close.data) else { return Self::default() };
        let list = (name..open).find(|at| kind(tokens, *at) == Some(Kind::OpenParen));
        if let Some(list) = list {
            parameters(tokens, list, open, close, &mut locals);
        }
        block(tokens, open, &mut locals);
        Self(locals)
    }

    pub(crate) fn holds(&self, name: Symbol, at: usize) -> bool {
        self.0.iter().any(|local| local.name == name && local.start <= at && at < local.end)
    }
}

fn parameters(tokens: &[Token], list: usize, start: usize, end: usize, locals: &mut Vec<Local>) {
    let Some(close) = tokens.get(list).map(|open| open.data) else { return };
    let mut at = list + 1;
    while at < close {
        let Some(token) = tokens.get(at) else { break };
        let is_first = matches!(at.checked_sub(1).and_then(|before| tokens.get(before)), Some(before)
            if matches!(before.kind, Kind::OpenParen | Kind::Comma) || before.is(symbol::MUT));
        if let Some(name) = token.symbol()
            && is_first
            && kind(tokens, at + 1) == Some(Kind::Colon)
        {
            locals.push(Local { name, start, end });
        }
        at = if token.kind.is_open() { token.data + 1 } else { at + 1 };
    }
}

/// The `let`s between a pair of braces, and in the braces inside; macro calls are not looked into.
fn block(tokens: &[Token], open: usize, locals: &mut Vec<Local>) {
    let Some(close) = tokens.get(open).map(|open| open.data) else { return };
    let mut at = open + 1;
    while at < close {
        let Some(token) = tokens.get(at) else { break };
        let before = at.checked_sub(1).and_then(|before| kind(tokens, before));
        if token.is(symbol::LET) && matches!(before, Some(Kind::Semicolon | Kind::OpenBrace | Kind::CloseBrace)) {
            let name = if tokens.get(at + 1).is_some_and(|next| next.is(symbol::MUT)) { at + 2 } else { at + 1 };
            let is_plain = matches!(kind(tokens, name + 1), Some(Kind::Colon | Kind::Equals | Kind::Semicolon));
            if let Some(symbol) = tokens.get(name).and_then(|token| token.symbol()).filter(|_| is_plain) {
                locals.push(Local { name: symbol, start: name, end: name + 1 });
                locals.push(Local { name: symbol, start: statement_end(tokens, at, close), end: close });
            }
        }
        if token.kind.is_open() {
            if before == Some(Kind::Bang) {
                at = token.data;
            } else if token.kind == Kind::OpenBrace {
                block(tokens, at, locals);
                at = token.data;
            }
        }
        at += 1;
    }
}

fn statement_end(tokens: &[Token], mut at: usize, close: usize) -> usize {
    while at < close {
        match tokens.get(at) {
            Some(token) if token.kind == Kind::Semicolon => break,
            Some(token) if token.kind.is_open() => at = token.data,
            Some(_) | None => {}
        }
        at += 1;
    }
    at
}
