//! The one public error: what kind, which node, what to do about it.

use crate::value::BoxError;
use std::fmt;

/// A `Result` with mamo's error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why mamo could not do its work, one word wide.
///
/// A node that fails is no such error but an outcome of the run, until somebody asks for its value.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    node: Option<String>,
    hint: Option<String>,
    cause: Cause,
}

/// What an error comes from.
enum Cause {
    /// Nothing but itself.
    None,
    /// Another error, which it does not repeat.
    Below(BoxError),
    /// An error that it is the same as: it has its message, and its cause is that one's.
    Wrapped(BoxError),
}

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The graph was declared wrongly: duplicate names, a node of another graph, ...
    Graph,
    /// A value was asked for whose node failed, was skipped or was not part of the run.
    NoValue,
    /// A node failed and the run was asked to give its value.
    NodeFailed,
    /// A name was given that no target and no node has.
    UnknownName,
    /// Another process holds the store.
    StoreLocked,
    /// The store was written by another version of mamo.
    StoreFormat,
    /// The store could not be read or written.
    Store,
    /// A result cannot be published: something else lies there, or the system refuses.
    NotPublished,
    /// A node cannot be run again alone: what it read is not there, or it reads something else now.
    NotReplayed,
    /// What would be forgotten is tagged or pinned.
    Tagged,
    /// A node has nothing at present that could be exported, or the file cannot be written.
    NotExported,
    /// A file cannot be imported: it is damaged, of another version, or cannot be read.
    NotImported,
    /// A change of code cannot be accepted, or was not.
    NotAccepted,
    /// A node cannot be executed once more: it is a source, or no target needs it.
    NotForced,
    /// A node takes more than the engine has, or is in a pool that it has not.
    Resources,
    /// The run was stopped before it ended.
    Stopped,
    /// The run started over too often: a node or a file changes all the time.
    Unstable,
    /// A run was started from within a node of the same engine.
    Nested,
    /// Something outside mamo, wrapped by [`Error::other`].
    Other,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), node: None, hint: None, cause: Cause::None }))
    }

    /// Wraps an error from elsewhere, with its causes, for use in pipelines and after runs.
    ///
    /// One of mamo's own that was boxed on its way is unwrapped: it keeps its kind and its hint.
    pub fn other(error: impl Into<BoxError>) -> Self {
        match error.into().downcast::<Self>() {
            Ok(own) => *own,
            Err(error) => Self::wrap(ErrorKind::Other, error),
        }
    }

    /// An error with the message and the causes of another.
    pub(crate) fn wrap(kind: ErrorKind, error: BoxError) -> Self {
        let mut wrapped = Self::new(kind, error.to_string());
        wrapped.0.cause = Cause::Wrapped(error);
        wrapped
    }

    pub(crate) fn with_node(mut self, node: impl Into<String>) -> Self {
        self.0.node = Some(node.into());
        self
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.cause = Cause::Below(source.into());
        self
    }

    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Identity of the node that it is about, when there is one.
    pub fn node(&self) -> Option<&str> {
        self.0.node.as_deref()
    }

    /// What to do about it, when that is known.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// What caused it, nearest first, without what only repeats the one before.
    pub(crate) fn causes(&self) -> Vec<String> {
        let mut said = self.to_string();
        let mut causes = Vec::new();
        let mut next = std::error::Error::source(self);
        while let Some(cause) = next {
            let text = cause.to_string();
            if !said.contains(&text) {
                causes.push(text.clone());
                said = text;
            }
            next = cause.source();
        }
        causes
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        for cause in self.causes() {
            write!(f, "\ncaused by: {cause}")?;
        }
        if let Some(hint) = &self.0.hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.cause {
            Cause::None => None,
            Cause::Below(cause) => Some(&**cause),
            Cause::Wrapped(error) => error.source(),
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::other(error)
    }
}

impl From<BoxError> for Error {
    fn from(error: BoxError) -> Self {
        Self::other(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Layer {
        text: &'static str,
        source: Option<BoxError>,
    }

    fn layers() -> BoxError {
        let inner = Layer { text: "the disk is full", source: None };
        let middle = Layer { text: "cannot write `a.csv`", source: Some(inner.into()) };
        Layer { text: "cannot export", source: Some(middle.into()) }.into()
    }

    fn check(error: &Error, expected: Expect) {
        expected.assert_eq(&format!("{error:?}"));
    }

    /// Everything below the first cause was lost.
    #[test]
    fn all_causes_are_told() {
        check(
            &Error::other(layers()),
            expect![[r#"
            cannot export
            caused by: cannot write `a.csv`
            caused by: the disk is full"#]],
        );
        let error = Error::new(ErrorKind::Store, "cannot save").with_source(layers()).with_hint("make room");
        check(
            &error,
            expect![[r#"
            cannot save
            caused by: cannot export
            caused by: cannot write `a.csv`
            caused by: the disk is full
            hint: make room"#]],
        );
    }

    #[test]
    fn causes_that_repeat_what_was_said_are_left_out() {
        let error = Error::new(ErrorKind::NoValue, "node `clean` failed: no rows").with_source("no rows");
        check(&error, expect!["node `clean` failed: no rows"]);
    }

    #[test]
    fn an_error_that_was_boxed_on_its_way_is_still_the_same() {
        let error = Error::new(ErrorKind::Graph, "two nodes").with_node("clean").with_hint("rename one");
        let boxed: BoxError = error.into();
        let error = Error::other(boxed);
        assert_eq!((error.kind(), error.node(), error.hint()), (ErrorKind::Graph, Some("clean"), Some("rename one")));
    }

    #[test]
    fn what_was_wrapped_is_no_cause_of_itself() {
        use std::error::Error as _;
        let error = Error::other(layers());
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Other, "cannot export"));
        assert!(error.source().unwrap().downcast_ref::<Layer>().is_some());
    }
}
