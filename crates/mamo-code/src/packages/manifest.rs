//! `Cargo.toml`: the dependencies of a crate, those beside it read into the index.

use crate::index::{Index, KrateId, add_crate};
use crate::packages::Dependency;
use crate::packages::lock::Lock;
use crate::packages::toml::{Entry, Value, entries};
use std::path::{Path, PathBuf};

/// One package's manifest.
#[derive(Debug)]
struct Manifest {
    folder: PathBuf,
    entries: Vec<Entry>,
}

/// What surrounds a crate.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    pub(crate) lock: Lock,
    /// The manifest of the workspace, for what members inherit.
    root: Option<Manifest>,
    /// Crates that were read, by the folder of their package.
    read: Vec<(PathBuf, KrateId)>,
    /// Manifests that decide about features of crates that were read.
    pub(crate) manifests: Vec<PathBuf>,
    pub(crate) edition: Option<String>,
}

impl Manifest {
    fn read(folder: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(folder.join("Cargo.toml")).ok()?;
        Some(Self { folder: folder.to_owned(), entries: entries(&text) })
    }

    fn value(&self, path: &[&str]) -> Option<&Value> {
        self.entries.iter().find(|entry| entry.path == path).map(|entry| &entry.value)
    }

    /// The root file of the library, if there is one.
    fn library(&self) -> Option<PathBuf> {
        let written = self.value(&["lib", "path"]).and_then(Value::text);
        let path = self.folder.join(written.unwrap_or("src/lib.rs"));
        path.is_file().then_some(path)
    }

    fn library_name(&self) -> Option<String> {
        let written = self.value(&["lib", "name"]).or_else(|| self.value(&["package", "name"]))?;
        Some(written.text()?.replace('-', "_"))
    }

    /// Names of dependencies in all sections, with what is said about each.
    fn dependencies(&self, is_workspace: bool) -> Vec<(String, Value)> {
        let mut found: Vec<(String, Value)> = Vec::new();
        for entry in &self.entries {
            let section = entry.path.iter().position(|key| key.ends_with("dependencies"));
            let Some(section) = section.filter(|at| match is_workspace {
                true => *at == 1 && entry.path.first().is_some_and(|key| key == "workspace"),
                false => *at == 0 || entry.path.first().is_some_and(|key| key == "target"),
            }) else {
                continue;
            };
            let Some(name) = entry.path.get(section + 1) else { continue };
            match entry.path.get(section + 2) {
                None => found.push((name.clone(), entry.value.clone())),
                Some(key) => {
                    let value = (key.clone(), entry.value.clone());
                    match found.iter_mut().find(|(known, _)| known == name) {
                        Some((_, Value::Table(table))) => table.push(value),
                        Some(_) => {}
                        None => found.push((name.clone(), Value::Table(vec![value]))),
                    }
                }
            }
        }
        found
    }
}

/// Finds the package around a crate and reads the dependencies that the crate's sources mention.
pub(crate) fn attach(index: &mut Index, krate: KrateId, root_file: &Path, folder: Option<&Path>) -> Workspace {
    let mut workspace = Workspace::default();
    let found = match folder {
        Some(folder) => Manifest::read(folder),
        None => root_file
            .ancestors()
            .skip(1)
            .filter_map(Manifest::read)
            .find(|manifest| manifest.value(&["package", "name"]).is_some()),
    };
    let Some(manifest) = found else { return workspace };
    let outer = manifest
        .folder
        .ancestors()
        .filter_map(Manifest::read)
        .find(|outer| outer.entries.iter().any(|entry| entry.path.first().is_some_and(|key| key == "workspace")));
    let lock_folder = outer.as_ref().map_or(manifest.folder.clone(), |outer| outer.folder.clone());
    if let Ok(text) = std::fs::read_to_string(lock_folder.join("Cargo.lock")) {
        workspace.lock = Lock::parse(&text);
    }
    workspace.root = outer;
    let edition = workspace.inherited(&manifest, "edition");
    workspace.edition = edition;
    if manifest.library().is_none_or(|library| !is_same(&library, root_file)) {
        workspace.own_library(index, krate, &manifest);
    } else {
        workspace.read.push((manifest.folder.clone(), krate));
    }
    workspace.dependencies(index, krate, &manifest);
    workspace
}

fn is_same(one: &Path, other: &Path) -> bool {
    one == other || one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

impl Workspace {
    fn inherited(&self, manifest: &Manifest, key: &str) -> Option<String> {
        let own = manifest.value(&["package", key]).and_then(Value::text);
        let root = self.root.as_ref().and_then(|root| root.value(&["workspace", "package", key])).and_then(Value::text);
        own.or(root).map(str::to_owned)
    }

    /// The library of the package, for a binary, an example or a test that uses it.
    fn own_library(&mut self, index: &mut Index, krate: KrateId, manifest: &Manifest) {
        let (Some(library), Some(name)) = (manifest.library(), manifest.library_name()) else { return };
        let Some(symbol) = index.symbols.find(&name) else { return };
        if index.known.trusted.contains(&name) {
            if let Some(krate) = index.krates.get_mut(krate.0) {
                krate.externs.insert(symbol, Dependency::Trusted(name));
            }
            return self.dependencies(index, krate, manifest);
        }
        if let Ok(read) = add_crate(index, &name, &library) {
            self.read.push((manifest.folder.clone(), read));
            if let Some(krate) = index.krates.get_mut(krate.0) {
                krate.externs.insert(symbol, Dependency::Read(read));
            }
            self.dependencies(index, read, manifest);
        }
    }

    fn dependencies(&mut self, index: &mut Index, krate: KrateId, manifest: &Manifest) {
        self.manifests.push(manifest.folder.join("Cargo.toml"));
        let is_proc_macro = manifest.value(&["lib", "proc-macro"]).or_else(|| manifest.value(&["lib", "proc_macro"]));
        if let Some(krate) = index.krates.get_mut(krate.0) {
            krate.folder = Some(manifest.folder.clone());
            krate.is_proc_macro = is_proc_macro.is_some_and(|value| value.is("true"));
        }
        let own = manifest.value(&["package", "name"]).and_then(Value::text);
        let own = own.and_then(|name| self.lock.named(name));
        for (key, value) in manifest.dependencies(false) {
            let in_paths = key.replace('-', "_");
            let Some((package, folder, base)) = self.source(manifest, &key, &value) else { continue };
            let folder = folder.map(|folder| crate::index::plain(&base.join(folder)));
            let target = folder.as_deref().and_then(Manifest::read);
            // Without a rename, a dependency is named by its library.
            let name = match &target {
                Some(target) if package == key => target.library_name().unwrap_or(in_paths),
                Some(_) | None => in_paths,
            };
            let Some(symbol) = index.symbols.find(&name) else { continue };
            let dependency = match target {
                _ if index.known.trusted.contains(&package) => Dependency::Trusted(package),
                Some(target) => self.read(index, &target, &package),
                None => match self.lock.dependency(own, &package) {
                    Some(at) if self.lock.packages.get(at).is_some_and(|package| package.source.is_some()) => {
                        Dependency::Locked { package: at, name: package }
                    }
                    Some(_) | None => self.beside(index, manifest, &package),
                },
            };
            if let Some(krate) = index.krates.get_mut(krate.0) {
                krate.externs.insert(symbol, dependency);
            }
        }
    }

    /// The package's name and, for a path dependency, its folder and what that is relative to.
    fn source(&self, manifest: &Manifest, key: &str, value: &Value) -> Option<(String, Option<String>, PathBuf)> {
        let is_inherited = value.get("workspace").is_some_and(|value| value.is("true"));
        let (value, base) = match (is_inherited, &self.root) {
            (true, Some(root)) => {
                let (_, value) = root.dependencies(true).into_iter().find(|(name, _)| name == key)?;
                (value, root.folder.clone())
            }
            (true, None) | (false, _) => (value.clone(), manifest.folder.clone()),
        };
        let text = |key: &str| value.get(key).and_then(Value::text).map(str::to_owned);
        Some((text("package").unwrap_or_else(|| key.to_owned()), text("path"), base))
    }

    /// A crate without a source in the lock file and without a path: a `[patch]` with a path.
    fn beside(&mut self, index: &mut Index, manifest: &Manifest, package: &str) -> Dependency {
        let root = self.root.as_ref().unwrap_or(manifest);
        let patched = root.entries.iter().find_map(|entry| match entry.path.as_slice() {
            [patch, _, name] if patch == "patch" && name == package => entry.value.get("path").and_then(Value::text),
            [patch, _, name, path] if patch == "patch" && name == package && path == "path" => entry.value.text(),
            _ => None,
        });
        let folder = patched.map(|folder| crate::index::plain(&root.folder.join(folder)));
        match folder.as_deref().and_then(Manifest::read) {
            Some(target) => self.read(index, &target, package),
            None => Dependency::Unread(package.to_owned()),
        }
    }

    fn read(&mut self, index: &mut Index, target: &Manifest, package: &str) -> Dependency {
        if let Some((_, krate)) = self.read.iter().find(|(folder, _)| *folder == target.folder) {
            return Dependency::Read(*krate);
        }
        let (Some(library), Some(name)) = (target.library(), target.library_name()) else {
            return Dependency::Unread(package.to_owned());
        };
        match add_crate(index, &name, &library) {
            Ok(krate) => {
                self.read.push((target.folder.clone(), krate));
                self.dependencies(index, krate, target);
                Dependency::Read(krate)
            }
            Err(_) => Dependency::Unread(package.to_owned()),
        }
    }
}
