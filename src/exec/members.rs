//! Of which computations a computation consists: elements of a map, combinations of a reduce, nodes of a sub-graph.
//!
//! No run asks for it: each element is found by its own key. It is written for whoever deletes what nobody needs, who has
//! neither the collections nor their types. Lists share all chunks in which nothing changed, as plans of runs do.

use crate::error::Result;
use crate::exec::recorded::record;
use crate::exec::store_error::store_error;
use crate::fingerprint::RECIPE;
use crate::store::{Batch, Key, RecordKind, RecordReader, Store};

/// So many members stand in the record itself.
const FEW: usize = 64;
/// A chunk ends behind a member whose first byte is zero, when it has so many, and always when it has the most.
const LEAST: usize = 64;
const MOST: usize = 2048;

const WHOLE: u8 = 0;
const CHUNKED: u8 = 1;

/// Begins chunks of members, which lie among those of plans.
const CHUNK: &[u8; 4] = b"memb";

/// Writes down the members of the computation, or the node, that is known by `of`; all have records of one kind.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn note_members(
    store: &dyn Store,
    of: &[u8; 32],
    kind: RecordKind,
    members: &[[u8; 32]],
    records: &mut Batch,
) -> Result<()> {
    let key = Key::new(RecordKind::Members, of);
    let start = |out: &mut Vec<u8>, how| {
        out.extend_from_slice(&RECIPE.to_le_bytes());
        out.push(kind.to_byte());
        out.push(how);
    };
    if members.len() <= FEW {
        records.put(key, |out| {
            start(out, WHOLE);
            out.extend(members.iter().flatten());
        });
        return Ok(());
    }
    let chunks: Vec<(Key, Vec<u8>)> = chunks(members)
        .map(|members| {
            let mut bytes = RECIPE.to_le_bytes().to_vec();
            bytes.extend_from_slice(CHUNK);
            bytes.extend(members.iter().flatten());
            (Key::new(RecordKind::Chunk, blake3::hash(&bytes).as_bytes()), bytes)
        })
        .collect();
    let keys: Vec<Key> = chunks.iter().map(|(key, _)| *key).collect();
    let known = store.get_many(&keys).map_err(store_error)?;
    for ((key, bytes), known) in chunks.iter().zip(known) {
        if known.is_none() {
            records.put(*key, |out| out.extend_from_slice(bytes));
        }
    }
    records.put(key, |out| {
        start(out, CHUNKED);
        out.extend(keys.iter().flat_map(|key| key.digest));
    });
    Ok(())
}

/// Chunks that end by their content, so that a change moves no other.
fn chunks(members: &[[u8; 32]]) -> impl Iterator<Item = &[[u8; 32]]> {
    let mut rest = members;
    std::iter::from_fn(move || {
        let ends = |(at, member): (usize, &[u8; 32])| at + 1 >= MOST || (at + 1 >= LEAST && member.starts_with(&[0]));
        let len = rest.iter().enumerate().position(|(at, member)| ends((at, member))).map_or(rest.len(), |at| at + 1);
        let (chunk, others) = rest.split_at_checked(len)?;
        rest = others;
        (!chunk.is_empty()).then_some(chunk)
    })
}

/// The members' records, and those of the chunks in which they are listed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Members {
    pub(crate) members: Vec<Key>,
    pub(crate) chunks: Vec<Key>,
}

/// The members of what is known by `of`; none when nothing was written down.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn members_of(store: &dyn Store, of: &[u8; 32]) -> Result<Members> {
    let mut found = Members::default();
    let bytes = record(store, Key::new(RecordKind::Members, of))?;
    let Some(mut reader) = bytes.as_deref().and_then(RecordReader::of_recipe) else { return Ok(found) };
    let (Some(kind), Some(how)) = (reader.byte(), reader.byte()) else { return Ok(found) };
    let Some(kind) = RecordKind::ALL.into_iter().find(|known| known.to_byte() == kind) else { return Ok(found) };
    if how == WHOLE {
        found.members = read(kind, reader);
        return Ok(found);
    }
    found.chunks = read(RecordKind::Chunk, reader);
    for chunk in store.get_many(&found.chunks).map_err(store_error)?.into_iter().flatten() {
        let Some(mut reader) = RecordReader::of_recipe(&chunk) else { continue };
        if reader.array().as_ref() == Some(CHUNK) {
            found.members.extend(read(kind, reader));
        }
    }
    Ok(found)
}

fn read(kind: RecordKind, mut reader: RecordReader<'_>) -> Vec<Key> {
    std::iter::from_fn(|| reader.array()).map(|digest| Key::new(kind, &digest)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;

    fn many(n: u32) -> Vec<[u8; 32]> {
        (0..n).map(|number| *blake3::hash(&number.to_le_bytes()).as_bytes()).collect()
    }

    #[test]
    fn members_are_found_again_and_an_insertion_writes_few_chunks() {
        let store = MemoryStore::new();
        for n in [0, 1, 64, 65, 10_000] {
            let mut batch = Batch::default();
            note_members(&store, &[7; 32], RecordKind::Act, &many(n), &mut batch).unwrap();
            store.put(batch).unwrap();
            let found = members_of(&store, &[7; 32]).unwrap();
            assert_eq!(found.members.iter().map(|key| key.digest).collect::<Vec<_>>(), many(n));
        }
        let mut more = many(10_000);
        more.insert(5000, [9; 32]);
        let mut batch = Batch::default();
        note_members(&store, &[8; 32], RecordKind::Act, &more, &mut batch).unwrap();
        assert!(batch.records().len() <= 3, "{}", batch.records().len());
    }
}
