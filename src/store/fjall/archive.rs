//! Looks at tables and files of values before fjall does: a length that is damaged makes it ask for that much memory,
//! and there is no catching that.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use xxhash_rust::xxh3::xxh3_128;

/// Magic, version, kind of checksum; then checksum, place and length of the table of contents.
const N_TRAILER: u64 = 4 + 1 + 1 + 16 + 8 + 8;
const MAX_CONTENTS: u64 = 1 << 20;

/// Whether the table of contents of a file, and the one list in it that has no checksum, are sound.
pub(super) fn is_sound(path: &Path) -> bool {
    check(path).is_some()
}

fn check(path: &Path) -> Option<()> {
    let mut file = File::open(path).ok()?;
    let start_of_trailer = file.metadata().ok()?.len().checked_sub(N_TRAILER)?;
    let trailer = read(&mut file, start_of_trailer, N_TRAILER)?;
    let (checksum, rest) = trailer.get(6..)?.split_first_chunk::<16>()?;
    let start = u64::from_le_bytes(*rest.first_chunk()?);
    let contents = read(&mut file, start, start_of_trailer.checked_sub(start)?)?;
    if xxh3_128(&contents).to_le_bytes() != *checksum {
        return None;
    }
    // From here on the lengths are those that were written.
    let archive = sfa::Reader::from_reader(&mut file).ok()?;
    match archive.toc().section(b"linked_blob_files") {
        Some(section) => {
            let count = read(&mut file, section.pos(), 4)?;
            let count = u64::from(u32::from_le_bytes(*count.first_chunk()?));
            (section.len() == 4 + 32 * count).then_some(())
        }
        None => Some(()),
    }
}

fn read(file: &mut File, start: u64, len: u64) -> Option<Vec<u8>> {
    if len > MAX_CONTENTS {
        return None;
    }
    file.seek(SeekFrom::Start(start)).ok()?;
    let mut bytes = vec![0; usize::try_from(len).ok()?];
    file.read_exact(&mut bytes).ok()?;
    Some(bytes)
}
