//! YAML 1.2 as a tree. Tags are left out; anchors are followed, keys that are there twice are refused.

use crate::value::params::item::{Content, Entry, Item, Syntax};
use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};

/// # Errors
/// When the text is no YAML, has several documents, or keys that are no text.
pub(super) fn parse(text: &str) -> Result<Item, Syntax> {
    let documents = MarkedYaml::load_from_str(text)
        .map_err(|error| Syntax { message: error.info().to_owned(), line: Some(error.marker().line()) })?;
    match documents.as_slice() {
        // As an empty file of TOML.
        [] => Ok(Item { content: Content::Table(Vec::new()), line: None }),
        [document] => item(document),
        [_, second, ..] => Err(wrong("there is more than one document", second)),
    }
}

fn item(yaml: &MarkedYaml<'_>) -> Result<Item, Syntax> {
    let content = match &yaml.data {
        YamlData::Value(scalar) => match scalar {
            Scalar::Null => Content::Nothing,
            Scalar::Boolean(flag) => Content::Flag(*flag),
            Scalar::Integer(number) => Content::Integer((*number).into()),
            Scalar::FloatingPoint(number) => Content::Float(number.into_inner()),
            Scalar::String(text) => Content::Text(text.clone().into_owned()),
        },
        YamlData::Sequence(items) => Content::List(items.iter().map(item).collect::<Result<_, _>>()?),
        YamlData::Mapping(entries) => {
            let entry = |(key, value): (&MarkedYaml<'_>, &MarkedYaml<'_>)| {
                Ok(Entry { line: Some(key.span.start.line()), key: key_text(key)?, item: item(value)? })
            };
            Content::Table(entries.iter().map(entry).collect::<Result<_, Syntax>>()?)
        }
        YamlData::Tagged(_, inner) => return item(inner),
        YamlData::Representation(..) | YamlData::Alias(_) | YamlData::BadValue => {
            return Err(wrong("this value cannot be read", yaml));
        }
    };
    Ok(Item { content, line: Some(yaml.span.start.line()) })
}

fn key_text(key: &MarkedYaml<'_>) -> Result<String, Syntax> {
    match &item(key)?.content {
        Content::Text(text) => Ok(text.clone()),
        Content::Integer(number) => Ok(number.to_string()),
        Content::Flag(flag) => Ok(flag.to_string()),
        Content::Nothing | Content::Float(_) | Content::List(_) | Content::Table(_) | Content::Odd => {
            Err(wrong("a key is text or a whole number", key))
        }
    }
}

fn wrong(message: &str, place: &MarkedYaml<'_>) -> Syntax {
    Syntax { message: message.to_owned(), line: Some(place.span.start.line()) }
}
