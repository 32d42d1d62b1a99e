//! Interrupting programs: signals that they get, and get whoever started the tests.

#![expect(unsafe_code, reason = "the standard library sends no signals, and does not restore them in children")]

use std::os::unix::process::CommandExt;
use std::process::Command;

const ENDING: [libc::c_int; 3] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP];

/// Lets the child be interrupted even where tests run with signals ignored: with `nohup`, in the background.
pub(crate) fn restore_in(command: &mut Command) {
    let restore = || {
        for signal in ENDING {
            // SAFETY: no handler is given, and `signal` may be called between fork and exec.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
        }
        Ok(())
    };
    // SAFETY: the closure neither allocates nor takes locks.
    unsafe { command.pre_exec(restore) };
}

pub(crate) fn interrupt(process: u32) {
    let process = libc::pid_t::try_from(process).unwrap();
    // SAFETY: only memory of this process could be at stake, and `kill` has none of it.
    assert_eq!(unsafe { libc::kill(process, libc::SIGINT) }, 0);
}
