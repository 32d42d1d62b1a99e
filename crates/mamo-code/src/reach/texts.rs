//! Attributes and string literals: conditions, paths in strings, names in format strings.

use crate::index::{Attribute, ScopeId, attributes, is_without_effect};
use crate::literal;
use crate::reach::scan::{Inside, Scanner};
use crate::resolve::{Base, Target};
use crate::symbol::{self, Symbol};
use crate::token::Token;

impl Scanner<'_> {
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
        if matches!(attribute.name, symbol::CFG | symbol::CFG_ATTR) {
            let text: Vec<&str> = (attribute.inside..end).filter_map(|at| Some(self.text(self.token(at)?))).collect();
            self.facts.cfgs.insert(text.join(" "));
            if attribute.name == symbol::CFG {
                return;
            }
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
