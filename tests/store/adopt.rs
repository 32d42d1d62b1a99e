//! Finished files become blobs, on disk and in memory, whatever happened to blobs of that name before.

use crate::support::open_sound;
use mamo::fingerprint::BlobDigest;
use mamo::store::{Adopted, Batch, MemoryStore, Store};
use std::path::Path;

/// On both sides of the size from which blobs are files.
const SIZES: [usize; 3] = [3, (1 << 20) - 1, (1 << 20) + 1];

fn adopt(store: &dyn Store, folder: &Path, bytes: &[u8]) -> BlobDigest {
    let path = folder.join("finished");
    std::fs::write(&path, bytes).unwrap();
    let digest = BlobDigest::of(bytes);
    store.adopt(vec![Adopted { digest, len: u64::try_from(bytes.len()).unwrap(), path: path.clone() }]).unwrap();
    assert!(!path.exists());
    digest
}

fn check(store: &dyn Store, digest: BlobDigest, bytes: Option<&[u8]>) {
    assert_eq!(store.has_blobs(&[digest]).unwrap(), [bytes.is_some()]);
    assert_eq!(store.get_blob(&digest).unwrap().as_deref(), bytes);
    let file = store.blob_files(&[digest]).unwrap().pop().unwrap();
    let is_large = bytes.is_some_and(|bytes| bytes.len() >= 1 << 20);
    assert_eq!(file.is_some(), is_large);
    if let Some(file) = file {
        assert_eq!(Some(std::fs::read(file).unwrap().as_slice()), bytes);
    }
}

fn remove(store: &dyn Store, digest: BlobDigest) {
    let mut batch = Batch::default();
    batch.remove_blob(digest);
    store.put(batch).unwrap();
}

#[test]
fn adopted_files_are_blobs() {
    let folder = tempfile::tempdir().unwrap();
    let disk = open_sound(&folder.path().join("store"));
    let memory = MemoryStore::new();
    let stores: [&dyn Store; 2] = [&disk, &memory];
    for store in stores {
        for size in SIZES {
            let bytes = vec![7; size];
            let digest = adopt(store, folder.path(), &bytes);
            check(store, digest, Some(&bytes));
            adopt(store, folder.path(), &bytes);
            check(store, digest, Some(&bytes));
            remove(store, digest);
            check(store, digest, None);
            // The removal may not be written yet; it must not take the new file away.
            adopt(store, folder.path(), &bytes);
            check(store, digest, Some(&bytes));
            store.sync().unwrap();
            check(store, digest, Some(&bytes));
        }
    }
    drop(disk);
    let disk = open_sound(&folder.path().join("store"));
    SIZES.into_iter().for_each(|size| check(&disk, BlobDigest::of(&vec![7; size]), Some(&vec![7; size])));
}

/// A store that says nothing of files keeps them all the same.
#[test]
fn a_store_without_files_reads_them() {
    struct Plain(MemoryStore);
    impl Store for Plain {
        fn get_many(&self, keys: &[mamo::store::Key]) -> Result<Vec<Option<Vec<u8>>>, mamo::store::StoreError> {
            self.0.get_many(keys)
        }
        fn put(&self, batch: Batch) -> Result<mamo::store::Ticket, mamo::store::StoreError> {
            self.0.put(batch)
        }
        fn durable(&self) -> mamo::store::Ticket {
            self.0.durable()
        }
        fn sync(&self) -> Result<mamo::store::Ticket, mamo::store::StoreError> {
            self.0.sync()
        }
        fn scan(
            &self,
            kind: mamo::store::RecordKind,
            after: Option<mamo::store::Key>,
            limit: usize,
        ) -> Result<Vec<(mamo::store::Key, Vec<u8>)>, mamo::store::StoreError> {
            self.0.scan(kind, after, limit)
        }
        fn get_blob(&self, digest: &BlobDigest) -> Result<Option<Vec<u8>>, mamo::store::StoreError> {
            self.0.get_blob(digest)
        }
        fn has_blobs(&self, digests: &[BlobDigest]) -> Result<Vec<bool>, mamo::store::StoreError> {
            self.0.has_blobs(digests)
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let store = Plain(MemoryStore::new());
    let path = folder.path().join("finished");
    std::fs::write(&path, b"bytes").unwrap();
    let digest = BlobDigest::of(b"bytes");
    store.adopt(vec![Adopted { digest, len: 5, path }]).unwrap();
    assert_eq!(store.get_blob(&digest).unwrap().as_deref(), Some(b"bytes".as_slice()));
    assert_eq!(store.blob_files(&[digest]).unwrap(), [None]);
}
