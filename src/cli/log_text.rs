//! What a node said, as people read it.

use crate::cli::why_text::ago;
use crate::cli::words;
use crate::exec::NodeLog;
use crate::value::{LogLevel, LogLine};
use std::time::SystemTime;

/// Of whom and when, then the lines with the time since the node began; `now` is what the age counts from.
pub(crate) fn text(node: &str, log: Option<&NodeLog>, now: SystemTime) -> String {
    let Some(log) = log else {
        return format!("{node} said nothing in any run\n");
    };
    let ended = if log.failure.is_some() { "failed" } else { "ended" };
    let mut text = format!("{}: {ended} {}\n", log.node, ago(log.at, now));
    let (left_out, place) = log.lines.left_out();
    for (number, line) in log.lines.iter().enumerate() {
        if left_out > 0 && number == place {
            text.push_str(&format!("  … {} left out\n", words::count(left_out, "line")));
        }
        text.push_str(&self::line(line));
    }
    if let Some(failure) = &log.failure {
        text.push_str(&format!("failed: {failure}\n"));
    }
    if !log.elements.is_empty() {
        text.push_str("elements that have a log:\n");
    }
    for element in &log.elements {
        text.push_str(&format!("  {}[{element}]\n", log.node));
    }
    if log.elements_left_out > 0 {
        text.push_str(&format!("  … {} left out\n", words::count(log.elements_left_out, "element")));
    }
    text
}

fn line(LogLine { level, at, text, .. }: &LogLine) -> String {
    let level = match level {
        LogLevel::Info => String::new(),
        LogLevel::Error | LogLevel::Warn | LogLevel::Debug | LogLevel::Trace => format!("{level}: "),
    };
    format!("  {:>9.3} s  {level}{text}\n", at.as_secs_f64())
}
