//! What a trace yields: a graph of types, in which a type that contains itself is an arrow back.

/// The shape of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nothing was read yet.
    Unknown,
    /// A number, string, or other value without parts, by the name it has in the text.
    Leaf(&'static str),
    /// A fixed number of values, without a name.
    Tuple(Row),
    /// A type that may contain itself; see [`Definition`].
    Defined(DefinitionIdx),
}

/// Position in the list of definitions of one trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DefinitionIdx(pub(super) usize);

/// Shapes side by side; equal neighbours are counted, since arrays come as tuples and may be long.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row(Vec<(Shape, usize)>);

impl Row {
    pub(super) fn push(&mut self, shape: Shape) {
        match self.0.last_mut() {
            Some((last, count)) if *last == shape => *count += 1,
            Some(_) | None => self.0.push((shape, 1)),
        }
    }

    /// Shapes with the number of times that they stand in sequence.
    pub(super) fn runs(&self) -> impl Iterator<Item = (&Shape, usize)> {
        self.0.iter().map(|(shape, count)| (shape, *count))
    }

    pub(super) fn n_runs(&self) -> usize {
        self.0.len()
    }

    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|(_, count)| count).sum()
    }
}

/// A type that holds others, and how far it is known.
#[derive(Clone, Debug)]
pub(super) struct Definition {
    /// As serde tells it, without the path of its module; nothing for options, sequences and maps.
    pub(super) name: &'static str,
    pub(super) body: Body,
    /// How many values of this type are being read right now, one inside the other.
    pub(super) active: u32,
}

/// What a [`Definition`] holds.
#[derive(Clone, Debug)]
pub(super) enum Body {
    /// No value of it was read to the end yet.
    Fresh,
    /// Nothing or a value.
    Option(Shape),
    /// Any number of values; more than one shape only where a type reads a sequence as if it were a tuple.
    Seq(Row),
    /// Any number of keys with their values.
    Map(Shape, Shape),
    /// A struct of any kind.
    Struct(Fields),
    /// One of several variants.
    Enum(Variants),
}

/// What a struct or a variant holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fields {
    /// Nothing.
    Unit,
    /// One value, and no trace of the wrapper in the bytes.
    Newtype(Shape),
    /// Values without names.
    Tuple(Row),
    /// Values with names. There are more names than values where fields have aliases.
    Named(&'static [&'static str], Row),
}

/// The variants of an enum, explored one after the other.
#[derive(Clone, Debug)]
pub(super) struct Variants {
    /// As serde tells them; more than there are variants where some have aliases.
    pub(super) names: &'static [&'static str],
    pub(super) list: Vec<Variant>,
    /// Explored variants, in the order in which they were. The first can be built without a value of this enum.
    pub(super) explored: Vec<usize>,
}

/// How far one variant is known.
#[derive(Clone, Debug)]
pub(super) enum Variant {
    /// Never read.
    Unseen,
    /// A value of it is being read.
    Exploring,
    /// Read to the end.
    Known(Fields),
}

impl Variants {
    pub(super) fn new(names: &'static [&'static str]) -> Self {
        Self { names, list: vec![Variant::Unseen; names.len()], explored: Vec::new() }
    }

    pub(super) fn is_complete(&self) -> bool {
        self.explored.len() == self.list.len()
    }
}

impl Fields {
    /// The shapes inside, equal neighbours once.
    pub(super) fn parts(&self) -> Vec<&Shape> {
        match self {
            Fields::Unit => vec![],
            Fields::Newtype(inner) => vec![inner],
            Fields::Tuple(row) | Fields::Named(_, row) => row.runs().map(|(shape, _)| shape).collect(),
        }
    }
}

impl Body {
    /// The shapes inside, equal neighbours once.
    pub(super) fn parts(&self) -> Vec<&Shape> {
        match self {
            Body::Fresh => vec![],
            Body::Option(inner) => vec![inner],
            Body::Seq(row) => row.runs().map(|(shape, _)| shape).collect(),
            Body::Map(key, value) => vec![key, value],
            Body::Struct(fields) => fields.parts(),
            Body::Enum(variants) => variants.list.iter().flat_map(Variant::parts).collect(),
        }
    }
}

impl Variant {
    /// The shapes inside, as far as they are known.
    pub(super) fn parts(&self) -> Vec<&Shape> {
        match self {
            Variant::Unseen | Variant::Exploring => vec![],
            Variant::Known(fields) => fields.parts(),
        }
    }
}
