//! Functions that combine the elements of a collection, two at a time.

use crate::graph::function::Called;
use crate::graph::spec::{Spec, SpecBody};
use crate::graph::{DeclaredFunction, NodeFunction, RawNode, Results};
use crate::value::{Collection, CollectionType, NodeResult, ValueType};
use std::any::TypeId;

/// How a function combines the elements of a collection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reducing {
    /// The constructor, in keys.
    pub(crate) kind: &'static str,
    pub(crate) over: &'static CollectionType,
    /// What the function returns for two elements.
    pub(crate) element: &'static ValueType,
    /// Whether the first input is what an empty collection comes to.
    pub(crate) has_initial: bool,
}

/// A list that a function of another shape would combine: there is none.
#[diagnostic::on_unimplemented(
    message = "`{F}` does not combine two values of one type into a third",
    label = "`reduce` is not there for this function",
    note = "`f::reduce` is there for `fn f(a: &T, b: &T) -> T`, also with `Result<T, E>`, with `T` by value, with a context \
            before and parameters behind; all three types are written alike",
    note = "a function that takes the whole list at once (`&[T]`, `&List<T>`) is used by `f::node`, one that takes a single \
            element by `f::map`"
)]
pub trait ReducedWith<F>: Sized {
    /// What nobody calls.
    fn never<T>(self) -> T {
        std::panic::panic_any("a function of another shape has no reduce")
    }
}

impl NodeFunction {
    /// The constructor, in keys; nothing for a plain node.
    pub(crate) fn kind(&self) -> Option<&'static str> {
        let mapping = self.mapping.map(|mapping| mapping.kind);
        mapping.or_else(|| self.reducing.map(|reducing| reducing.kind))
    }

    /// A function that combines the elements of a `C`.
    const fn reduced<F: DeclaredFunction<L>, L: 'static, C: Collection>(has_initial: bool) -> Self {
        let kind = if has_initial { "reduce_or" } else { "reduce" };
        let reducing = Reducing {
            kind,
            over: CollectionType::of::<C, Called<F, L>>(),
            element: Called::<F, L>::TYPE,
            has_initial,
        };
        Self {
            function: F::FUNCTION,
            id: TypeId::of::<F>,
            results: Results::One(Called::<F, L>::TYPE),
            call: F::run,
            mapping: None,
            reducing: Some(reducing),
        }
    }
}

impl<T, H> Spec<T, H> {
    /// A reduce of the collection that is the first input; the others are the function's further parameters.
    #[doc(hidden)]
    pub fn __reduced<F: DeclaredFunction<L>, L: 'static, C: Collection<Item = F::Value>>(
        inputs: &[Option<RawNode>],
    ) -> Self {
        let mut spec = Self::of_function(const { &NodeFunction::reduced::<F, L, C>(false) }, inputs);
        if let SpecBody::Function { present, .. } = &mut spec.raw.body {
            // The collection stands for the first two parameters.
            *present = (*present << 1) | 1;
        }
        spec
    }

    /// As `__reduced`, behind what an empty collection comes to.
    #[doc(hidden)]
    pub fn __reduced_or<F: DeclaredFunction<L>, L: 'static, C: Collection<Item = F::Value>>(
        inputs: &[Option<RawNode>],
    ) -> Self {
        Self::of_function(const { &NodeFunction::reduced::<F, L, C>(true) }, inputs)
    }
}
