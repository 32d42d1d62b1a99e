//! What items are called: stable as long as they stay where they are.

use crate::index::{ItemId, ItemKind, ScopeId, ScopeKind};
use crate::reach::{NodeId, World};
use crate::resolve::Target;
use crate::token::Token;

impl World {
    /// `crate::module`, or the name of another crate in place of `crate`.
    pub(crate) fn scope_path(&self, scope: ScopeId) -> String {
        let Some(here) = self.index.scope(scope) else { return String::new() };
        let Some(parent) = here.parent else {
            let is_own = self.index.krates.first().is_some_and(|own| own.root == scope);
            return if is_own { "crate".to_owned() } else { self.index.symbols.name(here.name).to_owned() };
        };
        let parent = self.scope_path(parent);
        match here.kind {
            ScopeKind::Module => format!("{parent}::{}", self.index.symbols.name(here.name)),
            ScopeKind::Block => format!("{parent}::{{}}"),
        }
    }

    /// The path of an item; items that may have no name are told by what they say.
    pub(crate) fn item_path(&self, id: ItemId) -> String {
        let Some(item) = self.index.item(id) else { return String::new() };
        let outer = match item.parent {
            Some(parent) => self.item_path(parent),
            None => self.scope_path(item.scope),
        };
        let name = self.index.symbols.name(item.name);
        match item.kind {
            ItemKind::Impl => {
                let end = item.body.map_or(item.span.end, |(start, _)| start.saturating_sub(1));
                let header = self.index.tokens(item.span.file).get(item.name_token..end).unwrap_or_default();
                format!("{outer}::<{}>", self.joined(header, item.span.file))
            }
            ItemKind::Call => format!("{outer}::{name}!{{}}"),
            ItemKind::Macro => format!("{outer}::{name}!"),
            ItemKind::Import => format!("{outer}::use {name}"),
            ItemKind::Fn
            | ItemKind::Foreign
            | ItemKind::Struct
            | ItemKind::Enum
            | ItemKind::Union
            | ItemKind::Alias
            | ItemKind::Const
            | ItemKind::Static
            | ItemKind::Trait => format!("{outer}::{name}"),
        }
    }

    pub(crate) fn node_path(&self, node: NodeId) -> String {
        let Some(instance) = self.instance_of(node) else { return self.item_path(ItemId(node.0)) };
        let scope = self.scope_path(instance.scope);
        match instance.item {
            Some(item) => format!("{} in {scope}", self.item_path(item)),
            None => {
                let path = self.index.files.get(instance.span.file).map(|file| file.path.clone()).unwrap_or_default();
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                format!("{name} in {scope}")
            }
        }
    }

    pub(crate) fn target_path(&self, target: Target) -> String {
        match target {
            Target::Item(id) => self.item_path(id),
            Target::Module(scope) => self.scope_path(scope),
            Target::External(id) => {
                self.resolver.externals.get(id.0).map(|external| external.text.clone()).unwrap_or_default()
            }
        }
    }

    /// Tokens as people write them, more or less.
    pub(crate) fn joined(&self, tokens: &[Token], file: crate::index::FileId) -> String {
        let mut text = String::new();
        for token in tokens {
            let word = self.index.text(file, *token);
            let is_word = |character: char| character.is_alphanumeric() || character == '_';
            if text.ends_with(|last: char| is_word(last) || last == '>') && word.starts_with(is_word) {
                text.push(' ');
            }
            text.push_str(word);
        }
        text
    }
}
