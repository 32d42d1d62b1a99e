//! Why a node cannot be run again alone, and what to do about it.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::report::newest_report;
use crate::exec::session::Session;
use crate::exec::wave::Trouble;
use crate::graph::NodeId;
use crate::store::Store;
use crate::value::Interrupt;

/// Makes errors about a node.
pub(crate) struct Refuse<'a> {
    pub(crate) node: &'a str,
}

/// Why a name is not replayed that no node of the graph has.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn refuse_unknown(store: &dyn Store, name: &str, unknown: Error) -> Result<Error> {
    let refuse = Refuse { node: name };
    let is_known = newest_report(store, name)?.is_some();
    let hint = "replay the node that makes it, or run the pipeline";
    Ok(if is_known { refuse.error("it is in a sub-graph, which each run makes anew", hint) } else { unknown })
}

const RUN: &str = "run the pipeline again: a node that fails keeps its inputs anew";

impl Refuse<'_> {
    /// With a reason and a remedy.
    fn error(&self, why: &str, hint: &str) -> Error {
        let message = format!("cannot replay node `{}`: {why}", self.node);
        Error::new(ErrorKind::NotReplayed, message).with_node(self.node).with_hint(hint)
    }

    /// The graph is not what it was.
    pub(crate) fn changed(&self, how: &str) -> Error {
        self.error(&format!("the graph has changed since it failed: {how}"), RUN)
    }

    /// Something that it reads fails itself.
    pub(crate) fn because(&self, failure: &str) -> Error {
        self.error(failure, "see to that first")
    }

    /// Bytes are gone, or were never saved.
    pub(crate) fn lost(&self, what: &str) -> Error {
        self.error(&format!("{what} is not in the store any more"), RUN)
    }

    pub(crate) fn other_source(&self, source: &str) -> Error {
        self.error(
            &format!("`{source}` has changed since it failed, and sources are not copied"),
            "put it back as it was, or run the pipeline again",
        )
    }

    pub(crate) fn transient(&self, input: &str) -> Error {
        self.error(
            &format!("the value of node `{input}` is transient and was not kept"),
            "let the node make it itself, or run the pipeline under the debugger",
        )
    }

    /// There is no failure on record, and an input is not known.
    pub(crate) fn unknown(&self, input: &str) -> Error {
        self.error(
            &format!("it has not failed, and the present value of node `{input}`, which it reads, is not known"),
            "run the pipeline first",
        )
    }

    pub(crate) fn no_function(&self) -> Error {
        self.error("it calls no node function", "replay a node that reads it")
    }

    pub(crate) fn is_map(&self) -> Error {
        let hint =
            format!("name one, such as `{}[0]`; `log {}` lists those that failed or have a log", self.node, self.node);
        self.error("it is a map, whose elements are executed one by one", &hint)
    }

    pub(crate) fn is_reduce(&self) -> Error {
        let hint = format!("`log {}` lists the combinations that failed", self.node);
        self.error("it is a reduce, of which only a combination that failed can be run again", &hint)
    }

    pub(crate) fn no_map(&self) -> Error {
        self.error("it has no elements", "leave the brackets out")
    }

    pub(crate) fn no_element(&self, label: &str) -> Error {
        self.error(
            &format!("there is no element `{label}`"),
            "elements are named by their keys, or else by their numbers",
        )
    }

    /// What it read could not be read, or was something else afterwards.
    pub(crate) fn trouble(&self, session: &Session, trouble: Trouble) -> Error {
        match trouble {
            Trouble::Failed(message) => self.error(&message, RUN),
            Trouble::Interrupted(Interrupt::Lost { owner }) => {
                let owner = NodeId::of_owner(owner, session.depth).map(|owner| session.graph.identity(owner));
                self.lost(&format!("a part of the value of node `{}`", owner.unwrap_or_default()))
            }
            Trouble::Told => self.error("it took too long", RUN),
            Trouble::Interrupted(Interrupt::Changed { path }) => {
                self.error(&format!("the file `{}` changed meanwhile", path.display()), "replay it again")
            }
        }
    }
}
