//! Reads a journal of fjall as far as it makes sense.

use lsm_tree::{Slice, ValueType};
use std::fs;
use std::io;
use std::path::Path;
use xxhash_rust::xxh3::xxh3_64;

/// A change from a journal: key, sequence number, and the value, or nothing for a removal.
pub(super) type Change = (Slice, u64, Option<Slice>);

const START: u8 = 1;
const ITEM: u8 = 2;
const END: u8 = 3;
const MAGIC: [u8; 4] = [b'F', b'J', b'L', 3];

/// The changes of all whole batches up to the first one that is broken, and whether nothing but zeros follows.
///
/// Batches behind a broken one are left alone: they may depend on it.
pub(super) fn read(path: &Path) -> (Vec<Change>, bool) {
    let Ok(bytes) = fs::read(path) else { return (Vec::new(), false) };
    let (changes, rest) = whole_batches(&bytes);
    (changes, is_unused(rest))
}

/// Cuts off what follows the whole batches of a journal, if there is anything.
///
/// fjall does the same with a batch that was being written when the process was killed, but trusts the lengths in it,
/// and refuses a journal altogether in which only a checksum is wrong.
pub(super) fn trim(path: &Path) -> io::Result<()> {
    let bytes = fs::read(path)?;
    let (_, rest) = whole_batches(&bytes);
    if is_unused(rest) {
        return Ok(());
    }
    let file = fs::File::options().write(true).open(path)?;
    file.set_len(u64::try_from(bytes.len() - rest.len()).unwrap_or(u64::MAX))?;
    file.sync_all()
}

fn whole_batches(bytes: &[u8]) -> (Vec<Change>, &[u8]) {
    let mut changes = Vec::new();
    let mut reader = Reader(bytes);
    while let Some(rest) = batch(reader, &mut changes) {
        reader = rest;
    }
    (changes, reader.0)
}

/// fjall makes a journal large in advance.
fn is_unused(rest: &[u8]) -> bool {
    rest.iter().all(|byte| *byte == 0)
}

/// Reads one batch; what follows it, or nothing if it is not whole, and then it leaves no changes.
fn batch<'a>(mut reader: Reader<'a>, changes: &mut Vec<Change>) -> Option<Reader<'a>> {
    let n_before = changes.len();
    let end = whole_batch(&mut reader, changes);
    if end.is_none() {
        changes.truncate(n_before);
    }
    end.map(|()| reader)
}

fn whole_batch(reader: &mut Reader<'_>, changes: &mut Vec<Change>) -> Option<()> {
    if reader.byte()? != START {
        return None;
    }
    let n_items = u32::from_le_bytes(reader.array()?);
    let seqno = u64::from_le_bytes(reader.array()?);
    let items = reader.0;
    for _ in 0..n_items {
        changes.push(item(reader, seqno)?);
    }
    let items = items.get(..items.len() - reader.0.len())?;
    let sound =
        reader.byte()? == END && u64::from_le_bytes(reader.array()?) == xxh3_64(items) && reader.array::<4>()? == MAGIC;
    sound.then_some(())
}

fn item(reader: &mut Reader<'_>, seqno: u64) -> Option<Change> {
    if reader.byte()? != ITEM {
        return None;
    }
    let kind = ValueType::try_from(reader.byte()?).ok()?;
    // mamo's journals are not compressed.
    if reader.byte()? != 0 {
        return None;
    }
    let _keyspace = reader.array::<8>()?;
    let n_key = u16::from_le_bytes(reader.array()?);
    let n_value = u32::from_le_bytes(reader.array()?);
    let _n_stored = reader.array::<4>()?;
    let key = reader.take(usize::from(n_key))?;
    let value = reader.take(usize::try_from(n_value).ok()?)?;
    let value = match kind {
        ValueType::Value => Some(Slice::from(value)),
        ValueType::Tombstone | ValueType::WeakTombstone => None,
        ValueType::Indirection => return None,
    };
    Some((Slice::from(key), seqno, value))
}

/// The rest of a journal.
#[derive(Clone, Copy)]
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*head)
    }

    fn byte(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::fjall::db::{Change, Db, Way, journals};
    use crate::store::fjall::frame::{META, Meta};

    /// Keys and sequence numbers' order are what fjall itself wrote; a batch that is broken leaves nothing behind.
    #[test]
    fn whole_batches_are_read_up_to_the_first_broken_one() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(folder.path()).unwrap();
        for (n, value) in [(1_u8, Some(b"value".as_slice())), (2, None)] {
            let changes = [Change { key: [n; 33], value }, Change { key: [n + 10; 33], value }];
            db.commit(Meta { format: 1, group: n.into() }, &changes, Way::Batch).unwrap();
        }
        let journal = journals(folder.path()).pop().unwrap();
        let (changes, complete) = read(&journal);
        let keys: Vec<_> = changes.iter().map(|(key, _, value)| (key.to_vec(), value.is_some())).collect();
        let key = |n| vec![n; 33];
        let first = [(META.to_vec(), true), (key(1), true), (key(11), true)];
        let second = [(META.to_vec(), true), (key(2), false), (key(12), false)];
        assert!(complete && keys == [first, second].concat());
        assert!(changes[0].1 < changes[3].1 && changes[3].1 == changes[5].1);

        // The last byte of the last batch.
        let mut bytes = fs::read(&journal).unwrap();
        let last = bytes.iter().rposition(|byte| *byte != 0).unwrap();
        bytes[last] ^= 1;
        let broken = folder.path().join("broken");
        fs::write(&broken, &bytes).unwrap();
        let (changes, complete) = read(&broken);
        assert!(!complete && changes.len() == 3);
        trim(&broken).unwrap();
        let (changes, complete) = read(&broken);
        assert!(complete && changes.len() == 3);
    }
}
