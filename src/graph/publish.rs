//! Where results are to lie beside the store, and that no two of them lie in the same place.

use crate::graph::NodeId;
use crate::graph::builder::Builder;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::panic::Location;
use std::path::{Component, Path, PathBuf};

/// A call of `Graph::publish`.
#[derive(Clone, Debug)]
pub(crate) struct Publication {
    pub(crate) node: NodeId,
    pub(crate) path: PathBuf,
    pub(crate) place: &'static Location<'static>,
}

/// Paths that are taken, with where that is said.
#[derive(Default)]
pub(crate) struct Taken(BTreeMap<PathBuf, &'static Location<'static>>);

impl Taken {
    /// Takes a path; gives the one that is the same, is inside of it or has it inside, if any.
    pub(crate) fn take(
        &mut self,
        path: &Path,
        place: &'static Location<'static>,
    ) -> Option<(PathBuf, &'static Location<'static>)> {
        let path = plain(path);
        let above = path.ancestors().find_map(|above| self.0.get_key_value(above));
        // Paths are ordered by their names, so what is inside of one comes right behind it.
        let behind = || self.0.range::<Path, _>((Bound::Excluded(path.as_path()), Bound::Unbounded)).next();
        let other = above.or_else(|| behind().filter(|(other, _)| other.starts_with(&path)));
        let other = other.map(|(path, place)| (path.clone(), *place));
        self.0.entry(path).or_insert(place);
        other
    }
}

/// What is wrong with two paths of which one is, or is inside of, the other.
pub(crate) fn conflict(path: &Path, place: &Location<'_>, other: &Path, other_place: &Location<'_>) -> String {
    let (path, other) = (path.display(), other.display());
    if path.to_string() == other.to_string() {
        return format!("two results are published as `{path}`: {other_place} and {place}");
    }
    format!(
        "one result is published as `{other}`, another as `{path}`, inside of each other: {other_place} and {place}"
    )
}

impl Builder {
    /// Notes that a node's result is published, and makes it a target.
    pub(crate) fn publish(&mut self, node: NodeId, path: &Path, place: &'static Location<'static>) {
        let path = plain(path);
        let name = path.display().to_string();
        if name.is_empty() {
            self.mistakes.push(format!("a result is published without a path ({place})"));
            return;
        }
        if let Some((other, other_place)) = self.published.take(&path, place) {
            self.mistakes.push(conflict(&path, place, &other, other_place));
            return;
        }
        self.graph.publications.push(Publication { node, path, place });
        self.target(name, node, place);
    }
}

/// The path without `.`, and without `..` as far as that can be told by its text.
pub(crate) fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(plain.components().next_back(), Some(Component::Normal(_))) => {
                plain.pop();
            }
            Component::ParentDir | Component::Normal(_) | Component::RootDir | Component::Prefix(_) => {
                plain.push(component);
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_meet_that_are_the_same_or_inside_of_each_other() {
        let meets = |first: &str, second: &str| {
            let mut taken = Taken::default();
            assert!(taken.take(Path::new(first), Location::caller()).is_none());
            taken.take(Path::new("p/q"), Location::caller());
            taken.take(Path::new(second), Location::caller()).is_some()
        };
        assert!(meets("a/b", "a/./c/../b"));
        assert!(meets("a/b", "a/b/c/d"));
        assert!(meets("a/b/c", "a"));
        assert!(meets("../x", "y/../../x"));
        assert!(!meets("a/b", "a/bc"));
        assert!(!meets("a-b", "a"));
        assert!(!meets("/a", "a"));
    }
}
