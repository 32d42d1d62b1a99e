//! The deserializer over a parameter file: knows where it is, and notes what nobody asks for.

use crate::value::params::item::{Content, Entry, Item};
use crate::value::params::refusal::Refusal;
use crate::value::params::variant::Variant;
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use std::cell::RefCell;
use std::fmt;

/// A value on its way into a type.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a, 'p> {
    item: &'a Item,
    path: Path<'p>,
    notes: &'p Notes<'a>,
}

/// What was noticed on the way.
#[derive(Default)]
pub(super) struct Notes<'a> {
    /// Taken for an odd value, wherever it is read.
    pub(super) odd: Option<&'a Item>,
    /// Keys that nobody asks for.
    pub(super) unknown: RefCell<Vec<(String, &'a Item)>>,
    /// Keys that structs ask for.
    pub(super) known: RefCell<Vec<String>>,
    /// Keys whose values were set aside before anybody asked for them.
    pub(super) set_aside: RefCell<Vec<(String, &'a Item)>>,
}

/// The way from the file's top to a value.
#[derive(Clone, Copy)]
pub(super) enum Path<'p> {
    Top,
    Key(&'p Self, &'p str),
    Element(&'p Self, usize),
}

/// Methods that ask for something and get it by one and the same way.
macro_rules! by {
    ($way:ident: $($method:ident)+) => {
        $(
            fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
                self.$way(visitor)
            }
        )+
    };
}

/// Bytes that are no text: strings, numbers, lists and tables all refuse them.
const ODD: &[u8] = &[0xff, 0xfe];

impl<'a, 'p> Reader<'a, 'p> {
    pub(super) fn new(item: &'a Item, notes: &'p Notes<'a>) -> Self {
        Self { item, path: Path::Top, notes }
    }

    fn content(&self) -> &'a Content {
        match self.notes.odd {
            Some(odd) if std::ptr::eq(odd, self.item) => &Content::Odd,
            Some(_) | None => &self.item.content,
        }
    }

    /// Hands the value over as what it is.
    pub(super) fn visit<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        let visited = match self.content() {
            Content::Nothing => visitor.visit_unit(),
            Content::Flag(flag) => visitor.visit_bool(*flag),
            Content::Integer(number) => visit_integer(*number, visitor),
            Content::Float(number) => visitor.visit_f64(*number),
            Content::Text(text) => visitor.visit_str(text),
            Content::List(items) => {
                let mut elements = Elements { items: items.iter().enumerate(), of: self };
                let visited = visitor.visit_seq(&mut elements);
                match elements.items.len() {
                    0 => visited,
                    left => visited.and_then(|_| Err(Refusal::too_long(items.len(), items.len() - left))),
                }
            }
            Content::Table(entries) => visitor.visit_map(Entries { entries: entries.iter(), next: None, of: self }),
            Content::Odd => visitor.visit_bytes(ODD),
        };
        self.placed(visited)
    }

    /// Adds the place to a refusal that has none yet.
    fn placed<T>(&self, visited: Result<T, Refusal>) -> Result<T, Refusal> {
        visited.map_err(|refusal| refusal.at(|| (self.path.to_string(), self.item.line)))
    }

    fn note_ignored(&self) {
        if let Path::Key(..) = self.path {
            self.notes.unknown.borrow_mut().push((self.path.to_string(), self.item));
        }
    }
}

/// The smallest kind of integer that serde's own types take from formats.
fn visit_integer<'de, V: Visitor<'de>>(number: i128, visitor: V) -> Result<V::Value, Refusal> {
    if let Ok(number) = u64::try_from(number) {
        return visitor.visit_u64(number);
    }
    match i64::try_from(number) {
        Ok(number) => visitor.visit_i64(number),
        Err(_) => visitor.visit_i128(number),
    }
}

impl<'de> Deserializer<'de> for Reader<'_, '_> {
    type Error = Refusal;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        if let Path::Key(..) = self.path {
            self.notes.set_aside.borrow_mut().push((self.path.to_string(), self.item));
        }
        self.visit(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.note_ignored();
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        let visited = match self.content() {
            Content::Nothing => visitor.visit_none(),
            Content::Flag(_)
            | Content::Integer(_)
            | Content::Float(_)
            | Content::Text(_)
            | Content::List(_)
            | Content::Table(_)
            | Content::Odd => visitor.visit_some(self),
        };
        self.placed(visited)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Refusal> {
        let visited = visitor.visit_newtype_struct(self);
        self.placed(visited)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        let known = fields.iter().map(|field| Path::Key(&self.path, field).to_string());
        self.notes.known.borrow_mut().extend(known);
        self.visit(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        let visited = match self.content() {
            Content::Text(variant) => visitor.visit_enum(Variant { variant, content: None }),
            Content::Table(entries) => match entries.as_slice() {
                [Entry { key, item, .. }] => {
                    let content = Reader { item, path: Path::Key(&self.path, key), notes: self.notes };
                    visitor.visit_enum(Variant { variant: key, content: Some(content) })
                }
                _ => Err(Refusal::custom(format!(
                    "a variant with content is a table with one key, and this one has {}",
                    entries.len()
                ))),
            },
            Content::Flag(_)
            | Content::Integer(_)
            | Content::Float(_)
            | Content::List(_)
            | Content::Nothing
            | Content::Odd => Err(Refusal::invalid_type(Unexpected::Other("no text or table"), &visitor)),
        };
        self.placed(visited)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Refusal> {
        self.visit(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        self.visit(visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Refusal> {
        self.visit(visitor)
    }

    // Whatever scalar is asked for, it is handed over as what it is, and the type says whether it takes that.
    by! { visit:
        deserialize_bool deserialize_map deserialize_seq deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64 deserialize_char deserialize_str deserialize_string
        deserialize_bytes deserialize_byte_buf deserialize_unit deserialize_identifier
    }
}

/// Elements of a list.
struct Elements<'a, 'p> {
    items: std::iter::Enumerate<std::slice::Iter<'a, Item>>,
    of: Reader<'a, 'p>,
}

impl<'de> SeqAccess<'de> for Elements<'_, '_> {
    type Error = Refusal;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Refusal> {
        let Some((index, item)) = self.items.next() else { return Ok(None) };
        let path = Path::Element(&self.of.path, index);
        seed.deserialize(Reader { item, path, notes: self.of.notes }).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

/// Entries of a table.
struct Entries<'a, 'p> {
    entries: std::slice::Iter<'a, Entry>,
    next: Option<&'a Entry>,
    of: Reader<'a, 'p>,
}

impl<'de> MapAccess<'de> for Entries<'_, '_> {
    type Error = Refusal;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Refusal> {
        let Some(entry) = self.entries.next() else { return Ok(None) };
        self.next = Some(entry);
        let place = || (Path::Key(&self.of.path, &entry.key).to_string(), entry.line);
        seed.deserialize(Key(&entry.key)).map(Some).map_err(|refusal| refusal.at(place))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Refusal> {
        let Some(Entry { key, item, .. }) = self.next.take() else {
            return Err(Refusal::custom("a value is asked for before its key"));
        };
        seed.deserialize(Reader { item, path: Path::Key(&self.of.path, key), notes: self.of.notes })
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

/// The key of an entry: text, or what the text says where a number or a flag is asked for.
struct Key<'a>(&'a str);

impl<'a> Key<'a> {
    fn text(&self) -> StrDeserializer<'a, Refusal> {
        self.0.into_deserializer()
    }

    fn number<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.0.parse() {
            Ok(number) => visit_integer(number, visitor),
            Err(_) => visitor.visit_str(self.0),
        }
    }
}

impl<'de> Deserializer<'de> for Key<'_> {
    type Error = Refusal;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_str(self.0)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.0.parse() {
            Ok(flag) => visitor.visit_bool(flag),
            Err(_) => visitor.visit_str(self.0),
        }
    }

    by! { number:
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        self.text().deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Top => Ok(()),
            Self::Key(Self::Top, key) => f.write_str(key),
            Self::Key(parent, key) => write!(f, "{parent}.{key}"),
            Self::Element(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}
