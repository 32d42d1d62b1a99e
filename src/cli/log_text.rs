//! What a node said, as people read it.

use crate::cli::why_text::ago;
use crate::exec::{NodeLog, Replay, ReplayEnd};
use crate::value::{LogLevel, LogLine, LogLines};
use crate::words;
use std::time::SystemTime;

/// Of whom and when, then the lines with the time since the node began; `now` is what the age counts from.
pub(crate) fn text(node: &str, log: Option<&NodeLog>, now: SystemTime) -> String {
    let Some(log) = log else {
        return format!("{node} said nothing in any run\n");
    };
    let ended = if log.failure.is_some() { "failed" } else { "ended" };
    let mut text = format!("{}: {ended} {}\n", log.node, ago(log.at, now));
    text.push_str(&lines(&log.lines));
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

/// On what it was run again, what it said, and how it came out.
pub(crate) fn replay(replay: &Replay, now: SystemTime) -> String {
    let node = &replay.log.node;
    let mut text = match replay.of {
        Some(of) => format!("{node}: run alone, on what it failed on {}", ago(of, now)),
        None => format!("{node}: run alone, on its present inputs"),
    };
    text.push_str(if replay.is_changed { "; its code has changed since\n" } else { "\n" });
    text.push_str(&lines(&replay.log.lines));
    let took = words::duration(replay.took);
    match &replay.ended {
        ReplayEnd::Failed { message } => text.push_str(&format!("failed after {took}: {message}\n")),
        ReplayEnd::Value { len, is_as_recorded } => {
            let len = len.map_or_else(|| "a value without bytes".to_owned(), |len| words::count(len, "byte"));
            let recorded = match is_as_recorded {
                Some(true) => ", the value on record",
                Some(false) => ", not the value on record",
                None => "",
            };
            text.push_str(&format!("done in {took}: {len}{recorded}; nothing was recorded\n"));
        }
    }
    text
}

/// Lines with the time since the node began.
pub(crate) fn lines(lines: &LogLines) -> String {
    let mut text = String::new();
    let (left_out, place) = lines.left_out();
    for (number, line) in lines.iter().enumerate() {
        if left_out > 0 && number == place {
            text.push_str(&format!("  … {} left out\n", words::count(left_out, "line")));
        }
        text.push_str(&self::line(line));
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
