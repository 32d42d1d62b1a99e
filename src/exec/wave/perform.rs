//! Calling user code: behind a guard that tells failures, panics and interrupts apart.

use crate::exec::session::Session;
use crate::fingerprint::{SchemaDigest, ValueDigest, value_digest};
use crate::graph::{Body, Inputs, NodeCtx, NodeFunction, NodeSpec};
use crate::store::Payload;
use crate::value::{
    BoxError, CodecError, Encoded, Handed, Interrupt, NamedBlob, NodeScope, Outputs, Part, Value, ValueType,
    collecting_blobs, encode_value, keeping_sources, place_of, redacted,
};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Why user code gave no value.
pub(crate) enum Trouble {
    Failed(String),
    Interrupted(Interrupt),
    /// It took too long, and everybody knows.
    Told,
}

impl Trouble {
    /// With what the node's last program has to say.
    pub(crate) fn explained(self, ctx: &NodeCtx) -> Self {
        match self {
            Self::Failed(message) => Self::Failed(ctx.desk.explained(message)),
            Self::Interrupted(_) | Self::Told => self,
        }
    }
}

/// What a computation gave, ready to be recorded.
pub(crate) struct Product {
    pub(crate) value: Option<Value>,
    pub(crate) digest: ValueDigest,
    pub(crate) payload: Payload,
    /// The bytes, when they are not to be saved.
    pub(crate) unsaved: Option<NamedBlob>,
    pub(crate) blobs: Vec<NamedBlob>,
}

/// Values up to this many bytes stand in their records.
const INLINE_LIMIT: usize = 1024;

/// Runs user code. Files that it was handed by path are looked at again afterwards: what was computed from a file that
/// changed in the meantime is of no use, and neither is its error.
pub(crate) fn guarded<R>(session: &Session, body: impl FnOnce() -> Result<R, BoxError>) -> Result<R, Trouble> {
    let scope = NodeScope::enter();
    let result = caught(body);
    let handed = scope.take_handed();
    drop(scope);
    let changed = |handed: &&Handed| !session.looker.is_unchanged(&handed.path, &handed.digest);
    if let Some(handed) = handed.iter().find(changed) {
        return Err(Trouble::Interrupted(match handed.owner {
            Some(owner) => Interrupt::Lost { owner },
            None => Interrupt::Changed { path: handed.path.to_path_buf() },
        }));
    }
    result
}

/// Runs user code that is handed no files, such as decoding.
pub(crate) fn caught<R>(body: impl FnOnce() -> Result<R, BoxError>) -> Result<R, Trouble> {
    // The engine's own state is not touched by the body; what the user's code left half done is the user's.
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(Trouble::Failed(with_causes(&*error))),
        Err(payload) => Err(match payload.downcast::<Interrupt>() {
            Ok(interrupt) => Trouble::Interrupted(*interrupt),
            Err(payload) => Trouble::Failed(panic_message(&*payload)),
        }),
    }
}

/// Calls a node function on the values of its inputs.
pub(crate) fn call(
    session: &Session,
    function: &NodeFunction,
    ctx: &NodeCtx,
    inputs: &Inputs<'_>,
) -> Result<Value, Trouble> {
    guarded(session, || (function.call)(ctx, inputs))
}

/// Encodes what a node function returned, each output on its own when it has several.
pub(crate) fn encode_result(session: &Session, spec: &NodeSpec, value: &Value) -> Result<Encoded, Trouble> {
    guarded(session, || keeping_sources(&session.keeper, || encode_results(spec, value)))
}

/// As [`encode_result`], wherever the bytes go.
pub(crate) fn encode_results(spec: &NodeSpec, value: &Value) -> Result<Encoded, BoxError> {
    match (&spec.body, spec.results.as_slice()) {
        (Body::Function { .. }, types @ ([] | [_, _, ..])) => encode_outputs(types, value),
        (_, [one]) => Ok(one.encode(value.as_any())?),
        _ => Err("a node without a result; please report this as a bug of mamo".into()),
    }
}

fn encode_outputs(types: &[&ValueType], value: &Value) -> Result<Encoded, BoxError> {
    let outputs = value.typed::<Outputs>()?;
    let mut blobs = Vec::new();
    let mut parts = Vec::new();
    for (value_type, output) in types.iter().zip(&outputs.0) {
        let encoded = value_type.encode(output.as_any())?;
        parts.push(encoded.into_part(&mut blobs));
    }
    let manifest = encode_value(&parts)?;
    Ok(Encoded { blobs, ..manifest })
}

/// The encoded form of an element, with the blobs that belong to it.
pub(crate) fn part_of(part: impl FnOnce() -> Result<Part, CodecError>) -> Result<(Part, Vec<NamedBlob>), CodecError> {
    let (part, collected) = collecting_blobs(part);
    Ok((part?, collected.blobs))
}

impl Product {
    /// Names the bytes; `is_kept` says whether they are to be found again.
    pub(crate) fn new(value: Option<Value>, encoded: Encoded, schema: &SchemaDigest, is_kept: bool) -> Self {
        let Encoded { bytes, references, mut blobs } = encoded;
        let named = NamedBlob { digest: bytes.digest(), blob: bytes, references };
        let (name, len) = (named.digest, named.blob.len());
        let digest = value_digest(schema, &name, len);
        let (payload, unsaved) = if is_kept {
            (saved_as(named, &mut blobs), None)
        } else {
            (Payload::Absent { digest: name, len }, Some(named))
        };
        Self { value, digest, payload, unsaved, blobs }
    }
}

/// Where bytes are to be found that are saved; those that do not fit into a record, or name others, join `blobs`.
pub(crate) fn saved_as(named: NamedBlob, blobs: &mut Vec<NamedBlob>) -> Payload {
    let NamedBlob { digest, blob, references } = named;
    match blob.few(INLINE_LIMIT, &references) {
        Ok(bytes) => Payload::Inline(bytes),
        Err(blob) => {
            let len = blob.len();
            blobs.push(NamedBlob { digest, blob, references });
            Payload::Blob { digest, len }
        }
    }
}

/// An error with its causes, in one line and without secrets.
pub(crate) fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let message = inner.to_string();
        // Some errors print their cause as well.
        if !text.contains(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        cause = inner.source();
    }
    redacted(&text).replace('\n', " ")
}

fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let place = text.and_then(place_of).map(|place| format!(" at {place}")).unwrap_or_default();
    let text = redacted(text.unwrap_or("with something that is no text")).replace('\n', " ");
    format!("panicked{place}: {text}")
}
