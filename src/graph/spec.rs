//! What a node is to be, before it is added to a graph.

use crate::fingerprint::{ValueDigest, value_digest};
use crate::graph::draw::Trials;
use crate::graph::{Asked, Constant, DeclaredFunction, Gatherer, Node, NodeFunction, RawNode, Retry, Settler, Source};
use crate::value::{Collection, Flat, Projection, Value, ValueType};
use smallvec::SmallVec;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

/// A node that is yet to be added to a graph: [`Graph::add`](crate::Graph::add) turns it into a [`Node`].
///
/// `H` is what adding it gives: a `Node<T>`, or a tuple of nodes for a function with several outputs.
#[must_use = "a spec is nothing until `g.add(..)` makes it a node"]
pub struct Spec<T, H = Node<T>> {
    pub(crate) raw: RawSpec,
    marker: PhantomData<fn() -> (T, H)>,
}

/// Which results' bytes are kept.
///
/// Records of what a node gave are kept always, so that nodes below are cut off whatever the policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Persist {
    /// Kept: in this version as [`Persist::Always`].
    #[default]
    Auto,
    /// Kept.
    Always,
    /// Not kept: executed again when somebody needs the value in a later run.
    ///
    /// Within a run it is executed once. Where others of its function may turn out to compute the same, the value stays
    /// until the run is over: up to 64 MiB of such values in memory, what is more in a temporary file. When a node fails
    /// that reads it, the value is kept for [`Engine::replay`](crate::Engine::replay), unless a secret stands in it.
    Never,
}

pub(crate) struct RawSpec {
    pub(crate) body: SpecBody,
    pub(crate) inputs: SmallVec<[RawNode; 4]>,
    pub(crate) name: Option<Box<str>>,
    pub(crate) tags: Vec<Box<str>>,
    pub(crate) persist: Persist,
    pub(crate) is_barrier: bool,
    /// Apart, since a spec is passed on by value, a million times in a large graph.
    pub(crate) rare: Option<Box<Rare>>,
}

/// What is said of few nodes.
#[derive(Default)]
pub(crate) struct Rare {
    pub(crate) retry: Option<Retry>,
    /// To draw again.
    pub(crate) seed: Option<u64>,
    pub(crate) trials: Option<Trials>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) asked: Option<Asked>,
    pub(crate) is_process: bool,
}

impl RawSpec {
    pub(crate) fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }
}

pub(crate) enum SpecBody {
    Function {
        function: &'static NodeFunction,
        present: u64,
    },
    Constant(Result<Constant, String>),
    Source(Arc<Source>),
    Field(Arc<Projection>),
    Gather(&'static Gatherer),
    Settle(&'static Settler),
    /// The map that is its input, with elements' failures as values.
    SettleEach,
}

impl<T, H> Spec<T, H> {
    pub(crate) fn from_body(body: SpecBody, inputs: SmallVec<[RawNode; 4]>) -> Self {
        let raw = RawSpec {
            body,
            inputs,
            name: None,
            tags: Vec::new(),
            persist: Persist::Auto,
            is_barrier: false,
            rare: None,
        };
        Self::from_raw(raw)
    }

    pub(crate) fn from_raw(raw: RawSpec) -> Self {
        Self { raw, marker: PhantomData }
    }

    /// A call of a node function; `None` for an optional parameter that is left out.
    #[doc(hidden)]
    pub fn __plain<F: DeclaredFunction<L>, L>(inputs: &[Option<RawNode>]) -> Self {
        Self::of_function(const { &NodeFunction::plain::<F, L>() }, inputs)
    }

    /// As `__plain`, over the elements of the first input.
    #[doc(hidden)]
    pub fn __mapped<F: DeclaredFunction<L>, L: 'static, C: Collection>(inputs: &[Option<RawNode>]) -> Self {
        Self::of_function(const { &NodeFunction::mapped::<F, L, C>() }, inputs)
    }

    /// As `__mapped`, over the elements of the first two inputs in step.
    #[doc(hidden)]
    pub fn __zip_mapped<F: DeclaredFunction<L>, L: 'static, C: Collection, D: Collection>(
        inputs: &[Option<RawNode>],
    ) -> Self {
        Self::of_function(const { &NodeFunction::zip_mapped::<F, L, C, D>() }, inputs)
    }

    /// As `__mapped`, where the function gives something for some elements.
    #[doc(hidden)]
    pub fn __filter_mapped<F: DeclaredFunction<L, Value: Flat>, L: 'static, C: Collection>(
        inputs: &[Option<RawNode>],
    ) -> Self {
        Self::of_function(const { &NodeFunction::filter_mapped::<F, L, C>() }, inputs)
    }

    /// As `__mapped`, where the function gives several values for an element.
    #[doc(hidden)]
    pub fn __flat_mapped<F: DeclaredFunction<L, Value: Flat>, L: 'static, C: Collection>(
        inputs: &[Option<RawNode>],
    ) -> Self {
        Self::of_function(const { &NodeFunction::flat_mapped::<F, L, C>() }, inputs)
    }

    pub(crate) fn of_function(function: &'static NodeFunction, inputs: &[Option<RawNode>]) -> Self {
        let mut present = 0;
        let mut given = SmallVec::new();
        for (slot, input) in inputs.iter().enumerate() {
            if let Some(input) = input {
                present |= 1 << slot;
                given.push(*input);
            }
        }
        Self::from_body(SpecBody::Function { function, present }, given)
    }

    /// Calls the node by another name than its function's; part of its identity, not of its key.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.raw.name = Some(name.into().into_boxed_str());
        self
    }

    /// Marks the node; tags never cause a run.
    ///
    /// A source, parameter or field that is added in several places has the tags of all of them.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.raw.tags.push(tag.into().into_boxed_str());
        self
    }

    /// Says whether the result's bytes are kept; the same wherever a source, parameter or field is added again.
    pub fn persist(mut self, persist: Persist) -> Self {
        self.raw.persist = persist;
        self
    }

    /// Tries the node again when it fails, and each element of a map on its own; part of no key.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.raw.rare().retry = Some(retry);
        self
    }

    /// How long the node may take, and each element of a map or combination of a reduce on its own; part of no key.
    ///
    /// When the time is over the node has failed: what does not need it goes on, [`NodeCtx::is_stopped`](crate::NodeCtx::is_stopped)
    /// is true for it, and programs that it started are killed. Its function is asked, not forced: it keeps its
    /// thread until it returns, the run ends no sooner, and what it gives then is dropped. In a
    /// [process](Spec::process) of its own it is killed. A node that is tried again has so much time for each try,
    /// and begins the next one when the one before has returned.
    ///
    /// ```
    /// # use mamo::{NodeCtx, node};
    /// # use std::time::Duration;
    /// #[node]
    /// fn search(ctx: &NodeCtx, from: u64) -> Result<u64, String> {
    ///     let mut number = from;
    ///     while number % 720_720 != 0 {
    ///         if ctx.is_stopped() {
    ///             return Err(format!("gave up at {number}"));
    ///         }
    ///         number += 1;
    ///     }
    ///     Ok(number)
    /// }
    /// # mamo::Graph::build(|g| {
    /// let found = g.add(search::node(g.value(1_u64)).timeout(Duration::from_secs(60)));
    /// # Ok(found) });
    /// ```
    pub fn timeout(mut self, time: Duration) -> Self {
        self.raw.rare().timeout = Some(time);
        self
    }

    /// Makes everything downstream depend on the node's value alone, not on how it came about.
    ///
    /// What is stale below a barrier is known only once the barrier's value is. A source, parameter or field that is
    /// added in several places is a barrier in all of them or in none.
    pub fn barrier(mut self) -> Self {
        self.raw.is_barrier = true;
        self
    }
}

impl Constant {
    /// Encodes a value, to name it by its content.
    pub(crate) fn new<T: Send + Sync + 'static>(value: T, value_type: &'static ValueType) -> Result<Self, String> {
        Self::of(Value::new(value), value_type)
    }

    /// As [`Constant::new`], for a value whose type only `value_type` knows.
    pub(crate) fn of(value: Value, value_type: &'static ValueType) -> Result<Self, String> {
        if value_type.bytes.is_none() {
            return Err(format!("a `{}` has no bytes and cannot be a constant", (value_type.type_name)()));
        }
        let (bytes, len) = value_type.name(value.as_any()).map_err(|error| error.to_string())?;
        let digest: ValueDigest = value_digest(&(value_type.schema)().digest, &bytes, len);
        Ok(Self { value, digest, value_type })
    }
}
