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
//! - **Probes** follow when all is known: passes with other samples, in which nothing new may come up. They find the
//!   hand-written `Deserialize` that reads a version first and then what belongs to it.
//! - **Refused samples** are replaced by others; see `scope`.

use crate::fingerprint::schema::scope::{Refused, Scopes};
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

impl Verdict {
    /// What the type reads depends on values.
    pub(super) fn ambiguous(type_name: &str) -> Self {
        Self::Opaque(format!("`{type_name}` reads different types for different values"))
    }
}

/// What is known after some passes, and where the present one is.
#[derive(Default)]
pub(super) struct Trace {
    definitions: Vec<Definition>,
    known: BTreeMap<DefinitionKey, DefinitionIdx>,
    /// Which samples are handed out.
    pub(super) scopes: Scopes,
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
    /// Other samples are given to a type that is known, to see whether it then reads something else.
    pub(super) const N_PROBES: u64 = 6;
    /// Lists of lists of lists with more than one element grow fast.
    const MAX_PROBE_QUESTIONS: u64 = 10_000;
    /// Enough for an array of a million bytes.
    const MAX_QUESTIONS: u64 = 4_000_000;

    /// Counts one question of the type, and stops the pass where no answer can help.
    pub(super) fn question(&mut self, depth: u32) -> Result<(), PassError> {
        self.n_questions += 1;
        if self.verdict.is_some() {
            return Err(PassError("the trace is over".to_owned()));
        }
        if self.scopes.is_probe() && (depth > Self::MAX_DEPTH || self.n_questions > Self::MAX_PROBE_QUESTIONS) {
            return Err(PassError("the probe is over".to_owned()));
        }
        if depth > Self::MAX_DEPTH {
            return Err(self.opaque(format!("`{}` is nested too deeply, or without end", self.scopes.place())));
        }
        if self.n_questions > Self::MAX_QUESTIONS {
            return Err(self.opaque(format!("`{}` is too large to be traced", self.scopes.place())));
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

    /// Notes what a type holds.
    ///
    /// It must be the same each time. Where it is not, a hand-written `Deserialize` reads other types for other values,
    /// or two types have one name; then the schema could miss a change.
    pub(super) fn define(&mut self, idx: DefinitionIdx, body: Body) {
        let Some(definition) = self.definitions.get_mut(idx.0) else { return };
        let is_news = match (&definition.body, &body) {
            (Body::Fresh, _) => true,
            (Body::Seq(old), Body::Seq(new)) if new.n_runs() != old.n_runs() => new.n_runs() > old.n_runs(),
            (old, new) if old.parts() == new.parts() => false,
            _ => {
                self.ambiguous();
                return;
            }
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
        *self.scopes.choose(lengths).unwrap_or(&0)
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
            return Err(self.opaque(format!("`{}` is an enum that was lost", self.scopes.place())));
        };
        let towards_unseen = variants.explored.iter().copied().find(|&explored| {
            *active == 0 && variants.list.get(explored).is_some_and(|variant| self.leads_to_unseen(&variant.parts()))
        });
        if let Some(towards_unseen) = towards_unseen {
            return Ok(towards_unseen);
        }
        // Inside a value of the same enum, only the first one explored is sure to end.
        let choices = if *active > 0 { 1 } else { variants.explored.len() };
        let choices: Vec<usize> = variants.explored.iter().copied().take(choices).collect();
        match self.scopes.choose(&choices) {
            Some(&variant) => Ok(variant),
            None => Err(self.opaque(format!("`{}` has no value that ends", self.scopes.place()))),
        }
    }

    /// Notes what a variant holds; as [`Trace::define`].
    pub(super) fn variant_read(&mut self, idx: DefinitionIdx, variant: usize, fields: Fields) {
        let Some(variants) = self.variants_mut(idx) else { return };
        match variants.list.get_mut(variant) {
            None => {}
            Some(Variant::Known(known)) if *known == fields => {}
            Some(Variant::Known(_)) => self.ambiguous(),
            Some(slot @ (Variant::Unseen | Variant::Exploring)) => {
                *slot = Variant::Known(fields);
                variants.explored.push(variant);
                self.progress += 1;
            }
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

    /// Ends the trace: the type asks for what the bytes do not tell.
    pub(super) fn not_self_readable(&mut self, question: &str) -> PassError {
        let reason = format!(
            "`{}` asks the format what comes next (`{question}`), which its bytes do not tell",
            self.scopes.place()
        );
        self.stop(Verdict::NotSelfReadable(reason))
    }

    /// Ends the trace: no value of the type can be read.
    pub(super) fn opaque(&mut self, reason: String) -> PassError {
        self.stop(Verdict::Opaque(reason))
    }

    fn ambiguous(&mut self) {
        self.stop(Verdict::ambiguous(self.scopes.place()));
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
        self.scopes.begin_pass(0);
        for definition in &mut self.definitions {
            definition.active = 0;
        }
    }

    /// Makes ready for a pass with other samples, which may fail.
    pub(super) fn begin_probe(&mut self, probe: u64) {
        self.begin_pass();
        self.scopes.begin_pass(probe);
        self.n_questions = 0;
    }

    /// Decides how to go on after a pass that failed with `error`, before which `progress` had been made.
    pub(super) fn failed(&mut self, error: &PassError, progress: u64) -> Next {
        if self.progress > progress {
            // The failure may come of what was explored for the first time; the same samples get another chance.
            return Next::Retry;
        }
        match self.scopes.refuse() {
            Refused::Others => Next::Retry,
            Refused::All(type_name) => {
                Next::GiveUp(Verdict::Opaque(format!("`{type_name}` refuses every sample value: {error}")))
            }
        }
    }
}
