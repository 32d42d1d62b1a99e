//! The digest of a closure: of all its items, and of whatever else they depend on.

use crate::hash::node::Side;
use crate::hash::normal::Macro;
use crate::index::{FileId, ItemId, ItemKind, Span};
use crate::reach::{Closure, World};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// One item of a closure with its digest.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) path: String,
    pub(crate) hash: [u8; 32],
    pub(crate) through: Option<String>,
}

/// A closure with everything that counts.
#[derive(Debug, Default)]
pub(crate) struct Versioned {
    pub(crate) version: [u8; 32],
    pub(crate) parts: Vec<Part>,
    pub(crate) crates: BTreeSet<String>,
    pub(crate) cfgs: BTreeSet<String>,
    pub(crate) env: BTreeSet<String>,
    pub(crate) files: Vec<(PathBuf, [u8; 32])>,
    pub(crate) sources: BTreeSet<PathBuf>,
    pub(crate) reasons: BTreeSet<String>,
}

impl World {
    pub(crate) fn versioned(&mut self, closure: &Closure, mut reasons: BTreeSet<String>) -> Versioned {
        let mut versioned = Versioned::default();
        let (mut packages, mut included) = (BTreeSet::new(), BTreeSet::new());
        let (mut positions, mut depends_on_features) = (false, false);
        let mut digests: Vec<[u8; 32]> = Vec::with_capacity(closure.reached.len());
        for reached in &closure.reached {
            let facts = self.facts(reached.node);
            for external in &facts.externals {
                packages.extend(self.resolver.externals.get(external.0).and_then(|external| external.package));
            }
            if self.is_own(reached.node) {
                versioned.cfgs.extend(facts.cfgs.iter().cloned());
            }
            versioned.env.extend(facts.env.iter().cloned());
            included.extend(facts.files.iter().cloned());
            reasons.extend(facts.reasons.iter().cloned());
            positions |= facts.sees_positions;
            depends_on_features |= !facts.cfgs.is_empty() && !self.is_own(reached.node);
            let hash = self.node_hash(reached.node);
            let (path, digest) = self.named(reached.node, hash);
            digests.push(digest);
            let through = reached.through.map(|through| match self.hashes.named.get(&through) {
                Some((path, _)) => path.clone(),
                None => self.node_path(through),
            });
            versioned.parts.push(Part { path, hash, through });
            versioned.sources.extend(self.source_of(reached.node));
        }
        reasons.extend(self.index.krates.iter().flat_map(|krate| krate.defects.iter().cloned()));
        versioned.crates = self.workspace.lock.closure(packages);
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"mamo.reach/1");
        hasher.update(self.workspace.edition.as_deref().unwrap_or("").as_bytes());
        digests.sort_unstable();
        digests.dedup();
        hasher.update(&digests.concat());
        for text in &versioned.crates {
            hasher.update(&[2]);
            hasher.update(text.as_bytes());
        }
        for path in included {
            match std::fs::read(&path) {
                Ok(bytes) => versioned.files.push((path, *blake3::hash(&bytes).as_bytes())),
                Err(error) => {
                    reasons.insert(format!("cannot read `{}`: {error}", path.display()));
                }
            }
        }
        if positions {
            for path in &versioned.sources {
                let text = std::fs::read(path).unwrap_or_default();
                versioned.files.push((path.clone(), *blake3::hash(&text).as_bytes()));
            }
        }
        for (_, hash) in &versioned.files {
            hasher.update(&[3]);
            hasher.update(hash);
        }
        if depends_on_features {
            // Nobody but the manifests says which features of a crate beside this one are on.
            for path in &self.workspace.manifests {
                hasher.update(&[5]);
                hasher.update(&std::fs::read(path).unwrap_or_default());
            }
        }
        if !reasons.is_empty() {
            hasher.update(&[4]);
            hasher.update(&self.whole());
        }
        versioned.reasons = reasons;
        versioned.version = *hasher.finalize().as_bytes();
        versioned
    }

    /// A node's path, and one digest of it and of its hash.
    fn named(&mut self, node: crate::reach::NodeId, hash: [u8; 32]) -> (String, [u8; 32]) {
        if let Some(named) = self.hashes.named.get(&node) {
            return named.clone();
        }
        let path = self.node_path(node);
        let bytes = [&hash, path.as_bytes()].concat();
        let named = (path, *blake3::hash(&bytes).as_bytes());
        self.hashes.named.insert(node, named.clone());
        named
    }

    /// Whether a node is of the crate itself, whose conditions the compiler can be asked for.
    fn is_own(&self, node: crate::reach::NodeId) -> bool {
        let scope = match self.instance_of(node) {
            Some(instance) => Some(instance.scope),
            None => self.index.item(ItemId(node.0)).map(|item| item.scope),
        };
        let own = self.index.krates.first().map(|own| own.root);
        scope.is_none_or(|scope| self.index.root(scope) == own)
    }

    fn source_of(&self, node: crate::reach::NodeId) -> Option<PathBuf> {
        let file = match self.instance_of(node) {
            Some(instance) => instance.span.file,
            None => self.index.item(ItemId(node.0))?.span.file,
        };
        self.index.files.get(file).map(|file| file.path.clone())
    }

    /// All sources that were read, and the lock file: what counts when something cannot be resolved.
    pub(crate) fn whole(&mut self) -> [u8; 32] {
        if let Some(hash) = self.hashes.krate {
            return hash;
        }
        let mut hasher = blake3::Hasher::new();
        let files: Vec<FileId> = self.index.krates.iter().flat_map(|krate| krate.files.clone()).collect();
        let mut digests = Vec::new();
        for file in files {
            let Some(read) = self.index.files.get(file).map(std::sync::Arc::clone) else { continue };
            let digest = if read.lexed.problem.is_some() {
                *blake3::hash(read.text.as_bytes()).as_bytes()
            } else {
                let span = Span { file, start: 0, end: read.lexed.tokens.len() };
                *blake3::hash(&self.normal(span, &[], Macro::None, Side::Code)).as_bytes()
            };
            digests.push(digest);
        }
        for digest in digests {
            hasher.update(&digest);
        }
        for folder in self.index.krates.iter().filter_map(|krate| krate.unread.as_deref()) {
            for file in sources_below(folder) {
                hasher.update(&std::fs::read(file).unwrap_or_default());
            }
        }
        let all = 0..self.workspace.lock.packages.len();
        for text in self.workspace.lock.closure(all) {
            hasher.update(text.as_bytes());
        }
        for path in self.workspace.manifests.clone() {
            hasher.update(&std::fs::read(path).unwrap_or_default());
        }
        let hash = *hasher.finalize().as_bytes();
        self.hashes.krate = Some(hash);
        hash
    }

    /// The digest of the types among some items: what their values look like.
    pub(crate) fn shape(&mut self, items: &[ItemId]) -> [u8; 32] {
        let mut digests: Vec<[u8; 32]> = Vec::new();
        for id in items {
            let text = self.item_text(*id, Side::Shape);
            let mut hasher = blake3::Hasher::new();
            hasher.update(self.item_path(*id).as_bytes());
            hasher.update(&[0]);
            hasher.update(&text);
            digests.push(*hasher.finalize().as_bytes());
        }
        digests.sort_unstable();
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"mamo.shape/1");
        for digest in digests {
            hasher.update(&digest);
        }
        *hasher.finalize().as_bytes()
    }

    /// Whether an item says what a value looks like.
    pub(crate) fn is_shape(&self, id: ItemId) -> bool {
        self.index.item(id).is_some_and(|item| {
            item.kind.is_nominal() || matches!(item.kind, ItemKind::Alias | ItemKind::Const | ItemKind::Macro)
        })
    }
}

/// All source files in a folder and those inside of it, sorted.
fn sources_below(folder: &Path) -> Vec<PathBuf> {
    let (mut open, mut files) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_folder && path.file_name().is_some_and(|name| name != "target") {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort_unstable();
    files
}
