//! What the index consists of.

use crate::index::FileId;
use crate::index::cfg::Known;
use crate::index::files::Files;
use crate::symbol::{Symbol, Symbols};
use crate::token::Token;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// The place of an item in [`Index::items`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct ItemId(pub(crate) usize);

/// The place of a scope in [`Index::scopes`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct ScopeId(pub(crate) usize);

/// The place of an import in [`Index::imports`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct ImportId(pub(crate) usize);

/// The place of a crate in [`Index::krates`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct KrateId(pub(crate) usize);

/// Tokens `start..end` of a file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Span {
    pub(crate) file: FileId,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Span {
    pub(crate) fn holds(self, file: FileId, token: usize) -> bool {
        self.file == file && self.start <= token && token < self.end
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ItemKind {
    /// A function, a method, or the declaration of a method.
    Fn,
    /// A function or static in an `extern` block: its code is elsewhere.
    Foreign,
    Struct,
    Enum,
    Union,
    Alias,
    Const,
    Static,
    Trait,
    Impl,
    /// `macro_rules!` or `macro`.
    Macro,
    /// A macro call that makes items.
    Call,
    /// An import that holds only under a cfg.
    Import,
}

impl ItemKind {
    /// Whether the item is a type with impls of its own.
    pub(crate) fn is_nominal(self) -> bool {
        matches!(self, Self::Struct | Self::Enum | Self::Union | Self::Call)
    }

    /// In which namespaces the name stands: 1 types, 2 values, 4 macros.
    pub(crate) fn namespaces(self) -> u8 {
        match self {
            Self::Fn | Self::Foreign | Self::Const | Self::Static => 2,
            // A tuple struct is a value too; whether it is one does not matter enough to look.
            Self::Struct => 3,
            Self::Enum | Self::Union | Self::Alias | Self::Trait => 1,
            Self::Macro => 4,
            Self::Impl | Self::Call | Self::Import => 0,
        }
    }
}

/// From where a name may be seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Visibility {
    /// In its module and those inside of it.
    Private,
    /// In its parent module and those inside of it.
    Super,
    /// In the crate, or in some module of it that is not looked up.
    Crate,
    Public,
}

#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) kind: ItemKind,
    pub(crate) name: Symbol,
    pub(crate) scope: ScopeId,
    /// The `impl` or `trait` that it is a member of.
    pub(crate) parent: Option<ItemId>,
    /// All of it, attributes first.
    pub(crate) span: Span,
    pub(crate) name_token: usize,
    /// The tokens inside of the braces of an impl, trait or enum.
    pub(crate) body: Option<(usize, usize)>,
    pub(crate) visibility: Visibility,
    /// Members, for an `impl` or a `trait`; their tokens do not count as its own.
    pub(crate) members: Vec<ItemId>,
    /// Whether an unknown cfg decides about it.
    pub(crate) is_conditional: bool,
    /// The macro call whose input it stands in.
    pub(crate) given_to: Option<ItemId>,
    /// Whether macros make some of its members.
    pub(crate) has_calls: bool,
}

#[derive(Debug)]
pub(crate) enum Entry {
    Item(ItemId),
    Module { scope: ScopeId, visibility: Visibility },
    Import(ImportId),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ScopeKind {
    Module,
    /// Braces with items inside of a function.
    Block,
}

#[derive(Debug)]
pub(crate) struct Scope {
    pub(crate) kind: ScopeKind,
    pub(crate) krate: KrateId,
    /// The scope around it: for a module, the module that it stands in.
    pub(crate) parent: Option<ScopeId>,
    pub(crate) name: Symbol,
    pub(crate) names: Map<Symbol, Vec<Entry>>,
    pub(crate) imports: Vec<ImportId>,
    /// Macro calls that make items here.
    pub(crate) calls: Vec<ItemId>,
    /// Attributes of the module that have an effect, outer and inner.
    pub(crate) attributes: Vec<Span>,
}

#[derive(Debug)]
pub(crate) struct Import {
    pub(crate) scope: ScopeId,
    /// The path begins with `::`.
    pub(crate) is_global: bool,
    pub(crate) path: Vec<Symbol>,
    /// The name that it brings; none for a glob.
    pub(crate) name: Option<Symbol>,
    pub(crate) visibility: Visibility,
    /// Stands for its cfg, if it has one.
    pub(crate) item: Option<ItemId>,
    pub(crate) is_conditional: bool,
}

#[derive(Debug)]
pub(crate) struct Krate {
    pub(crate) root: ScopeId,
    /// The folder of the manifest, if there is one.
    pub(crate) folder: Option<std::path::PathBuf>,
    pub(crate) is_proc_macro: bool,
    /// What the index cannot vouch for: a missing file, text that is no Rust.
    pub(crate) defects: Vec<String>,
    /// `extern crate x as y` and dependencies: the name in paths, and the crate.
    pub(crate) externs: Map<Symbol, crate::packages::Dependency>,
    pub(crate) files: Vec<FileId>,
    /// The folder of the root file, if macros make modules of files in it that were not read.
    pub(crate) unread: Option<std::path::PathBuf>,
}

/// Everything that was read.
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) symbols: Symbols,
    pub(crate) files: Files,
    pub(crate) krates: Vec<Krate>,
    pub(crate) items: Vec<Item>,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) imports: Vec<Import>,
    /// The scope that an opening brace begins.
    pub(crate) braces: Map<(FileId, usize), ScopeId>,
    pub(crate) known: Known,
}

impl Index {
    pub(crate) fn new(known: Known) -> Self {
        Self {
            symbols: Symbols::new(),
            files: Files::default(),
            krates: Vec::new(),
            items: Vec::new(),
            scopes: Vec::new(),
            imports: Vec::new(),
            braces: Map::default(),
            known,
        }
    }

    pub(crate) fn item(&self, id: ItemId) -> Option<&Item> {
        self.items.get(id.0)
    }

    pub(crate) fn scope(&self, id: ScopeId) -> Option<&Scope> {
        self.scopes.get(id.0)
    }

    pub(crate) fn import(&self, id: ImportId) -> Option<&Import> {
        self.imports.get(id.0)
    }

    pub(crate) fn krate(&self, id: KrateId) -> Option<&Krate> {
        self.krates.get(id.0)
    }

    pub(crate) fn tokens(&self, file: FileId) -> &[Token] {
        self.files.get(file).map_or(&[], |file| &file.lexed.tokens)
    }

    pub(crate) fn span(&self, span: Span) -> &[Token] {
        self.tokens(span.file).get(span.start..span.end).unwrap_or_default()
    }

    pub(crate) fn text(&self, file: FileId, token: Token) -> &str {
        self.files.get(file).and_then(|file| file.text.get(token.start..token.end)).unwrap_or_default()
    }

    /// The module that a scope is in: itself, or that around the function.
    pub(crate) fn module(&self, mut scope: ScopeId) -> ScopeId {
        while let Some(found) = self.scope(scope) {
            match (found.kind, found.parent) {
                (ScopeKind::Block, Some(parent)) => scope = parent,
                (ScopeKind::Module | ScopeKind::Block, _) => break,
            }
        }
        scope
    }

    /// The module around a scope's module.
    pub(crate) fn parent_module(&self, scope: ScopeId) -> Option<ScopeId> {
        let module = self.module(scope);
        self.scope(module).and_then(|scope| scope.parent).map(|parent| self.module(parent))
    }

    pub(crate) fn root(&self, scope: ScopeId) -> Option<ScopeId> {
        self.scope(scope).and_then(|scope| self.krate(scope.krate)).map(|krate| krate.root)
    }

    /// Whether `inner` is `outer` or inside of it.
    pub(crate) fn is_within(&self, inner: ScopeId, outer: ScopeId) -> bool {
        let mut at = Some(inner);
        while let Some(scope) = at {
            if scope == outer {
                return true;
            }
            at = self.scope(scope).and_then(|scope| scope.parent);
        }
        false
    }
}

/// A map whose keys are small numbers, so that hashing them needs no care.
pub(crate) type Map<K, V> = HashMap<K, V, BuildHasherDefault<Numbers>>;

/// Hashes numbers by one multiplication each.
#[derive(Default)]
pub(crate) struct Numbers(u64);

impl Hasher for Numbers {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(23) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(u64::try_from(number).unwrap_or(u64::MAX));
    }
}
