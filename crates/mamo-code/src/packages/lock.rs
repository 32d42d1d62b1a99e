//! `Cargo.lock`: which versions of which packages are in use.

use crate::packages::toml::entries;
use std::collections::BTreeSet;

/// One `[[package]]`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// None for a path dependency.
    pub(crate) source: Option<String>,
    checksum: Option<String>,
    dependencies: Vec<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Lock {
    pub(crate) packages: Vec<Package>,
}

impl Lock {
    pub(crate) fn parse(text: &str) -> Self {
        let (mut packages, mut section) = (Vec::<Package>::new(), 0);
        for entry in entries(text) {
            let [table, key] = entry.path.as_slice() else { continue };
            if table != "package" {
                continue;
            }
            if section != entry.section {
                section = entry.section;
                packages.push(Package::default());
            }
            let Some(package) = packages.last_mut() else { continue };
            let text = entry.value.text().map(str::to_owned);
            match key.as_str() {
                "name" => package.name = text.unwrap_or_default(),
                "version" => package.version = text.unwrap_or_default(),
                "source" => package.source = text,
                "checksum" => package.checksum = text,
                "dependencies" => package.dependencies = entry.value.texts().into_iter().map(str::to_owned).collect(),
                _ => {}
            }
        }
        Self { packages }
    }

    /// The package that `of` depends on under a name; `of` tells two versions apart.
    pub(crate) fn dependency(&self, of: Option<usize>, name: &str) -> Option<usize> {
        let named: Vec<usize> = (0..self.packages.len()).filter(|at| self.is_named(*at, name)).collect();
        if let [only] = named.as_slice() {
            return Some(*only);
        }
        let dependencies = &self.packages.get(of?)?.dependencies;
        let wanted = dependencies.iter().find(|wanted| wanted.split(' ').next() == Some(name))?;
        named.into_iter().find(|at| self.packages.get(*at).is_some_and(|package| fits(wanted, package)))
    }

    pub(crate) fn named(&self, name: &str) -> Option<usize> {
        (0..self.packages.len()).find(|at| self.is_named(*at, name))
    }

    fn is_named(&self, at: usize, name: &str) -> bool {
        self.packages.get(at).is_some_and(|package| package.name == name)
    }

    /// A package and everything that it depends on, as text, sorted.
    pub(crate) fn closure(&self, roots: impl IntoIterator<Item = usize>) -> BTreeSet<String> {
        let mut open: Vec<usize> = roots.into_iter().collect();
        let mut seen: BTreeSet<usize> = open.iter().copied().collect();
        let mut texts = BTreeSet::new();
        while let Some(at) = open.pop() {
            let Some(package) = self.packages.get(at) else { continue };
            let checksum = package.checksum.as_deref().or(package.source.as_deref()).unwrap_or("path");
            texts.insert(format!("{} {} {checksum}", package.name, package.version));
            for wanted in &package.dependencies {
                let found = self.packages.iter().position(|package| fits(wanted, package));
                open.extend(found.filter(|at| seen.insert(*at)));
            }
        }
        texts
    }
}

/// `name`, `name version` or `name version (source)`.
fn fits(wanted: &str, package: &Package) -> bool {
    let mut words = wanted.split(' ');
    words.next() == Some(package.name.as_str()) && words.next().is_none_or(|version| version == package.version)
}
