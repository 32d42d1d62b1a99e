//! Small questions about tokens.
#![expect(clippy::wildcard_enum_match_arm, reason = "a match on tokens names the few that matter")]

use crate::token::{Kind, Token};

/// Behind the `>` that closes the `<` at `open`; none if it does not close.
pub(crate) fn behind_generics(tokens: &[Token], open: usize) -> Option<usize> {
    let (mut at, mut depth) = (open, 0usize);
    while let Some(token) = tokens.get(at) {
        match token.kind {
            Kind::Less => depth += 1,
            Kind::Greater => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            Kind::OpenParen | Kind::OpenBracket | Kind::OpenBrace => at = token.data,
            Kind::Semicolon | Kind::CloseParen | Kind::CloseBracket | Kind::CloseBrace => return None,
            _ => {}
        }
        at += 1;
    }
    None
}

pub(crate) fn kind(tokens: &[Token], at: usize) -> Option<Kind> {
    tokens.get(at).map(|token| token.kind)
}
