//! All that lies below a folder, in a defined order.

use crate::exec::look::error::LookError;
use crate::exec::look::file::ATTEMPTS;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::FileType;
use std::io;
use std::path::{Component, Path, PathBuf};

/// What lies below a folder: by the bytes of the path from there, with `/` between names.
pub(crate) type Listing = BTreeMap<Vec<u8>, Listed>;

/// One thing below a folder. Folders are in the paths of what lies in them; pipes and devices have no content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Listed {
    /// A file, or a link to one.
    File(PathBuf),
    /// A folder that is listed already, by another path from the root: this one.
    Alias(Vec<u8>),
    /// A link that leads nowhere: the bytes of its text.
    Link(Vec<u8>),
}

impl Listed {
    /// Where the file lies, if it is one.
    pub(crate) fn file(&self) -> Option<&PathBuf> {
        match self {
            Self::File(path) => Some(path),
            Self::Alias(_) | Self::Link(_) => None,
        }
    }
}

/// Which links a folder may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Links {
    Anywhere,
    Within,
}

/// A folder that is still to be read.
struct Pending {
    path: PathBuf,
    relative: Vec<u8>,
    /// Where it truly lies.
    place: PathBuf,
}

/// Looks again when something was there as the folder was read and is gone as it is looked at.
pub(super) fn steady<T>(mut look: impl FnMut() -> Result<T, LookError>) -> Result<T, LookError> {
    for _ in 1..ATTEMPTS {
        let looked = look();
        if !matches!(looked, Err(LookError::Missing { .. })) {
            return looked;
        }
    }
    look()
}

/// Everything below `root`, through links to folders as well.
///
/// Each folder is read once, however many links lead to it: they may lead round, and the ways through links that lead
/// to each other are too many to follow.
pub(crate) fn walk(root: &Path) -> Result<Listing, LookError> {
    walk_links(root, Links::Anywhere).map(|(listing, _)| listing)
}

/// As [`walk`], with where the folders truly lie.
#[cfg(feature = "watch")]
pub(super) fn walk_with_places(root: &Path) -> Result<(Listing, Vec<PathBuf>), LookError> {
    walk_links(root, Links::Anywhere)
}

/// As [`walk`]; a link that leads out of the folder is an error.
pub(crate) fn walk_within(root: &Path) -> Result<Listing, LookError> {
    walk_links(root, Links::Within).map(|(listing, _)| listing)
}

fn walk_links(root: &Path, links: Links) -> Result<(Listing, Vec<PathBuf>), LookError> {
    let metadata = std::fs::metadata(root).map_err(|error| LookError::reading(root, error))?;
    if !metadata.is_dir() {
        return Err(LookError::NoFolder { path: root.to_path_buf() });
    }
    let mut listing = Listing::new();
    let top = true_place(root)?;
    let mut known = BTreeMap::from([(top.clone(), Vec::new())]);
    let mut todo = vec![Pending { path: root.to_path_buf(), relative: Vec::new(), place: top.clone() }];
    while let Some(folder) = todo.pop() {
        for child in children(&folder.path)? {
            let relative = folder.below(&child.name);
            if links == Links::Within && child.file_type.is_symlink() && !child.leads_into(&folder.place, &top) {
                return Err(LookError::Leaves { path: child.path, folder: root.to_path_buf() });
            }
            match child.target_type() {
                None => {
                    let target = std::fs::read_link(&child.path).unwrap_or_default();
                    listing.insert(relative, Listed::Link(target.into_os_string().into_encoded_bytes()));
                }
                Some(target) if target.is_dir() => {
                    let is_link = child.file_type.is_symlink();
                    let place = if is_link { true_place(&child.path)? } else { folder.place.join(&child.name) };
                    if let Some(listed) = known.get(&place) {
                        listing.insert(relative, Listed::Alias(listed.clone()));
                    } else {
                        known.insert(place.clone(), relative.clone());
                        todo.push(Pending { path: child.path, relative, place });
                    }
                }
                Some(target) if target.is_file() => {
                    listing.insert(relative, Listed::File(child.path));
                }
                Some(_) => {}
            }
        }
    }
    Ok((listing, known.into_keys().collect()))
}

impl Pending {
    fn below(&self, name: &OsStr) -> Vec<u8> {
        let mut relative = self.relative.clone();
        if !relative.is_empty() {
            relative.push(b'/');
        }
        relative.extend_from_slice(name.as_encoded_bytes());
        relative
    }
}

/// Something in a folder.
pub(super) struct Child {
    pub(super) name: OsString,
    pub(super) path: PathBuf,
    /// That of a link, not of what it leads to.
    pub(super) file_type: FileType,
}

impl Child {
    /// Whether this link in the folder at `place` leads to something in `top`, or would if it were there.
    fn leads_into(&self, place: &Path, top: &Path) -> bool {
        if let Ok(target) = self.path.canonicalize() {
            return target.starts_with(top);
        }
        let Ok(target) = std::fs::read_link(&self.path) else { return false };
        let mut end = place.to_path_buf();
        target.components().all(|component| {
            match component {
                Component::Normal(name) => end.push(name),
                Component::CurDir => {}
                Component::ParentDir => _ = end.pop(),
                Component::RootDir | Component::Prefix(_) => return false,
            }
            end.starts_with(top)
        })
    }

    /// What it is or leads to; nothing for a link that leads nowhere.
    fn target_type(&self) -> Option<FileType> {
        if self.file_type.is_symlink() {
            std::fs::metadata(&self.path).ok().map(|metadata| metadata.file_type())
        } else {
            Some(self.file_type)
        }
    }
}

/// What is in a folder, in the order of the names.
pub(super) fn children(folder: &Path) -> Result<Vec<Child>, LookError> {
    let listable = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let child = |entry: io::Result<std::fs::DirEntry>| {
        let entry = entry?;
        let name = entry.file_name();
        Ok(Child { path: folder.join(&name), file_type: entry.file_type()?, name })
    };
    let children = std::fs::read_dir(listable).and_then(|entries| entries.map(child).collect::<io::Result<Vec<_>>>());
    let mut children = children.map_err(|error| LookError::reading(folder, error))?;
    // Of several ways to a folder it is listed by the first, which must be the same one everywhere.
    children.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    Ok(children)
}

fn true_place(path: &Path) -> Result<PathBuf, LookError> {
    path.canonicalize().map_err(|error| LookError::reading(path, error))
}
