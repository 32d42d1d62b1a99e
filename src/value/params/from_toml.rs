//! TOML as a tree.

use crate::value::params::item::{Content, Entry, Item, Syntax};
use crate::value::params::lines::Lines;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// # Errors
/// When the text is no TOML.
pub(super) fn parse(text: &str) -> Result<Item, Syntax> {
    let lines = Lines::of(text);
    let table = DeTable::parse(text).map_err(|error| Syntax {
        message: error.message().to_owned(),
        line: error.span().map(|span| lines.line(span.start)),
    })?;
    Ok(Item { content: Content::Table(entries(table.get_ref(), &lines)?), line: None })
}

fn entries(table: &DeTable<'_>, lines: &Lines) -> Result<Vec<Entry>, Syntax> {
    let entry = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
        let line = Some(lines.line(key.span().start));
        let key: &std::borrow::Cow<'_, str> = key.get_ref();
        Ok(Entry { key: key.clone().into_owned(), line, item: Item { content: content(value, lines)?, line } })
    };
    table.iter().map(entry).collect()
}

fn content(value: &Spanned<DeValue<'_>>, lines: &Lines) -> Result<Content, Syntax> {
    let line = Some(lines.line(value.span().start));
    let too_large = |text: &str| Syntax { message: format!("`{text}` is no number that fits"), line };
    Ok(match value.get_ref() {
        DeValue::String(text) => Content::Text(text.clone().into_owned()),
        DeValue::Integer(number) => {
            let parsed = i128::from_str_radix(number.as_str(), number.radix());
            Content::Integer(parsed.map_err(|_| too_large(number.as_str()))?)
        }
        DeValue::Float(number) => Content::Float(number.as_str().parse().map_err(|_| too_large(number.as_str()))?),
        DeValue::Boolean(flag) => Content::Flag(*flag),
        DeValue::Datetime(time) => Content::Text(time.to_string()),
        DeValue::Array(values) => {
            let item = |value: &Spanned<DeValue<'_>>| {
                Ok(Item { content: content(value, lines)?, line: Some(lines.line(value.span().start)) })
            };
            Content::List(values.iter().map(item).collect::<Result<_, Syntax>>()?)
        }
        DeValue::Table(table) => Content::Table(entries(table, lines)?),
    })
}
