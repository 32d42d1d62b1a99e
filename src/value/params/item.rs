//! What a parameter file says, whatever its format: a tree that knows its lines.

/// A value in a parameter file.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) content: Content,
    /// Where it begins, counted from one.
    pub(super) line: Option<usize>,
}

/// What a value is. Dates and times are text.
#[derive(Debug)]
#[cfg_attr(not(any(feature = "json", feature = "yaml")), allow(dead_code, reason = "not every format has all of them"))]
pub(super) enum Content {
    Nothing,
    Flag(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    List(Vec<Item>),
    Table(Vec<Entry>),
    /// Stands in for another value, to see whether anybody reads that: no type takes it for a value of its own.
    Odd,
}

/// A key of a table with its value.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) line: Option<usize>,
    pub(super) item: Item,
}

/// Why a text is no file of its format.
#[derive(Debug)]
pub(super) struct Syntax {
    pub(super) message: String,
    pub(super) line: Option<usize>,
}
