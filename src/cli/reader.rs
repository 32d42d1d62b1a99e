//! A reader of standard output that goes away has read enough: `flights | head -1` ends quietly.
//!
//! `print!` panics then, with a text that the standard library writes and that has the system's number of the error.

use std::any::Any;
use std::cell::Cell;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Once;

thread_local! {
    static IS_PRINTING: Cell<bool> = const { Cell::new(false) };
}

/// Calls what prints to standard output; gives nothing when its reader went away meanwhile.
pub(crate) fn while_somebody_reads<T>(print: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let next = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !(IS_PRINTING.get() && is_gone(info.payload())) {
                next(info);
            }
        }));
    });
    IS_PRINTING.set(true);
    // What it holds goes away with it.
    let printed = catch_unwind(AssertUnwindSafe(print));
    IS_PRINTING.set(false);
    match printed {
        Ok(printed) => Some(printed),
        Err(payload) if is_gone(&*payload) => None,
        Err(payload) => resume_unwind(payload),
    }
}

/// Whether this is the panic of `print!` when nobody reads any more.
fn is_gone(payload: &(dyn Any + Send)) -> bool {
    let number = payload.downcast_ref::<String>().and_then(|text| {
        let reason = text.strip_prefix("failed printing to stdout: ")?;
        reason.strip_suffix(')')?.rsplit_once("(os error ")?.1.parse().ok()
    });
    number.is_some_and(|number| io::Error::from_raw_os_error(number).kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::panic_any;

    #[cfg(unix)]
    #[test]
    fn other_panics_go_on() {
        assert_eq!(while_somebody_reads(|| 1), Some(1));
        let print = |reason: &str| panic_any(format!("failed printing to stdout: {reason}"));
        assert_eq!(while_somebody_reads(|| print("Broken pipe (os error 32)")), None::<()>);
        let other: Result<Option<()>, _> = catch_unwind(|| while_somebody_reads(|| print("No space (os error 28)")));
        assert!(other.is_err());
    }
}
