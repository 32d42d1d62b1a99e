//! What is remembered of a file, and when that is enough to trust it without reading.
//!
//! A file that was written twice within one step of the file system's clock looks the same after both writes. So a
//! file's times vouch for its content only when they were in the past already as its reading began: whatever was
//! written later has later times then, and no program can set `changed` back. The margin covers clocks that move in
//! steps of two seconds, as some file systems' do.
//!
//! Not seen are writes through a memory mapping that began before the reading and were not yet written back.

use crate::exec::look::clock::Reading;
use crate::exec::look::stat::{Stamp, Stat};
use crate::fingerprint::{BlobDigest, RECIPE};
use crate::store::RecordReader;

/// What is remembered of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// The file's stat, the same before and after it was read.
    pub(super) stat: Stat,
    pub(super) digest: BlobDigest,
    /// The scratch folder's clock, read before the file was.
    pub(super) verified: Reading,
}

/// Seconds by which a file's times must be in the past as it is read.
const MARGIN: i64 = 2;

/// The same, when another device's clock tells the past: it may be a server's, in another time zone.
const MARGIN_ELSEWHERE: i64 = 24 * 60 * 60;

impl Seen {
    /// Whether a file with this stat surely has the content that was seen.
    pub(super) fn vouches_for(&self, stat: &Stat) -> bool {
        let margin = if self.verified.device == self.stat.device { MARGIN } else { MARGIN_ELSEWHERE };
        let limit = self.verified.time.less(margin);
        cfg!(unix) && *stat == self.stat && stat.modified < limit && stat.changed < limit
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&RECIPE.to_le_bytes());
        write_stamp(out, self.verified.time);
        out.extend_from_slice(&self.verified.device.to_le_bytes());
        out.extend_from_slice(&self.stat.device.to_le_bytes());
        out.extend_from_slice(&self.stat.inode.to_le_bytes());
        out.extend_from_slice(&self.stat.size.to_le_bytes());
        out.extend_from_slice(&self.stat.mode.to_le_bytes());
        write_stamp(out, self.stat.modified);
        write_stamp(out, self.stat.changed);
        out.extend_from_slice(self.digest.as_bytes());
    }

    /// Nothing when the bytes were made by another recipe or make no sense: a miss.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = RecordReader::of_recipe(bytes)?;
        let verified = Reading { time: read_stamp(&mut reader)?, device: reader.u64()? };
        let stat = Stat {
            device: reader.u64()?,
            inode: reader.u64()?,
            size: reader.u64()?,
            mode: reader.array().map(u32::from_le_bytes)?,
            modified: read_stamp(&mut reader)?,
            changed: read_stamp(&mut reader)?,
        };
        Some(Self { verified, stat, digest: BlobDigest::from_bytes(reader.array()?) })
    }
}

fn write_stamp(out: &mut Vec<u8>, stamp: Stamp) {
    out.extend_from_slice(&stamp.seconds.to_le_bytes());
    out.extend_from_slice(&stamp.nanos.to_le_bytes());
}

fn read_stamp(reader: &mut RecordReader<'_>) -> Option<Stamp> {
    let seconds = reader.array().map(i64::from_le_bytes)?;
    Some(Stamp { seconds, nanos: reader.array().map(u32::from_le_bytes)? })
}
