//! Import declarations: a tree of paths becomes one import for each name it brings.
#![expect(clippy::wildcard_enum_match_arm, reason = "a match on tokens names the few that matter")]

use crate::symbol::{AS, SELF, Symbol};
use crate::token::{Kind, Token};

/// One name that an import declaration brings.
#[derive(Debug)]
pub(crate) struct Leaf {
    pub(crate) is_global: bool,
    pub(crate) path: Vec<Symbol>,
    /// None for a glob.
    pub(crate) name: Option<Symbol>,
}

/// The leaves of the tree between `use` and `;`.
pub(crate) fn leaves(tokens: &[Token], start: usize, end: usize) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    tree(tokens, start, end, false, &[], &mut leaves);
    leaves
}

fn tree(tokens: &[Token], start: usize, end: usize, is_global: bool, prefix: &[Symbol], leaves: &mut Vec<Leaf>) {
    let mut path = prefix.to_vec();
    let (mut is_global, mut at) = (is_global, start);
    while at < end {
        let Some(token) = tokens.get(at) else { return };
        match token.kind {
            Kind::PathSep if at == start && prefix.is_empty() => is_global = true,
            Kind::Ident if token.is(AS) => {
                let name = tokens.get(at + 1).and_then(|token| token.symbol());
                if path.last() == Some(&SELF) && path.len() > 1 {
                    path.pop();
                }
                leaves.push(Leaf { is_global, path, name });
                return;
            }
            Kind::Ident => path.push(Symbol(token.data)),
            Kind::Operator if token.end == token.start + 1 => {
                leaves.push(Leaf { is_global, path, name: None });
                return;
            }
            Kind::OpenBrace => {
                let mut from = at + 1;
                for place in at + 1..=token.data {
                    let Some(inner) = tokens.get(place) else { break };
                    let is_deeper = depth(tokens, at, place) > 0;
                    if place == token.data || (inner.kind == Kind::Comma && !is_deeper) {
                        if from < place {
                            tree(tokens, from, place, is_global, &path, leaves);
                        }
                        from = place + 1;
                    }
                }
                return;
            }
            _ => {}
        }
        at += 1;
    }
    // `use a::b::{self}` brings `b`.
    if path.last() == Some(&SELF) && path.len() > 1 {
        path.pop();
    }
    if let Some(name) = path.last().copied() {
        leaves.push(Leaf { is_global, path, name: Some(name) });
    }
}

/// How many braces are open between two tokens, the first apart.
fn depth(tokens: &[Token], open: usize, place: usize) -> usize {
    let between = tokens.get(open + 1..place).unwrap_or_default();
    let opened = between.iter().filter(|token| token.kind == Kind::OpenBrace).count();
    opened - between.iter().filter(|token| token.kind == Kind::CloseBrace).count()
}
