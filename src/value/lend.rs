//! What parameters of unsized types can borrow from.

use crate::value::{Artifact, BoxError, Bytes, List};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::ops::Deref;
use std::path::Path;

/// Lets a value stand in for a parameter of an unsized type.
///
/// | parameter | reads |
/// | --- | --- |
/// | `&str` | `String`, [`Artifact`] |
/// | `&[u8]` | [`Bytes`], `Vec<u8>`, [`Artifact`] |
/// | `&[T]` | `Vec<T>`, [`List<T>`] |
/// | `&Path` | [`Artifact`] only: the text of a path says nothing of the file's content |
#[diagnostic::on_unimplemented(
    message = "a parameter `&{U}` cannot be read from a node of `{Self}`",
    label = "this node gives `{Self}`",
    note = "`&str` reads String or Artifact, `&[u8]` reads Bytes, Vec<u8> or Artifact, `&[T]` reads Vec<T> or List<T>",
    note = "`&Path` reads only an Artifact (`source::file(..)`): the text of a path says nothing of the file's content"
)]
pub trait Lend<U: ?Sized>: Send + Sync + 'static {
    /// Holds what is lent while the node function runs.
    type Guard<'a>: Deref<Target = U>
    where
        Self: 'a;

    /// Lends it.
    ///
    /// # Errors
    /// When a file cannot be read or is not of the form asked for.
    fn lend(&self) -> Result<Self::Guard<'_>, BoxError>;
}

#[diagnostic::do_not_recommend]
impl Lend<str> for String {
    type Guard<'a> = &'a str;

    fn lend(&self) -> Result<&str, BoxError> {
        Ok(self)
    }
}

#[diagnostic::do_not_recommend]
impl Lend<str> for Artifact {
    type Guard<'a> = Box<str>;

    fn lend(&self) -> Result<Box<str>, BoxError> {
        Ok(String::from_utf8(self.bytes()?).map_err(|error| format!("the file is not UTF-8 text: {error}"))?.into())
    }
}

#[diagnostic::do_not_recommend]
impl Lend<[u8]> for Bytes {
    type Guard<'a> = &'a [u8];

    fn lend(&self) -> Result<&[u8], BoxError> {
        Ok(self)
    }
}

#[diagnostic::do_not_recommend]
impl Lend<[u8]> for Artifact {
    type Guard<'a> = Vec<u8>;

    fn lend(&self) -> Result<Vec<u8>, BoxError> {
        Ok(self.bytes()?)
    }
}

#[diagnostic::do_not_recommend]
impl Lend<Path> for Artifact {
    type Guard<'a> = &'a Path;

    fn lend(&self) -> Result<&Path, BoxError> {
        Ok(self.path()?)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync + 'static> Lend<[T]> for Vec<T> {
    type Guard<'a> = &'a [T];

    fn lend(&self) -> Result<&[T], BoxError> {
        Ok(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Lend<[T]> for List<T> {
    type Guard<'a> = &'a [T];

    fn lend(&self) -> Result<&[T], BoxError> {
        Ok(self.as_slice()?)
    }
}
