//! What mamo remembers of a path where it published something.

use crate::exec::session::Session;
use crate::fingerprint::{BlobDigest, RECIPE};
use crate::store::{Batch, Key, RecordKind, RecordReader, Store, StoreError};
use crate::value::{FileContent, Listed, Manifest, Shape};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What lies at a path, by the paths from there; a file by the empty one.
pub(crate) type Pieces = BTreeMap<PathBuf, Listed>;

/// What was published at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Published {
    pub(crate) shape: Shape,
    pub(crate) digest: BlobDigest,
}

/// All that may lie at a path: more than one thing when mamo was interrupted while it wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct History(pub(crate) Vec<Published>);

const FILE: u8 = b'f';
const FOLDER: u8 = b'd';

impl History {
    /// What the store knows of a path.
    pub(crate) fn load(session: &Session, path: &Path) -> Result<Self, StoreError> {
        let record = session.store.get_many(&[key_of(path)])?.pop().flatten();
        Ok(record.as_deref().and_then(Self::read).unwrap_or_default())
    }

    /// Notes it, durably.
    pub(crate) fn save(&self, session: &Session, path: &Path) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        batch.put(key_of(path), |out| self.write(out));
        session.store.put(batch)?;
        session.store.sync().map(|_| ())
    }

    /// All that was published at the path, as far as it is still known what it consisted of.
    pub(crate) fn pieces(&self, session: &Session) -> Vec<Pieces> {
        let pieces = |published: &Published| match published.shape {
            Shape::File => {
                // Only its digest is compared.
                let content = FileContent { digest: published.digest, len: 0, is_executable: false };
                Some(Pieces::from([(PathBuf::new(), Listed::File(content))]))
            }
            Shape::Folder => Some(Manifest::read(&session.recorder.blob(&published.digest)?)?.into_iter().collect()),
        };
        self.0.iter().filter_map(pieces).collect()
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&RECIPE.to_le_bytes());
        for Published { shape, digest } in &self.0 {
            out.push(match shape {
                Shape::File => FILE,
                Shape::Folder => FOLDER,
            });
            out.extend_from_slice(digest.as_bytes());
        }
    }

    /// Nothing when the bytes were made by another recipe or make no sense: as if nothing had been published.
    fn read(bytes: &[u8]) -> Option<Self> {
        let rest = RecordReader::of_recipe(bytes)?.rest();
        let published = |bytes: &[u8]| {
            let (kind, digest) = bytes.split_first()?;
            let shape = match *kind {
                FILE => Shape::File,
                FOLDER => Shape::Folder,
                _ => return None,
            };
            Some(Published { shape, digest: BlobDigest::from_bytes(digest.try_into().ok()?) })
        };
        rest.chunks(33).map(published).collect::<Option<Vec<_>>>().map(Self)
    }
}

/// Lists of files of all folders that were published: what they say is compared with what lies there.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn manifests(store: &dyn Store) -> Result<Vec<BlobDigest>, StoreError> {
    const PAGE: usize = 1000;
    let mut manifests = Vec::new();
    let mut after = None;
    loop {
        let page = store.scan(RecordKind::Published, after, PAGE)?;
        let histories = page.iter().filter_map(|(_, bytes)| History::read(bytes)).flat_map(|history| history.0);
        manifests.extend(histories.filter(|one| one.shape == Shape::Folder).map(|one| one.digest));
        match page.last() {
            Some((key, _)) if page.len() == PAGE => after = Some(*key),
            Some(_) | None => return Ok(manifests),
        }
    }
}

fn key_of(path: &Path) -> Key {
    Key::new(RecordKind::Published, blake3::hash(path.as_os_str().as_encoded_bytes()).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_reads_back_and_a_cut_one_is_none() {
        let published = |shape| Published { shape, digest: BlobDigest::of(b"x") };
        let history = History(vec![published(Shape::File), published(Shape::Folder)]);
        let mut bytes = Vec::new();
        history.write(&mut bytes);
        assert_eq!(History::read(&bytes), Some(history));
        assert_eq!(History::read(&bytes[..bytes.len() - 1]), None);
    }
}
