//! Keys of specs: what a function or a built-in is known by, beside the values that it reads.

use crate::fingerprint::{ParameterKey, RECIPE, ResultKey, Schema, SpecHashers, SpecKey};
use crate::graph::{Body, Draw, ElementSchemas, NodeFunction, NodeSpec, Results, Source};
use crate::value::{Artifact, CollectionType, Dict, Secret, Tool, ValueType, is_secret};
use smallvec::{SmallVec, smallvec};

/// The types of a node's outputs; one for most.
type ResultTypes = SmallVec<[&'static ValueType; 1]>;

impl NodeSpec {
    /// Derives the key of a spec from the explanation that is kept with it.
    pub(crate) fn new(body: Body, draw: Draw) -> Result<Self, String> {
        let (mut element, mut element_schemas) = (None, None);
        if let Body::Function { function, present } = &body
            && let Some((over, given)) = over_elements(function)
        {
            let result = readable((given.schema)(), given)?.digest;
            let key = function_key("function", function, *present, &[given], draw)?;
            element = Some(SpecHashers::new(&key.to_bytes()));
            let items = over.into_iter().map(|over| (over.item_schema)().digest).collect();
            element_schemas = Some(ElementSchemas { items, result });
        }
        let results = result_types(&body);
        let schemas = results.iter().map(|result| (result.schema)().digest).collect();
        let key = body_key(&body, &results, draw)?.map(|key| key.to_bytes()).unwrap_or_default();
        let hashers = SpecHashers::new(&key);
        Ok(Self { body, key, hashers, element, results, schemas, element_schemas, draw })
    }
}

/// The collections that a function goes over, and what it gives for their elements.
fn over_elements(function: &NodeFunction) -> Option<(SmallVec<[&'static CollectionType; 2]>, &'static ValueType)> {
    match (&function.mapping, &function.reducing) {
        (Some(mapping), _) => {
            Some(([Some(mapping.over), mapping.with].into_iter().flatten().collect(), mapping.element))
        }
        (None, Some(reducing)) => Some((smallvec![reducing.over], reducing.element)),
        (None, None) => None,
    }
}

fn result_types(body: &Body) -> ResultTypes {
    match body {
        Body::Function { function, .. } => function.results.to_vec(),
        Body::Field(field) => smallvec![field.result],
        Body::Gather(gatherer) => smallvec![gatherer.result],
        Body::Settle(settler) => smallvec![settler.result],
        Body::Source(source) => smallvec![source_type(source)],
        Body::Output { result, .. } => smallvec![*result],
    }
}

/// What a spec's key is made of; nothing for sources and outputs, which are known otherwise.
fn body_key(body: &Body, results: &[&'static ValueType], draw: Draw) -> Result<Option<SpecKey>, String> {
    let key = match body {
        Body::Function { function, present } => {
            let plain = if function.function.expands { "expand" } else { "function" };
            let kind = function.kind().unwrap_or(plain);
            function_key(kind, function, *present, results, draw)
        }
        Body::Field(field) => builtin_key("field", field.path, field.result),
        Body::Gather(gatherer) => builtin_key("gather", "", gatherer.result),
        Body::Settle(settler) => builtin_key("settle", "", settler.result),
        Body::Source(_) | Body::Output { .. } => return Ok(None),
    };
    key.map(Some)
}

impl Results {
    fn to_vec(self) -> ResultTypes {
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
        Source::Secret { .. } => ValueType::transient::<Secret<String>>(),
        Source::Params { value_type, .. } | Source::Probe { value_type, .. } | Source::External { value_type, .. } => {
            value_type
        }
    }
}

fn function_key(
    kind: &str,
    function: &NodeFunction,
    present: u64,
    results: &[&'static ValueType],
    draw: Draw,
) -> Result<SpecKey, String> {
    let parameters = function
        .function
        .parameters
        .iter()
        .enumerate()
        .map(|(slot, name)| ParameterKey { name: (*name).to_owned(), is_given: present & (1 << slot) != 0 });
    if let Some(secret) = results.iter().find(|result| result.bytes.is_some() && is_secret((result.type_name)())) {
        let (path, secret) = (function.function.path, (secret.type_name)());
        return Err(format!("`{path}` gives a `{secret}`, which is not to be saved; make it `transient`"));
    }
    let mut names = function.function.outputs.iter();
    let results = results.iter().map(|result| result_key(names.next().copied().unwrap_or_default(), result));
    Ok(SpecKey {
        recipe: RECIPE,
        kind: kind.to_owned(),
        function: function.function.path.to_owned(),
        code: function.function.code.version(),
        parameters: parameters.collect(),
        results: results.collect::<Result<_, _>>()?,
        trial: draw.trial,
        seed: draw.seed,
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
        seed: None,
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
