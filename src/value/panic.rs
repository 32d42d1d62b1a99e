//! Where a panic came from: noted by the process's hook, since what unwinds does not say.

use std::cell::RefCell;
use std::panic::PanicHookInfo;
use std::sync::Once;

/// What panicked last in a thread, and where.
struct Panicked {
    text: String,
    place: String,
}

thread_local! {
    static LAST: RefCell<Option<Panicked>> = const { RefCell::new(None) };
}

/// Has places noted from now on, in front of the hook that is set by then, which is called as before.
///
/// A hook that is set later replaces both, unless it calls the one before: failures then tell no places.
pub(crate) fn note_panics() {
    static HOOK: Once = Once::new();
    // Setting a hook panics while the thread panics; the next run does it then.
    if std::thread::panicking() {
        return;
    }
    HOOK.call_once(|| {
        let next = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            note(info);
            next(info);
        }));
    });
}

/// Where this thread panicked with that text, if it did and this is the first time that somebody asks.
///
/// What unwinds may have panicked in another thread, and this one may have caught a panic of its own before.
pub(crate) fn place_of(text: &str) -> Option<String> {
    LAST.take().filter(|last| last.text == text).map(|last| last.place)
}

fn note(info: &PanicHookInfo<'_>) {
    let payload = info.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    if let (Some(text), Some(place)) = (text, info.location()) {
        let last = Panicked { text: text.to_owned(), place: place.to_string() };
        // A thread that ends has no such place any more.
        let _ = LAST.try_with(|noted| noted.replace(Some(last)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::catch_unwind;

    #[test]
    fn a_place_belongs_to_its_text_and_its_thread() {
        note_panics();
        let line = line!() + 1;
        let _ = catch_unwind(|| panic!("first of two"));
        assert_eq!(place_of("first of two").as_deref(), Some(format!("{}:{line}:33", file!()).as_str()));
        assert_eq!(place_of("first of two"), None);
        let _ = catch_unwind(|| panic!("another text"));
        assert_eq!(place_of("first of two"), None);
        let _ = std::thread::spawn(|| panic!("in a thread")).join();
        assert_eq!(place_of("in a thread"), None);
    }
}
