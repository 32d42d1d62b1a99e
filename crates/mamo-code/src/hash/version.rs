//! The digest of a closure: of all its items, and of whatever else they depend on.

use crate::hash::node::{Named, Side};
use crate::hash::normal::Macro;
use crate::index::{FileId, ItemId, ItemKind, Span};
use crate::reach::{Closure, NodeId, World};
use crate::report::{SHOWN, Version};
use crate::resolve::ExternalId;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One item of a closure, and the place of the one that led to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Part {
    pub(crate) named: Arc<Named>,
    pub(crate) through: Option<u32>,
}

/// A closure with everything that counts.
#[derive(Debug, Default)]
pub(crate) struct Versioned {
    pub(crate) version: [u8; 32],
    pub(crate) parts: Vec<Part>,
    pub(crate) crates: Arc<Vec<String>>,
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
        let mut files: Vec<FileId> = Vec::new();
        for reached in &closure.reached {
            let named = self.named(reached.node);
            digests.push(named.digest);
            packages.extend(&named.packages);
            if !files.contains(&named.file) {
                files.push(named.file);
            }
            if named.has_more {
                let facts = self.facts(reached.node);
                if named.is_own {
                    versioned.cfgs.extend(facts.cfgs.iter().cloned());
                }
                versioned.env.extend(facts.env.iter().cloned());
                included.extend(facts.files.iter().cloned());
                reasons.extend(facts.reasons.iter().cloned());
                positions |= facts.sees_positions;
                depends_on_features |= !facts.cfgs.is_empty() && !named.is_own;
            }
            versioned.parts.push(Part { named, through: reached.through });
        }
        versioned.sources =
            files.iter().filter_map(|id| self.index.files.get(*id)).map(|file| file.path.clone()).collect();
        reasons.extend(self.index.krates.iter().flat_map(|krate| krate.defects.iter().cloned()));
        versioned.crates = self.locked(packages);
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"mamo.reach/1");
        hasher.update(self.workspace.edition.as_deref().unwrap_or("").as_bytes());
        hasher.update(&sorted(digests));
        for text in versioned.crates.iter() {
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

    /// What a node says, found out once.
    fn named(&mut self, node: NodeId) -> Arc<Named> {
        if let Some(named) = self.hashes.named.get(&node) {
            return Arc::clone(named);
        }
        let facts = self.facts(node);
        let hash = self.node_hash(node);
        let path = self.node_path(node);
        let digest = *blake3::hash(&[&hash, path.as_bytes()].concat()).as_bytes();
        let place = match self.instance_of(node) {
            Some(instance) => Some((instance.scope, instance.span.file)),
            None => self.index.item(ItemId(node.0)).map(|item| (item.scope, item.span.file)),
        };
        let own = self.index.krates.first().map(|own| own.root);
        let external = |id: &ExternalId| self.resolver.externals.get(id.0).and_then(|external| external.package);
        let named = Arc::new(Named {
            line: format!("{}\t{path}", Version(hash).hex(SHOWN)),
            path,
            hash,
            digest,
            file: place.map_or(FileId(usize::MAX), |(_, file)| file),
            is_own: place.is_none_or(|(scope, _)| self.index.root(scope) == own),
            packages: facts.externals.iter().filter_map(external).collect(),
            has_more: facts.sees_positions
                || [&facts.cfgs, &facts.env, &facts.reasons].iter().any(|texts| !texts.is_empty())
                || !facts.files.is_empty(),
        });
        self.hashes.named.insert(node, Arc::clone(&named));
        named
    }

    /// Entries of the lock file with all that they depend on. Most functions of a crate use the same ones.
    fn locked(&mut self, packages: BTreeSet<usize>) -> Arc<Vec<String>> {
        if let Some(texts) = self.hashes.locked.get(&packages) {
            return Arc::clone(texts);
        }
        let texts = Arc::new(self.workspace.lock.closure(packages.iter().copied()).into_iter().collect());
        self.hashes.locked.insert(packages, Arc::clone(&texts));
        texts
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
            let Some(read) = self.index.files.get(file).map(Arc::clone) else { continue };
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

/// Digests in order, each once, behind each other.
///
/// They are spread by their first bytes, which leaves little to compare: without optimisation, comparing costs more than
/// all that is done with the digests.
fn sorted(digests: Vec<[u8; 32]>) -> Vec<u8> {
    let mut all = Vec::with_capacity(32 * digests.len());
    let mut buckets: Vec<Vec<[u8; 32]>> = vec![Vec::new(); 256];
    for digest in digests {
        if let Some(bucket) = buckets.get_mut(usize::from(digest[0])) {
            bucket.push(digest);
        }
    }
    for mut bucket in buckets {
        if bucket.len() > 1 {
            bucket.sort_unstable();
            bucket.dedup();
        }
        for digest in bucket {
            all.extend_from_slice(&digest);
        }
    }
    all
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
