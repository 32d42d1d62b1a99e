//! Runs the passes of a trace over a type and turns what they found into its schema.

use crate::fingerprint::schema::shape::Shape;
use crate::fingerprint::schema::text::text;
use crate::fingerprint::schema::trace::{Next, PassError, Trace, Verdict};
use crate::fingerprint::schema::tracer::trace_value;
use crate::fingerprint::{SchemaDigest, executable_digest};
use serde::de::DeserializeOwned;
use std::any::{Any, TypeId, type_name};
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

const SHAPE: &[u8; 32] = b"mamo 1: schema by its shape ----";
const NAMED: &[u8; 32] = b"mamo 1: schema by name ---------";
const COLLECTION: &[u8; 32] = b"mamo 1: schema of a collection -";
const OPAQUE: &[u8; 32] = b"mamo 1: schema by the program --";

/// The shape of a type, as far as it decides what its bytes mean.
#[doc(hidden)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// What keys contain.
    pub(crate) digest: SchemaDigest,
    /// The shape to be read by people; just the type's name where it could not be traced.
    pub(crate) text: Arc<str>,
    /// How the shape was found.
    pub(crate) traced: Traced,
}

/// How far a type let itself be traced.
#[derive(Clone, Debug, PartialEq, Eq)]
#[doc(hidden)]
pub enum Traced {
    /// Every part of it is known. The digest depends on the shape alone.
    Complete,
    /// It refuses all samples, panics on them, or has no end. The digest holds for this build of the program alone.
    Opaque {
        /// What came in the way, naming the type.
        reason: String,
    },
    /// It cannot be read back from bytes that do not describe themselves. The digest is as for an opaque type.
    NotSelfReadable {
        /// What it asks for, naming the type.
        reason: String,
    },
}

impl Schema {
    /// A type that is known by its name alone.
    pub(crate) fn named(name: &str) -> Self {
        let digest = blake3::keyed_hash(NAMED, name.as_bytes()).into();
        Self { digest, text: name.into(), traced: Traced::Complete }
    }

    /// A collection of elements.
    pub(crate) fn of_collection(collection: &Self, element: &Self) -> Self {
        let parts = [*collection.digest.as_bytes(), *element.digest.as_bytes()];
        let digest = blake3::keyed_hash(COLLECTION, parts.as_flattened()).into();
        let text = format!("{}<{}>", collection.text, element.text).into();
        let traced = if element.traced == Traced::Complete { &collection.traced } else { &element.traced };
        Self { digest, text, traced: traced.clone() }
    }

    /// Why values of the type could be written but never read back.
    pub(crate) fn unreadable(&self) -> Option<&str> {
        match &self.traced {
            Traced::NotSelfReadable { reason } => Some(reason),
            Traced::Complete | Traced::Opaque { .. } => None,
        }
    }
}

/// The schema of a type that has bytes of its own making, or none: its name.
pub(crate) fn opaque_schema<T>() -> Schema {
    Schema::named(type_name::<T>())
}

/// The schema of `T`, found once for each type of the program.
///
/// Names of types are part of it, their modules are not: moving a type is not a change. Not seen is what a
/// hand-written `Deserialize` would read only for other values than the samples.
pub(crate) fn schema_of<T: DeserializeOwned + 'static>() -> Schema {
    static KNOWN: Mutex<BTreeMap<TypeId, Schema>> = Mutex::new(BTreeMap::new());
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(schema) = known().get(&TypeId::of::<T>()) {
        return schema.clone();
    }
    // Tracing runs user code, so not under the lock.
    let schema = trace::<T>();
    known().entry(TypeId::of::<T>()).or_insert(schema).clone()
}

pub(super) fn trace<T: DeserializeOwned>() -> Schema {
    describe(type_name::<T>(), &mut |trace| {
        let (value, shape) = trace_value(trace, 0, PhantomData::<T>)?;
        // A value of samples must not be acted upon: a guard may remove the file that it names.
        std::mem::forget(value);
        Ok(shape)
    })
}

fn describe(type_name: &str, pass: &mut dyn FnMut(&mut Trace) -> Result<Shape, PassError>) -> Schema {
    match shape_by_passes(type_name, pass) {
        Ok(text) => {
            let digest = blake3::keyed_hash(SHAPE, text.as_bytes()).into();
            Schema { digest, text: text.into(), traced: Traced::Complete }
        }
        Err(verdict) => {
            let traced = match verdict {
                Verdict::Opaque(reason) => Traced::Opaque { reason },
                Verdict::NotSelfReadable(reason) => Traced::NotSelfReadable { reason },
            };
            Schema { digest: opaque_digest(type_name), text: type_name.into(), traced }
        }
    }
}

/// Any rebuild of the program may have changed the type, so any rebuild gives another digest.
fn opaque_digest(type_name: &str) -> SchemaDigest {
    let mut hasher = blake3::Hasher::new_keyed(OPAQUE);
    hasher.update(executable_digest());
    hasher.update(type_name.as_bytes());
    hasher.finalize().into()
}

fn shape_by_passes(
    type_name: &str,
    pass: &mut dyn FnMut(&mut Trace) -> Result<Shape, PassError>,
) -> Result<String, Verdict> {
    let mut trace = Trace::default();
    // Ends: each pass finds out something, or uses up samples, or is the last; and the questions are limited in all.
    loop {
        let progress = trace.progress();
        trace.begin_pass();
        let shape = catch_unwind(AssertUnwindSafe(|| pass(&mut trace)));
        if let Some(verdict) = trace.verdict() {
            return Err(verdict.clone());
        }
        match shape {
            Err(panic) => {
                let message = panic_message(&*panic);
                return Err(Verdict::Opaque(format!("`{}` panics on a sample value: {message}", trace.scopes.place())));
            }
            Ok(Err(error)) => match trace.failed(&error, progress) {
                Next::Retry => {}
                Next::GiveUp(verdict) => return Err(verdict),
            },
            Ok(Ok(shape)) if trace.is_complete() => {
                probe(type_name, &mut trace, &shape, pass)?;
                return text(&trace, &shape)
                    .map_err(|_| Verdict::Opaque(format!("`{type_name}` has parts that it does not read")));
            }
            Ok(Ok(_)) if trace.progress() == progress => {
                return Err(Verdict::Opaque(format!("`{type_name}` has variants that cannot be reached")));
            }
            Ok(Ok(_)) => {}
        }
    }
}

/// Looks whether the type reads something else when it is given other samples. That they are refused means nothing.
fn probe(
    type_name: &str,
    trace: &mut Trace,
    shape: &Shape,
    pass: &mut dyn FnMut(&mut Trace) -> Result<Shape, PassError>,
) -> Result<(), Verdict> {
    for probe in 1..=Trace::N_PROBES {
        trace.begin_probe(probe);
        let other = catch_unwind(AssertUnwindSafe(|| pass(trace)));
        if let Ok(Ok(other)) = other
            && other != *shape
        {
            return Err(Verdict::ambiguous(type_name));
        }
        if let Some(verdict) = trace.verdict() {
            return Err(verdict.clone());
        }
    }
    Ok(())
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
