//! Exit codes: what a program's end tells the script that called it.

use crate::error::ErrorKind;

/// Everything asked for was done.
pub const DONE: u8 = 0;
/// A node failed; the rest of the run is kept. Or a plan is not as expected.
pub const NODE_FAILED: u8 = 1;
/// The call or the graph is wrong: an unknown option or target, a graph with mistakes.
pub const USAGE: u8 = 2;
/// Another process holds the store.
pub const STORE_LOCKED: u8 = 3;
/// The store cannot be read or written, or has another format.
pub const STORE: u8 = 4;
/// Anything else went wrong.
pub const OTHER: u8 = 5;
/// The run was interrupted; what had finished is kept.
pub const INTERRUPTED: u8 = 130;

/// The exit code for an error of a kind.
pub(crate) fn of_error(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::NodeFailed | ErrorKind::NoValue => NODE_FAILED,
        ErrorKind::Graph
        | ErrorKind::UnknownName
        | ErrorKind::NotAccepted
        | ErrorKind::NotForced
        | ErrorKind::Resources => USAGE,
        ErrorKind::StoreLocked => STORE_LOCKED,
        ErrorKind::Store | ErrorKind::StoreFormat => STORE,
        ErrorKind::Unstable
        | ErrorKind::Nested
        | ErrorKind::NotPublished
        | ErrorKind::NotReplayed
        | ErrorKind::Tagged
        | ErrorKind::NotExported
        | ErrorKind::NotImported
        | ErrorKind::Other => OTHER,
        ErrorKind::Stopped => INTERRUPTED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_can_tell_the_kinds_apart() {
        assert_eq!(of_error(ErrorKind::NodeFailed), 1);
        assert_eq!(of_error(ErrorKind::UnknownName), 2);
        assert_eq!(of_error(ErrorKind::StoreLocked), 3);
        assert_eq!(of_error(ErrorKind::StoreFormat), 4);
        assert_eq!(of_error(ErrorKind::Unstable), 5);
        assert_eq!(of_error(ErrorKind::Stopped), 130);
    }

    #[test]
    fn every_code_is_documented() {
        let documented = include_str!("../../docs/exit-codes.md");
        for code in [DONE, NODE_FAILED, USAGE, STORE_LOCKED, STORE, OTHER, INTERRUPTED] {
            assert!(documented.contains(&format!("| {code} |")), "docs/exit-codes.md does not explain {code}");
        }
    }
}
