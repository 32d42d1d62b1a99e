//! Keys of specs: what a function or a built-in is known by, beside the values that it reads.

use crate::fingerprint::{ParameterKey, RECIPE, ResultKey, Schema, SpecHashers, SpecKey};
use crate::graph::{Body, NodeFunction, NodeSpec, Results, Source};
use crate::value::{Artifact, Dict, Tool, ValueType};
use smallvec::{SmallVec, smallvec};

impl NodeSpec {
    /// Derives the key of a spec from the explanation that is kept with it.
    pub(crate) fn new(body: Body) -> Result<Self, String> {
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
) -> Result<SpecKey, String> {
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
        results: results.collect::<Result<_, _>>()?,
        trial: 0,
    })
}

fn builtin_key(kind: &str, what: &str, result: &'static ValueType) -> Result<SpecKey, String> {
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

fn result_key(name: &str, result: &'static ValueType) -> Result<ResultKey, String> {
    let schema = readable((result.schema)(), result)?;
    Ok(ResultKey { name: name.to_owned(), codec: result.codec.to_owned(), schema: *schema.digest.as_bytes() })
}

/// Refuses types that could be written but never read back.
fn readable(schema: Schema, result: &ValueType) -> Result<Schema, String> {
    match schema.unreadable() {
        Some(reason) => Err(format!(
            "a `{}` cannot be saved: {reason}; use `codec = ..` with a format that can read it, or `transient`",
            (result.type_name)()
        )),
        None => Ok(schema),
    }
}
