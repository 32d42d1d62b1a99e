//! Finishing a graph: keys of the specs, the order of the nodes, and the report of all mistakes.

use crate::error::{Error, ErrorKind, Result};
use crate::fingerprint::{ParameterKey, RECIPE, ResultKey, Schema, SpecHashers, SpecKey};
use crate::graph::builder::Builder;
use crate::graph::{Body, Declared, Gatherer, NodeFunction, NodeSpec, Results, Settler, Source};
use crate::value::{Artifact, Dict, Element, Failure, List, Made, Tool, ValueType, encode_value};
use petgraph::visit::{DfsPostOrder, GraphBase, GraphRef, IntoNeighbors, VisitMap, Visitable};
use serde::Serialize;
use serde::de::DeserializeOwned;
use smallvec::{SmallVec, smallvec};

impl NodeSpec {
    /// Derives the key of a spec from the explanation that is kept with it.
    pub(crate) fn new(body: Body) -> std::result::Result<Self, String> {
        let mut element = None;
        let mut element_schemas = None;
        let (key, results): (Option<SpecKey>, SmallVec<[&'static ValueType; 1]>) = match &body {
            Body::Function { function, present } => {
                let results = function.results.to_vec();
                if let (Some(mapped), Some(item)) = (function.mapped, function.element) {
                    let item_schema = readable((item.schema)(), item)?;
                    let key = function_key("function", function, *present, &smallvec![item])?;
                    element = Some(SpecHashers::new(&key.to_bytes()));
                    element_schemas = Some(((mapped.item_schema)().digest, item_schema.digest));
                    (Some(function_key("map", function, *present, &results)?), results)
                } else {
                    (Some(function_key("function", function, *present, &results)?), results)
                }
            }
            Body::Field(field) => (Some(builtin_key("field", field.path, field.result)?), smallvec![field.result]),
            Body::Gather(gather) => (Some(builtin_key("gather", "", gather.result)?), smallvec![gather.result]),
            Body::Settle(settle) => (Some(builtin_key("settle", "", settle.result)?), smallvec![settle.result]),
            Body::Source(source) => (None, smallvec![source_type(source)]),
            Body::Output { result, .. } => (None, smallvec![*result]),
        };
        let mut schemas = SmallVec::new();
        for result in &results {
            schemas.push((result.schema)().digest);
        }
        let key = key.map(|key| key.to_bytes()).unwrap_or_default();
        let hashers = SpecHashers::new(&key);
        Ok(Self { body, key, hashers, element, results, schemas, element_schemas })
    }
}

impl Results {
    fn to_vec(self) -> SmallVec<[&'static ValueType; 1]> {
        match self {
            Self::One(one) => smallvec![one],
            Self::Many(many) => many.iter().copied().collect(),
        }
    }
}

/// A source's value type: as the executor makes it.
pub(crate) fn source_type(source: &Source) -> &'static ValueType {
    match source {
        Source::File { .. } | Source::Folder { .. } => ValueType::serde::<Artifact>(),
        Source::Glob { .. } => ValueType::serde::<Dict<String, Artifact>>(),
        Source::Env { .. } => ValueType::serde::<String>(),
        Source::Tool { .. } => ValueType::serde::<Tool>(),
        Source::Probe { value_type, .. } => value_type,
        Source::External { value_type, .. } => value_type,
    }
}

fn function_key(
    kind: &str,
    function: &NodeFunction,
    present: u64,
    results: &SmallVec<[&'static ValueType; 1]>,
) -> std::result::Result<SpecKey, String> {
    let parameters = function
        .function
        .parameters
        .iter()
        .enumerate()
        .map(|(slot, name)| ParameterKey { name: (*name).to_owned(), is_given: present & (1 << slot) != 0 });
    let mut names = function.function.outputs.iter();
    let results = results.iter().map(|result| result_key(names.next().copied().unwrap_or_default(), result));
    Ok(SpecKey {
        recipe: RECIPE,
        kind: kind.to_owned(),
        function: function.function.path.to_owned(),
        code: function.function.code.version(),
        parameters: parameters.collect(),
        results: results.collect::<std::result::Result<_, _>>()?,
        trial: 0,
    })
}

fn builtin_key(kind: &str, what: &str, result: &'static ValueType) -> std::result::Result<SpecKey, String> {
    Ok(SpecKey {
        recipe: RECIPE,
        kind: kind.to_owned(),
        function: what.to_owned(),
        code: [0; 32],
        parameters: Vec::new(),
        results: vec![result_key("", result)?],
        trial: 0,
    })
}

fn result_key(name: &str, result: &'static ValueType) -> std::result::Result<ResultKey, String> {
    let schema = readable((result.schema)(), result)?;
    Ok(ResultKey { name: name.to_owned(), codec: result.codec.to_owned(), schema: *schema.digest.as_bytes() })
}

/// Refuses types that could be written but never read back.
fn readable(schema: Schema, result: &ValueType) -> std::result::Result<Schema, String> {
    match schema.unreadable() {
        Some(reason) => Err(format!(
            "a `{}` cannot be saved: {reason}; use `codec = ..` with a format that can read it, or `transient`",
            (result.type_name)()
        )),
        None => Ok(schema),
    }
}

impl Gatherer {
    pub(crate) fn of<T: Serialize + DeserializeOwned + Send + Sync + 'static>() -> &'static Self {
        const {
            &Self {
                result: ValueType::serde::<List<T>>(),
                assemble: |made, loader| {
                    let source = crate::value::ListSource::typed(loader, ValueType::serde::<T>());
                    let element = |made: Made| {
                        let value = made.value.map(|value| value.typed::<T>()).transpose()?;
                        Ok(Element::stored(value, made.part, &source))
                    };
                    let elements = made.into_iter().map(element).collect::<std::result::Result<Vec<_>, _>>()?;
                    Ok(crate::value::Value::new(List::from_elements(elements)))
                },
            }
        }
    }
}

impl Settler {
    pub(crate) fn of<T: Serialize + DeserializeOwned + Send + Sync + 'static>() -> &'static Self {
        const {
            &Self {
                result: ValueType::serde::<std::result::Result<T, Failure>>(),
                value: |value| encode_value(&Ok::<&T, &Failure>(crate::value::expect_type::<T>(value)?)),
                failure: |failure| encode_value(&Err::<&T, &Failure>(failure)),
            }
        }
    }
}

impl Builder {
    /// Adds a spec; a mistake is reported with the node that is added next.
    pub(crate) fn new_spec(&mut self, body: Body) -> u32 {
        match NodeSpec::new(body) {
            Ok(spec) => {
                self.graph.specs.push(spec);
                u32::try_from(self.graph.specs.len() - 1).unwrap_or(u32::MAX)
            }
            Err(message) => {
                let next = self.next_index();
                self.broken.push((next, message));
                0
            }
        }
    }

    /// Turns what was declared into a finished graph.
    pub(crate) fn finish(&mut self) -> Result<Declared> {
        let mut mistakes = std::mem::take(&mut self.mistakes);
        for (node, message) in std::mem::take(&mut self.broken) {
            let place = self.graph.entry(node).place;
            mistakes.push(format!("{message} ({place})"));
        }
        if mistakes.is_empty() {
            self.resolve_replacements(&mut mistakes);
        }
        if mistakes.is_empty() && !self.graph.replaced.is_empty() {
            self.rewire(&mut mistakes);
        }
        if !mistakes.is_empty() {
            let count = mistakes.len();
            let list = mistakes.iter().map(|mistake| format!("\n  {mistake}")).collect::<String>();
            let noun = if count == 1 { "mistake" } else { "mistakes" };
            return Err(Error::new(ErrorKind::Graph, format!("the graph has {count} {noun}:{list}")));
        }
        let empty = Builder::new(self.graph.id).graph;
        let mut graph = std::mem::replace(&mut self.graph, empty);
        self.is_finished = true;
        graph.names.freeze();
        graph.nodes.shrink_to_fit();
        graph.inputs.shrink_to_fit();
        Ok(graph)
    }

    /// Lets fixtures stand in for the nodes that they replace, and sorts the nodes anew.
    fn rewire(&mut self, mistakes: &mut Vec<String>) {
        let graph = &mut self.graph;
        for input in &mut graph.inputs {
            *input = graph.replaced.get(input).copied().unwrap_or(*input);
        }
        let count = u32::try_from(graph.nodes.len()).unwrap_or(u32::MAX);
        let mut order = Vec::with_capacity(graph.nodes.len());
        let upstream = Upstream(graph);
        let mut walk = DfsPostOrder::empty(upstream);
        for start in 0..count {
            walk.move_to(start);
            while let Some(node) = walk.next(upstream) {
                order.push(node);
            }
        }
        let mut seen = upstream.visit_map();
        for node in &order {
            if let Some(late) = graph.inputs(*node).iter().find(|input| !seen.is_visited(input)) {
                let (node, late) = (graph.identity(*node), graph.identity(*late));
                mistakes.push(format!(
                    "a fixture depends on what it replaces: `{node}` reads `{late}`, which depends on it"
                ));
            }
            seen.visit(*node);
        }
        graph.order = Some(order);
    }
}

/// A graph as petgraph's algorithms see it: edges lead from a node to its inputs.
#[derive(Clone, Copy)]
struct Upstream<'a>(&'a Declared);

impl GraphBase for Upstream<'_> {
    type EdgeId = u32;
    type NodeId = u32;
}

impl GraphRef for Upstream<'_> {}

impl<'a> IntoNeighbors for Upstream<'a> {
    type Neighbors = std::iter::Copied<std::slice::Iter<'a, u32>>;

    fn neighbors(self, node: u32) -> Self::Neighbors {
        self.0.inputs(node).iter().copied()
    }
}

impl Visitable for Upstream<'_> {
    type Map = Visited;

    fn visit_map(&self) -> Visited {
        Visited(vec![false; self.0.len()])
    }

    fn reset_map(&self, map: &mut Visited) {
        map.0.fill(false);
    }
}

struct Visited(Vec<bool>);

impl Visited {
    fn index(node: u32) -> usize {
        usize::try_from(node).unwrap_or(usize::MAX)
    }
}

impl VisitMap<u32> for Visited {
    fn visit(&mut self, node: u32) -> bool {
        self.0.get_mut(Self::index(node)).is_some_and(|seen| !std::mem::replace(seen, true))
    }

    fn is_visited(&self, node: &u32) -> bool {
        self.0.get(Self::index(*node)).is_some_and(|seen| *seen)
    }

    fn unvisit(&mut self, node: u32) -> bool {
        self.0.get_mut(Self::index(node)).is_some_and(|seen| std::mem::replace(seen, false))
    }
}
