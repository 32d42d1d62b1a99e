//! From the text of a parameter file to a value of the user's type.

use crate::value::params::format::parse;
use crate::value::params::item::{Content, Entry, Item};
use crate::value::params::mistake::{Mistake, ParamsError, Place, Wrong};
use crate::value::params::reader::{Notes, Reader};
use crate::value::params::refusal::{Refusal, Refused};
use crate::value::{Value, encode_bytes};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;

/// Reads the text of a parameter file; its extension tells the format.
///
/// # Errors
/// When it is none of the format, and when a key is unknown, missing or has a wrong value: all unknown ones together.
pub(crate) fn read_params<T: Serialize + DeserializeOwned + Send + Sync + 'static>(
    path: &Path,
    text: &str,
) -> Result<Value, ParamsError> {
    let item = parse(path, text)?;
    let notes = Notes::default();
    let taken = T::deserialize(Reader::new(&item, &notes));
    let known = notes.known.take();
    let mut unknown = notes.unknown.take();
    let set_aside = notes.set_aside.take();
    if let Ok(value) = &taken {
        let no_key = |error: String| ParamsError::NoKey { path: path.to_path_buf(), message: error };
        let bytes = encode_bytes(value).map_err(|error| no_key(error.to_string()))?;
        for (key, item_aside) in &set_aside {
            if !unknown.iter().any(|(above, _)| is_inside(key, above)) && !is_read::<T>(&item, item_aside, &bytes) {
                unknown.push((key.clone(), item_aside));
            }
        }
    }
    let place = |line| Place { path: path.to_path_buf(), line };
    let mut mistakes: Vec<Mistake> = Vec::new();
    for (key, item) in &unknown {
        let rest = only_way(item);
        mistakes.push(Mistake::unknown(key, &rest, place(item.line), &known));
    }
    match taken {
        Ok(value) if mistakes.is_empty() => return Ok(Value::new(value)),
        Ok(_) => {}
        Err(refusal) => {
            let mistake = refused(refusal, place, set_aside.iter().map(|(key, _)| key.as_str()));
            if !mistakes.iter().any(|other| mistake.follows_from(other)) {
                mistakes.push(mistake);
            }
        }
    }
    Err(ParamsError::Mistakes { mistakes })
}

/// Whether it makes a difference what this value is.
fn is_read<T: Serialize + DeserializeOwned>(top: &Item, item: &Item, bytes: &[u8]) -> bool {
    let notes = Notes { odd: Some(item), ..Notes::default() };
    let taken = T::deserialize(Reader::new(top, &notes)).ok();
    let encoded = taken.and_then(|value| encode_bytes(&value).ok());
    encoded.is_none_or(|encoded| encoded != bytes)
}

/// Whether `key` is `above`, or stands in its table or list.
fn is_inside(key: &str, above: &str) -> bool {
    key.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// How a path goes on below a key, as long as there is but one way.
fn only_way(item: &Item) -> String {
    match &item.content {
        Content::Table(entries) => match entries.as_slice() {
            [Entry { key, item, .. }] => format!(".{key}{}", only_way(item)),
            _ => String::new(),
        },
        Content::Nothing
        | Content::Flag(_)
        | Content::Integer(_)
        | Content::Float(_)
        | Content::Text(_)
        | Content::List(_)
        | Content::Odd => String::new(),
    }
}

fn refused<'k>(
    refusal: Refusal,
    place: impl Fn(Option<usize>) -> Place,
    set_aside: impl Iterator<Item = &'k str>,
) -> Mistake {
    let (path, line) = refusal.place.unwrap_or_default();
    let inside = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match refusal.what {
        Refused::Missing(key) => Mistake::missing(inside(key), place(line), set_aside),
        Refused::Unknown { key, known } => {
            // The type refuses the key before its value: the line is that of the key.
            let parent = path.strip_suffix(&key).and_then(|parent| parent.strip_suffix('.')).unwrap_or_default();
            let at = |key: &str| if parent.is_empty() { key.to_owned() } else { format!("{parent}.{key}") };
            let known: Vec<String> = known.iter().map(|known| at(known)).collect();
            Mistake::unknown(&at(&key), "", place(line), &known)
        }
        Refused::Value(message) => Mistake { key: path, place: place(line), what: Wrong::Value(message) },
    }
}
