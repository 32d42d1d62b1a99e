//! The command line from outside: streams, exit codes, and when results are printed.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod help;

use expect_test::expect;
use mamo::cli::{Invocation, exit_codes};
use mamo::{Error, Graph, Node};
use std::cell::Cell;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// A stream that can be read afterwards.
#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How a call ended.
struct Ended {
    code: u8,
    stdout: String,
    stderr: String,
    is_followed: bool,
}

fn two_targets(graph: &Graph) -> mamo::Result<Node<u32>> {
    let answer = graph.add(mamo::source::param("answer", 42_u32));
    let other = graph.add(mamo::source::param("other", 1_u32));
    graph.target("answer", answer);
    graph.target("other", other);
    Ok(answer)
}

fn call_with(args: &str, pipeline: impl Fn(&Graph) -> mamo::Result<Node<u32>>) -> Ended {
    let store = tempfile::tempdir().unwrap();
    let (stdout, stderr) = (Buffer::default(), Buffer::default());
    let args = ["/bin/flights"].into_iter().chain(args.split_whitespace());
    let is_followed = Cell::new(false);
    let code = Invocation::new(args, stdout.clone(), stderr.clone())
        .env("MAMO_STORE", store.path().join("store"))
        .run_then(pipeline, |_, _| {
            is_followed.set(true);
            Ok(())
        });
    Ended { code, stdout: stdout.text(), stderr: stderr.text(), is_followed: is_followed.get() }
}

fn call(args: &str) -> Ended {
    call_with(args, two_targets)
}

fn json(text: &str) -> serde_json::Value {
    assert_eq!(text.lines().count(), 1, "{text}");
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_wrong_call_says_so_on_standard_error() {
    let ended = call("--frobnicate");
    assert_eq!((ended.code, ended.stdout.as_str()), (exit_codes::USAGE, ""));
    expect![[r#"
        error: unexpected argument '--frobnicate' found

          tip: to pass '--frobnicate' as a value, use '-- --frobnicate'

        Usage: flights [OPTIONS] [TARGETS]... [COMMAND]

        For more information, try '--help'.
    "#]]
    .assert_eq(&ended.stderr);
}

#[test]
fn a_wrong_call_that_asks_for_json_has_it() {
    let ended = call("plan --json --frobnicate");
    assert_eq!(ended.code, exit_codes::USAGE);
    assert!(ended.stderr.starts_with("error: unexpected argument"), "{}", ended.stderr);
    expect![[r#"
        {"schema":"mamo.error/1","kind":"usage","message":"unexpected argument '--frobnicate' found","node":null,"causes":[],"hint":null}
    "#]].assert_eq(&ended.stdout);
}

#[test]
fn results_follow_a_complete_run() {
    let ended = call("");
    assert_eq!((ended.code, ended.stdout.as_str(), ended.is_followed), (exit_codes::DONE, "", true));
    assert!(ended.stderr.starts_with("done in "), "{}", ended.stderr);
    assert!(call("run").is_followed);
    assert!(call("run other answer").is_followed);
}

#[test]
fn results_do_not_follow_when_a_target_is_missing() {
    let ended = call("run other");
    assert_eq!((ended.code, ended.is_followed), (exit_codes::DONE, false));
    assert!(ended.stderr.ends_with("note: results are printed only when all targets are asked for\n"));
    assert_eq!(call("run other --quiet").stderr, "");
}

#[test]
fn with_json_nothing_follows_the_object() {
    let ended = call("--json");
    assert_eq!((ended.code, ended.is_followed), (exit_codes::DONE, false));
    let object = json(&ended.stdout);
    assert_eq!(object["schema"], "mamo.run/1");
    assert_eq!(object["failures"], serde_json::json!([]));
}

#[test]
fn a_plan_is_a_result() {
    let ended = call("plan --json");
    assert_eq!((ended.code, ended.stderr.as_str(), ended.is_followed), (exit_codes::DONE, "", false));
    let object = json(&ended.stdout);
    assert_eq!(object["schema"], "mamo.plan/1");
    assert_eq!(object["targets"], serde_json::json!(["answer", "other"]));
    assert!(call("plan").stdout.contains(" nodes:"));
}

#[test]
fn an_error_of_what_follows_is_the_programs() {
    let store = tempfile::tempdir().unwrap();
    let stderr = Buffer::default();
    let code = Invocation::new(["flights", "-q"], io::sink(), stderr.clone())
        .env("MAMO_STORE", store.path())
        .run_then(two_targets, |_, _| Err(Error::other("the printer is on fire")));
    assert_eq!((code, stderr.text().as_str()), (exit_codes::OTHER, "error: the printer is on fire\n"));
}

/// All but the first cause were lost.
#[test]
fn an_error_is_told_with_all_its_causes() {
    let store = tempfile::tempdir().unwrap();
    let stderr = Buffer::default();
    let code = Invocation::new(["flights", "-q"], io::sink(), stderr.clone()).env("MAMO_STORE", store.path()).run_then(
        two_targets,
        |_, _| {
            let error = anyhow::anyhow!("the disk is full").context("cannot write `a.csv`").context("cannot export");
            Err(Error::other(error))
        },
    );
    assert_eq!(code, exit_codes::OTHER);
    expect![[r#"
        error: cannot export
          cause: cannot write `a.csv`
          cause: the disk is full
    "#]]
    .assert_eq(&stderr.text());
}

#[test]
fn a_wrong_graph_is_an_error_before_the_run() {
    let twice = |graph: &Graph| {
        let answer = two_targets(graph)?;
        graph.target("answer", answer);
        Ok(answer)
    };
    let ended = call_with("--json", twice);
    assert_eq!((ended.code, ended.is_followed), (exit_codes::USAGE, false));
    assert!(ended.stderr.starts_with("error: "), "{}", ended.stderr);
    let object = json(&ended.stdout);
    assert_eq!((&object["schema"], &object["kind"]), (&"mamo.error/1".into(), &"graph".into()));
}

fn missing_source(graph: &Graph) -> mamo::Result<Node<u32>> {
    let missing = graph.add(mamo::source::env("MAMO_TEST_OF_A_VARIABLE_THAT_IS_NOT_SET").name("missing"));
    graph.target("copy", missing);
    two_targets(graph)
}

#[test]
fn a_failed_node_is_told_and_counted() {
    let ended = call_with("--json", missing_source);
    assert_eq!((ended.code, ended.is_followed), (exit_codes::NODE_FAILED, false));
    expect![[r#"
        failed missing: (message)
        failed after (time): 1 failed, 2 fresh"#]]
    .assert_eq(&without_details(&ended.stderr));
    let object = json(&ended.stdout);
    assert_eq!((&object["failed"], &object["failures"][0]["node"]), (&1.into(), &"missing".into()));
    let plan = call_with("plan", missing_source);
    assert_eq!((plan.code, without_details(&plan.stderr).as_str()), (exit_codes::DONE, "failed missing: (message)"));
    expect![[r#"
        3 nodes: 1 failed, 2 fresh

        failed              missing
    "#]]
    .assert_eq(&plan.stdout);
}

#[test]
fn an_unknown_target_has_a_hint() {
    let ended = call("run anwser --json");
    assert_eq!(ended.code, exit_codes::USAGE);
    expect![[r#"
        error: there is no target or node `anwser`
          hint: did you mean `answer`?
    "#]]
    .assert_eq(&ended.stderr);
    expect![[r#"
        {"schema":"mamo.error/1","kind":"unknown_name","message":"there is no target or node `anwser`","node":null,"causes":[],"hint":"did you mean `answer`?"}
    "#]].assert_eq(&ended.stdout);
}

#[test]
fn a_store_that_is_in_use_has_a_code_of_its_own() {
    let store = tempfile::tempdir().unwrap();
    // Without a socket, as on another machine.
    let alone = mamo::store::FjallStore::open(store.path(), Default::default()).unwrap().0;
    let stdout = Buffer::default();
    let run = |args: &str| {
        Invocation::new(args.split_whitespace(), stdout.clone(), io::sink())
            .env("MAMO_STORE", store.path())
            .run(two_targets)
    };
    assert_eq!(run("flights --json"), exit_codes::STORE_LOCKED);
    assert_eq!(json(&stdout.text())["kind"], "store_locked");
    drop(alone);
    assert_eq!(run("flights --wait 60"), exit_codes::DONE);
}

#[cfg(unix)]
#[test]
fn runs_and_questions_work_while_the_store_is_in_use_and_garbage_is_not_collected() {
    #[mamo::node]
    fn half(x: u32) -> u32 {
        x / 2
    }
    let pipeline = |g: &Graph| Ok(g.add(half::node(g.value(84))));
    let store = tempfile::tempdir().unwrap();
    let engine = mamo::Engine::open(store.path()).unwrap();
    let (stdout, stderr) = (Buffer::default(), Buffer::default());
    let run = |args: &str| {
        Invocation::new(["half"].into_iter().chain(args.split_whitespace()), stdout.clone(), stderr.clone())
            .env("MAMO_STORE", store.path())
            .run(pipeline)
    };
    for args in ["run", "run", "plan", "ls", "show half", "why half", "runs", "stats", "gc --dry-run", "tag best half"]
    {
        assert_eq!(run(args), exit_codes::DONE, "{args}: {}", stderr.text());
    }
    for args in ["gc", "repair", "forget half", "flush --yes"] {
        assert_eq!(run(args), exit_codes::STORE_LOCKED, "{args}");
        assert!(
            stderr.text().contains(&format!("is in use by process {} on ", std::process::id())),
            "{}",
            stderr.text()
        );
    }
    drop(engine);
    assert_eq!(run("gc"), exit_codes::DONE, "{}", stderr.text());
}

/// Replaces what differs between runs and systems.
fn without_details(text: &str) -> String {
    let lines = text.lines().map(|line| match line.split_once(": ") {
        Some((head @ "failed missing", _)) => format!("{head}: (message)"),
        Some((head, tail)) if head.starts_with("failed after ") => format!("failed after (time): {tail}"),
        Some(_) | None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_color_is_forced_by_the_environment() {
    let check = |name: &str, args: &[&str], is_colored| {
        let store = tempfile::tempdir().unwrap();
        let stderr = Buffer::default();
        let code = Invocation::new(args, io::sink(), stderr.clone())
            .env("MAMO_STORE", store.path())
            .env(name, "1")
            .run(two_targets);
        assert_eq!((code, stderr.text().contains("\x1b[1;32mdone\x1b[0m")), (exit_codes::DONE, is_colored));
    };
    check("CLICOLOR_FORCE", &["flights"], true);
    check("CLICOLOR_FORCE", &["flights", "--color", "never"], false);
    check("NO_COLOR", &["flights", "--color", "always"], true);
    check("NO_COLOR", &["flights"], false);
}

#[mamo::node]
fn noise(x: u32) -> u32 {
    use std::sync::atomic::{AtomicU32, Ordering};
    static DICE: AtomicU32 = AtomicU32::new(0);
    x + DICE.fetch_add(1, Ordering::SeqCst)
}

#[test]
fn an_audit_names_what_is_not_the_same_twice_and_has_a_code() {
    let store = tempfile::tempdir().unwrap();
    let call = |args: &str| {
        let stdout = Buffer::default();
        let code = Invocation::new(["flights"].into_iter().chain(args.split_whitespace()), stdout.clone(), io::sink())
            .env("MAMO_STORE", store.path())
            .run(|graph| {
                let answer = two_targets(graph)?;
                graph.target("noise", graph.add(noise::node(answer)));
                Ok(answer)
            });
        (code, stdout.text())
    };
    assert_eq!(call("-q").0, exit_codes::DONE);
    let (code, text) = call("audit noise --sample 5");
    assert_eq!(code, exit_codes::NODE_FAILED);
    assert!(text.contains("noise: non-deterministic: executed twice on the same inputs, gave "), "{text}");
    assert!(text.contains("remedy: draw random numbers from `ctx.seed()`"), "{text}");
    assert!(text.ends_with("executed 1 of 1 computation once more: 1 did not give the same\n"), "{text}");
    let (code, text) = call("audit --all --json");
    let object = json(&text);
    assert_eq!((code, &object["schema"]), (exit_codes::NODE_FAILED, &"mamo.audit/1".into()));
    assert_eq!(object["audited"][0]["verdict"], "other");
    assert_ne!(object["audited"][0]["recorded"], object["audited"][0]["value"]);
    // The answer is a value, and values are not executed.
    let (code, text) = call("audit answer");
    assert_eq!((code, text.as_str()), (exit_codes::DONE, "nothing is on record that could be executed once more\n"));
}

/// What is on record may be a lot: that nothing was added to it says nothing of it.
#[test]
fn accepting_all_when_there_is_nothing_to_accept_is_told() {
    let ended = call_with("accept --all", two_targets);
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (0, "no node is stale by its code alone and has a value to keep\n")
    );
    assert_eq!(call_with("accepted", two_targets).stdout, "nothing is accepted\n");
}

#[mamo::node]
fn half(ctx: &mamo::NodeCtx, x: u32) -> Result<u32, String> {
    ctx.log(format_args!("looking at {x}"));
    if x % 2 == 1 { Err(format!("{x} is odd")) } else { Ok(x / 2) }
}

fn halves(graph: &Graph) -> mamo::Result<Node<u32>> {
    let answer = graph.add(half::node(graph.value(3)));
    graph.add(half::map(graph.value(vec![2, 4])).name("halves"));
    Ok(answer)
}

/// Replaces times.
fn without_times(text: &str) -> String {
    let lines = text.lines().map(|line| match (line.split_once(" s  "), line.split_once(": ")) {
        (Some((_, said)), _) if line.starts_with("   ") => format!("  (time)  {said}"),
        (_, Some((head, how))) if how.contains("failed on ") => {
            format!("{head}: {}failed on (time)", how.split("failed on ").next().unwrap_or_default())
        }
        (_, Some((head, how))) if how.ends_with("ago") || how.ends_with("now") => {
            format!("{head}: {} (time)", how.split(' ').next().unwrap_or_default())
        }
        (_, Some((head, tail))) if head.starts_with("failed after ") => {
            format!("failed after (time): {}", tail.split_once("; ").map_or(tail, |(counts, _)| counts))
        }
        (_, Some((head, tail))) if head.starts_with("done in ") => format!("done in (time): {tail}"),
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Calls of one program on one store, one after the other.
fn calls(lines: &[&str], pipeline: fn(&Graph) -> mamo::Result<Node<u32>>) -> Vec<(u8, String, String)> {
    let store = tempfile::tempdir().unwrap();
    let call = |line: &&str| {
        let (stdout, stderr) = (Buffer::default(), Buffer::default());
        let args = ["/bin/flights"].into_iter().chain(line.split_whitespace());
        let call = Invocation::new(args, stdout.clone(), stderr.clone()).env("MAMO_STORE", store.path().join("store"));
        (call.run(pipeline), without_times(&stdout.text()), without_times(&stderr.text()))
    };
    lines.iter().map(call).collect()
}

#[test]
fn a_failure_is_told_with_its_log_and_the_log_is_printed_later() {
    let ended = calls(
        &["-k --progress off", "log half", "log halves", "log halves[1]", "log halves[7]", "log --json half"],
        halves,
    );
    let expected = [
        expect![[r#"
            1
            failed half: 3 is odd
              its log ends with:
                looking at 3
            failed after (time): 1 failed, 1 executed, 2 fresh
              2 elements of maps: 2 executed"#]],
        expect![[r#"
            0
            half: failed (time)
              (time)  looking at 3
            failed: 3 is odd"#]],
        expect![[r#"
            0
            halves: ended (time)
            elements that have a log:
              halves[0]
              halves[1]"#]],
        expect![[r#"
            0
            halves[1]: ended (time)
              (time)  looking at 4"#]],
        expect![[r#"
            0
            halves[7] said nothing in any run"#]],
    ];
    for ((code, stdout, stderr), expected) in ended.iter().zip(expected) {
        expected.assert_eq(format!("{code}\n{stdout}{stderr}").trim_end());
    }
    let object: serde_json::Value = serde_json::from_str(&ended[5].1).unwrap();
    assert_eq!((&object["schema"], &object["lines"][0]["text"]), (&"mamo.log/1".into(), &"looking at 3".into()));
}

#[test]
fn a_replay_tells_how_the_node_came_out_and_exits_so() {
    let calls_made = ["-k --progress off -q", "replay half", "replay halves[1]", "replay halves", "replay --json half"];
    let ended = calls(&calls_made, halves);
    let expected = [
        expect![[r#"
            1
            half: run alone, on what it failed on (time)
              (time)  looking at 3
            failed after (time): 3 is odd"#]],
        expect![[r#"
        0
        halves[1]: run alone, on its present inputs
          (time)  looking at 4
        done in (time): 1 byte, the value on record; nothing was recorded"#]],
        expect![[r#"
        5
        error: cannot replay node `halves`: it is a map, whose elements are executed one by one
          hint: name one, such as `halves[0]`; `log halves` lists those that failed or have a log"#]],
    ];
    for ((code, stdout, stderr), expected) in ended.iter().skip(1).zip(expected) {
        expected.assert_eq(format!("{code}\n{stdout}{stderr}").trim_end());
    }
    let object: serde_json::Value = serde_json::from_str(&ended[4].1).unwrap();
    let documented = include_str!("../../docs/json.md");
    for key in object.as_object().unwrap().keys() {
        assert!(documented.contains(&format!("`{key}`")), "docs/json.md does not explain `{key}`");
    }
    assert_eq!((ended[4].0, &object["schema"], &object["failure"]), (1, &"mamo.replay/1".into(), &"3 is odd".into()));
    assert_eq!((&object["as_recorded"], &object["code_changed"]), (&serde_json::Value::Null, &false.into()));
}

#[test]
fn a_verbose_run_says_why_nodes_run() {
    let store = tempfile::tempdir().unwrap();
    let run = |answer: u32, args: &[&str]| {
        let stderr = Buffer::default();
        let pipeline = |g: &Graph| {
            let list = g.gather([g.add(mamo::source::param("answer", answer))]);
            Ok(g.group("deep").gather([list]))
        };
        let args = ["flights"].iter().chain(args);
        Invocation::new(args, io::sink(), stderr.clone()).env("MAMO_STORE", store.path()).run(pipeline);
        let text = stderr.text();
        text.lines().filter(|line| line.contains(" run")).map(|line| format!("{line}\n")).collect::<String>()
    };
    expect![""].assert_eq(&run(1, &[]));
    expect![[r#"
        gather runs: param:answer is another value
        deep/gather may run: param:answer is another value
    "#]]
    .assert_eq(&run(2, &["-v"]));
    expect![""].assert_eq(&run(2, &["-v"]));
}
