//! What a node says while it runs: lines, so many of them as somebody may want to read.

use crate::value::redacted;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How much a line of a log matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LogLevel {
    /// Something failed.
    Error,
    /// Something is odd.
    Warn,
    /// What [`NodeCtx::log`](crate::NodeCtx::log) says, and what programs write.
    Info,
    /// For whoever looks for a mistake.
    Debug,
    /// For whoever looks for one that is hard to find.
    Trace,
}

/// A line of a node's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LogLine {
    /// How much it matters.
    pub level: LogLevel,
    /// Time since the node began.
    pub at: Duration,
    /// The text, without secrets.
    pub text: String,
}

/// The lines of a log that were kept: the first ones and the last ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLines {
    first: Vec<LogLine>,
    left_out: u64,
    last: Vec<LogLine>,
}

/// A log that is being written, by one thread or several.
pub(crate) struct Log {
    began: Instant,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    first: Vec<LogLine>,
    first_len: usize,
    left_out: u64,
    last: VecDeque<LogLine>,
    last_len: usize,
}

/// So many bytes of a log's beginning are kept, and of its end.
const FIRST: usize = 16 << 10;
const LAST: usize = 48 << 10;
/// A longer line is cut.
const LONGEST: usize = 4 << 10;
/// What a line costs beside its text.
const LINE: usize = 24;

impl LogLines {
    /// The lines, oldest first; [`LogLines::left_out`] says how many are missing, and where.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &LogLine> + '_ {
        self.first.iter().chain(&self.last)
    }

    /// How many lines are missing, and behind how many that are there.
    pub fn left_out(&self) -> (u64, usize) {
        (self.left_out, self.first.len())
    }

    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    /// The last lines, at most so many.
    pub(crate) fn tail(&self, most: usize) -> Vec<LogLine> {
        let mut lines: Vec<LogLine> = self.iter().rev().take(most).cloned().collect();
        lines.reverse();
        lines
    }

    /// Bytes of its texts, for deciding how many logs to keep.
    pub(crate) fn size(&self) -> usize {
        self.iter().map(|line| line.text.len() + LINE).sum()
    }
}

impl Log {
    /// For a node that begins now.
    pub(crate) fn new(began: Instant) -> Self {
        Self { began, kept: Mutex::default() }
    }

    /// Empty again, for a node that begins now.
    pub(crate) fn begin(&mut self, began: Instant) {
        self.began = began;
        let kept = self.kept.get_mut().unwrap_or_else(PoisonError::into_inner);
        if !kept.first.is_empty() {
            *kept = Kept::default();
        }
    }

    /// Adds a text, line by line and without secrets.
    pub(crate) fn add(&self, level: LogLevel, text: &str) {
        self.add_behind("", level, text);
    }

    /// As [`Log::add`], each line behind a `prefix`.
    pub(crate) fn add_behind(&self, prefix: &str, level: LogLevel, text: &str) {
        let at = self.began.elapsed();
        // As a whole: a secret may have several lines.
        let text = redacted(text);
        let mut kept = self.kept();
        // An empty text is an empty line.
        let first = text.lines().next().unwrap_or_default();
        for line in std::iter::once(first).chain(text.lines().skip(1)) {
            kept.add(LogLine { level, at, text: cut(&format!("{prefix}{line}")) });
        }
    }

    /// Adds what was said elsewhere, in a log that began at this time.
    pub(crate) fn extend(&self, lines: LogLines, began: Instant) {
        let later = began.saturating_duration_since(self.began);
        let mut kept = self.kept();
        kept.left_out += lines.left_out;
        for LogLine { level, at, text } in lines.first.into_iter().chain(lines.last) {
            // Secrets of this process are not known elsewhere.
            kept.add(LogLine { level, at: at.saturating_add(later), text: redacted(&text).into_owned() });
        }
        // That its time was over is said before it is known what it has said until then.
        kept.first.sort_by_key(|line| line.at);
        kept.last.make_contiguous().sort_by_key(|line| line.at);
    }

    /// What was said so far.
    pub(crate) fn lines(&self) -> LogLines {
        let kept = self.kept();
        let (first, last) = (kept.first.clone(), kept.last.iter().cloned().collect());
        LogLines { first, left_out: kept.left_out, last }
    }

    /// What was said, and an empty log.
    pub(crate) fn take(&self) -> LogLines {
        let Kept { first, left_out, last, .. } = std::mem::take(&mut *self.kept());
        LogLines { first, left_out, last: last.into() }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn add(&mut self, line: LogLine) {
        let len = line.text.len() + LINE;
        if self.last.is_empty() && self.first_len + len <= FIRST {
            self.first_len += len;
            return self.first.push(line);
        }
        self.last_len += len;
        self.last.push_back(line);
        while self.last_len > LAST {
            let Some(line) = self.last.pop_front() else { return };
            self.last_len -= line.text.len() + LINE;
            self.left_out += 1;
        }
    }
}

impl LogLevel {
    /// As it is written in texts and in JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The beginning of a long line.
fn cut(line: &str) -> String {
    let line = line.trim_end();
    match line.char_indices().find(|(at, _)| *at >= LONGEST) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(lines: &LogLines) -> Vec<&str> {
        lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn a_text_is_kept_line_by_line_and_taken_once() {
        let log = Log::new(Instant::now());
        log.add(LogLevel::Info, "one\ntwo \n");
        log.add(LogLevel::Warn, "");
        let lines = log.take();
        assert_eq!(texts(&lines), ["one", "two", ""]);
        assert_eq!(lines.left_out(), (0, 3));
        assert!(log.take().is_empty());
    }

    #[test]
    fn of_a_long_log_the_beginning_and_the_end_are_kept() {
        let log = Log::new(Instant::now());
        let n_lines = 10_000;
        for number in 0..n_lines {
            log.add(LogLevel::Info, &format!("line {number}"));
        }
        let lines = log.take();
        let (left_out, place) = lines.left_out();
        assert_eq!(left_out + u64::try_from(lines.iter().count()).unwrap(), n_lines);
        assert!(lines.size() <= FIRST + LAST, "{}", lines.size());
        let texts = texts(&lines);
        assert_eq!((texts[0], texts[place - 1]), ("line 0", format!("line {}", place - 1).as_str()));
        assert_eq!(texts[place], format!("line {}", u64::try_from(place).unwrap() + left_out));
        assert_eq!(texts.last(), Some(&"line 9999"));
        assert_eq!(lines.tail(2).iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["line 9998", "line 9999"]);
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        let log = Log::new(Instant::now());
        log.add(LogLevel::Info, &"ä".repeat(LONGEST));
        let lines = log.take();
        let line = texts(&lines)[0].to_owned();
        assert!(line.ends_with("ä…") && line.len() <= LONGEST + 4, "{}", line.len());
    }

    #[test]
    fn a_log_has_no_secrets() {
        let _secret = crate::value::Secret::new("said-in-a-log".to_owned());
        let log = Log::new(Instant::now());
        log.add(LogLevel::Info, "key said-in-a-log!");
        assert_eq!(texts(&log.take()), ["key ***!"]);
    }
}
