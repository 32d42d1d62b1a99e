//! Identities: paths made of scopes and names, kept small, written out when somebody asks.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};

/// The scopes and names of a graph. A name is text in one buffer, so that a million of them are one allocation.
#[derive(Debug, Default)]
pub(crate) struct Names {
    scopes: Vec<Scope>,
    scope_of: HashMap<(ScopeId, Box<str>), ScopeId>,
    text: String,
    /// Ends of the given names in `text`.
    ends: Vec<u32>,
}

/// A scope of a graph, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ScopeId(u32);

impl ScopeId {
    /// The graph itself.
    pub(crate) const ROOT: Self = Self(0);
}

#[derive(Debug)]
struct Scope {
    parent: ScopeId,
    label: Box<str>,
    /// Hasher that has seen the scope's path.
    path: DefaultHasher,
    unnamed: Unnamed,
    /// How many nodes without a name of their own it has, by what they would be called.
    ordinals: HashMap<&'static str, u32>,
}

/// How the nodes of a scope that have no name of their own are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unnamed {
    /// By what they do: no two of them may do the same.
    Once,
    /// By numbers.
    Numbered,
}

/// Where a node stands and what it is called there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NodePath {
    pub(crate) scope: ScopeId,
    pub(crate) label: Label,
}

/// What a node is called within its scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Label {
    /// As its spec says: the function's name, the source's label, ..
    Default,
    /// As its spec says, with a number.
    Ordinal(u32),
    /// As the user said.
    Given(u32),
}

impl Names {
    pub(crate) fn new() -> Self {
        let root = Scope {
            parent: ScopeId::ROOT,
            label: "".into(),
            path: DefaultHasher::new(),
            unnamed: Unnamed::Once,
            ordinals: HashMap::new(),
        };
        Self { scopes: vec![root], ..Self::default() }
    }

    /// The scope `label` within `parent`; slashes in the label make scopes in between.
    pub(crate) fn scope(&mut self, parent: ScopeId, label: &str, unnamed: Unnamed) -> ScopeId {
        let mut scope = parent;
        for part in label.split('/') {
            scope = match self.scope_of.get(&(scope, part.into())) {
                Some(known) => *known,
                None => self.new_scope(scope, part),
            };
        }
        if let (Unnamed::Numbered, Some(last)) = (unnamed, self.scope_mut(scope)) {
            last.unnamed = Unnamed::Numbered;
        }
        scope
    }

    fn new_scope(&mut self, parent: ScopeId, label: &str) -> ScopeId {
        let mut path = self.get(parent).map(|scope| scope.path.clone()).unwrap_or_default();
        path.write(label.as_bytes());
        path.write(b"/");
        let id = ScopeId(u32::try_from(self.scopes.len()).unwrap_or(u32::MAX));
        self.scopes.push(Scope { parent, label: label.into(), path, unnamed: Unnamed::Once, ordinals: HashMap::new() });
        self.scope_of.insert((parent, label.into()), id);
        id
    }

    fn get(&self, scope: ScopeId) -> Option<&Scope> {
        self.scopes.get(usize::try_from(scope.0).ok()?)
    }

    fn scope_mut(&mut self, scope: ScopeId) -> Option<&mut Scope> {
        self.scopes.get_mut(usize::try_from(scope.0).ok()?)
    }

    /// Whether nodes in this scope are numbered instead of named.
    pub(crate) fn is_numbered(&self, scope: ScopeId) -> bool {
        self.get(scope).is_some_and(|scope| scope.unnamed == Unnamed::Numbered)
    }

    /// The path of the next node called `name` in this scope; the first one needs no number.
    pub(crate) fn numbered_path(&mut self, scope: ScopeId, name: &'static str) -> NodePath {
        let label = match self.scope_mut(scope).map(|scope| scope.ordinals.entry(name).or_default()) {
            None => Label::Default,
            Some(count) => {
                *count += 1;
                if *count == 1 { Label::Default } else { Label::Ordinal(*count) }
            }
        };
        NodePath { scope, label }
    }

    /// Keeps a name that the user gave.
    pub(crate) fn given(&mut self, name: &str) -> Label {
        self.text.push_str(name);
        let number = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        Label::Given(number)
    }

    /// A number for the path of `name` in `scope`; equal paths have equal numbers.
    pub(crate) fn path_hash(&self, scope: ScopeId, name: &str) -> u64 {
        let mut path = self.get(scope).map(|scope| scope.path.clone()).unwrap_or_default();
        path.write(name.as_bytes());
        path.finish()
    }

    /// A path as text, `default` being what the node's spec calls it.
    pub(crate) fn identity(&self, path: NodePath, default: &str) -> String {
        let mut identity = self.prefix(path.scope);
        match path.label {
            Label::Default => identity.push_str(default),
            Label::Ordinal(number) => identity.push_str(&format!("{default}#{number}")),
            Label::Given(number) => identity.push_str(self.given_name(number)),
        }
        identity
    }

    fn given_name(&self, number: u32) -> &str {
        let end = |number: usize| self.ends.get(number).and_then(|end| usize::try_from(*end).ok());
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        let start = number.checked_sub(1).and_then(end).unwrap_or(0);
        end(number).and_then(|end| self.text.get(start..end)).unwrap_or_default()
    }

    /// The path of a scope with a slash behind each of its parts; nothing for the graph itself.
    pub(crate) fn prefix(&self, mut scope: ScopeId) -> String {
        let mut labels = Vec::new();
        while scope != ScopeId::ROOT
            && let Some(inner) = self.get(scope)
        {
            labels.push(&*inner.label);
            scope = inner.parent;
        }
        labels.iter().rev().flat_map(|label| [*label, "/"]).collect()
    }

    /// A digest of all scopes and given names.
    pub(crate) fn digest(&self) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new();
        for scope in &self.scopes {
            hasher.update(&scope.parent.0.to_le_bytes());
            hasher.update(scope.label.as_bytes());
            hasher.update(&[0]);
        }
        for end in &self.ends {
            hasher.update(&end.to_le_bytes());
        }
        hasher.update(self.text.as_bytes());
        hasher.finalize()
    }

    /// Takes the scopes and names of another graph over, all of them within the scope `prefix`.
    pub(crate) fn join(&mut self, prefix: &str, other: &Self) -> Renamed {
        let root = self.scope(ScopeId::ROOT, prefix, Unnamed::Once);
        let (n_scopes, n_names) = (to_u32(self.scopes.len()), to_u32(self.ends.len()));
        let renamed = Renamed { root, n_scopes, n_names };
        for scope in other.scopes.iter().skip(1) {
            self.scopes.push(Scope {
                parent: renamed.scope(scope.parent),
                label: scope.label.clone(),
                path: DefaultHasher::new(),
                unnamed: scope.unnamed,
                ordinals: HashMap::new(),
            });
        }
        let text = to_u32(self.text.len());
        self.text.push_str(&other.text);
        self.ends.extend(other.ends.iter().map(|end| text.saturating_add(*end)));
        renamed
    }

    /// Forgets what only building needs.
    pub(crate) fn freeze(&mut self) {
        self.scope_of = HashMap::new();
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
        for scope in &mut self.scopes {
            scope.ordinals = HashMap::new();
        }
    }
}

/// What became of the scopes and names of a graph that was joined to another.
pub(crate) struct Renamed {
    root: ScopeId,
    n_scopes: u32,
    n_names: u32,
}

impl Renamed {
    pub(crate) fn path(&self, path: NodePath) -> NodePath {
        let label = match path.label {
            Label::Given(number) => Label::Given(self.n_names.saturating_add(number)),
            Label::Default | Label::Ordinal(_) => path.label,
        };
        NodePath { scope: self.scope(path.scope), label }
    }

    fn scope(&self, scope: ScopeId) -> ScopeId {
        match scope.0.checked_sub(1) {
            Some(behind_root) => ScopeId(self.n_scopes.saturating_add(behind_root)),
            None => self.root,
        }
    }
}

fn to_u32(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_its_scopes_and_its_name() {
        let mut names = Names::new();
        let outer = names.scope(ScopeId::ROOT, "fold1", Unnamed::Once);
        let inner = names.scope(outer, "ridge/0.1", Unnamed::Once);
        let refit = NodePath { scope: inner, label: names.given("refit") };
        assert_eq!(names.identity(refit, "fit"), "fold1/ridge/0.1/refit");
        let third = NodePath { scope: ScopeId::ROOT, label: Label::Ordinal(3) };
        assert_eq!(names.identity(third, "value"), "value#3");
    }

    #[test]
    fn slashes_and_nested_scopes_are_the_same() {
        let mut names = Names::new();
        let a = names.scope(ScopeId::ROOT, "a", Unnamed::Once);
        let b = names.scope(a, "b", Unnamed::Once);
        assert_eq!(names.scope(ScopeId::ROOT, "a/b", Unnamed::Once), b);
        assert_eq!(names.path_hash(b, "x"), names.path_hash(ScopeId::ROOT, "a/b/x"));
    }
}
