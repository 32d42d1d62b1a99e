//! Which draw a node is of a function that draws random numbers: its trial, and a seed that was chosen for it.

use crate::graph::builder::{Builder, Declaration};
use crate::graph::declared::Flags;
use crate::graph::names::{Label, NodePath};
use crate::graph::spec::{Spec, SpecBody};
use crate::graph::{Gatherer, NodeFunction, NodeId, Results};
use crate::value::{List, ValueType};
use serde::Serialize;
use serde::de::DeserializeOwned;
use smallvec::SmallVec;

/// Which draw a node is: part of its key and of its seed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Draw {
    /// Which of several samples; 0 for the first and usual one.
    pub(crate) trial: u32,
    /// A seed that was chosen, to draw again.
    pub(crate) seed: Option<u64>,
}

/// Several samples instead of one.
#[derive(Clone, Copy)]
pub(crate) struct Trials {
    n: u32,
    gatherer: &'static Gatherer,
    /// What the list's elements are taken for.
    element: &'static ValueType,
    /// Whether these are samples of samples.
    is_nested: bool,
}

impl<T, H> Spec<T, H> {
    /// Draws again: another seed gives another computation, with other numbers from
    /// [`NodeCtx::seed`](crate::NodeCtx::seed).
    ///
    /// Former draws are kept: going back to a seed, or to none, executes nothing. Elements of a map and combinations of a
    /// reduce draw again as well.
    pub fn seed(mut self, seed: u64) -> Self {
        self.raw.rare().seed = Some(seed);
        self
    }
}

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Spec<T> {
    /// Keeps `n` samples side by side, as a list: nodes of the same function on the same inputs, which differ in
    /// [`NodeCtx::seed`](crate::NodeCtx::seed) and [`NodeCtx::trial`](crate::NodeCtx::trial).
    ///
    /// Each is a computation of its own: a larger `n` executes only what is new, a smaller one nothing; with 0 the list is
    /// empty. The first is the same computation as the node without `trials`. They are called `name.trial0`, `name.trial1`
    /// and so on, the list has the name itself. Of a map these are samples of the whole map, each element of each a
    /// computation of its own.
    ///
    /// Options count for the samples; a barrier is made of the list.
    pub fn trials(mut self, n: u32) -> Spec<List<T>> {
        let trials = &mut self.raw.rare().trials;
        let is_nested = trials.is_some();
        let (gatherer, element) = (Gatherer::of::<T>(), ValueType::serde::<T>());
        *trials = Some(Trials { n, gatherer, element, is_nested });
        Spec::from_raw(self.raw)
    }
}

impl SpecBody {
    /// What a message calls the node.
    pub(crate) fn title(&self, name: Option<&str>) -> String {
        match (name, self) {
            (Some(name), _) => name.to_owned(),
            (None, Self::Function { function, .. }) => function.function.name.to_owned(),
            (None, Self::Source(source)) => source.label(),
            (None, Self::Field(field)) => field.path.to_owned(),
            (None, Self::Constant(_)) => "value".to_owned(),
            (None, Self::Gather(_)) => "gather".to_owned(),
            (None, Self::Settle(_) | Self::SettleEach) => "settle".to_owned(),
        }
    }
}

impl Builder {
    /// Notes a mistake when there is nothing that could draw; whether all is well.
    pub(crate) fn check_draws(
        &mut self,
        body: &SpecBody,
        draw: Draw,
        trials: Option<&Trials>,
        declaration: &Declaration<'_>,
    ) -> bool {
        let function = match body {
            SpecBody::Function { function, .. } => Some(function),
            SpecBody::Constant(_)
            | SpecBody::Source(_)
            | SpecBody::Field(_)
            | SpecBody::Gather(_)
            | SpecBody::Settle(_)
            | SpecBody::SettleEach => None,
        };
        let mistake = match (function, trials) {
            (None, None) if draw.seed.is_none() => None,
            (None, _) => Some("is to draw random numbers, but it calls no node function".to_owned()),
            (Some(_), Some(Trials { is_nested: true, .. })) => {
                Some("has trials of trials; multiply the numbers, or `g.gather` the lists".to_owned())
            }
            (Some(function), Some(trials)) => match function.results {
                Results::One(result) if result.codec == trials.element.codec => None,
                Results::One(result) => Some(format!(
                    "is kept by the codec `{}`, and a list of trials holds values of the codec `{}` only",
                    result.codec, trials.element.codec
                )),
                Results::Many(_) => Some("has trials and several outputs".to_owned()),
            },
            (Some(_), None) => None,
        };
        let Some(mistake) = mistake else { return true };
        let (name, place) = (body.title(declaration.name), declaration.place);
        self.mistakes.push(format!("`{name}` {mistake} ({place})"));
        false
    }

    /// The samples, and the list of them behind.
    pub(crate) fn add_trials(
        &mut self,
        (function, present): (&'static NodeFunction, u64),
        draw: Draw,
        trials: &Trials,
        declaration: &Declaration<'_>,
    ) -> (NodeId, SmallVec<[NodeId; 4]>) {
        let Declaration { scope, place, .. } = *declaration;
        let path = self.function_path(function.function, declaration);
        let name = match (path.label, declaration.name) {
            (Label::Ordinal(number), _) => format!("{}#{number}", function.function.name),
            (Label::Given(_), Some(name)) => name.to_owned(),
            (Label::Given(_) | Label::Default, _) => function.function.name.to_owned(),
        };
        let mut samples = SmallVec::new();
        let flags = Flags { is_barrier: false, ..declaration.flags };
        for trial in 0..trials.n {
            let spec = self.function_spec(function, present, Draw { trial, ..draw });
            let name = format!("{name}.trial{trial}");
            self.claim(scope, &name, place, "the trials of a node have names of their own");
            let path = NodePath { scope, label: self.graph.names.given(&name) };
            samples.push(self.push(spec.into(), path, &Declaration { flags, ..*declaration }));
        }
        let spec = self.gatherer_spec(trials.gatherer);
        let label = match path.label {
            Label::Given(_) => path.label,
            Label::Default | Label::Ordinal(_) => self.graph.names.given(&name),
        };
        let list = self.push(spec.into(), NodePath { scope, label }, &Declaration { inputs: &samples, ..*declaration });
        (list, samples)
    }
}
