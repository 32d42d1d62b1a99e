//! Items in the input of a macro call: many macros, like `cfg_if!`, give them back as they are.
//!
//! They are taken besides the call, which stands for whatever else the macro makes.

use crate::index::attributes::attributes;
use crate::index::model::ScopeId;
use crate::index::parse::Parser;
use crate::symbol::{self, Symbol};
use crate::token::Kind;
use std::sync::Arc;

impl Parser<'_> {
    /// Takes the items between two tokens, or in the braces between them.
    pub(super) fn given_items(&mut self, start: usize, end: usize, scope: ScopeId) {
        if self.looks_like_items(start, end) {
            self.items(start, end, scope, None);
            return;
        }
        // `cfg_if! { if #[cfg(..)] { .. } else { .. } }`
        let mut at = start;
        while at < end {
            let Some(token) = self.token(at) else { break };
            if token.kind == Kind::OpenBrace {
                let before = at.checked_sub(1).and_then(|before| self.token(before));
                let follows = before.is_some_and(|before| {
                    matches!(before.kind, Kind::CloseBracket | Kind::FatArrow) || before.is(symbol::ELSE)
                });
                if follows && self.looks_like_items(at + 1, token.data) {
                    self.items(at + 1, token.data, scope, None);
                }
            }
            at = if token.kind.is_open() { token.data + 1 } else { at + 1 };
        }
    }

    fn looks_like_items(&self, start: usize, end: usize) -> bool {
        let file = Arc::clone(&self.file);
        let (_, mut at) = attributes(&file.lexed.tokens, start);
        self.visibility(&mut at);
        let is_item = |word: Symbol| word.is_item_word() || matches!(word, symbol::UNSAFE | symbol::ASYNC);
        at < end && self.word(at).is_some_and(is_item) && (start..end).all(|at| self.kind(at) != Some(Kind::Dollar))
    }

    /// Notes that the crate has files that are not read.
    pub(super) fn unread_files(&mut self) {
        let root = self.index.krate(self.krate).and_then(|krate| krate.files.first().copied());
        let folder = root.and_then(|root| self.index.files.get(root)).and_then(|root| root.path.parent());
        let folder = folder.map(std::path::Path::to_owned);
        if let Some(krate) = self.index.krates.get_mut(self.krate.0) {
            krate.unread = folder;
        }
    }

    /// Whether rules declare modules that are files: these are looked for where the macro is used.
    pub(super) fn makes_modules_of_files(&self, start: usize, end: usize) -> bool {
        (start..end).any(|at| {
            let name = if self.kind(at + 1) == Some(Kind::Dollar) { at + 2 } else { at + 1 };
            self.word(at) == Some(symbol::MOD)
                && self.word(name).is_some()
                && self.kind(name + 1) == Some(Kind::Semicolon)
        })
    }
}
