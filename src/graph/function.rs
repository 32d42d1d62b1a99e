//! What `#[mamo::node]` tells about a function.

use crate::graph::NodeCtx;
use crate::value::{BoxError, Collection, CollectionType, NodeResult, Value, ValueType};
use std::any::Any;

/// A node function as written: name, code, parameters. One for each function.
#[derive(Debug)]
pub struct Function {
    /// `crate::module::name`.
    pub path: &'static str,
    /// Its name alone: the default name of its nodes.
    pub name: &'static str,
    /// Its code, as normalised tokens.
    pub tokens: &'static str,
    /// The version given by hand, which then stands in for the tokens.
    pub version: Option<u64>,
    /// Names of the parameters that take nodes, in order.
    pub parameters: &'static [&'static str],
    /// Whether it asks for the key of the element that it is mapped over.
    pub has_key: bool,
    /// Names of its outputs; none for a single value.
    pub outputs: &'static [&'static str],
    /// Where it stands.
    pub file: &'static str,
    /// Where it stands.
    pub line: u32,
}

/// A node function as the engine calls it, for given parameter types. One for each set of types.
#[derive(Debug)]
pub struct NodeFunction {
    /// The function.
    pub function: &'static Function,
    /// What it returns.
    pub results: Results,
    /// Runs it.
    pub call: Call,
    /// How to go over the first input, when the function is mapped over it.
    pub mapped: Option<&'static CollectionType>,
    /// What the function returns for one element, when it is mapped.
    pub element: Option<&'static ValueType>,
}

/// Runs a node function on a node's inputs.
pub type Call = fn(&NodeCtx, &Inputs<'_>) -> Result<Value, BoxError>;

/// The type beside a node function, which `#[mamo::node]` writes.
pub trait DeclaredFunction {
    /// The function.
    const FUNCTION: &'static Function;
}

/// What a node function returns.
#[derive(Clone, Copy, Debug)]
pub enum Results {
    /// One value.
    One(&'static ValueType),
    /// One value for each output.
    Many(&'static [&'static ValueType]),
}

impl NodeFunction {
    /// A function with a single output.
    pub const fn one<F: DeclaredFunction + NodeResult>(call: Call) -> Self {
        Self { function: F::FUNCTION, results: Results::One(F::TYPE), call, mapped: None, element: None }
    }

    /// A function with several outputs.
    pub const fn many<F: DeclaredFunction>(outputs: &'static [&'static ValueType], call: Call) -> Self {
        Self { function: F::FUNCTION, results: Results::Many(outputs), call, mapped: None, element: None }
    }

    /// A function that is mapped over the elements of a `C`.
    pub const fn mapped<F: DeclaredFunction + NodeResult, C: Collection>(call: Call) -> Self {
        Self {
            function: F::FUNCTION,
            results: Results::One(ValueType::map::<C, F>()),
            call,
            mapped: Some(CollectionType::of::<C, F>()),
            element: Some(F::TYPE),
        }
    }
}

impl Function {
    /// Digest of the code: of the version given by hand, or of the tokens.
    ///
    /// This is the one place that decides what "the code changed" means.
    pub(crate) fn code_version(&self) -> [u8; 32] {
        match self.version {
            Some(version) => blake3::derive_key("mamo 1: code version by hand", &version.to_le_bytes()),
            None => blake3::derive_key("mamo 1: code version by tokens", self.tokens.as_bytes()),
        }
    }
}

/// The values of a running node's inputs.
#[derive(Debug)]
pub struct Inputs<'a> {
    pub(crate) values: &'a [&'a (dyn Any + Send + Sync)],
    /// One bit a parameter: whether an input was given for it.
    pub(crate) present: u64,
    pub(crate) key: Option<&'a Value>,
}

impl Inputs<'_> {
    /// The value for parameter number `slot`.
    ///
    /// # Errors
    /// When there is none of that type, which the types of the constructors rule out.
    pub fn get<T: 'static>(&self, slot: u32) -> Result<&T, BoxError> {
        self.optional(slot)?.ok_or_else(|| mixed_up::<T>(slot))
    }

    /// The value for an optional parameter, when one was given.
    ///
    /// # Errors
    /// When it has another type, which the types of the constructors rule out.
    pub fn optional<T: 'static>(&self, slot: u32) -> Result<Option<&T>, BoxError> {
        let bit = 1u64.checked_shl(slot).unwrap_or(0);
        if self.present & bit == 0 {
            return Ok(None);
        }
        let before = (self.present & (bit - 1)).count_ones();
        let value = usize::try_from(before).ok().and_then(|index| self.values.get(index));
        value.and_then(|value| value.downcast_ref()).map(Some).ok_or_else(|| mixed_up::<T>(slot))
    }

    /// The key of the element that the function is mapped over.
    ///
    /// # Errors
    /// When there is none of that type, which the types of the constructors rule out.
    pub fn key<K: Send + Sync + 'static>(&self) -> Result<&K, BoxError> {
        let key = self.key.and_then(|key| key.as_any().downcast_ref());
        key.ok_or_else(|| mixed_up::<K>(u32::MAX))
    }
}

fn mixed_up<T>(slot: u32) -> BoxError {
    let wanted = std::any::type_name::<T>();
    format!("input {slot} is not a `{wanted}`; please report this as a bug of mamo").into()
}
