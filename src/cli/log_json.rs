//! Logs and replays as JSON: the objects that docs/json.md promises.

use crate::cli::json::{line, millis, since_1970};
use crate::exec::{NodeLog, Replay, ReplayEnd};
use crate::value::LogLine;
use serde::Serialize;

#[derive(Serialize)]
struct LogObject<'a> {
    schema: &'static str,
    node: &'a str,
    at_ms: Option<u64>,
    failure: Option<&'a str>,
    lines: Vec<LineObject<'a>>,
    left_out: u64,
    left_out_behind: Option<usize>,
    elements: &'a [String],
    elements_left_out: u64,
}

#[derive(Serialize)]
struct ReplayObject<'a> {
    schema: &'static str,
    node: &'a str,
    failed_at_ms: Option<u64>,
    code_changed: bool,
    wall_ms: u64,
    failure: Option<&'a str>,
    bytes: Option<u64>,
    as_recorded: Option<bool>,
    lines: Vec<LineObject<'a>>,
}

#[derive(Serialize)]
struct LineObject<'a> {
    at_ms: u64,
    level: &'static str,
    text: &'a str,
}

/// A log as one line; without one, with no lines.
pub(crate) fn log(node: &str, log: Option<&NodeLog>) -> String {
    let (left_out, place) = log.map_or((0, 0), |log| log.lines.left_out());
    line(&LogObject {
        schema: "mamo.log/1",
        node: log.map_or(node, |log| &log.node),
        at_ms: log.map(|log| since_1970(log.at)),
        failure: log.and_then(|log| log.failure.as_deref()),
        lines: log.iter().flat_map(|log| log.lines.iter()).map(LineObject::of).collect(),
        left_out,
        left_out_behind: (left_out > 0).then_some(place),
        elements: log.map_or(&[], |log| &log.elements),
        elements_left_out: log.map_or(0, |log| log.elements_left_out),
    })
}

/// A replay as one line.
pub(crate) fn replay(replay: &Replay) -> String {
    let (failure, bytes, as_recorded) = match &replay.ended {
        ReplayEnd::Failed { message } => (Some(message.as_str()), None, None),
        ReplayEnd::Value { len, is_as_recorded } => (None, *len, *is_as_recorded),
    };
    line(&ReplayObject {
        schema: "mamo.replay/1",
        node: &replay.log.node,
        failed_at_ms: replay.of.map(since_1970),
        code_changed: replay.is_changed,
        wall_ms: millis(replay.took),
        failure,
        bytes,
        as_recorded,
        lines: replay.log.lines.iter().map(LineObject::of).collect(),
    })
}

impl<'a> LineObject<'a> {
    fn of(line: &'a LogLine) -> Self {
        Self { at_ms: millis(line.at), level: line.level.name(), text: &line.text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Log, LogLevel};
    use expect_test::expect;
    use std::collections::BTreeMap;
    use std::time::{Duration, Instant, SystemTime};

    fn example() -> NodeLog {
        let log = Log::new(Instant::now() + Duration::from_secs(3600));
        log.add(LogLevel::Info, "begins");
        NodeLog {
            node: "fit[JFK]".into(),
            at: SystemTime::UNIX_EPOCH + Duration::from_secs(60),
            failure: Some("no rows".into()),
            lines: log.take(),
            elements: vec!["a".into()],
            elements_left_out: 2,
        }
    }

    #[test]
    fn objects_have_their_documented_shape() {
        expect![[r#"{"schema":"mamo.log/1","node":"fit[JFK]","at_ms":60000,"failure":"no rows","lines":[{"at_ms":0,"level":"info","text":"begins"}],"left_out":0,"left_out_behind":null,"elements":["a"],"elements_left_out":2}"#]]
            .assert_eq(&log("fit", Some(&example())));
        expect![[r#"{"schema":"mamo.log/1","node":"fit","at_ms":null,"failure":null,"lines":[],"left_out":0,"left_out_behind":null,"elements":[],"elements_left_out":0}"#]]
            .assert_eq(&log("fit", None));
    }

    #[test]
    fn every_key_is_documented() {
        let documented = include_str!("../../docs/json.md");
        let object: BTreeMap<String, serde_json::Value> = serde_json::from_str(&log("fit", None)).unwrap();
        let levels = ["error", "warn", "info", "debug", "trace"].map(str::to_owned);
        for name in object.into_keys().chain(levels).chain(["text".to_owned()]) {
            assert!(
                documented.contains(&format!("`{name}`")) || documented.contains(&format!("\"{name}\"")),
                "docs/json.md does not explain `{name}`"
            );
        }
    }
}
