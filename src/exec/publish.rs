//! Putting results where users want them: what is there already is left, what is not mamo's is never overwritten.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::event::Event;
use crate::exec::published::{History, Pieces, Published};
use crate::exec::run::Run;
use crate::exec::session::Session;
use crate::exec::store_error::store_error;
use crate::exec::wave::{Trouble, caught};
use crate::graph::{Declared, Publication, Taken, conflict, plain};
use crate::value::{Artifact, Link, Listed, digest_of, link_target, make_executable, make_link};
use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// Publishes what the run was asked for and has values of.
///
/// # Errors
/// When two results would lie in one place, of which nothing is published then. Otherwise the first thing that could not
/// be published; the others are, all the same.
pub(crate) fn publish(run: &Run) -> Result<()> {
    let session = run.session();
    let mut first = Ok(());
    for (publication, path) in placed(&session.graph.publications)? {
        let node = session.graph.effective(publication.node);
        if !run.is_asked_for(node) {
            continue;
        }
        let published = run.artifact(node).and_then(|artifact| match artifact {
            Some(artifact) => Target { session, path, artifact: &artifact }.publish(publication),
            None => Ok(()),
        });
        first = first.and(published.map_err(|error| error.with_node(session.graph.identity(node))));
    }
    first
}

/// Refuses to publish into a store's own folder, where a result could take the place of what the store needs; before anything runs.
///
/// # Errors
/// When a result is to lie there, whichever links lead there, or in the place of the folder.
pub(crate) fn refuse_inside(graph: &Declared, store: &Path) -> Result<()> {
    let folder = followed(&std::path::absolute(store).map_err(Error::other)?);
    for Publication { node, path, place } in &graph.publications {
        let absolute = std::path::absolute(path).map_err(Error::other)?;
        if followed(&absolute).starts_with(&folder) {
            let node = graph.identity(graph.effective(*node));
            let (path, store) = (path.display(), store.display());
            let message = format!("cannot publish node `{node}` as `{path}`: the store is in `{store}` ({place})");
            let hint = "publish it outside of the store's folder, or keep the store elsewhere";
            return Err(Error::new(ErrorKind::NotPublished, message).with_node(&node).with_hint(hint));
        }
    }
    Ok(())
}

/// The path without links, `.` and `..`, as far as it leads to something that is there; what is not there yet has none.
fn followed(path: &Path) -> PathBuf {
    for above in path.ancestors() {
        if let (Ok(there), Ok(rest)) = (above.canonicalize(), path.strip_prefix(above)) {
            return plain(&there.join(rest));
        }
    }
    plain(path)
}

/// Where each result is to lie, by paths from the root: only now it is known what relative ones are relative to.
fn placed(publications: &[Publication]) -> Result<Vec<(&Publication, PathBuf)>> {
    let mut taken = Taken::default();
    let mut placed = Vec::with_capacity(publications.len());
    for publication in publications {
        let Publication { path, place, .. } = publication;
        let path = std::path::absolute(path).map_err(Error::other)?;
        if let Some((other, other_place)) = taken.take(&path, place) {
            return Err(Error::new(ErrorKind::NotPublished, conflict(&path, place, &other, other_place)));
        }
        placed.push((publication, path));
    }
    Ok(placed)
}

/// A path and what is to lie there.
struct Target<'a> {
    session: &'a Session,
    path: PathBuf,
    artifact: &'a Artifact,
}

/// What is to be done about a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// It lies where it should.
    None,
    /// Nothing is in its place, or something that mamo put there.
    Write,
}

impl Target<'_> {
    fn publish(&self, publication: &Publication) -> Result<()> {
        let history = History::load(self.session, &self.path).map_err(store_error)?;
        let now = History(vec![Published { shape: self.artifact.shape(), digest: self.artifact.digest() }]);
        let pieces = self.pieces().map_err(|error| self.failed("read the result for", error))?;
        let before = history.pieces(self.session);
        let changes = self.changes(&pieces, &before)?;
        let stale = self.stale(&pieces, &before);
        let is_missing = self.artifact.is_folder() && pieces.is_empty() && !self.path.is_dir();
        if stale.is_empty() && !is_missing && changes.iter().all(|change| *change == Change::None) {
            return if history == now { Ok(()) } else { now.save(self.session, &self.path).map_err(store_error) };
        }
        // Noted first: what an interrupted run has written is mamo's as well.
        let mut both = now.clone();
        both.0.extend(history.0.into_iter().filter(|published| !now.0.contains(published)));
        both.save(self.session, &self.path).map_err(store_error)?;
        self.remove(&stale).map_err(|error| self.failed("remove what was published before from", error))?;
        if is_missing {
            fs::create_dir_all(&self.path).map_err(|error| self.failed("make", error))?;
        }
        for ((relative, listed), change) in pieces.iter().zip(changes) {
            if change == Change::Write {
                self.write(relative, listed)?;
            }
        }
        now.save(self.session, &self.path).map_err(store_error)?;
        let node = self.session.graph.identity(self.session.graph.effective(publication.node));
        self.session.tell(|observer| observer.event(&Event::Published { node: &node, path: &publication.path }));
        Ok(())
    }

    fn pieces(&self) -> io::Result<Pieces> {
        if self.artifact.is_folder() {
            return unwound(|| self.artifact.listing()).map(|listing| listing.into_iter().collect());
        }
        Ok(Pieces::from([(PathBuf::new(), Listed::File(self.artifact.content()))]))
    }

    fn place(&self, relative: &Path) -> PathBuf {
        if relative.as_os_str().is_empty() { self.path.clone() } else { self.path.join(relative) }
    }

    /// What is to be done about each piece; nothing is touched yet.
    fn changes(&self, pieces: &Pieces, before: &[Pieces]) -> Result<Vec<Change>> {
        let was_ours = |relative: &Path| before.iter().any(|pieces| pieces.contains_key(relative));
        // Files that are there, to be looked at all at once.
        let mut there = Vec::new();
        let mut passed = BTreeSet::new();
        let mut changes = Vec::with_capacity(pieces.len());
        self.check_above()?;
        if self.artifact.is_folder() && pieces.is_empty() {
            self.check_folder(Path::new(""), before)?;
        }
        for (relative, listed) in pieces {
            self.check_folders(relative, before, &mut passed)?;
            let place = self.place(relative);
            let found = look(&place).map_err(|error| self.failed("look at", error))?;
            let is_file = found.as_ref().is_some_and(Metadata::is_file);
            changes.push(match (&found, listed) {
                (None, _) => Change::Write,
                (Some(_), Listed::File(_)) if is_file => {
                    there.push((changes.len(), relative, place));
                    Change::None
                }
                (Some(found), Listed::Alias(_) | Listed::Link(_)) if is_same_link(found, &place, relative, listed) => {
                    Change::None
                }
                (Some(found), _) if found.is_dir() => {
                    // What was published in it is removed first, and it must be empty then.
                    // Itself, when it was published empty.
                    let is_ours = |before: &Pieces| before.is_empty() && relative.as_os_str().is_empty();
                    let has_ours =
                        |before: &Pieces| is_ours(before) || before.keys().any(|ours| ours.starts_with(relative));
                    if !before.iter().any(has_ours) {
                        return Err(self.refused(&place, "a folder"));
                    }
                    if let Some(other) =
                        self.other_in(relative, before).map_err(|error| self.failed("look at", error))?
                    {
                        let what = format!("a folder with `{}` in it", other.display());
                        return Err(self.refused(&place, &what));
                    }
                    Change::Write
                }
                (Some(found), _) => {
                    let is_link = |pieces: &Pieces| {
                        pieces.get(relative).is_some_and(|listed| is_same_link(found, &place, relative, listed))
                    };
                    let is_ours = if is_file { was_ours(relative) } else { before.iter().any(is_link) };
                    if !is_ours {
                        return Err(self.refused(&place, if found.is_symlink() { "a link" } else { "something else" }));
                    }
                    Change::Write
                }
            });
        }
        let paths: Vec<PathBuf> = there.iter().map(|(_, _, place)| place.clone()).collect();
        let contents =
            self.session.looker.contents(&paths).map_err(|error| self.failed("look at", io::Error::other(error)))?;
        for ((index, relative, place), content) in there.into_iter().zip(contents) {
            let Some(Listed::File(expected)) = pieces.get(relative) else { continue };
            let is_same = content.digest == expected.digest
                && (content.is_executable == expected.is_executable || !self.artifact.is_folder());
            if is_same {
                continue;
            }
            if !was_ours(relative) && content.digest != expected.digest {
                return Err(self.refused(&place, "a file with other content"));
            }
            if let Some(change) = changes.get_mut(index) {
                *change = Change::Write;
            }
        }
        Ok(changes)
    }

    /// Whether the folders on the way to a piece are there, or can be made.
    fn check_folders(&self, relative: &Path, before: &[Pieces], passed: &mut BTreeSet<PathBuf>) -> Result<()> {
        for folder in relative.ancestors().skip(1) {
            if !passed.insert(folder.to_path_buf()) {
                // Those above it as well.
                return Ok(());
            }
            self.check_folder(folder, before)?;
        }
        Ok(())
    }

    fn check_folder(&self, folder: &Path, before: &[Pieces]) -> Result<()> {
        let place = self.place(folder);
        let found = look(&place).map_err(|error| self.failed("look at", error))?;
        let is_folder = match &found {
            None => true,
            // A link in the place of the published folder itself is the user's choice of where it lies.
            Some(found) if found.is_symlink() && folder.as_os_str().is_empty() => place.is_dir(),
            Some(found) => found.is_dir(),
        };
        if !is_folder && !before.iter().any(|pieces| self.is_unedited(folder, pieces)) {
            return Err(self.refused(&place, "no folder"));
        }
        Ok(())
    }

    /// Whether there is a folder above the path, or can be.
    fn check_above(&self) -> Result<()> {
        let above = self.path.ancestors().skip(1).find(|above| above.symlink_metadata().is_ok());
        match above.filter(|above| !above.is_dir()) {
            None => Ok(()),
            Some(above) => Err(self.failed("write", io::Error::other(format!("`{}` is no folder", above.display())))),
        }
    }

    /// What is in a folder, at any depth, and will still be there when all that was published in it has been removed.
    fn other_in(&self, folder: &Path, before: &[Pieces]) -> io::Result<Option<PathBuf>> {
        let mut open = vec![folder.to_path_buf()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(self.place(&folder))? {
                let entry = entry?;
                let relative = folder.join(entry.file_name());
                let has_ours = |pieces: &Pieces| pieces.keys().any(|ours| ours.starts_with(&relative));
                let is_ours = if entry.file_type()?.is_dir() {
                    open.push(relative.clone());
                    before.iter().any(has_ours)
                } else {
                    before.iter().any(|pieces| self.is_unedited(&relative, pieces))
                };
                if !is_ours {
                    return Ok(Some(relative));
                }
            }
        }
        Ok(None)
    }

    /// What was published before, is not to be there any more and has not been edited.
    fn stale(&self, pieces: &Pieces, before: &[Pieces]) -> Vec<PathBuf> {
        let mut stale = BTreeSet::new();
        for old in before {
            for relative in old.keys().filter(|relative| !pieces.contains_key(*relative)) {
                if self.is_unedited(relative, old) {
                    stale.insert(relative.clone());
                }
            }
        }
        stale.into_iter().collect()
    }

    /// Whether something lies at a path that is just as it was published.
    fn is_unedited(&self, relative: &Path, pieces: &Pieces) -> bool {
        let place = self.place(relative);
        match (look(&place), pieces.get(relative)) {
            (Ok(Some(found)), Some(Listed::File(content))) => {
                found.is_file() && self.session.looker.is_unchanged(&place, &content.digest)
            }
            (Ok(Some(found)), Some(listed)) => is_same_link(&found, &place, relative, listed),
            (Ok(None) | Err(_), _) | (_, None) => false,
        }
    }

    /// Removes what is stale, and the folders below the path that are empty then.
    fn remove(&self, stale: &[PathBuf]) -> io::Result<()> {
        let mut folders = BTreeSet::new();
        for relative in stale {
            fs::remove_file(self.place(relative))?;
            folders.extend(relative.ancestors().skip(1).map(Path::to_path_buf));
        }
        // Inner ones first. Those that hold anything else stay.
        for folder in folders.iter().rev().filter(|folder| !folder.as_os_str().is_empty()) {
            let _ = fs::remove_dir(self.place(folder));
        }
        Ok(())
    }

    /// Writes a piece beside its place and moves it there.
    fn write(&self, relative: &Path, listed: &Listed) -> Result<()> {
        let place = self.place(relative);
        let temporary = temporary(&place);
        let written = unwound(|| {
            if let Some(parent) = place.parent() {
                fs::create_dir_all(parent)?;
            }
            if temporary.symlink_metadata().is_ok() {
                fs::remove_file(&temporary)?;
            }
            match listed {
                Listed::File(content) if self.artifact.is_folder() => {
                    self.artifact.file(relative, content)?.put(&temporary, Link::Forbidden)?;
                    if content.is_executable {
                        make_executable(&temporary)?;
                    }
                }
                Listed::File(_) => self.artifact.put(&temporary, Link::Forbidden)?,
                Listed::Alias(_) | Listed::Link(_) => make_link(&link_target(relative, listed), &temporary)?,
            }
            if let (Listed::File(content), true) = (listed, self.artifact.is_source())
                && digest_of(&temporary)? != content.digest
            {
                return Err(io::Error::other("the source has changed since the run looked at it; run again"));
            }
            if look(&place)?.is_some_and(|found| found.is_dir()) {
                fs::remove_dir(&place)?;
            }
            fs::rename(&temporary, &place)
        });
        written.map_err(|error| {
            // What is left of it is of no use to anybody.
            let _ = fs::remove_file(&temporary);
            self.failed("write", error)
        })
    }

    fn failed(&self, action: &str, error: io::Error) -> Error {
        let path = self.path.display();
        Error::new(ErrorKind::NotPublished, format!("cannot {action} `{path}`")).with_source(error)
    }

    fn refused(&self, place: &Path, what: &str) -> Error {
        let place = place.display();
        let message = format!("cannot publish `{place}`: {what} is there that mamo did not write");
        Error::new(ErrorKind::NotPublished, message).with_hint("move it away, or publish elsewhere")
    }
}

/// What is at a path, links not followed; nothing when there is nothing.
fn look(path: &Path) -> io::Result<Option<Metadata>> {
    match path.symlink_metadata() {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_same_link(found: &Metadata, place: &Path, relative: &Path, listed: &Listed) -> bool {
    found.is_symlink()
        && !matches!(listed, Listed::File(_))
        && fs::read_link(place).is_ok_and(|target| target == link_target(relative, listed))
}

/// Names have 255 bytes at most, and temporary ones are longer.
const LONGEST_NAME: usize = 240;

fn temporary(place: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    let own = place.file_name().unwrap_or_default();
    if own.len() <= LONGEST_NAME {
        name.push(own);
        name.push(".");
    }
    name.push("mamo-tmp");
    place.with_file_name(name)
}

/// Bytes that are lost may turn out not to be made again, of which a value tells by unwinding.
fn unwound<T>(act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let mut failed = None;
    let done = caught(|| act().map_err(|error| failed.insert(error).to_string().into()));
    match (done, failed) {
        (Ok(done), _) => Ok(done),
        (Err(_), Some(error)) => Err(error),
        (Err(Trouble::Failed(message)), None) => Err(io::Error::other(message)),
        (Err(Trouble::Interrupted(_) | Trouble::Told), None) => Err(io::Error::other("bytes of the result are lost")),
    }
}
