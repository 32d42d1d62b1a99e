//! Errors and failures as people read them: what, where, why, and what to do.

use crate::cli::paint::Paint;
use crate::error::Error;
use crate::value::LogLine;
use crate::words;

/// Lines of one message; more are counted.
const MESSAGE_LINES: usize = 12;

/// An error with its node, causes and hint.
pub(crate) fn error(error: &Error, paint: Paint) -> String {
    let message = error.to_string();
    let mut text = format!("{} {}", paint.bad("error:"), message.trim_end());
    if let Some(node) = error.node().filter(|node| !message.contains(node)) {
        text.push_str(&format!("\n  node: {node}"));
    }
    for cause in error.causes() {
        text.push_str(&format!("\n  cause: {}", words::block(&cause, "    ", MESSAGE_LINES)));
    }
    if let Some(hint) = error.hint() {
        text.push_str(&format!("\n  {} {}", paint.note("hint:"), words::block(hint, "    ", MESSAGE_LINES)));
    }
    text
}

/// A node or an element that failed, with what it said, and below it the last lines of its log.
pub(crate) fn failure(node: &str, message: &str, log: &[LogLine], paint: Paint) -> String {
    let mut text = format!("{} {node}: {}", paint.bad("failed"), words::block(message, "    ", MESSAGE_LINES));
    // What a program wrote last stands in the message as well.
    let is_new = |line: &&LogLine| !line.text.is_empty() && !message.contains(said(&line.text));
    let mut lines = log.iter().filter(is_new).peekable();
    if lines.peek().is_some() {
        text.push_str("\n  its log ends with:");
    }
    for line in lines {
        text.push_str(&format!("\n    {}", line.text));
    }
    text
}

/// What a program wrote, without its name.
fn said(line: &str) -> &str {
    let said = line.strip_prefix('`').and_then(|line| line.split_once("`: "));
    said.map_or(line, |(_, said)| said)
}

/// Something that people should know though the run goes on.
pub(crate) fn warning(text: &str, paint: Paint) -> String {
    format!("{} {}", paint.warn("warning:"), words::block(text, "    ", MESSAGE_LINES))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use expect_test::{Expect, expect};

    fn check(error: &Error, expected: Expect) {
        expected.assert_eq(&super::error(error, Paint::Plain));
    }

    #[test]
    fn an_error_says_where_why_and_what_to_do() {
        let io = std::io::Error::other("permission denied");
        let error = Error::new(ErrorKind::Store, "cannot write record")
            .with_node("clean")
            .with_source(io)
            .with_hint("see who owns the folder");
        check(
            &error,
            expect![[r#"
            error: cannot write record
              node: clean
              cause: permission denied
              hint: see who owns the folder"#]],
        );
    }

    #[test]
    fn nothing_is_said_twice() {
        let error =
            Error::new(ErrorKind::NoValue, "node `clean` failed: no rows").with_node("clean").with_source("no rows");
        check(&error, expect!["error: node `clean` failed: no rows"]);
    }

    #[test]
    fn a_long_message_is_cut() {
        let message = (1..=20).map(|line| format!("line {line}")).collect::<Vec<_>>().join("\n");
        let text = failure("fit[JFK]", &message, &[], Paint::Plain);
        assert_eq!(text.lines().count(), 13);
        assert!(
            text.starts_with("failed fit[JFK]: line 1\n    line 2\n") && text.ends_with("(8 more lines)"),
            "{text}"
        );
    }
}
