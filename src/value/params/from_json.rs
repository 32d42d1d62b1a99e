//! JSON as a tree. Where a value stands is where its raw text lies in the file's text.

use crate::value::params::item::{Content, Entry, Item, Syntax};
use crate::value::params::lines::Lines;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// Deeper files are refused, as serde_json itself does.
const DEEPEST: usize = 128;

/// # Errors
/// When the text is no JSON, or an object in it has a key twice.
pub(super) fn parse(text: &str) -> Result<Item, Syntax> {
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| syntax(&error, 1))?;
    Source { text, lines: Lines::of(text) }.item(raw, 0)
}

struct Source<'t> {
    text: &'t str,
    lines: Lines,
}

impl Source<'_> {
    fn item(&self, raw: &RawValue, depth: usize) -> Result<Item, Syntax> {
        let json = raw.get();
        let line = self.lines.line(json.as_ptr().addr().saturating_sub(self.text.as_ptr().addr()));
        if depth > DEEPEST {
            return Err(Syntax { message: format!("nested deeper than {DEEPEST} levels"), line: Some(line) });
        }
        let failed = |error: serde_json::Error| syntax(&error, line);
        let content = match json.bytes().next() {
            Some(b'{') => {
                let Members(members) = serde_json::from_str(json).map_err(failed)?;
                let mut entries: Vec<Entry> = Vec::with_capacity(members.len());
                for (key, raw) in members {
                    let item = self.item(raw, depth + 1)?;
                    if entries.iter().any(|entry| entry.key == key) {
                        return Err(Syntax { message: format!("the key `{key}` is there twice"), line: item.line });
                    }
                    entries.push(Entry { key, line: item.line, item });
                }
                Content::Table(entries)
            }
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(json).map_err(failed)?;
                Content::List(items.into_iter().map(|raw| self.item(raw, depth + 1)).collect::<Result<_, _>>()?)
            }
            Some(b'"') => Content::Text(serde_json::from_str(json).map_err(failed)?),
            Some(b't') => Content::Flag(true),
            Some(b'f') => Content::Flag(false),
            Some(b'n') => Content::Nothing,
            _ => match json.parse() {
                Ok(number) => Content::Integer(number),
                Err(_) => Content::Float(serde_json::from_str(json).map_err(failed)?),
            },
        };
        Ok(Item { content, line: Some(line) })
    }
}

/// What serde_json says, without its own place: it counts from where the part begins.
fn syntax(error: &serde_json::Error, first: usize) -> Syntax {
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default().to_owned();
    Syntax { message, line: Some(first + error.line().saturating_sub(1)) }
}

/// The members of an object, in order and with those that are there twice.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(InOrder).map(Members)
    }
}
