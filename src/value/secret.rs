//! Secrets: values that nodes may read and nobody may print or save.

use crate::value::redact::{register, unregister};
use std::any::Any;
use std::fmt;
use zeroize::Zeroize;

/// A value that is printed nowhere and never saved; [`source::secret_env`](crate::source::secret_env) makes nodes of it.
///
/// A node function takes `&Secret<String>` and asks for the text with [`Secret::expose`]. `Debug` and `Display` give
/// `***`. It is not `Serialize`, so a result that contains one does not compile, unless its node is transient:
///
/// ```compile_fail,E0277
/// # use mamo::{Secret, node};
/// #[node]
/// fn keep(token: &Secret<String>) -> Secret<String> {
///     Secret::new(token.expose().clone())
/// }
/// ```
///
/// ```compile_fail,E0277
/// # use mamo::Secret;
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Login {
///     password: Secret<String>,
/// }
/// ```
///
/// As long as a `Secret` with text lives, that text is replaced by `***` in what failing and panicking nodes say,
/// wherever mamo tells or prints it; so is each of its lines of eight bytes and more. For panics mamo puts itself in
/// front of the process's panic hook; a hook that is set after the first secret was made sees the text. What a node
/// makes of the text and returns is the node's: mamo saves it as every result.
///
/// The text is wiped from memory when the secret is dropped, the copies of those who asked for it are not.
pub struct Secret<T: 'static>(T);

impl<T: 'static> Secret<T> {
    /// Keeps a value secret: for unit tests of node functions, and for what transient nodes give.
    pub fn new(value: T) -> Self {
        if let Some(text) = text_of(&value) {
            register(text);
        }
        Self(value)
    }

    /// The value itself.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

/// The text of a value that is one.
fn text_of(value: &dyn Any) -> Option<&str> {
    if let Some(text) = value.downcast_ref::<String>() {
        return Some(text);
    }
    let bytes = value.downcast_ref::<Vec<u8>>();
    bytes.and_then(|bytes| std::str::from_utf8(bytes).ok()).or_else(|| value.downcast_ref::<&str>().copied())
}

impl<T: 'static> Drop for Secret<T> {
    fn drop(&mut self) {
        let value: &mut dyn Any = &mut self.0;
        if let Some(text) = text_of(value) {
            unregister(text);
        }
        if let Some(text) = value.downcast_mut::<String>() {
            text.zeroize();
        } else if let Some(bytes) = value.downcast_mut::<Vec<u8>>() {
            bytes.zeroize();
        }
    }
}

impl<T: 'static> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl<T: 'static> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Whether values of a type contain secrets, as far as its name tells.
pub(crate) fn is_secret(type_name: &str) -> bool {
    let whole = std::any::type_name::<Secret<()>>();
    whole.split_once('<').is_some_and(|(name, _)| type_name.contains(&format!("{name}<")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_as_stars() {
        let secret = Secret::new("prints-as-stars".to_owned());
        assert_eq!(format!("{secret} {secret:?} {:?}", Some(&secret)), "*** Secret(***) Some(Secret(***))");
        assert_eq!(secret.expose(), "prints-as-stars");
    }

    #[test]
    fn types_that_contain_secrets_are_known_by_their_names() {
        let name = std::any::type_name::<Vec<Option<Secret<String>>>>();
        assert!(is_secret(name), "{name}");
        assert!(!is_secret(std::any::type_name::<Vec<Option<String>>>()));
    }
}
