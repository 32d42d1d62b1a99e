//! What was named, forgotten, collected and verified, as programs read it; `docs/json.md` explains it.

use crate::cli::json::{line, millis, since_1970};
use crate::exec::{Evicted, Forgotten, GcReport, Revoked, StoreSize, Tag, Verification};
use serde::Serialize;

#[derive(Serialize)]
struct TagsObject<'a> {
    schema: &'static str,
    tags: Vec<TagObject<'a>>,
}

#[derive(Serialize)]
struct TagObject<'a> {
    tag: Option<&'a str>,
    node: &'a str,
    value: &'a str,
    at_ms: u64,
}

#[derive(Serialize)]
struct ForgetObject<'a> {
    schema: &'static str,
    forgotten: Vec<ForgottenObject<'a>>,
}

#[derive(Serialize)]
struct ForgottenObject<'a> {
    node: &'a str,
    versions: u64,
}

#[derive(Serialize)]
struct FlushObject {
    schema: &'static str,
    bytes: u64,
}

#[derive(Serialize)]
struct RevokeObject<'a> {
    schema: &'static str,
    dry_run: bool,
    executables: &'a [String],
    runs: u64,
    unfinished_runs: u64,
    computations: u64,
    records: u64,
}

#[derive(Serialize)]
struct GcObject<'a> {
    schema: &'static str,
    dry_run: bool,
    within: bool,
    records: u64,
    blobs: u64,
    blob_bytes: u64,
    tagged_bytes: u64,
    freed_bytes: u64,
    evicted: Vec<EvictedObject<'a>>,
    before: SizeObject,
    after: SizeObject,
}

#[derive(Serialize)]
struct EvictedObject<'a> {
    node: Option<&'a str>,
    bytes: u64,
    cost_ms: u64,
}

#[derive(Serialize)]
pub(crate) struct SizeObject {
    records: u64,
    record_bytes: u64,
    blobs: u64,
    blob_bytes: u64,
    disk_bytes: Option<u64>,
}

#[derive(Serialize)]
struct VerifyObject {
    schema: &'static str,
    sound: bool,
    records: u64,
    blobs: u64,
    bytes: u64,
    broken_records: u64,
    broken_blobs: u64,
    orphans: u64,
    without_bytes: u64,
}

impl<'a> From<&'a Tag> for TagObject<'a> {
    fn from(tag: &'a Tag) -> Self {
        Self { tag: tag.name.as_deref(), node: &tag.node, value: &tag.value, at_ms: since_1970(tag.at) }
    }
}

impl<'a> From<&'a Forgotten> for ForgottenObject<'a> {
    fn from(forgotten: &'a Forgotten) -> Self {
        Self { node: &forgotten.node, versions: forgotten.versions }
    }
}

impl<'a> From<&'a Evicted> for EvictedObject<'a> {
    fn from(evicted: &'a Evicted) -> Self {
        Self { node: evicted.node.as_deref(), bytes: evicted.bytes, cost_ms: millis(evicted.cost) }
    }
}

pub(crate) fn tags(tags: &[Tag]) -> String {
    line(&TagsObject { schema: "mamo.tags/1", tags: tags.iter().map(TagObject::from).collect() })
}

pub(crate) fn forgotten(forgotten: &[Forgotten]) -> String {
    let forgotten = forgotten.iter().map(ForgottenObject::from).collect();
    line(&ForgetObject { schema: "mamo.forget/1", forgotten })
}

/// What of a program was taken back, as one line.
pub(crate) fn revoked(revoked: &Revoked) -> String {
    line(&RevokeObject {
        schema: "mamo.revoke/1",
        dry_run: revoked.is_dry,
        executables: &revoked.executables,
        runs: revoked.runs,
        unfinished_runs: revoked.unfinished_runs,
        computations: revoked.computations,
        records: revoked.records,
    })
}

pub(crate) fn flushed(bytes: u64) -> String {
    line(&FlushObject { schema: "mamo.flush/1", bytes })
}

pub(crate) fn gc(report: &GcReport) -> String {
    line(&GcObject {
        schema: "mamo.gc/1",
        dry_run: report.is_dry,
        within: report.is_within,
        records: report.records,
        blobs: report.blobs,
        blob_bytes: report.blob_bytes,
        tagged_bytes: report.tagged_bytes,
        freed_bytes: report.freed(),
        evicted: report.evicted.iter().map(EvictedObject::from).collect(),
        before: size(&report.before),
        after: size(&report.after),
    })
}

pub(crate) fn size(size: &StoreSize) -> SizeObject {
    let StoreSize { records, record_bytes, blobs, blob_bytes, disk_bytes } = *size;
    SizeObject { records, record_bytes, blobs, blob_bytes, disk_bytes }
}

pub(crate) fn verified(found: &Verification) -> String {
    let sound = found.is_sound();
    let Verification { records, blobs, bytes, broken_records, broken_blobs, orphans, without_bytes } = *found;
    line(&VerifyObject {
        schema: "mamo.verify/1",
        sound,
        records,
        blobs,
        bytes,
        broken_records,
        broken_blobs,
        orphans,
        without_bytes,
    })
}
