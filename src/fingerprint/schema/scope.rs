//! Chooses samples: the first, until a type refuses it, then others.
//!
//! A failure is blamed on the innermost type with a deserialization of its own, its *scope*. From the next pass on, the
//! samples inside that scope are others: the number of its failures is read as a number with one digit for each
//! sample, so that all combinations have their turn.

use std::collections::BTreeMap;

/// The types of which values are being read, and what they refused so far.
#[derive(Default)]
pub(super) struct Scopes {
    /// One inside the other.
    open: Vec<Scope>,
    /// The innermost one that failed in this pass.
    blamed: Option<Scope>,
    refusals: BTreeMap<Place, Refusals>,
    /// What was tried last on a type, for the other places where it stands.
    latest: BTreeMap<&'static str, u64>,
    /// Which sample to take where the first would do as well.
    probe: u64,
}

/// A type while a value of it is read.
struct Scope {
    place: Place,
    /// Number of the combination of samples that it gets, of which 0 is the usual one.
    combination: u64,
    /// In how many ways the samples handed out so far could have been chosen.
    n_combinations: u64,
    /// How many scopes were opened directly in this one.
    n_inner: usize,
}

/// Where a type stands.
///
/// Its name is not enough: all `#[serde(deserialize_with = ..)]` fields of a struct seem to be of one type.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    type_name: &'static str,
    outer: &'static str,
    /// Number among the scopes directly inside the outer one.
    position: usize,
}

/// Combinations of samples that a type refused.
struct Refusals {
    first: u64,
    count: u64,
    /// Of how many, as far as is known.
    of: u64,
}

/// What a type refused.
pub(super) enum Refused {
    /// There are others to be tried.
    Others,
    /// Nothing is left for the type of this name; empty where no type is to blame.
    All(&'static str),
}

impl Scopes {
    /// In how many ways the samples of one type are combined.
    const MAX_REFUSALS: u64 = 1000;

    /// Makes ready for a pass; `probe` is 0 but for those that look at what other samples do.
    pub(super) fn begin_pass(&mut self, probe: u64) {
        self.open.clear();
        self.blamed = None;
        self.probe = probe;
    }

    /// Opens a scope.
    pub(super) fn enter(&mut self, type_name: &'static str) {
        let (outer, position) = match self.open.last_mut() {
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
        self.open.push(Scope { place, combination, n_combinations: 1, n_inner: 0 });
    }

    /// Closes the innermost scope.
    pub(super) fn leave(&mut self, failed: bool) {
        let scope = self.open.pop();
        if failed && self.blamed.is_none() {
            self.blamed = scope;
        }
    }

    /// The innermost type that a user would know.
    pub(super) fn place(&self) -> &'static str {
        let names = || self.open.iter().rev().map(|scope| scope.place.type_name);
        // What derives generate is inside of an unnamed constant.
        names().find(|name| !name.contains("::_::")).or_else(|| names().next()).unwrap_or("")
    }

    /// Whether the present pass only looks at what other samples do.
    pub(super) fn is_probe(&self) -> bool {
        self.probe > 0
    }

    /// The first sample, unless a type around it refused that before.
    pub(super) fn choose<'s, S>(&mut self, samples: &'s [S]) -> Option<&'s S> {
        let n_samples = u64::try_from(samples.len()).unwrap_or(u64::MAX).max(1);
        let mut choice = None;
        for scope in self.open.iter_mut().rev() {
            // The innermost type that refused anything decides; those around it count the digit nevertheless.
            if choice.is_none() && scope.combination > 0 {
                choice = Some(scope.combination / scope.n_combinations % n_samples);
            }
            scope.n_combinations = scope.n_combinations.saturating_mul(n_samples);
        }
        samples.get(usize::try_from(choice.unwrap_or(self.probe % n_samples)).unwrap_or(0))
    }

    /// Notes that the type to blame for a failed pass wants other samples.
    pub(super) fn refuse(&mut self) -> Refused {
        let Some(Scope { place, combination, n_combinations, .. }) = self.blamed.take() else {
            return Refused::All("");
        };
        let refusals = self.refusals.entry(place).or_insert(Refusals { first: combination, count: 0, of: 0 });
        refusals.count += 1;
        refusals.of = refusals.of.max(n_combinations);
        if refusals.count >= refusals.of.min(Self::MAX_REFUSALS) {
            return Refused::All(place.type_name);
        }
        self.latest.insert(place.type_name, refusals.first + refusals.count);
        Refused::Others
    }
}
