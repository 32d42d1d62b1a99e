//! Reads the files of a database one by one, past what is broken, without fjall's help.

use crate::store::fjall::frame::{META, Meta, unseal};
use crate::store::fjall::manifest::{Manifest, array, numbers, trees};
use crate::store::fjall::{db, journal};
use lsm_tree::coding::Decode;
use lsm_tree::table::Scanner;
use lsm_tree::table::block::Header;
use lsm_tree::{CompressionType, InternalValue, Slice, ValueType};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// All records that can be read from the files of a database, each in its last version, in the order of their keys.
pub(super) struct Remains {
    origins: Vec<Origin>,
    /// The first version of each origin that was not yet looked at.
    heads: BinaryHeap<Reverse<Head>>,
    complete: bool,
    meta: Option<Meta>,
}

/// A file with versions of records, in the order of [`Version`].
enum Origin {
    Table { scanner: Scanner, values: PathBuf },
    Journal(std::vec::IntoIter<Version>),
}

/// One version of a key. Ordered by key, then newest first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    key: Slice,
    seqno: Reverse<u64>,
    stored: Stored,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Stored {
    Here(Slice),
    /// In a file of values.
    There {
        file: PathBuf,
        /// Where the value itself begins.
        offset: u64,
        len: usize,
    },
    Removed,
    Broken,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Head {
    version: Version,
    origin: usize,
}

impl Remains {
    /// Opens what can be opened of the database at `path`.
    pub(super) fn open(path: &Path) -> Self {
        let mut remains = Self { origins: Vec::new(), heads: BinaryHeap::new(), complete: true, meta: None };
        let journals = db::journals(path);
        remains.complete &= !journals.is_empty();
        for journal in journals {
            let (changes, complete) = journal::read(&journal);
            remains.complete &= complete;
            remains.add(Origin::Journal(versions(changes).into_iter()));
        }
        for tree in trees(path) {
            remains.add_tree(&tree);
        }
        remains
    }

    /// Whether all that was there could be read, as far as it has been.
    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    /// What the database said about itself; known once the first record was asked for.
    pub(super) fn meta(&self) -> Option<Meta> {
        self.meta
    }

    fn add_tree(&mut self, tree: &Path) {
        let folder = tree.join("tables");
        let tables = match Manifest::read(tree) {
            Some(manifest) => manifest.tables,
            // Without a manifest nothing tells in which order the tables that were ingested came. Their own sequence
            // numbers are zero, so they count as the oldest, which `complete` has to make up for.
            None => {
                self.complete = false;
                numbers(&folder).into_iter().map(|number| (number, 0)).collect()
            }
        };
        for (number, seqno) in tables {
            match self.open_table(&folder.join(number.to_string()), seqno) {
                Some(scanner) => self.add(Origin::Table { scanner, values: tree.join("blobs") }),
                None => self.complete = false,
            }
        }
    }

    /// A scanner of a table, from its first readable block on.
    fn open_table(&mut self, path: &Path, seqno: u64) -> Option<Scanner> {
        let open = |path: &Path| {
            let open = || Scanner::new(path, usize::MAX, CompressionType::None, seqno);
            catch_unwind(open).unwrap_or(Err(lsm_tree::Error::Unrecoverable))
        };
        match open(path) {
            Ok(scanner) => return Some(scanner),
            Err(lsm_tree::Error::ChecksumMismatch { .. }) => self.complete = false,
            Err(_) => return None,
        }
        // A scanner reads its first block at once, so it has to begin behind the broken one.
        let bytes = fs::read(path).ok()?;
        let mut rest = bytes.as_slice();
        loop {
            let header = Header::decode_from(&mut &*rest).ok()?;
            let n = Header::serialized_len().checked_add(usize::try_from(header.data_length).ok()?)?;
            rest = rest.get(n..)?;
            let copy = path.with_extension("rest");
            fs::write(&copy, rest).ok()?;
            let scanner = open(&copy);
            let _ = fs::remove_file(&copy);
            match scanner {
                Ok(scanner) => return Some(scanner),
                Err(lsm_tree::Error::ChecksumMismatch { .. }) => {}
                Err(_) => return None,
            }
        }
    }

    fn add(&mut self, origin: Origin) {
        self.origins.push(origin);
        self.advance(self.origins.len() - 1);
    }

    /// Takes the next version of an origin among the heads.
    fn advance(&mut self, origin: usize) {
        let version = match self.origins.get_mut(origin) {
            Some(Origin::Journal(versions)) => versions.next(),
            Some(Origin::Table { scanner, values }) => next_of_table(scanner, values, &mut self.complete),
            None => None,
        };
        self.heads.extend(version.map(|version| Reverse(Head { version, origin })));
    }

    fn pop(&mut self) -> Option<Version> {
        let Reverse(Head { version, origin }) = self.heads.pop()?;
        self.advance(origin);
        Some(version)
    }

    /// The value of a version without its checksum; nothing when it is a removal or broken.
    fn value(&mut self, version: &Version) -> Option<Vec<u8>> {
        let sealed = match &version.stored {
            Stored::Removed => return None,
            Stored::Here(sealed) => Some(sealed.to_vec()),
            Stored::There { file, offset, len } => read_range(file, *offset, *len).ok(),
            Stored::Broken => None,
        };
        if *version.key == *META {
            self.meta = sealed.as_deref().and_then(Meta::from_bytes);
            return None;
        }
        let value = sealed.as_deref().and_then(|sealed| unseal(&version.key, sealed)).map(<[u8]>::to_vec);
        self.complete &= value.is_some();
        value
    }
}

impl Iterator for Remains {
    type Item = (Slice, Vec<u8>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let version = self.pop()?;
            // If the last version is broken an older one will not do.
            while self.heads.peek().is_some_and(|Reverse(head)| head.version.key == version.key) {
                self.pop();
            }
            if let Some(value) = self.value(&version) {
                return Some((version.key, value));
            }
        }
    }
}

/// The next version in a table, past blocks that are broken.
fn next_of_table(scanner: &mut Scanner, values: &Path, complete: &mut bool) -> Option<Version> {
    loop {
        match catch_unwind(AssertUnwindSafe(|| scanner.next())) {
            Ok(Some(Ok(item))) => return Some(version(item, values)),
            // Behind the blocks of data come those of the index, and that is the end.
            Ok(None | Some(Err(lsm_tree::Error::InvalidTag(("BlockType", _))))) => return None,
            Ok(Some(Err(lsm_tree::Error::ChecksumMismatch { .. }))) => *complete = false,
            Ok(Some(Err(_))) | Err(_) => {
                *complete = false;
                return None;
            }
        }
    }
}

fn version(item: InternalValue, values: &Path) -> Version {
    let stored = match item.key.value_type {
        ValueType::Value => Stored::Here(item.value),
        ValueType::Tombstone | ValueType::WeakTombstone => Stored::Removed,
        ValueType::Indirection => there(&item.key.user_key, &item.value, values).unwrap_or(Stored::Broken),
    };
    Version { key: item.key.user_key, seqno: Reverse(item.key.seqno), stored }
}

/// Where a value that is kept apart from its key is: three variable-length numbers.
fn there(key: &[u8], mut pointer: &[u8], values: &Path) -> Option<Stored> {
    // Magic, checksum, sequence number, and the lengths of key, value, and stored value; then the key.
    const HEADER: u64 = 4 + 16 + 8 + 2 + 4 + 4;
    let offset = varint(&mut pointer)?;
    let file = values.join(varint(&mut pointer)?.to_string());
    let len = usize::try_from(varint(&mut pointer)?).ok()?;
    let offset = offset.checked_add(HEADER)?.checked_add(u64::try_from(key.len()).ok()?)?;
    Some(Stored::There { file, offset, len })
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let [byte] = array(bytes)?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn read_range(path: &Path, offset: u64, len: usize) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    // A length that was read from a damaged file must not be allocated before there are as many bytes.
    file.take(u64::try_from(len).unwrap_or(u64::MAX)).read_to_end(&mut bytes)?;
    if bytes.len() == len { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn versions(changes: Vec<journal::Change>) -> Vec<Version> {
    let version = |(key, seqno, value): journal::Change| Version {
        key,
        seqno: Reverse(seqno),
        stored: value.map_or(Stored::Removed, Stored::Here),
    };
    let mut versions: Vec<_> = changes.into_iter().map(version).collect();
    versions.sort_unstable();
    versions
}
