//! Macro calls: the rules, the input, and what macros of the standard library do besides.

use crate::index::{ItemId, ItemKind, Span, included_path, literal_at};
use crate::reach::facts::{Instance, NodeId};
use crate::reach::scan::{Inside, Scanner};
use crate::resolve::{Base, MacroFacts, Target};
use crate::symbol::{self, Symbol};
use crate::token::Kind;

impl Scanner<'_> {
    pub(super) fn begins_call(&self, bang: usize) -> bool {
        match self.kind(bang + 1) {
            Some(kind) if kind.is_open() => true,
            // `macro_rules! name { .. }`
            Some(Kind::Ident) => self.kind(bang + 2).is_some_and(Kind::is_open),
            Some(Kind::Dollar) => true,
            Some(_) | None => false,
        }
    }

    /// `path!( .. )`
    pub(super) fn call(&mut self, base: Base, names: &[Symbol], bang: usize, end: usize) -> usize {
        let Some(name) = names.last().copied() else { return bang + 1 };
        let mut open = bang + 1;
        if self.kind(open) == Some(Kind::Ident) {
            open += 1;
        }
        let Some(opening) = self.token(open).filter(|token| token.kind.is_open()) else { return bang + 1 };
        let close = opening.data.min(end);
        if name == symbol::MACRO_RULES {
            // Inside of a body; it counts with the body.
            if let Some(root) = self.world.index.root(self.scope) {
                self.within(Inside::Rules { root }, |scanner| scanner.code(open + 1, close));
            }
            return close + 1;
        }
        let resolved = self.world.resolver.path(&self.world.index, base, names, self.scope, true);
        let is_macro = |id: &ItemId| self.world.index.item(*id).is_some_and(|item| item.kind == ItemKind::Macro);
        let mut definitions: Vec<ItemId> = resolved
            .targets
            .iter()
            .filter_map(|target| match target {
                Target::Item(id) => Some(*id),
                Target::Module(_) | Target::External(_) => None,
            })
            .filter(is_macro)
            .collect();
        let rules = self.world.resolver.macros.rules(&self.world.index, name);
        let (mut joins, mut joins_paths) = (rules.joins, rules.joins_paths);
        for definition in &definitions {
            if let Some(name) = self.world.index.item(*definition).map(|item| item.name) {
                let renamed = self.world.resolver.macros.rules(&self.world.index, name);
                joins |= renamed.joins;
                joins_paths |= renamed.joins_paths;
            }
        }
        for definition in self.world.resolver.macros.named(&self.world.index, name) {
            if !definitions.contains(&definition) {
                definitions.push(definition);
            }
        }
        if rules.includes {
            self.given_files(open, close);
        }
        if rules.globs {
            for at in open..close {
                let names: Vec<Symbol> = self.word(at).into_iter().collect();
                let resolved = self.world.resolver.path(&self.world.index, Base::Name, &names, self.scope, true);
                self.open_path(&resolved);
            }
        }
        if joins_paths {
            let name = self.world.index.symbols.name(name);
            self.facts.reasons.insert(format!("macro `{name}` makes paths of names that it is given"));
        }
        let is_standard = definitions.is_empty() && MacroFacts::is_standard(&self.world.index, name);
        for target in resolved.targets {
            self.bind(target);
        }
        for definition in &definitions {
            self.bind(Target::Item(*definition));
            self.expand(*definition);
        }
        if definitions.is_empty() {
            self.standard(name, open, close);
        }
        let joins = !is_standard && (joins || definitions.is_empty());
        let joins = joins || matches!(self.inside, Inside::Input { joins: true });
        let inside = match self.inside {
            Inside::Rules { root } => Inside::Rules { root },
            Inside::Code | Inside::Input { .. } | Inside::Attribute => Inside::Input { joins },
        };
        self.within(inside, |scanner| scanner.code(open + 1, close));
        close + 1
    }

    /// A macro's rules count in the scope where it is used, too: that is where their names are looked up.
    pub(super) fn expand(&mut self, definition: ItemId) {
        let Some(item) = self.world.index.item(definition) else { return };
        let (span, home) = (item.span, item.scope);
        let Some(root) = self.world.index.root(home) else { return };
        let instance = Instance { span, root, scope: self.scope, item: Some(definition) };
        let node = self.world.instance(instance);
        self.facts.reach(node);
    }

    /// Files named in the input of a macro that includes files.
    pub(super) fn given_files(&mut self, open: usize, close: usize) {
        let mut is_found = false;
        for at in open..close {
            let Some(path) = included_path(self.file, at, at + 1, &self.world.index.known.variables) else { continue };
            if path.is_file() {
                is_found = true;
                self.facts.files.insert(path);
            }
        }
        if !is_found {
            self.facts.reasons.insert("a macro includes a file whose path is computed".to_owned());
        }
    }

    /// Macros of the standard library with an effect of their own.
    pub(super) fn standard(&mut self, name: Symbol, open: usize, close: usize) {
        match name {
            // `write!` calls a method of that name, whosever it is.
            symbol::WRITE | symbol::WRITELN => self.facts.name(symbol::WRITE_FMT),
            symbol::LINE | symbol::COLUMN | symbol::FILE => self.facts.sees_positions = true,
            symbol::INCLUDE | symbol::INCLUDE_STR | symbol::INCLUDE_BYTES => self.included(name, open, close),
            symbol::ENV | symbol::OPTION_ENV => match literal_at(self.file, open + 1) {
                Some(value) => {
                    self.facts.env.insert(value);
                }
                None => {
                    self.facts.reasons.insert("reads a variable of the environment whose name is computed".to_owned());
                }
            },
            symbol::CFG => {
                let text: String = (open + 1..close).filter_map(|at| Some(self.text(self.token(at)?))).collect();
                if !text.contains('$') {
                    self.facts.cfgs.insert(text);
                }
            }
            symbol::ASM | symbol::GLOBAL_ASM | symbol::NAKED_ASM => {
                for (_, exported) in self.world.exported() {
                    self.facts.reach(NodeId(exported.0));
                }
            }
            _ => {}
        }
    }

    /// `include!`, `include_str!`, `include_bytes!`: the file counts.
    pub(super) fn included(&mut self, name: Symbol, open: usize, close: usize) {
        let path = included_path(self.file, open + 1, close, &self.world.index.known.variables);
        let Some(path) = path else {
            // In the rules of a macro, the path is looked for where the macro is used.
            if !matches!(self.inside, Inside::Rules { .. }) || self.kind(open + 1) != Some(Kind::Dollar) {
                self.facts.reasons.insert("includes a file whose path is computed".to_owned());
            }
            return;
        };
        if name == symbol::INCLUDE {
            match self.world.index.files.read(&path, &mut self.world.index.symbols) {
                Ok(file) => {
                    let span = Span { file, start: 0, end: self.world.index.tokens(file).len() };
                    if let Some(root) = self.world.index.root(self.scope) {
                        let node = self.world.instance(Instance { span, root, scope: self.scope, item: None });
                        self.facts.reach(node);
                    }
                }
                Err(error) => {
                    self.facts.reasons.insert(format!("cannot include `{}`: {error}", path.display()));
                }
            }
        }
        if name != symbol::INCLUDE {
            self.facts.files.insert(path);
        }
    }
}
