//! Conditions: what is known to be off is not in the index; what is not known counts as on and as off.

use crate::index::attributes::Attribute;
use crate::symbol::{ALL, ANY, CFG, NOT, TEST};
use crate::token::{Kind, Token};
use std::collections::{BTreeMap, BTreeSet};

/// What a condition comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    On,
    Off,
    Unknown,
}

/// What is known about conditions when sources are read.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) test: bool,
    /// Variables of the environment that paths of included files may need.
    pub(crate) variables: BTreeMap<String, String>,
    /// Packages that do not count.
    pub(crate) trusted: BTreeSet<String>,
}

impl Known {
    /// What the attributes of an item say about it; those that are no `cfg` say nothing.
    pub(crate) fn verdict(&self, tokens: &[Token], attributes: &[Attribute]) -> Verdict {
        let mut verdict = Verdict::On;
        for attribute in attributes {
            if attribute.name == CFG {
                verdict = both(verdict, self.condition(tokens, attribute.inside + 2).0);
            } else if attribute.name == TEST && !self.test && attribute.end == attribute.inside + 2 {
                // `#[test]`: rustc takes it away.
                verdict = Verdict::Off;
            }
        }
        verdict
    }

    /// Reads a condition at a token; also gives where it ends.
    fn condition(&self, tokens: &[Token], at: usize) -> (Verdict, usize) {
        let Some(name) = tokens.get(at).and_then(|token| token.symbol()) else { return (Verdict::Unknown, at + 1) };
        let next = tokens.get(at + 1);
        match next.map(|token| token.kind) {
            Some(Kind::OpenParen) => {
                let end = next.map_or(at, |token| token.data);
                let mut inner = Vec::new();
                let mut from = at + 2;
                while from < end {
                    let (verdict, after) = self.condition(tokens, from);
                    inner.push(verdict);
                    from = after.max(from) + 1;
                }
                let verdict = match name {
                    ALL => inner.into_iter().fold(Verdict::On, both),
                    ANY => negate(inner.into_iter().map(negate).fold(Verdict::On, both)),
                    NOT => negate(inner.first().copied().unwrap_or(Verdict::Unknown)),
                    _ => Verdict::Unknown,
                };
                (verdict, end + 1)
            }
            Some(Kind::Equals) => (Verdict::Unknown, at + 3),
            _ if name == TEST && self.test => (Verdict::On, at + 1),
            _ if name == TEST => (Verdict::Off, at + 1),
            _ => (Verdict::Unknown, at + 1),
        }
    }
}

fn both(one: Verdict, other: Verdict) -> Verdict {
    match (one, other) {
        (Verdict::Off, _) | (_, Verdict::Off) => Verdict::Off,
        (Verdict::Unknown, _) | (_, Verdict::Unknown) => Verdict::Unknown,
        (Verdict::On, Verdict::On) => Verdict::On,
    }
}

fn negate(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::On => Verdict::Off,
        Verdict::Off => Verdict::On,
        Verdict::Unknown => Verdict::Unknown,
    }
}
