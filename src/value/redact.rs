//! Texts of the secrets that live in this process, and their replacement in what is told and printed.
//!
//! One list for the process: whatever happens to a secret's text, no message has to know whose it is. A panic is
//! printed by the process's hook, which belongs to nobody either.

use std::borrow::Cow;
use std::io::Write;
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use zeroize::Zeroizing;

/// What stands for a secret.
const STARS: &str = "***";

/// Lines of a secret that are shorter stand only with the others.
const SHORTEST_LINE: usize = 8;

/// A text that some secret has.
struct Live {
    text: Zeroizing<String>,
    n_secrets: usize,
    /// How it may be written in a message, the text itself among them.
    forms: Vec<Zeroizing<String>>,
}

static LIVE: Mutex<Vec<Live>> = Mutex::new(Vec::new());
/// How many texts there are, to ask without the lock: most processes have none.
static N_LIVE: AtomicUsize = AtomicUsize::new(0);

fn live() -> MutexGuard<'static, Vec<Live>> {
    LIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes a secret's text into the list.
pub(super) fn register(text: &str) {
    static HOOK: Once = Once::new();
    // Setting a hook panics while the thread panics; the next secret does it then.
    if !std::thread::panicking() {
        HOOK.call_once(guard_panics);
    }
    let mut live = live();
    match live.iter_mut().find(|live| *live.text == text) {
        Some(known) => known.n_secrets += 1,
        None => live.push(Live { text: Zeroizing::new(text.to_owned()), n_secrets: 1, forms: forms(text) }),
    }
    // Pairs with the load in `redacted`: who sees a secret's text in a message made it from the secret.
    N_LIVE.store(live.len(), Ordering::Release);
}

/// Takes it out, when no other secret has it.
pub(super) fn unregister(text: &str) {
    let mut live = live();
    if let Some(known) = live.iter_mut().find(|live| *live.text == text) {
        known.n_secrets -= 1;
    }
    live.retain(|live| live.n_secrets > 0);
    N_LIVE.store(live.len(), Ordering::Release);
}

/// The text with stars in the place of secrets.
pub(crate) fn redacted(text: &str) -> Cow<'_, str> {
    if N_LIVE.load(Ordering::Acquire) == 0 {
        return Cow::Borrowed(text);
    }
    let live = live();
    let mut forms: Vec<&str> = live.iter().flat_map(|live| &live.forms).map(|form| form.as_str()).collect();
    // What contains another secret goes first: of the rest nothing stays then.
    forms.sort_unstable_by(|one, other| other.len().cmp(&one.len()).then(one.cmp(other)));
    let mut text = Cow::Borrowed(text);
    for form in forms {
        if text.contains(form) {
            text = Cow::Owned(text.replace(form, STARS));
        }
    }
    text
}

/// How a text may be written: as it is, trimmed, in one line, as `{:?}` and JSON write it, and line by line.
fn forms(text: &str) -> Vec<Zeroizing<String>> {
    let trimmed = text.trim();
    let debug = format!("{trimmed:?}");
    let mut forms = vec![text.to_owned(), trimmed.to_owned(), text.replace('\n', " "), trimmed.replace('\n', " ")];
    forms.extend(debug.strip_prefix('"').and_then(|debug| debug.strip_suffix('"')).map(str::to_owned));
    forms.extend(text.lines().map(str::trim).filter(|line| line.len() >= SHORTEST_LINE).map(str::to_owned));
    forms.retain(|form| !form.trim().is_empty());
    forms.sort();
    forms.dedup();
    forms.into_iter().map(Zeroizing::new).collect()
}

/// Lets panics that tell a secret be printed without it.
fn guard_panics() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| match without_secret(info) {
        // Nobody is left to be told that standard error is closed.
        Some(text) => drop(std::io::stderr().lock().write_all(text.as_bytes())),
        None => print(info),
    }));
}

/// What to print of a panic that tells a secret.
fn without_secret(info: &PanicHookInfo<'_>) -> Option<String> {
    let text = info.payload().downcast_ref::<&str>().copied();
    let text = text.or_else(|| info.payload().downcast_ref::<String>().map(String::as_str))?;
    let Cow::Owned(text) = redacted(text) else { return None };
    let thread = std::thread::current();
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    Some(format!("thread '{}' panicked at {place}:\n{text}\n", thread.name().unwrap_or("<unnamed>")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Secret;

    #[test]
    fn a_text_is_replaced_as_long_as_a_secret_has_it() {
        let first = Secret::new("replaced-while-it-lives".to_owned());
        let second = Secret::new("replaced-while-it-lives".as_bytes().to_vec());
        assert_eq!(redacted("<replaced-while-it-lives>"), "<***>");
        drop(first);
        assert_eq!(redacted("<replaced-while-it-lives>"), "<***>");
        drop(second);
        assert_eq!(redacted("<replaced-while-it-lives>"), "<replaced-while-it-lives>");
    }

    #[test]
    fn a_text_is_replaced_however_it_is_written() {
        let _secret = Secret::new("-BEGIN \"KEY\"-\nfirst-line\nshort\n".to_owned());
        let written = [
            "-BEGIN \"KEY\"-\nfirst-line\nshort\n",
            "-BEGIN \"KEY\"-\nfirst-line\nshort",
            "-BEGIN \"KEY\"- first-line short",
            "-BEGIN \\\"KEY\\\"-\\nfirst-line\\nshort",
            "first-line",
        ];
        for written in written {
            assert_eq!(redacted(&format!("<{written}>")), "<***>");
        }
        assert_eq!(redacted("short"), "short");
    }

    /// The inner one was replaced first, and the rest of the outer one stood in the message.
    #[test]
    fn a_secret_within_another_leaves_nothing_of_it() {
        let _inner = Secret::new("within-another".to_owned());
        let _outer = Secret::new("outer-within-another-outer".to_owned());
        assert_eq!(redacted("a outer-within-another-outer b within-another c"), "a *** b *** c");
    }

    #[test]
    fn an_empty_secret_replaces_nothing() {
        let _empty = [Secret::new(String::new()), Secret::new(" \n".to_owned())];
        assert_eq!(redacted("a b\nc"), "a b\nc");
    }
}
