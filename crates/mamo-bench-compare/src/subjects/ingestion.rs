//! Raw ingestion into fjall of as many bytes as mamo's records have: the least that a store on disk costs.

use crate::Result;
use crate::graph::Flat;
use crate::measure::timed;
use crate::subjects::{Figure, Readings};
use fjall::config::CompressionPolicy;
use fjall::{CompressionType, Database, KeyspaceCreateOptions};
use std::path::Path;

/// Bytes of a record of a computation of a `u64`: recipe, value digest, cost, run, tag, and its postcard; a checksum.
const ACT: usize = 2 + 32 + 8 + 8 + 1 + 10 + CHECKSUM;
/// Bytes of a record of a node, without its upstream nodes: recipe, three digests, run, their number, tag; a checksum.
const DEEP: usize = 2 + 3 * 32 + 8 + 4 + 1 + CHECKSUM;
const CHECKSUM: usize = 4;
const KEY: usize = 33;

/// Writes two records a node, which are ready and sorted, into tables of a new database.
pub(super) fn of_records(nodes: usize, folder: &Path) -> Result<Readings> {
    let flat = Flat::grid(nodes);
    let records = records(&flat);
    let (written, ns) = timed(|| write(&records, folder));
    written?;
    Ok(vec![(Figure::Run, ns / flat.len() as f64)])
}

fn write(records: &[(Vec<u8>, Vec<u8>)], folder: &Path) -> Result<()> {
    let database = Database::builder(folder).worker_threads(1).journal_compression(CompressionType::None).open()?;
    // As mamo has it: digests do not compress.
    let options = || {
        KeyspaceCreateOptions::default().data_block_compression_policy(CompressionPolicy::all(CompressionType::None))
    };
    let keyspace = database.keyspace("records", options)?;
    let mut ingestion = keyspace.start_ingestion()?;
    for (key, value) in records {
        ingestion.write(key.as_slice(), value.as_slice())?;
    }
    ingestion.finish()?;
    Ok(())
}

/// Keys and values of the right sizes, sorted, of bytes that look like digests.
fn records(flat: &Flat) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut records = Vec::new();
    for (number, inputs) in (0_u64..).zip(flat.readers()) {
        let upstream = 32 * inputs.len() + inputs.len().div_ceil(8);
        for (kind, len) in [(b'a', ACT), (b'd', DEEP + upstream)] {
            let mut key = vec![kind; KEY];
            let mut value = vec![0; len];
            let mut digest = blake3::Hasher::new();
            digest.update(&[kind]).update(&number.to_le_bytes());
            let mut bytes = digest.finalize_xof();
            if let Some((_, name)) = key.split_first_mut() {
                bytes.fill(name);
            }
            bytes.fill(&mut value);
            records.push((key, value));
        }
    }
    records.sort_unstable();
    records
}
