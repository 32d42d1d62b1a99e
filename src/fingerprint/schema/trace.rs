//! Decides, while a type is traced, which sample goes where, and after a failure what to try next.
//!
//! A trace takes several *passes*, each of which reads one whole value:
//!
//! - **Enums** show one variant in a pass, so passes go on until all were seen. A value of an enum takes the first variant that
//!   nobody explored; when there is none, one behind which another incomplete enum waits; else the variant that was
//!   explored first. That one was complete before any other, so no value of the same enum is inside it, and every
//!   recursion ends there.
//! - **Options, sequences and maps** are filled once, to see what is inside, and left empty from then on, so that they end
//!   recursions too.
//! - **Refused samples** are blamed on the innermost type with a deserialization of its own (its *scope*). In the next pass the
//!   samples inside that type are others: its number of failures, read as a number with one digit for each sample,
//!   runs through all combinations.

use crate::fingerprint::schema::shape::{Body, Definition, DefinitionIdx, Fields, Shape, Variant, Variants};
use serde::de;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Ends a pass; why is noted in the [`Trace`], since the code of a type may throw errors away or make new ones.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct PassError(String);

impl de::Error for PassError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// Why a type has no shape that could be traced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Its `Deserialize` asks the format what comes next.
    NotSelfReadable(String),
    /// No way was found to read a value of it.
    Opaque(String),
}

/// What is known after some passes, and where the present one is.
#[derive(Default)]
pub(super) struct Trace {
    definitions: Vec<Definition>,
    known: BTreeMap<DefinitionKey, DefinitionIdx>,
    /// Which types refused samples, and where.
    refusals: BTreeMap<Place, Refusals>,
    /// What was tried last on a type, for the other places where it stands.
    latest: BTreeMap<&'static str, u64>,
    /// Types whose values are being read, one inside the other.
    scopes: Vec<Scope>,
    blamed: Option<Scope>,
    verdict: Option<Verdict>,
    /// Grows with everything that a pass finds out.
    progress: u64,
    n_questions: u64,
}

/// What makes two types the same: the visitor's name has the path and the type arguments in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DefinitionKey {
    pub(super) kind: Kind,
    pub(super) name: &'static str,
    pub(super) visitor: &'static str,
    pub(super) parts: &'static [&'static str],
}

/// Which question a definition was made for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Option,
    Seq,
    Map,
    Newtype,
    TupleStruct(usize),
    Struct,
    Enum,
}

/// A type while a value of it is read.
struct Scope {
    place: Place,
    /// Number of the combination of samples that it gets, of which 0 is the usual one.
    combination: u64,
    /// In how many ways the samples handed out so far could have been chosen.
    n_combinations: u64,
    /// How many types with a scope of their own were read directly in this one.
    n_inner: usize,
}

/// Where a type stands. Its name alone is not enough: all `#[serde(with = ..)]` fields of a struct seem to be of one type.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    type_name: &'static str,
    outer: &'static str,
    /// Number among the types directly inside the outer one.
    position: usize,
}

/// Combinations of samples that a type refused.
struct Refusals {
    first: u64,
    count: u64,
    /// Of how many, as far as is known.
    of: u64,
}

/// What a pass that failed means for the next.
pub(super) enum Next {
    /// Something is new: another pass will get further.
    Retry,
    /// It is in vain.
    GiveUp(Verdict),
}

impl Trace {
    /// Deeper than any type but an endless one; the stack of a thread is enough for it.
    pub(super) const MAX_DEPTH: u32 = 96;
    /// Enough for an array of a million bytes.
    const MAX_QUESTIONS: u64 = 4_000_000;
    /// In how many ways the samples of one type are combined.
    const MAX_REFUSALS: u64 = 1000;

    /// Counts one question of the type, and stops the pass where no answer can help.
    pub(super) fn question(&mut self, depth: u32) -> Result<(), PassError> {
        self.n_questions += 1;
        if self.verdict.is_some() {
            return Err(PassError("the trace is over".to_owned()));
        }
        if depth > Self::MAX_DEPTH {
            return Err(self.opaque(format!("`{}` is nested too deeply, or without end", self.place())));
        }
        if self.n_questions > Self::MAX_QUESTIONS {
            return Err(self.opaque(format!("`{}` is too large to be traced", self.place())));
        }
        Ok(())
    }

    /// The definition of a type, made when it is met for the first time.
    pub(super) fn definition(&mut self, key: DefinitionKey) -> DefinitionIdx {
        let next = DefinitionIdx(self.definitions.len());
        let idx = *self.known.entry(key).or_insert(next);
        if idx == next {
            let body = if key.kind == Kind::Enum { Body::Enum(Variants::new(key.parts)) } else { Body::Fresh };
            self.definitions.push(Definition { name: key.name, body, active: 0 });
        }
        idx
    }

    pub(super) fn get(&self, idx: DefinitionIdx) -> Option<&Definition> {
        self.definitions.get(idx.0)
    }

    /// Marks that a value of the type is being read.
    pub(super) fn begin(&mut self, idx: DefinitionIdx) {
        if let Some(definition) = self.definitions.get_mut(idx.0) {
            definition.active += 1;
        }
    }

    /// Counterpart of [`Trace::begin`].
    pub(super) fn end(&mut self, idx: DefinitionIdx) {
        if let Some(definition) = self.definitions.get_mut(idx.0) {
            definition.active = definition.active.saturating_sub(1);
        }
    }

    /// Notes what a type holds, the first time that it is known; later values may be cut short.
    pub(super) fn define(&mut self, idx: DefinitionIdx, body: Body) {
        let Some(definition) = self.definitions.get_mut(idx.0) else { return };
        let is_news = match (&definition.body, &body) {
            (Body::Fresh, _) => true,
            (Body::Seq(old), Body::Seq(new)) => new.n_runs() > old.n_runs(),
            (Body::Option(_) | Body::Seq(_) | Body::Map(..) | Body::Struct(_) | Body::Enum(_), _) => false,
        };
        if is_news {
            definition.body = body;
            self.progress += 1;
        }
    }

    /// How many values to put into an option, a sequence or a map.
    pub(super) fn fill(&mut self, idx: DefinitionIdx, lengths: &'static [usize]) -> usize {
        let Some(definition) = self.get(idx) else { return 0 };
        if definition.active > 0 {
            return 0;
        }
        if matches!(definition.body, Body::Fresh) || self.leads_to_unseen(&definition.body.parts()) {
            return 1;
        }
        *self.choose(lengths).unwrap_or(&0)
    }

    /// Picks the variant that a value of the enum takes, and marks it as being explored if it is unseen.
    pub(super) fn pick_variant(&mut self, idx: DefinitionIdx) -> Result<usize, PassError> {
        let unseen = self.variants_mut(idx).and_then(|variants| {
            let unseen = variants.list.iter().position(|variant| matches!(variant, Variant::Unseen))?;
            *variants.list.get_mut(unseen)? = Variant::Exploring;
            Some(unseen)
        });
        if let Some(unseen) = unseen {
            return Ok(unseen);
        }
        let Some(Definition { body: Body::Enum(variants), active, .. }) = self.get(idx) else {
            return Err(self.opaque(format!("`{}` is an enum that was lost", self.place())));
        };
        let towards_unseen = variants.explored.iter().copied().find(|&explored| {
            *active == 0 && variants.list.get(explored).is_some_and(|variant| self.leads_to_unseen(&variant.parts()))
        });
        if let Some(towards_unseen) = towards_unseen {
            return Ok(towards_unseen);
        }
        let explored = variants.explored.clone();
        match self.choose(&explored) {
            Some(&variant) => Ok(variant),
            None => Err(self.opaque(format!("`{}` has no value that ends", self.place()))),
        }
    }

    /// Notes what a variant holds.
    pub(super) fn variant_read(&mut self, idx: DefinitionIdx, variant: usize, fields: Fields) {
        let Some(variants) = self.variants_mut(idx) else { return };
        if let Some(slot) = variants.list.get_mut(variant)
            && !matches!(slot, Variant::Known(_))
        {
            *slot = Variant::Known(fields);
            variants.explored.push(variant);
            self.progress += 1;
        }
    }

    /// Notes that a variant was not read to the end.
    pub(super) fn variant_failed(&mut self, idx: DefinitionIdx, variant: usize) {
        if let Some(slot) = self.variants_mut(idx).and_then(|variants| variants.list.get_mut(variant))
            && matches!(slot, Variant::Exploring)
        {
            *slot = Variant::Unseen;
        }
    }

    /// Notes that the enum has no variant of this number: serde names aliases as if they were variants.
    pub(super) fn no_such_variant(&mut self, idx: DefinitionIdx, variant: usize) {
        let Some(variants) = self.variants_mut(idx) else { return };
        let is_alias = variant > 0
            && variants
                .list
                .get(variant..)
                .is_some_and(|rest| rest.iter().all(|variant| !matches!(variant, Variant::Known(_))));
        if is_alias {
            variants.list.truncate(variant);
            self.progress += 1;
        }
    }

    fn variants_mut(&mut self, idx: DefinitionIdx) -> Option<&mut Variants> {
        match self.definitions.get_mut(idx.0).map(|definition| &mut definition.body) {
            Some(Body::Enum(variants)) => Some(variants),
            Some(Body::Fresh | Body::Option(_) | Body::Seq(_) | Body::Map(..) | Body::Struct(_)) | None => None,
        }
    }

    /// Whether an incomplete enum can be reached through types of which no value is being read.
    fn leads_to_unseen(&self, from: &[&Shape]) -> bool {
        if self.is_complete() {
            return false;
        }
        let mut queue: Vec<&Shape> = from.to_vec();
        let mut visited = BTreeSet::new();
        while let Some(shape) = queue.pop() {
            match shape {
                Shape::Unknown | Shape::Leaf(_) => {}
                Shape::Tuple(row) => queue.extend(row.runs().map(|(shape, _)| shape)),
                Shape::Defined(idx) => {
                    let Some(definition) = self.get(*idx).filter(|definition| definition.active == 0) else { continue };
                    if !visited.insert(*idx) {
                        continue;
                    }
                    if let Body::Enum(variants) = &definition.body
                        && !variants.is_complete()
                    {
                        return true;
                    }
                    queue.extend(definition.body.parts());
                }
            }
        }
        false
    }

    /// Whether every variant of every enum was seen.
    pub(super) fn is_complete(&self) -> bool {
        self.definitions.iter().all(|definition| match &definition.body {
            Body::Enum(variants) => variants.is_complete(),
            Body::Fresh | Body::Option(_) | Body::Seq(_) | Body::Map(..) | Body::Struct(_) => true,
        })
    }

    /// The first sample, unless a type around it refused that before.
    pub(super) fn choose<'s, S>(&mut self, samples: &'s [S]) -> Option<&'s S> {
        let n_samples = u64::try_from(samples.len()).unwrap_or(u64::MAX).max(1);
        let mut choice = None;
        for scope in self.scopes.iter_mut().rev() {
            // The innermost type that refused anything decides; those around it count the digit nevertheless.
            if choice.is_none() && scope.combination > 0 {
                choice = Some(scope.combination / scope.n_combinations % n_samples);
            }
            scope.n_combinations = scope.n_combinations.saturating_mul(n_samples);
        }
        samples.get(usize::try_from(choice.unwrap_or(0)).unwrap_or(0))
    }

    /// Marks that a type is read by a deserialization of its own, which is to blame if it fails.
    pub(super) fn enter_scope(&mut self, type_name: &'static str) {
        let (outer, position) = match self.scopes.last_mut() {
            Some(outer) => {
                outer.n_inner += 1;
                (outer.place.type_name, outer.n_inner)
            }
            None => ("", 0),
        };
        let place = Place { type_name, outer, position };
        let combination = match self.refusals.get(&place) {
            Some(refusals) => refusals.first + refusals.count,
            None => self.latest.get(type_name).copied().unwrap_or(0),
        };
        self.scopes.push(Scope { place, combination, n_combinations: 1, n_inner: 0 });
    }

    /// Counterpart of [`Trace::enter_scope`]; of several failed types, one inside the other, the innermost is to blame.
    pub(super) fn leave_scope(&mut self, failed: bool) {
        let scope = self.scopes.pop();
        if failed && self.blamed.is_none() {
            self.blamed = scope;
        }
    }

    /// The innermost type of which a value is being read.
    pub(super) fn place(&self) -> &'static str {
        self.scopes.last().map_or("", |scope| scope.place.type_name)
    }

    /// Ends the trace: the type asks for what the bytes do not tell.
    pub(super) fn not_self_readable(&mut self, question: &str) -> PassError {
        let reason =
            format!("`{}` asks the format what comes next (`{question}`), which its bytes do not tell", self.place());
        self.stop(Verdict::NotSelfReadable(reason))
    }

    /// Ends the trace: no value of the type can be read.
    pub(super) fn opaque(&mut self, reason: String) -> PassError {
        self.stop(Verdict::Opaque(reason))
    }

    fn stop(&mut self, verdict: Verdict) -> PassError {
        // What was found first is the cause; what follows comes of unwinding.
        let verdict = self.verdict.get_or_insert(verdict);
        match verdict {
            Verdict::NotSelfReadable(reason) | Verdict::Opaque(reason) => PassError(reason.clone()),
        }
    }

    /// What ended the trace, if anything did. The type itself may have gone on, having thrown the error away.
    pub(super) fn verdict(&self) -> Option<&Verdict> {
        self.verdict.as_ref()
    }

    /// See [`Trace::failed`]; to be asked for before the pass.
    pub(super) fn progress(&self) -> u64 {
        self.progress
    }

    /// Makes ready for a pass.
    pub(super) fn begin_pass(&mut self) {
        self.scopes.clear();
        self.blamed = None;
        for definition in &mut self.definitions {
            definition.active = 0;
        }
    }

    /// Decides how to go on after a pass that failed with `error`, before which `progress` had been made.
    pub(super) fn failed(&mut self, error: &PassError, progress: u64) -> Next {
        let Some(Scope { place, combination, n_combinations, .. }) = self.blamed.take() else {
            return Next::GiveUp(Verdict::Opaque(error.to_string()));
        };
        if self.progress > progress {
            // The failure may come of what was explored for the first time; the same samples get another chance.
            return Next::Retry;
        }
        let refusals = self.refusals.entry(place).or_insert(Refusals { first: combination, count: 0, of: 0 });
        refusals.count += 1;
        refusals.of = refusals.of.max(n_combinations);
        if refusals.count >= refusals.of.min(Self::MAX_REFUSALS) {
            let Place { type_name, .. } = place;
            return Next::GiveUp(Verdict::Opaque(format!("`{type_name}` refuses every sample value: {error}")));
        }
        self.latest.insert(place.type_name, refusals.first + refusals.count);
        Next::Retry
    }
}
