//! Probes: questions of the user's, whose answers are good for a while.

use crate::exec::look::{Looked, Looker};
use crate::exec::sync::Arc;
use crate::fingerprint::{BlobDigest, RECIPE, SchemaDigest, value_digest};
use crate::graph::ProbeFn;
use crate::store::{Batch, Key, RecordKind, RecordReader};
use crate::value::{BoxError, Bytes, Interrupt, Loader, Owner, Value, ValueType};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, UNIX_EPOCH};

/// An answer as it is kept.
struct Answer<'a> {
    /// Nanoseconds of the wall clock, read before the question was asked.
    asked: u64,
    schema: SchemaDigest,
    bytes: &'a [u8],
}

impl Looker {
    pub(super) fn probe(
        &self,
        name: &str,
        ttl: Duration,
        probe: &ProbeFn,
        value_type: &'static ValueType,
    ) -> Result<Looked, BoxError> {
        if ttl.is_zero() {
            return Looked::of(ask(probe)?, value_type);
        }
        let key = Key::new(RecordKind::Probe, blake3::hash(name.as_bytes()).as_bytes());
        let schema = (value_type.schema)().digest;
        let now = self.wall_clock();
        let kept = self.store.get_many(&[key]).ok().and_then(|mut records| records.pop().flatten());
        let kept = kept.as_deref().and_then(Answer::read);
        if let Some(looked) = kept.and_then(|answer| answer.reuse(now?, ttl, &schema, value_type)) {
            return Ok(looked);
        }
        let value = ask(probe)?;
        if value_type.bytes.is_none() {
            return Looked::of(value, value_type);
        }
        let encoded = value_type.encode(value.as_any())?;
        let bytes = encoded.bytes.into_bytes()?;
        // What refers to blobs could not be read back without them; such an answer is asked for in every run.
        if let Some(asked) = now.filter(|_| encoded.blobs.is_empty()) {
            let mut batch = Batch::default();
            batch.put(key, |out| Answer { asked, schema, bytes: &bytes }.write(out));
            // The record only saves a question, and a store that failed refuses the results as well.
            let _ = self.store.put(batch);
        }
        Ok(looked(value, &schema, &bytes))
    }

    /// Nothing when the clock is set to before 1970.
    fn wall_clock(&self) -> Option<u64> {
        u64::try_from((self.now)().duration_since(UNIX_EPOCH).ok()?.as_nanos()).ok()
    }
}

impl<'a> Answer<'a> {
    /// The answer, when it is young enough. One from the future was given by a clock that has been set back.
    fn reuse(&self, now: u64, ttl: Duration, schema: &SchemaDigest, value_type: &ValueType) -> Option<Looked> {
        let age = Duration::from_nanos(now.checked_sub(self.asked)?);
        if age >= ttl || self.schema != *schema {
            return None;
        }
        let loader: Arc<dyn Loader> = Arc::new(NoParts);
        let value = value_type.decode(&Bytes::from(self.bytes), &loader).ok()?;
        Some(looked(value, schema, self.bytes))
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&RECIPE.to_le_bytes());
        out.extend_from_slice(&self.asked.to_le_bytes());
        out.extend_from_slice(self.schema.as_bytes());
        out.extend_from_slice(self.bytes);
    }

    /// Nothing when the bytes were made by another recipe or make no sense: a miss.
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = RecordReader::of_recipe(bytes)?;
        let asked = reader.u64()?;
        Some(Self { asked, schema: SchemaDigest::from_bytes(reader.array()?), bytes: reader.rest() })
    }
}

/// Answers that are kept have no parts outside their own bytes.
struct NoParts;

impl Loader for NoParts {
    fn load(&self, _: &BlobDigest) -> Result<Vec<u8>, Interrupt> {
        Err(Interrupt::Lost { owner: Owner::NOBODY })
    }
}

fn looked(value: Value, schema: &SchemaDigest, bytes: &[u8]) -> Looked {
    let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    Looked { value, digest: value_digest(schema, &BlobDigest::of(bytes), len) }
}

/// Runs what the user wrote; a panic fails this source only.
pub(super) fn ask(question: impl FnOnce() -> Result<Value, BoxError>) -> Result<Value, BoxError> {
    catch_unwind(AssertUnwindSafe(question)).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        Err(format!("panicked: {}", text.unwrap_or("with something that is no text")).into())
    })
}
