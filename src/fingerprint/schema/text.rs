//! Writes a shape down: the text that is hashed, and that `why` shows.
//!
//! The first line is the shape of the value, each further one defines a name:
//!
//! ```text
//! seq<Flight>
//! Flight = { carrier: str, delay: option<f64>, kind: Kind, position: (f64, f64) }
//! Kind = enum { Passenger(u32), Cargo { tons: f32 }, Ferry }
//! ```
//!
//! Definitions come in the order in which their names do, so that equal shapes have equal texts. A second type of the
//! same name is written `Flight~2`, whichever modules the two are from.

use crate::fingerprint::schema::shape::{Body, DefinitionIdx, Fields, Row, Shape, Variant, Variants};
use crate::fingerprint::schema::trace::Trace;
use std::collections::{BTreeMap, VecDeque};

/// Part of the shape was never read, so that there is no text for it.
pub(super) struct Incomplete;

/// The text of `root`, as far as `trace` knows it.
pub(super) fn text(trace: &Trace, root: &Shape) -> Result<String, Incomplete> {
    let mut writer = Writer {
        trace,
        out: String::new(),
        labels: BTreeMap::new(),
        uses: BTreeMap::new(),
        queue: VecDeque::new(),
        open: Vec::new(),
    };
    writer.shape(root)?;
    while let Some(idx) = writer.queue.pop_front() {
        writer.definition(idx)?;
    }
    Ok(writer.out)
}

struct Writer<'t> {
    trace: &'t Trace,
    out: String,
    labels: BTreeMap<DefinitionIdx, String>,
    /// How many types there are of each name.
    uses: BTreeMap<&'static str, usize>,
    /// Types with a label, and without a line yet.
    queue: VecDeque<DefinitionIdx>,
    /// Types without a name inside of which the writer is.
    open: Vec<DefinitionIdx>,
}

impl Writer<'_> {
    fn shape(&mut self, shape: &Shape) -> Result<(), Incomplete> {
        match shape {
            Shape::Unknown => Err(Incomplete),
            Shape::Leaf(name) => {
                self.out.push_str(name);
                Ok(())
            }
            Shape::Tuple(row) => self.tuple(row),
            Shape::Defined(idx) => self.defined(*idx),
        }
    }

    fn defined(&mut self, idx: DefinitionIdx) -> Result<(), Incomplete> {
        // A type without a name that contains itself: so many levels up.
        if let Some(levels) = self.open.iter().rev().position(|open| *open == idx) {
            self.out.push_str(&format!("^{}", levels + 1));
            return Ok(());
        }
        let definition = self.trace.get(idx).ok_or(Incomplete)?;
        let (kind, inner) = match &definition.body {
            Body::Fresh => return Err(Incomplete),
            Body::Struct(_) | Body::Enum(_) => {
                self.label(idx, definition.name);
                return Ok(());
            }
            Body::Option(_) => ("option<", None),
            Body::Seq(row) => ("seq<", Some(row)),
            Body::Map(..) => ("map<", None),
        };
        self.out.push_str(kind);
        self.open.push(idx);
        match inner {
            Some(row) => self.row(row)?,
            None => self.list(&definition.body.parts(), |writer, shape| writer.shape(shape))?,
        }
        self.open.pop();
        self.out.push('>');
        Ok(())
    }

    fn label(&mut self, idx: DefinitionIdx, name: &'static str) {
        if !self.labels.contains_key(&idx) {
            let uses = self.uses.entry(name).or_insert(0);
            *uses += 1;
            // The words of this text are lower case; a type of such a name must not pass for one.
            let is_plain = is_identifier(name) && name.starts_with(|first: char| first.is_ascii_uppercase());
            let quoted = if is_plain { name.to_owned() } else { format!("{name:?}") };
            let label = if *uses == 1 { quoted } else { format!("{quoted}~{uses}") };
            self.labels.insert(idx, label);
            self.queue.push_back(idx);
        }
        self.out.push_str(self.labels.get(&idx).map_or("", String::as_str));
    }

    fn definition(&mut self, idx: DefinitionIdx) -> Result<(), Incomplete> {
        let definition = self.trace.get(idx).ok_or(Incomplete)?;
        self.out.push('\n');
        self.out.push_str(self.labels.get(&idx).map_or("", String::as_str));
        self.out.push_str(" = ");
        match &definition.body {
            Body::Struct(Fields::Unit) => {
                self.out.push_str("unit");
                Ok(())
            }
            Body::Struct(fields) => self.fields(fields),
            Body::Enum(variants) => self.variants(variants),
            Body::Fresh | Body::Option(_) | Body::Seq(_) | Body::Map(..) => Err(Incomplete),
        }
    }

    fn fields(&mut self, fields: &Fields) -> Result<(), Incomplete> {
        match fields {
            Fields::Unit => Ok(()),
            Fields::Newtype(inner) => {
                self.out.push('(');
                self.shape(inner)?;
                self.out.push(')');
                Ok(())
            }
            Fields::Tuple(row) => self.tuple(row),
            Fields::Named(names, row) if names.len() == row.len() => {
                let shapes = row.runs().flat_map(|(shape, count)| std::iter::repeat_n(shape, count));
                let fields: Vec<_> = names.iter().zip(shapes).collect();
                self.out.push_str("{ ");
                self.list(&fields, |writer, (name, shape)| {
                    writer.name(name);
                    writer.out.push_str(": ");
                    writer.shape(shape)
                })?;
                self.out.push_str(" }");
                Ok(())
            }
            Fields::Named(names, row) => {
                self.out.push_str("{ ");
                self.aliases(names);
                self.row(row)?;
                self.out.push_str(" }");
                Ok(())
            }
        }
    }

    fn variants(&mut self, variants: &Variants) -> Result<(), Incomplete> {
        let Variants { names, list, .. } = variants;
        self.out.push_str("enum { ");
        let has_aliases = names.len() != list.len();
        if has_aliases {
            self.aliases(names);
        }
        let named: Vec<_> = names.iter().zip(list).collect();
        self.list(&named, |writer, (name, variant)| {
            let Variant::Known(fields) = variant else { return Err(Incomplete) };
            if has_aliases {
                writer.out.push('_');
            } else {
                writer.name(name);
            }
            if matches!(fields, Fields::Named(..)) {
                writer.out.push(' ');
            }
            writer.fields(fields)
        })?;
        self.out.push_str(" }");
        Ok(())
    }

    /// All names, where serde does not tell which of them belong together.
    fn aliases(&mut self, names: &[&str]) {
        for name in names {
            self.name(name);
            self.out.push_str(" | ");
        }
    }

    fn tuple(&mut self, row: &Row) -> Result<(), Incomplete> {
        self.out.push('(');
        self.row(row)?;
        if row.len() == 1 {
            // As in Rust; a newtype has none.
            self.out.push(',');
        }
        self.out.push(')');
        Ok(())
    }

    fn row(&mut self, row: &Row) -> Result<(), Incomplete> {
        let runs: Vec<_> = row.runs().collect();
        self.list(&runs, |writer, (shape, count)| {
            writer.shape(shape)?;
            if *count > 1 {
                writer.out.push_str(&format!("; {count}"));
            }
            Ok(())
        })
    }

    fn list<T>(
        &mut self,
        items: &[T],
        mut write: impl FnMut(&mut Self, &T) -> Result<(), Incomplete>,
    ) -> Result<(), Incomplete> {
        for (position, item) in items.iter().enumerate() {
            if position > 0 {
                self.out.push_str(", ");
            }
            write(self, item)?;
        }
        Ok(())
    }

    fn name(&mut self, name: &str) {
        if is_identifier(name) {
            self.out.push_str(name);
        } else {
            self.out.push_str(&format!("{name:?}"));
        }
    }
}

/// Anything else is quoted, since a name given by `#[serde(rename = ..)]` may contain any sign of this text.
fn is_identifier(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
