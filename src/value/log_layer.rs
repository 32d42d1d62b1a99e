//! What nodes and the crates that they call say by `tracing` joins their logs.

use crate::value::{Log, LogLevel};
use std::cell::RefCell;
use std::fmt::{self, Write};
use std::sync::Arc;
use tracing_core::field::{Field, Visit};
use tracing_core::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

thread_local! {
    /// The log of the node that this thread runs.
    static CURRENT: RefCell<Option<Arc<Log>>> = const { RefCell::new(None) };
}

/// A layer that adds the events of a running node to the node's log; all others pass it by.
///
/// Put it beside what prints them, once, where the program begins:
///
/// ```
/// use tracing_subscriber::layer::SubscriberExt;
///
/// let subscriber = tracing_subscriber::registry().with(mamo::log::layer());
/// # let _ = subscriber;
/// // tracing::subscriber::set_global_default(subscriber)
/// ```
///
/// Filter it as any layer; without a filter, all that is enabled for others is in the logs as well. A line has
/// the event's message and its fields, not those of spans around it.
///
/// The node is known by the thread that runs it. What threads say that the node starts is in no log; what is said within
/// rayon's `par_iter` or `join` may be in the log of the other node that happens to help with it, or in none. `ctx.log` is
/// sure from any thread.
pub fn layer<S: Subscriber>() -> impl Layer<S> {
    LogLayer
}

struct LogLayer;

/// While it lives, events of this thread go to a log.
pub(crate) struct Entered(Option<Arc<Log>>);

/// Lets events of this thread go to `log`.
pub(crate) fn entered(log: &Arc<Log>) -> Entered {
    Entered(CURRENT.replace(Some(Arc::clone(log))))
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.replace(self.0.take());
    }
}

impl<S: Subscriber> Layer<S> for LogLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        // A thread that ends has no such place any more.
        let Ok(Some(log)) = CURRENT.try_with(|current| current.borrow().clone()) else { return };
        let mut text = Text::default();
        event.record(&mut text);
        let Text { message, fields } = text;
        let text = if message.is_empty() { fields.trim_start().to_owned() } else { message + &fields };
        log.add(level_of(*event.metadata().level()), &text);
    }
}

/// The message of an event, and its fields.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing into a string fails only when the value's own `Debug` does.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}

fn level_of(level: Level) -> LogLevel {
    match level {
        Level::ERROR => LogLevel::Error,
        Level::WARN => LogLevel::Warn,
        Level::INFO => LogLevel::Info,
        Level::DEBUG => LogLevel::Debug,
        Level::TRACE => LogLevel::Trace,
    }
}
