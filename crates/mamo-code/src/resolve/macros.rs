//! What is known about macros without expanding them: the names in their rules, and whether these can be trusted.

use crate::index::{Index, ItemId, ItemKind, Map, Numbers, attributes};
use crate::symbol::{self, Symbol};
use crate::token::{Kind, Token};
use std::collections::HashSet;
use std::hash::BuildHasherDefault;
use std::sync::Arc;

/// Macros of the standard library that make only what their input says.
const STANDARD: [&str; 42] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "cfg",
    "column",
    "compile_error",
    "concat",
    "dbg",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "env",
    "eprint",
    "eprintln",
    "file",
    "format",
    "format_args",
    "include",
    "include_bytes",
    "include_str",
    "is_x86_feature_detected",
    "line",
    "matches",
    "module_path",
    "option_env",
    "panic",
    "print",
    "println",
    "stringify",
    "thread_local",
    "todo",
    "try",
    "unimplemented",
    "unreachable",
    "vec",
    "write",
    "writeln",
    "addr_of",
    "addr_of_mut",
    "pin",
    "asm",
    "const_format_args",
];

/// A set of names.
type Names = HashSet<Symbol, BuildHasherDefault<Numbers>>;

/// What a macro's rules, and those of the macros that they call, say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules {
    /// All identifiers in them.
    pub(crate) names: Names,
    /// Those that may be declared by them.
    pub(crate) declared: Names,
    /// They call something that is neither in the sources nor in the standard library.
    pub(crate) is_opaque: bool,
    /// They make members or paths of fragments: `.$name`, `::$name`, `$name::`.
    pub(crate) joins: bool,
    /// They have glob imports.
    pub(crate) globs: bool,
    /// They include files.
    pub(crate) includes: bool,
    /// They make whole paths of fragments: `$($name)::*`.
    pub(crate) joins_paths: bool,
    /// Their input counts with its documentation and spaces.
    pub(crate) sees_text: bool,
}

/// Macro definitions by name, and what is known about each.
#[derive(Debug, Default)]
pub(crate) struct MacroFacts {
    by_name: Map<Symbol, Vec<ItemId>>,
    is_indexed: bool,
    rules: Map<Symbol, Arc<Rules>>,
    calls: Map<ItemId, Call>,
}

impl MacroFacts {
    /// All definitions of a name, in any module: where a definition is in force is not decided here.
    pub(crate) fn named(&mut self, index: &Index, name: Symbol) -> Vec<ItemId> {
        if !self.is_indexed {
            self.is_indexed = true;
            for (place, item) in index.items.iter().enumerate() {
                if item.kind == ItemKind::Macro {
                    self.by_name.entry(item.name).or_default().push(ItemId(place));
                }
            }
        }
        self.by_name.get(&name).cloned().unwrap_or_default()
    }

    pub(crate) fn is_standard(index: &Index, name: Symbol) -> bool {
        STANDARD.contains(&index.symbols.name(name))
    }

    /// What the macros of a name do, taken together.
    pub(crate) fn rules(&mut self, index: &Index, name: Symbol) -> Arc<Rules> {
        if let Some(rules) = self.rules.get(&name) {
            return Arc::clone(rules);
        }
        let mut all = Rules::default();
        let (mut seen, mut open) = (HashSet::from([name]), vec![name]);
        while let Some(name) = open.pop() {
            let definitions = self.named(index, name);
            if definitions.is_empty() && !Self::is_standard(index, name) {
                all.is_opaque = true;
            }
            if matches!(name, symbol::STRINGIFY) {
                all.sees_text = true;
            }
            for definition in definitions {
                let Some(item) = index.item(definition) else { continue };
                let tokens = input(index.span(item.span));
                read(index, tokens, Part::Rules, &mut all);
                open.extend(called(tokens).filter(|called| seen.insert(*called)));
            }
        }
        let all = Arc::new(all);
        self.rules.insert(name, Arc::clone(&all));
        all
    }

    fn call(&mut self, index: &Index, call: ItemId) -> &Call {
        if !self.calls.contains_key(&call) {
            let mut known = Call::default();
            if let Some(item) = index.item(call) {
                let tokens = index.span(item.span);
                // The macro's own name is not made by it.
                read(index, input(tokens), Part::Input, &mut known.input);
                known.called = called(tokens).collect();
                known.called.sort_unstable();
                known.called.dedup();
                known.rules = known.called.iter().map(|name| self.rules(index, *name)).collect();
            }
            self.calls.insert(call, known);
        }
        self.calls.entry(call).or_default()
    }

    /// Whether an item macro call may make an item of this name.
    pub(crate) fn mentions(&mut self, index: &Index, call: ItemId, name: Symbol) -> bool {
        self.call(index, call).all().any(|rules| rules.declared.contains(&name))
    }

    /// Whether an item macro call may make items of any name.
    pub(crate) fn is_opaque_call(&mut self, index: &Index, call: ItemId) -> bool {
        self.call(index, call).all().any(|rules| rules.is_opaque || rules.joins_paths)
    }

    /// Whether the items that a call makes may be impls.
    pub(crate) fn may_make_impls(&mut self, index: &Index, call: ItemId) -> bool {
        self.is_opaque_call(index, call) || self.says_impl(index, call)
    }

    pub(crate) fn says_impl(&mut self, index: &Index, call: ItemId) -> bool {
        self.call(index, call).all().any(|rules| rules.names.contains(&symbol::IMPL))
    }

    /// All names in the input of a call.
    pub(crate) fn input_names(&mut self, index: &Index, call: ItemId) -> Vec<Symbol> {
        let mut names: Vec<Symbol> = self.call(index, call).input.names.iter().copied().collect();
        names.sort_unstable();
        names
    }

    /// The macros that a call calls.
    pub(crate) fn called_by(&mut self, index: &Index, call: ItemId) -> Vec<Symbol> {
        self.call(index, call).called.clone()
    }
}

/// What is known about a macro call among items.
#[derive(Debug, Default)]
struct Call {
    input: Rules,
    called: Vec<Symbol>,
    rules: Vec<Arc<Rules>>,
}

impl Call {
    fn all(&self) -> impl Iterator<Item = &Rules> {
        std::iter::once(&self.input).chain(self.rules.iter().map(|rules| &**rules))
    }
}

/// Words that mean something everywhere, so that macros hardly ever declare them.
const COMMON: [&str; 34] = [
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "usize",
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
    "isize",
    "f32",
    "f64",
    "bool",
    "char",
    "str",
    "String",
    "Vec",
    "Option",
    "Some",
    "None",
    "Result",
    "Ok",
    "Err",
    "Box",
    "Self",
    "Default",
    "Clone",
    "Copy",
    "Debug",
    "PartialEq",
    "Eq",
    "From",
];

/// Rules declare the names behind `fn`, `struct` and so on; an input may give any name to be declared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Rules,
    Input,
}

fn read(index: &Index, tokens: &[Token], part: Part, rules: &mut Rules) {
    let (mut before, mut word, mut is_import) = (Kind::Semicolon, symbol::UNDERSCORE, false);
    for (place, token) in tokens.iter().enumerate() {
        if token.kind == Kind::Semicolon {
            is_import = false;
        }
        // `use $module::*` may bring any name.
        rules.globs |= is_import && before == Kind::PathSep && token.kind == Kind::Operator;
        rules.is_opaque |= rules.globs;
        if let Some(name) = token.symbol() {
            rules.names.insert(name);
            is_import |= name == symbol::USE;
            let may_declare = match part {
                Part::Rules => word.is_item_word() || matches!(word, symbol::MUT | symbol::REF) || is_import,
                Part::Input => word.is_item_word() || !COMMON.contains(&index.symbols.name(name)),
            };
            if may_declare && !name.is_keyword() {
                rules.declared.insert(name);
            }
            word = name;
            rules.sees_text |= matches!(name, symbol::STRINGIFY | symbol::DOC);
            rules.includes |= matches!(name, symbol::INCLUDE | symbol::INCLUDE_STR | symbol::INCLUDE_BYTES);
        } else if token.kind != Kind::Bang {
            word = symbol::UNDERSCORE;
        }
        let next = tokens.get(place + 1).map(|token| token.kind);
        rules.joins |= matches!(before, Kind::Dot | Kind::PathSep) && token.kind == Kind::Dollar;
        rules.joins_paths |=
            token.kind == Kind::Dollar && next == Some(Kind::OpenParen) && follows_separator(tokens, place + 1);
        before = token.kind;
    }
}

/// The tokens from the first delimiter on, attributes apart.
fn input(tokens: &[Token]) -> &[Token] {
    let (_, start) = attributes(tokens, 0);
    let open = (start..tokens.len()).find(|at| tokens.get(*at).is_some_and(|token| token.kind.is_open()));
    open.and_then(|open| tokens.get(open..)).unwrap_or_default()
}

/// `$( .. )::*`
fn follows_separator(tokens: &[Token], open: usize) -> bool {
    let Some(opening) = tokens.get(open) else { return false };
    let mut depth = 0usize;
    for (place, token) in tokens.iter().enumerate().skip(open) {
        if token.kind.is_open() {
            depth += 1;
        } else if token.kind.is_close() {
            depth -= 1;
            if depth == 0 {
                let next = tokens.get(place + 1).map(|token| token.kind);
                return opening.kind == Kind::OpenParen && next == Some(Kind::PathSep);
            }
        }
    }
    false
}

/// The names of the macros that are called in some tokens.
fn called(tokens: &[Token]) -> impl Iterator<Item = Symbol> {
    tokens.windows(3).filter_map(|window| match window {
        [name, bang, next] if bang.kind == Kind::Bang && (next.kind.is_open() || next.kind == Kind::Dollar) => {
            name.symbol().filter(|name| !name.is_keyword())
        }
        _ => None,
    })
}
