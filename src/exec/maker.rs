//! The runs that made what is on record, and the programs that those were.

use crate::error::Result;
use crate::exec::gc::scan;
use crate::fingerprint::RECIPE;
use crate::store::{RecordKind, RecordReader, Store};

/// A run that came to its end, also one of which nothing else is on record any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Maker {
    pub(crate) number: u64,
    /// Digest of the program; nothing when it executed nothing.
    pub(crate) executable: Option<[u8; 32]>,
}

/// Bytes of a run's record as far as its program: the recipe, the number, two times and a digest.
const LEN: usize = RECIPE.to_le_bytes().len() + 3 * 8 + 32;

impl Maker {
    /// What the record of a run says, also a shortened one.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = RecordReader::of_recipe(bytes)?;
        let [number, _at_ms, _took_ms] = [reader.u64()?, reader.u64()?, reader.u64()?];
        Some(Self { number, executable: Some(reader.array()?).filter(|executable| *executable != [0; 32]) })
    }

    /// As much of a run's record as says who it was.
    pub(crate) fn shortened(bytes: &[u8]) -> &[u8] {
        bytes.get(..LEN).unwrap_or(bytes)
    }
}

/// All runs that came to their ends.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn makers(store: &dyn Store) -> Result<Vec<Maker>> {
    let mut makers = Vec::new();
    scan(store, RecordKind::Run, |_, bytes| makers.extend(Maker::read(&bytes)))?;
    Ok(makers)
}
