//! Bytes of values that are not saved and that somebody else in the run may need.

use crate::exec::sync::{Mutex, lock};
use crate::fingerprint::{BlobDigest, DigestMap};
use crate::store::Payload;
use crate::value::{Blob, Bytes};
use std::fs::File;
use std::io::{Read, Result, Seek, SeekFrom, Write};

/// Bytes by their digest, for the time of a run: up to a limit in memory, more of them in a file without a name.
pub(crate) struct Spill {
    places: Mutex<Places>,
    /// So many bytes stay in memory.
    limit: usize,
}

#[derive(Default)]
struct Places {
    /// Also those that came as files of their own.
    shared: DigestMap<BlobDigest, Bytes>,
    memory_len: usize,
    in_file: DigestMap<BlobDigest, Extent>,
    file: Option<File>,
    file_len: u64,
}

/// Where bytes stand in the file.
#[derive(Clone, Copy)]
struct Extent {
    start: u64,
    len: usize,
}

/// So many bytes stay in memory at most.
const MEMORY_LIMIT: usize = 64 << 20;

impl Spill {
    /// Takes an eighth of `memory` before it begins to write.
    pub(crate) fn within(memory: u64) -> Self {
        let limit = usize::try_from(memory / 8).unwrap_or(usize::MAX).min(MEMORY_LIMIT);
        Self { places: Mutex::default(), limit }
    }

    /// Keeps bytes in the file; whether they could be written.
    pub(crate) fn put_aside(&self, digest: BlobDigest, blob: Blob) -> bool {
        let is_file = matches!(blob, Blob::File(_));
        let Ok(bytes) = blob.into_bytes() else { return false };
        let places = &mut *lock(&self.places);
        if places.in_file.contains_key(&digest) {
            return true;
        }
        if is_file {
            // One of its own, which is only mapped.
            places.shared.insert(digest, bytes);
            return true;
        }
        let Ok(extent) = places.write(&bytes) else { return false };
        places.in_file.insert(digest, extent);
        true
    }

    /// Keeps bytes. Those that cannot be written are not kept: whoever needs them makes them again.
    pub(crate) fn put(&self, digest: BlobDigest, blob: Blob) {
        let memory_len = blob.memory_len();
        let Ok(bytes) = blob.into_bytes() else { return };
        let places = &mut *lock(&self.places);
        if places.has(&digest) {
            return;
        }
        if places.memory_len + memory_len <= self.limit {
            places.memory_len += memory_len;
            places.shared.insert(digest, bytes);
        } else if let Ok(extent) = places.write(&bytes) {
            places.in_file.insert(digest, extent);
        }
    }

    /// The bytes, if they were kept and can be read.
    pub(crate) fn get(&self, digest: &BlobDigest) -> Option<Bytes> {
        let places = &mut *lock(&self.places);
        match places.shared.get(digest) {
            Some(bytes) => Some(bytes.clone()),
            None => {
                let extent = *places.in_file.get(digest)?;
                let bytes = places.read(extent).ok()?;
                (BlobDigest::of(&bytes) == *digest).then(|| Bytes::from(bytes))
            }
        }
    }

    /// Whether bytes that were not saved are here.
    pub(crate) fn has(&self, payload: &Payload) -> bool {
        let Payload::Absent { digest, .. } = payload else { return false };
        lock(&self.places).has(digest)
    }

    /// Lets go of everything: the run is over.
    pub(crate) fn clear(&self) {
        let places = std::mem::take(&mut *lock(&self.places));
        drop(places);
    }
}

impl Places {
    fn has(&self, digest: &BlobDigest) -> bool {
        self.shared.contains_key(digest) || self.in_file.contains_key(digest)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<Extent> {
        let extent = Extent { start: self.file_len, len: bytes.len() };
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(tempfile::tempfile()?),
        };
        file.seek(SeekFrom::Start(extent.start))?;
        file.write_all(bytes)?;
        self.file_len += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Ok(extent)
    }

    fn read(&mut self, extent: Extent) -> Result<Vec<u8>> {
        let mut bytes = vec![0; extent.len];
        if let Some(file) = &mut self.file {
            file.seek(SeekFrom::Start(extent.start))?;
            file.read_exact(&mut bytes)?;
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::{MEMORY_LIMIT, Spill};
    use crate::exec::sync::lock;
    use crate::fingerprint::BlobDigest;
    use crate::value::Blob;

    #[test]
    fn what_does_not_fit_into_memory_is_read_from_the_file() {
        let spill = Spill::within(u64::MAX);
        let values: Vec<Vec<u8>> = (0..5).map(|byte| vec![byte; MEMORY_LIMIT / 2 - 1]).collect();
        for value in &values {
            spill.put(BlobDigest::of(value), Blob::Memory(value.clone()));
        }
        for value in values.iter().rev() {
            assert!(&*spill.get(&BlobDigest::of(value)).unwrap() == value.as_slice());
        }
        let n_in_file = lock(&spill.places).in_file.len();
        assert_eq!(n_in_file, 3);
        spill.clear();
        assert_eq!(spill.get(&BlobDigest::of(&values[0])), None);
    }
}
