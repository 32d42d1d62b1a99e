//! What of the file system sources depend on: which files, how they look without being read, and which folders tell of
//! changes.
//!
//! Folders tell of more than sources read, and of a change of a link they tell elsewhere. So what a folder tells is only
//! the occasion to look again; a change is a file that is named, or a difference between two sights.

use crate::exec::look::glob::matches;
use crate::exec::look::pattern::FilePattern;
use crate::exec::look::stat::Stat;
use crate::exec::look::walk::walk_with_places;
use crate::graph::Source;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What sources depend on, at one moment. Paths are those where things truly lie.
#[derive(Debug, Default)]
pub(crate) struct Sight {
    files: BTreeMap<PathBuf, Seen>,
    /// Folders whose events tell when any of it changes.
    pub(crate) folders: BTreeSet<PathBuf>,
}

/// How a file looks.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    /// Nothing when it is not there.
    stat: Option<Stat>,
    /// As the pipeline says it.
    shown: PathBuf,
}

/// Paths at which the engine itself writes.
#[derive(Debug, Default)]
pub(crate) struct Ignored(BTreeSet<PathBuf>);

/// A sight that is being put together.
struct Looking<'a> {
    sight: Sight,
    ignored: &'a Ignored,
    /// Folders, as they are written, whose way was looked at, with where they truly lie.
    places: BTreeMap<PathBuf, PathBuf>,
}

impl Ignored {
    pub(crate) fn new<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Self {
        Self(paths.into_iter().filter_map(|path| std::path::absolute(path).ok()).map(|path| true_path(&path)).collect())
    }

    fn has(&self, path: &Path) -> bool {
        path.ancestors().any(|path| self.0.contains(path))
    }
}

impl Sight {
    pub(crate) fn of<'a>(sources: impl IntoIterator<Item = &'a Source>, ignored: &Ignored) -> Self {
        let mut looking = Looking { sight: Self::default(), ignored, places: BTreeMap::new() };
        for source in sources {
            looking.look(source);
        }
        looking.sight
    }

    /// Files that look different than in the sight before, as the pipeline says them.
    pub(crate) fn since<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = &'a Path> {
        let news = self.files.iter().filter(|(path, seen)| before.files.get(*path) != Some(seen));
        let gone = before.files.iter().filter(|(path, _)| !self.files.contains_key(*path));
        news.chain(gone).map(|(_, seen)| seen.shown.as_path())
    }

    /// The file at a path, as the pipeline says it; nothing when it is not one of these.
    pub(crate) fn file(&self, path: &Path) -> Option<&Path> {
        self.files.get(path).or_else(|| self.files.get(&true_path(path))).map(|seen| seen.shown.as_path())
    }
}

impl Looking<'_> {
    fn look(&mut self, source: &Source) {
        match source {
            Source::File { path } | Source::Params { path, .. } => self.file(path),
            // What lies on the search path changes with the system's packages.
            Source::Tool { name } if name.contains(std::path::is_separator) => self.file(Path::new(name)),
            Source::Folder { path } => self.folder(path),
            Source::Glob { pattern } => self.glob(pattern),
            Source::Tool { .. }
            | Source::Env { .. }
            | Source::Secret { .. }
            | Source::Probe { .. }
            | Source::External { .. } => {}
        }
    }

    fn file(&mut self, shown: &Path) {
        let Ok(path) = std::path::absolute(shown) else { return };
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return };
        let place = self.way(folder).join(name);
        self.see(place, shown, std::fs::metadata(&path).ok().as_ref().map(Stat::of));
        if path.is_symlink()
            && let Ok(target) = path.canonicalize()
            && let Some(folder) = target.parent()
        {
            self.sight.folders.insert(folder.to_path_buf());
            let stat = std::fs::metadata(&target).ok().as_ref().map(Stat::of);
            self.see(target, shown, stat);
        }
    }

    fn folder(&mut self, root: &Path) {
        let Ok((listing, places)) = walk_with_places(root) else { return self.file(root) };
        if let Some(parent) = std::path::absolute(root).ok().as_deref().and_then(Path::parent) {
            self.way(parent);
        }
        let places = places.into_iter().filter(|place| !self.ignored.has(place));
        self.sight.folders.extend(places);
        for (relative, listed) in listing {
            let path = match listed.file() {
                Some(path) => path.clone(),
                None => root.join(String::from_utf8_lossy(&relative).as_ref()),
            };
            self.file(&path);
        }
    }

    fn glob(&mut self, pattern: &str) {
        let Ok(pattern) = FilePattern::parse(pattern) else { return };
        let mut folders = vec![pattern.prefix.clone()];
        let found = matches(&pattern, &mut folders).unwrap_or_default();
        for folder in folders {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder.as_path() };
            if let Ok(folder) = std::path::absolute(folder) {
                self.way(&folder);
            }
        }
        for path in found.into_values() {
            self.file(&path);
        }
    }

    /// Follows the way to a folder; gives where it truly lies. When there is none, the folder above tells of its coming.
    fn way(&mut self, folder: &Path) -> PathBuf {
        if let Some(place) = self.places.get(folder) {
            return place.clone();
        }
        let place = true_path(folder);
        self.places.insert(folder.to_path_buf(), place.clone());
        // Another target of a link on the way leads to other files.
        if let (true, Some(parent)) = (folder.is_symlink(), folder.parent()) {
            let link = self.way(parent).join(folder.file_name().unwrap_or_default());
            self.see(link, folder, std::fs::symlink_metadata(folder).ok().as_ref().map(Stat::of));
        }
        if place.is_dir() {
            if !self.ignored.has(&place) {
                self.sight.folders.insert(place.clone());
            }
        } else if let Some(parent) = folder.parent() {
            self.way(parent);
        }
        for link in folder.ancestors().skip(1).filter(|ancestor| ancestor.is_symlink()) {
            self.way(link);
        }
        place
    }

    fn see(&mut self, place: PathBuf, shown: &Path, stat: Option<Stat>) {
        if !self.ignored.has(&place) {
            self.sight.files.entry(place).or_insert_with(|| Seen { stat, shown: shown.to_path_buf() });
        }
    }
}

/// Where a path truly lies, as far as it is there.
fn true_path(path: &Path) -> PathBuf {
    let mut rest = Vec::new();
    for ancestor in path.ancestors() {
        if let Ok(mut place) = ancestor.canonicalize() {
            place.extend(rest.iter().rev());
            return place;
        }
        rest.extend(ancestor.file_name());
    }
    path.to_path_buf()
}
