//! What `#[mamo::node]` tells about a function.

use crate::graph::{Code, Node, NodeCtx, RawNode, Reducing, Takes};
use crate::value::{BoxError, Collection, CollectionType, Flat, ItemOf, List, NodeResult, SettledOf, Value, ValueType};
use std::any::{Any, TypeId};
use std::marker::PhantomData;

/// A node function as written: name, code, parameters. One for each function.
#[derive(Debug)]
pub struct Function {
    /// `crate::module::name`.
    pub path: &'static str,
    /// Its name alone: the default name of its nodes.
    pub name: &'static str,
    /// Its code, as far as it counts.
    pub code: Code,
    /// Names of the parameters that take nodes, in order.
    pub parameters: &'static [&'static str],
    /// Whether it asks for the key of the element that it is mapped over.
    pub has_key: bool,
    /// Whether it makes a sub-graph when it runs, and a node of that gives its value.
    pub expands: bool,
    /// Names of its outputs; none for a single value.
    pub outputs: &'static [&'static str],
    /// What it takes of the machine while it runs.
    pub takes: Takes,
    /// How what it returns is kept.
    pub results: Results,
    /// Where it stands.
    pub file: &'static str,
    /// Where it stands.
    pub line: u32,
}

/// A node function as the engine calls it, for given parameter types. One for each set of types.
#[derive(Debug)]
pub(crate) struct NodeFunction {
    /// The function.
    pub(crate) function: &'static Function,
    /// Which function it is, whatever it is called: the type beside it.
    pub(crate) id: fn() -> TypeId,
    /// What it returns.
    pub(crate) results: Results,
    /// Runs it.
    pub(crate) call: Call,
    /// How it is mapped over its first input, or its first two.
    pub(crate) mapping: Option<Mapping>,
    /// How it combines the elements of a collection, when it does.
    pub(crate) reducing: Option<Reducing>,
}

/// How a function is mapped over collections.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mapping {
    /// The constructor, in keys and messages.
    pub(crate) kind: &'static str,
    pub(crate) over: &'static CollectionType,
    /// The second collection, for a function that goes over two in step.
    pub(crate) with: Option<&'static CollectionType>,
    /// What the function returns for one element.
    pub(crate) element: &'static ValueType,
    /// Whether each element gives one element, as the function gives it.
    pub(crate) is_one_to_one: bool,
    /// Whether elements' failures are values.
    pub(crate) is_settled: bool,
    /// The same with elements' failures as values, where there is such a thing.
    pub(crate) settled: Option<&'static NodeFunction>,
}

/// Runs a node function on a node's inputs.
pub(crate) type Call = fn(&NodeCtx, &Inputs<'_>) -> Ran;

/// What running a node function gives.
pub type Ran = Result<Value, BoxError>;

/// A node function whose lent parameters are lent from values of the types `L`, a tuple. The type beside the function,
/// which `#[mamo::node]` writes, implements it.
///
/// One trait with one constant, so that what the engine needs is put together here, once, instead of beside every
/// function: a compiler spends more time on generated code than on reading it, most of it for each body.
pub trait DeclaredFunction<L = ()>: 'static {
    /// What the function returns, unwrapped from a `Result`; nothing for several outputs.
    type Value: Send + Sync + 'static;

    /// The function.
    const FUNCTION: &'static Function;

    /// Runs the function on the values of a node's inputs.
    ///
    /// # Errors
    /// What the function fails with.
    fn run(ctx: &NodeCtx, inputs: &Inputs<'_>) -> Ran;
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
    /// A function as it is.
    pub(crate) const fn plain<F: DeclaredFunction<L>, L>() -> Self {
        let results = F::FUNCTION.results;
        Self { function: F::FUNCTION, id: TypeId::of::<F>, results, call: F::run, mapping: None, reducing: None }
    }

    /// How many inputs come before those that all elements or combinations share.
    pub(crate) fn n_own_inputs(&self) -> usize {
        match (&self.mapping, &self.reducing) {
            (Some(mapping), _) => 1 + usize::from(mapping.with.is_some()),
            (None, Some(reducing)) => 1 + usize::from(reducing.has_initial),
            (None, None) => 0,
        }
    }

    /// A function that is mapped over the elements of a `C`.
    pub(crate) const fn mapped<F: DeclaredFunction<L>, L: 'static, C: Collection>() -> Self {
        let mapping = Mapping {
            kind: "map",
            over: CollectionType::of::<C, Called<F, L>>(),
            with: None,
            element: Called::<F, L>::TYPE,
            is_one_to_one: true,
            is_settled: false,
            settled: Some(const { &Self::settled::<F, L, C>(None) }),
        };
        Self::mapping::<F, L>(ValueType::map::<C, Called<F, L>>(), mapping)
    }

    /// A function that is mapped over the elements of a `C` and a `D` in step.
    pub(crate) const fn zip_mapped<F: DeclaredFunction<L>, L: 'static, C: Collection, D: Collection>() -> Self {
        let mapping = Mapping {
            kind: "zip_map",
            over: CollectionType::of::<C, Called<F, L>>(),
            with: Some(CollectionType::of::<D, Called<F, L>>()),
            element: Called::<F, L>::TYPE,
            is_one_to_one: true,
            is_settled: false,
            settled: Some(const { &Self::settled::<F, L, C>(Some(CollectionType::of::<D, Called<F, L>>())) }),
        };
        Self::mapping::<F, L>(ValueType::map::<C, Called<F, L>>(), mapping)
    }

    /// A function that is mapped over the elements of a `C`, and gives something for some of them.
    pub(crate) const fn filter_mapped<F: DeclaredFunction<L, Value: Flat>, L: 'static, C: Collection>() -> Self {
        let mapping = Mapping {
            kind: "filter_map",
            over: CollectionType::filtered::<C, Called<F, L>>(),
            with: None,
            element: ValueType::flat::<Called<F, L>>(),
            is_one_to_one: false,
            is_settled: false,
            settled: None,
        };
        Self::mapping::<F, L>(ValueType::map::<C, ItemOf<Called<F, L>>>(), mapping)
    }

    /// A function that is mapped over the elements of a `C`, and gives several values for each.
    pub(crate) const fn flat_mapped<F: DeclaredFunction<L, Value: Flat>, L: 'static, C: Collection>() -> Self {
        let mapping = Mapping {
            kind: "flat_map",
            over: CollectionType::flattened::<C, Called<F, L>>(),
            with: None,
            element: ValueType::flat::<Called<F, L>>(),
            is_one_to_one: false,
            is_settled: false,
            settled: None,
        };
        let list = ValueType::map::<List<<ItemOf<Called<F, L>> as NodeResult>::Value>, ItemOf<Called<F, L>>>();
        Self::mapping::<F, L>(list, mapping)
    }

    /// A function that is mapped over the elements of a `C`, and of another collection, where failures are values.
    const fn settled<F: DeclaredFunction<L>, L: 'static, C: Collection>(with: Option<&'static CollectionType>) -> Self {
        let mapping = Mapping {
            kind: "settle_each",
            over: CollectionType::of::<C, SettledOf<Called<F, L>>>(),
            with,
            element: Called::<F, L>::TYPE,
            is_one_to_one: false,
            is_settled: true,
            settled: None,
        };
        Self::mapping::<F, L>(ValueType::map::<C, SettledOf<Called<F, L>>>(), mapping)
    }

    const fn mapping<F: DeclaredFunction<L>, L: 'static>(result: &'static ValueType, mapping: Mapping) -> Self {
        Self {
            function: F::FUNCTION,
            id: TypeId::of::<F>,
            results: Results::One(result),
            call: F::run,
            mapping: Some(mapping),
            reducing: None,
        }
    }
}

/// The single result of a node function.
pub(crate) struct Called<F, L>(PhantomData<(F, L)>);

impl<F: DeclaredFunction<L>, L: 'static> NodeResult for Called<F, L> {
    type Value = F::Value;
    const TYPE: &'static ValueType = match F::FUNCTION.results {
        Results::One(one) => one,
        Results::Many(_) => panic!("a function with several outputs has no `map`"),
    };
}

impl Function {
    /// What is not said of a function that is like most.
    pub const PLAIN: Self = Self {
        path: "",
        name: "",
        code: Code::DEEP,
        parameters: &[],
        has_key: false,
        expands: false,
        outputs: &[],
        takes: Takes::ORDINARY,
        results: Results::Many(&[]),
        file: "",
        line: 0,
    };

    /// Whether keys take one function for the other: one name, one code, one set of parameters and outputs.
    pub(crate) fn is_confused_with(&self, other: &Self) -> bool {
        self.path == other.path
            && self.code.version() == other.code.version()
            && self.parameters == other.parameters
            && self.outputs == other.outputs
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
    /// # Panics
    /// When there is none of that type, which the types of the constructors rule out. No error: a `?` for each parameter
    /// of each function takes the compiler longer than anything else that is generated.
    pub fn get<T: 'static>(&self, slot: u32) -> &T {
        self.optional(slot).unwrap_or_else(|| mixed_up::<T>(slot))
    }

    /// The value for an optional parameter, when one was given.
    ///
    /// # Panics
    /// When it has another type, which the types of the constructors rule out.
    pub fn optional<T: 'static>(&self, slot: u32) -> Option<&T> {
        let bit = 1u64.checked_shl(slot).unwrap_or(0);
        if self.present & bit == 0 {
            return None;
        }
        let before = (self.present & (bit - 1)).count_ones();
        let value = usize::try_from(before).ok().and_then(|index| self.values.get(index));
        Some(value.and_then(|value| value.downcast_ref()).unwrap_or_else(|| mixed_up::<T>(slot)))
    }

    /// The key of the element that the function is mapped over.
    ///
    /// # Panics
    /// When there is none of that type, which the types of the constructors rule out.
    pub fn key<K: Send + Sync + 'static>(&self) -> &K {
        let key = self.key.and_then(|key| key.as_any().downcast_ref());
        key.unwrap_or_else(|| mixed_up::<K>(u32::MAX))
    }
}

fn mixed_up<T>(slot: u32) -> ! {
    let wanted = std::any::type_name::<T>();
    panic!("input {slot} is not a `{wanted}`; please report this as a bug of mamo")
}

/// What a function gave that never fails.
///
/// # Errors
/// None.
pub fn ran<T: Send + Sync + 'static>(value: T) -> Ran {
    Ok(Value::new(value))
}

/// What a function gave that may fail.
///
/// # Errors
/// The function's own.
pub fn ran_or<T: Send + Sync + 'static>(outcome: Result<T, BoxError>) -> Ran {
    outcome.map(Value::new)
}

/// A node that is given for a parameter.
pub fn given<T>(node: Node<T>) -> Option<RawNode> {
    Some(node.raw())
}

/// A node that is given for an optional parameter, or none.
pub fn perhaps<T>(node: Option<Node<T>>) -> Option<RawNode> {
    node.map(Node::raw)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::context::Signals;
    use crate::graph::spec::SpecBody;
    use crate::graph::{Graph, Spec};
    use crate::node;
    use crate::value::{Desk, Log, Outputs};
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;

    /// Calls the function behind a spec, with `values` for the parameters that were given one.
    fn call<T, H>(
        spec: Spec<T, H>,
        values: &[&(dyn Any + Send + Sync)],
        key: Option<Value>,
    ) -> Result<Value, BoxError> {
        let SpecBody::Function { function, present } = spec.raw.body else { panic!("not a function") };
        assert_eq!(spec.raw.inputs.len(), values.len());
        let ctx = NodeCtx {
            function: function.function.path,
            draw: crate::graph::Draw::default(),
            upstream: smallvec::smallvec![],
            signals: Arc::new(Signals::default()),
            desk: Desk::default(),
            log: Arc::new(Log::new(std::time::Instant::now())),
        };
        (function.call)(&ctx, &Inputs { values, present, key: key.as_ref() })
    }

    fn text(result: Result<Value, BoxError>) -> String {
        match result {
            Ok(value) => value.downcast::<String>().unwrap().to_string(),
            Err(error) => format!("error: {error}"),
        }
    }

    fn in_graph(test: impl FnOnce(&Graph)) {
        Graph::build(|g| {
            test(g);
            Ok(())
        })
        .unwrap();
    }

    #[node(krate = crate)]
    fn all(
        ctx: &NodeCtx,
        number: &u32,
        absent: Option<&u32>,
        name: &str,
        (copy, _): (u32, u32),
        list: Option<&[u32]>,
    ) -> Result<String, String> {
        match number {
            0 => Err(format!("zero for {name}")),
            _ => Ok(format!("{} {number} {absent:?} {name} {copy} {list:?}", ctx.seed() == 0)),
        }
    }

    #[test]
    fn parameters_get_their_values_whichever_are_left_out() {
        in_graph(|g| {
            let (number, name, list) = (g.value(0u32), g.value(String::new()), g.value(vec![0u32]));
            let pair = g.value((0u32, 0u32));
            let spec = || all::node(number, None, name, pair, Some(list));
            let (name_value, pair_value, list_value) = ("n".to_owned(), (3u32, 4u32), vec![5u32]);
            let values = |number| -> [&(dyn Any + Send + Sync); 4] { [number, &name_value, &pair_value, &list_value] };
            assert_eq!(text(call(spec(), &values(&1u32), None)), "false 1 None n 3 Some([5])");
            assert_eq!(text(call(spec(), &values(&0u32), None)), "error: zero for n");
            let wrong = catch_unwind(AssertUnwindSafe(|| text(call(spec(), &values(&0u64), None)))).unwrap_err();
            let message = wrong.downcast_ref::<String>().unwrap();
            assert_eq!(message, "input 0 is not a `u32`; please report this as a bug of mamo");
            let given: [&(dyn Any + Send + Sync); 4] = [&1u32, &2u32, &name_value, &pair_value];
            let spec = all::node(number, Some(number), name, pair, None);
            assert_eq!(text(call(spec, &given, None)), "false 1 Some(2) n 3 None");
        });
    }

    #[node(krate = crate)]
    fn keyed(rows: &[u32], #[key] key: usize, name: &str) -> String {
        format!("{rows:?} {key} {name}")
    }

    #[test]
    fn a_mapped_function_gets_elements_and_keys() {
        in_graph(|g| {
            let spec = keyed::map(g.value(vec![vec![1u32]]), g.value(String::new()));
            let values: [&(dyn Any + Send + Sync); 2] = [&vec![7u32], &"n".to_owned()];
            assert_eq!(text(call(spec, &values, Some(Value::new(3usize)))), "[7] 3 n");
        });
    }

    #[node(krate = crate, outputs(even, odd))]
    fn split(rows: &[u32]) -> (Vec<u32>, String) {
        (rows.to_vec(), "odd".to_owned())
    }

    #[test]
    fn outputs_are_values_of_their_own() {
        in_graph(|g| {
            let outputs =
                call(split::node(g.value(vec![0u32])), &[&vec![1u32]], None).unwrap().downcast::<Outputs>().unwrap();
            let [even, odd] = outputs.0.as_slice() else { panic!("two outputs") };
            assert_eq!(*even.downcast::<Vec<u32>>().unwrap(), [1]);
            assert_eq!(*odd.downcast::<String>().unwrap(), "odd");
        });
    }

    #[test]
    fn a_function_is_described_as_it_is_written() {
        in_graph(|g| {
            let (number, name, pair) = (g.value(0u32), g.value(String::new()), g.value((0u32, 0u32)));
            let SpecBody::Function { function, .. } = all::node(number, None, name, pair, None).raw.body else {
                panic!("not a function")
            };
            let function = function.function;
            assert_eq!(function.path, "mamo::graph::function::tests::all");
            assert_eq!(function.name, "all");
            assert_eq!(function.parameters, ["number", "absent", "name", "arg4", "list"]);
            let tokens = function.code.tokens;
            assert!(tokens.starts_with("fn all ( ctx : & NodeCtx , number : & u32 ,"), "{tokens}");
            assert!(function.file.ends_with("function.rs"));
            assert!(!function.has_key && function.outputs.is_empty());
        });
    }
}
