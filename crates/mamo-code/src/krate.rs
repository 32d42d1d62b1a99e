//! The entry: a crate that was read, and the questions to it.

use crate::ask::{Answer, Ask};
use crate::hash::Versioned;
use crate::index::{Index, ItemId, ItemKind, Known, add_crate};
use crate::packages::attach;
use crate::problem::Problem;
use crate::reach::{NodeId, Start, World};
use crate::report::{Found, Included, Reach, Version};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How a crate is read.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Options {
    folder: Option<PathBuf>,
    test: bool,
    variables: BTreeMap<String, String>,
    trusted: BTreeSet<String>,
}

impl Options {
    /// The folder of the package's manifest; otherwise it is looked for above the root file.
    pub fn package(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// What a variable of the environment says; `OUT_DIR` and `CARGO_MANIFEST_DIR` lead to included files.
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// A package that does not count, as the standard library does not.
    pub fn trust(mut self, package: impl Into<String>) -> Self {
        self.trusted.insert(package.into());
        self
    }

    /// Reads what is under `cfg(test)`, too.
    pub fn with_tests(mut self) -> Self {
        self.test = true;
        self
    }
}

/// A crate whose sources were read.
///
/// Each answer is remembered, and so is everything found out on the way: keep one for as long as the files stay as
/// they are.
#[derive(Debug)]
pub struct Crate {
    world: World,
    answers: HashMap<Ask, Arc<Reach>>,
}

impl Crate {
    /// Reads a crate from its root file, `src/lib.rs` or `src/main.rs`.
    ///
    /// Dependencies with a path are read as well, if the sources mention them.
    ///
    /// # Errors
    /// If the root file cannot be read. Other files that cannot be are a reason to fall back.
    pub fn open(root: &Path, options: &Options) -> Result<Self, Problem> {
        let mut index = Index::new(Known {
            test: options.test,
            variables: options.variables.clone(),
            trusted: options.trusted.clone(),
        });
        find_package(&mut index, root, options.folder.as_deref());
        let krate = add_crate(&mut index, "crate", root)
            .map_err(|error| Problem::Unreadable { path: root.to_owned(), error })?;
        let workspace = attach(&mut index, krate, root, options.folder.as_deref());
        Ok(Self { world: World::new(index, workspace), answers: HashMap::new() })
    }

    /// What a function reaches.
    ///
    /// # Errors
    /// If no function, or more than one, has the path that was asked for. A place at which no function stands is no
    /// error: the answer falls back to the whole crate.
    pub fn reach(&mut self, ask: &Ask) -> Result<Arc<Reach>, Problem> {
        if let Some(reach) = self.answers.get(ask) {
            return Ok(Arc::clone(reach));
        }
        let (closure, reasons, found) = match self.world.find(ask)? {
            Answer::Functions(roots) => (self.world.closure(&roots, Start::Function), BTreeSet::new(), Found::Itself),
            Answer::Around(roots, reason) => {
                let found = if roots.is_empty() { Found::Nowhere } else { Found::Around };
                (self.world.closure(&roots, Start::Item), BTreeSet::from([reason]), found)
            }
        };
        let reach = Arc::new(reach(self.world.versioned(&closure, reasons), found));
        self.answers.insert(ask.clone(), Arc::clone(&reach));
        Ok(reach)
    }

    /// Whether a function is found, without a look at what it reaches.
    ///
    /// # Errors
    /// As for [`reach`](Self::reach).
    pub fn found(&self, ask: &Ask) -> Result<Found, Problem> {
        Ok(match self.world.find(ask)? {
            Answer::Functions(_) => Found::Itself,
            Answer::Around(roots, _) if roots.is_empty() => Found::Nowhere,
            Answer::Around(..) => Found::Around,
        })
    }

    /// A digest of what values of the types in a function's signature look like: of the definitions of these types and
    /// of the types in their fields, without their methods and derives.
    ///
    /// # Errors
    /// As for [`reach`](Self::reach).
    pub fn shape(&mut self, ask: &Ask) -> Result<Version, Problem> {
        let (roots, is_certain) = match self.world.find(ask)? {
            Answer::Functions(roots) => (roots, true),
            Answer::Around(roots, _) => (roots, false),
        };
        if !is_certain {
            return Ok(Version(self.world.whole()));
        }
        let mut found: Vec<ItemId> = Vec::new();
        for root in roots {
            found.extend(self.world.signature_types(root));
        }
        let mut next = 0;
        while let Some(id) = found.get(next).copied() {
            next += 1;
            let facts = self.world.facts(NodeId(id.0));
            for node in &facts.reached {
                let id = ItemId(node.0);
                if self.world.is_shape(id) && !found.contains(&id) {
                    found.push(id);
                }
            }
        }
        Ok(Version(self.world.shape(&found)))
    }

    /// A digest of all sources that were read, and of the lock file.
    pub fn whole(&mut self) -> Version {
        Version(self.world.whole())
    }

    /// The paths of all functions in the sources of the crate itself, sorted.
    pub fn functions(&self) -> Vec<String> {
        let own = self.world.index.krates.first().map(|krate| krate.root);
        let mut paths: Vec<String> = Vec::new();
        for (place, item) in self.world.index.items.iter().enumerate() {
            if item.kind == ItemKind::Fn && self.world.index.root(item.scope) == own {
                paths.push(self.world.item_path(ItemId(place)));
            }
        }
        paths.sort_unstable();
        paths
    }
}

/// The folder of the manifest is known to paths unless somebody says otherwise.
fn find_package(index: &mut Index, root: &Path, folder: Option<&Path>) {
    let found = folder.or_else(|| root.ancestors().skip(1).find(|folder| folder.join("Cargo.toml").is_file()));
    if let Some(folder) = found.and_then(Path::to_str) {
        index.known.variables.entry("CARGO_MANIFEST_DIR".to_owned()).or_insert_with(|| folder.to_owned());
    }
}

fn reach(versioned: Versioned, found: Found) -> Reach {
    let reasons: Vec<String> = versioned.reasons.into_iter().collect();
    Reach {
        version: Version(versioned.version),
        parts: versioned.parts,
        crates: versioned.crates,
        cfgs: versioned.cfgs.into_iter().collect(),
        env: versioned.env.into_iter().collect(),
        files: versioned.files.into_iter().map(|(path, hash)| Included { path, hash: Version(hash) }).collect(),
        sources: versioned.sources.into_iter().collect(),
        fallback: (!reasons.is_empty()).then(|| reasons.join("; ")),
        found,
    }
}

/// A crate can be kept in a static.
const _: fn() = || {
    fn is_send<T: Send>() {}
    is_send::<Crate>();
};
