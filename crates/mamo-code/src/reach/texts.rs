//! Attributes and string literals: conditions, paths in strings, names in format strings.
#![expect(clippy::wildcard_enum_match_arm, reason = "a match on tokens names the few that matter")]

use crate::index::{Attribute, ScopeId, attributes, is_without_effect};
use crate::literal;
use crate::reach::scan::{Inside, Scanner};
use crate::resolve::{Base, Target};
use crate::symbol::{self, Symbol};
use crate::token::{Kind, Token};

/// The condition of the `cfg` or `cfg_attr` that begins at a token, as `cfg!` takes it.
pub(super) fn condition<'t>(tokens: &[Token], start: usize, text: impl Fn(Token) -> &'t str) -> Option<String> {
    let (found, _) = attributes(tokens, start);
    let attribute = found.first().filter(|found| matches!(found.name, symbol::CFG | symbol::CFG_ATTR))?;
    let open = tokens.get(attribute.inside + 1)?;
    let (mut words, mut at) = (String::new(), attribute.inside + 2);
    let mut depth = 0usize;
    while at < open.data {
        let token = tokens.get(at)?;
        match token.kind {
            Kind::Comma if depth == 0 => break,
            // What a macro is given as condition is not known here.
            Kind::Dollar => return None,
            kind if kind.is_open() => depth += 1,
            kind if kind.is_close() => depth = depth.saturating_sub(1),
            _ => {}
        }
        words.push_str(text(*token));
        at += 1;
    }
    Some(words)
}

impl Scanner<'_> {
    /// An attribute in a macro: its condition counts, and then it is read like everything else.
    pub(super) fn attribute_in_macro(&mut self, at: usize) -> usize {
        let file = self.file;
        let text = |token: Token| file.text.get(token.start..token.end).unwrap_or_default();
        self.facts.cfgs.extend(condition(self.tokens(), at, text));
        at + 1
    }

    pub(super) fn attribute(&mut self, at: usize) -> usize {
        let (found, end) = attributes(self.tokens(), at);
        for attribute in &found {
            if !is_without_effect(&self.world.index.symbols, attribute.name) {
                self.effective_attribute(attribute);
            }
        }
        end.max(at + 1)
    }

    pub(super) fn effective_attribute(&mut self, attribute: &Attribute) {
        let end = attribute.end.saturating_sub(1);
        let file = self.file;
        let text = |token: Token| file.text.get(token.start..token.end).unwrap_or_default();
        self.facts.cfgs.extend(condition(self.tokens(), attribute.start, text));
        if attribute.name == symbol::CFG {
            return;
        }
        self.within(Inside::Attribute, |scanner| scanner.code(attribute.inside, end));
    }

    /// A string in an attribute may be a path, as in `#[serde(with = "codec")]`.
    pub(super) fn attribute_text(&mut self, token: Token, at: usize) -> usize {
        let value = literal::value(self.text(token));
        for path in literal::paths(&value) {
            let names: Option<Vec<Symbol>> = path.iter().map(|name| self.world.index.symbols.find(name)).collect();
            let Some(names) = names else { continue };
            let mut resolved = self.world.resolver.path(&self.world.index, Base::Name, &names, self.scope, true);
            let modules: Vec<ScopeId> = resolved
                .targets
                .iter()
                .filter_map(|target| match target {
                    Target::Module(module) => Some(*module),
                    Target::Item(_) | Target::External(_) => None,
                })
                .collect();
            for module in modules {
                self.whole_module(module);
            }
            resolved.is_lost = false;
            self.found(resolved);
        }
        at + 1
    }

    pub(super) fn format_text(&mut self, token: Token, at: usize) -> usize {
        let text = self.text(token);
        if text.contains('{') {
            for name in literal::captures(text) {
                if let Some(name) = self.world.index.symbols.find(name.trim_start_matches("r#")) {
                    let targets = self.world.resolver.lexical(&self.world.index, self.scope, name).to_vec();
                    for target in targets {
                        self.bind(target);
                    }
                }
            }
        }
        at + 1
    }
}
