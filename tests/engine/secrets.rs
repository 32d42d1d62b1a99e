//! Secrets: they are nowhere to be read afterwards, and decide what runs unless they are left out of keys.

use crate::support::{Bench, Log, without_place};
use expect_test::{Expect, expect};
use mamo::{Cause, Change, Engine, Event, Graph, List, Node, Observer, Retry, Run, Secret, node, source};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// All that an engine tells, as text.
#[derive(Default)]
struct Told(Mutex<String>);

impl Observer for Told {
    fn event(&self, event: &Event<'_>) {
        self.0.lock().unwrap().push_str(&format!("{event:?} {event:#?}\n"));
    }
}

/// Which of these texts stand in some file of a folder, or in its name.
fn found(folder: &Path, texts: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(self::found(&path, texts));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        // All of these texts are ASCII.
        let all = format!("{} {}", path.display(), String::from_utf8_lossy(&bytes));
        found.extend(texts.iter().filter(|text| all.contains(**text)).map(|text| (*text).to_owned()));
    }
    found
}

/// Runs a pipeline on a store of its own and looks for the secrets afterwards; gives what the failures say.
#[track_caller]
fn check<T>(secrets: &[&str], pipeline: impl FnOnce(&Graph) -> mamo::Result<Node<T>>, expected: Expect) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let told = Arc::new(Told::default());
    let engine = Engine::builder().jobs(2).observer(told.clone()).open(folder.path()).unwrap();
    let (graph, _) = Graph::build(pipeline).unwrap();
    let run = engine.run(&graph).unwrap();
    let failures: Vec<String> = run.failures().iter().map(ToString::to_string).collect();
    expected.assert_eq(&without_place(&failures.join("\n")));
    let plan = format!("{:?}", engine.plan(&graph, &[]).unwrap());
    for secret in secrets {
        let told = told.0.lock().unwrap();
        assert!(!told.contains(secret) && !plan.contains(secret) && !failures.join("\n").contains(secret), "{told}");
    }
    drop((graph, engine));
    assert_eq!(found(folder.path(), secrets), Vec::<String>::new());
    run
}

#[node]
fn length(token: &Secret<String>) -> usize {
    token.expose().len()
}

#[node]
fn refused(token: &Secret<String>) -> Result<String, String> {
    Err(format!("no access with {} or {token:?}", token.expose()))
}

#[node]
fn panicking(token: &Secret<String>) -> String {
    panic!("cannot use {}", token.expose())
}

#[test]
fn a_secret_is_found_nowhere_after_a_run() {
    let run = check(
        &["tok-succeeds-123"],
        |g| Ok(g.add(length::node(g.add(source::secret("token", "tok-succeeds-123"))))),
        expect![""],
    );
    assert_eq!(run.counts().executed, 1);
}

#[test]
fn a_secret_in_a_failure_is_replaced() {
    check(
        &["tok-refused-123"],
        |g| Ok(g.add(refused::node(g.add(source::secret("token", "tok-refused-123"))))),
        expect!["node `refused` failed: no access with *** or Secret(***)"],
    );
}

#[test]
fn a_secret_in_a_panic_is_replaced() {
    check(
        &["tok-panics-123"],
        |g| Ok(g.add(panicking::node(g.add(source::secret("token", "tok-panics-123"))))),
        expect!["node `panicking` failed: panicked: cannot use ***"],
    );
}

/// The looking itself can fail to find: what a node returns is its own, and saved as it is.
#[test]
fn what_a_node_makes_of_a_secret_is_saved() {
    #[node]
    fn reveal(token: &Secret<String>) -> String {
        token.expose().clone()
    }
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(folder.path()).unwrap();
    let pipeline = |g: &Graph| Ok(g.add(reveal::node(g.add(source::secret("token", "tok-revealed-123")))));
    engine.run(&Graph::build(pipeline).unwrap().0).unwrap();
    drop(engine);
    assert!(found(folder.path(), &["tok-revealed-123", "tok-other-123"]).contains(&"tok-revealed-123".to_owned()));
}

/// The message of a settled failure is a value, and values are saved.
#[test]
fn a_settled_failure_is_saved_without_the_secret() {
    #[node]
    fn told(outcome: &Result<String, mamo::Failure>) -> String {
        outcome.as_ref().unwrap_err().message().to_owned()
    }
    let run = check(
        &["tok-settled-123"],
        |g| {
            let refused = g.add(refused::node(g.add(source::secret("token", "tok-settled-123"))));
            Ok(g.add(told::node(g.settle(refused))))
        },
        expect!["node `refused` failed: no access with *** or Secret(***)"],
    );
    assert_eq!(*run.find::<String>("told").unwrap(), "no access with *** or Secret(***)");
}

#[test]
fn elements_and_further_tries_tell_no_secret() {
    #[node]
    fn fetch(page: u32, token: &Secret<String>) -> Result<u32, String> {
        if page == 2 { Err(format!("page {page}: {} expired", token.expose())) } else { Ok(page) }
    }
    check(
        &["tok-mapped-123"],
        |g| {
            let token = g.add(source::secret("token", "tok-mapped-123"));
            let retry = Retry::times(1).backoff(Duration::ZERO);
            let pages = g.value([1_u32, 2].into_iter().collect::<List<u32>>());
            Ok(g.add(fetch::map(pages, token).retry(retry)))
        },
        expect!["node `fetch[1]` failed: page 2: *** expired"],
    );
}

#[cfg(unix)]
#[test]
fn what_a_program_writes_is_told_without_the_secret() {
    #[node]
    fn run(ctx: &mamo::NodeCtx, sh: &mamo::Tool, token: &Secret<String>) -> Result<String, mamo::BoxError> {
        let status =
            ctx.command(sh).arg("-c").arg("echo using $1 >&2; exit 3").arg("sh").arg(token.expose()).status()?;
        Err(format!("ended with {:?}", status.code()).into())
    }
    check(
        &["tok-program-123"],
        |g| {
            let token = g.add(source::secret("token", "tok-program-123"));
            Ok(g.add(run::node(g.add(source::tool("sh")), token)))
        },
        expect![[r#"
            node `run` failed: ended with Some(3)
            `sh` ended with exit status: 3 and wrote last:
            using ***"#]],
    );
}

/// Only the end of a long output is told: it began in the middle of a secret, whose other half was told as it was.
#[cfg(unix)]
#[test]
fn half_of_a_secret_is_not_told_either() {
    #[node]
    fn run(ctx: &mamo::NodeCtx, sh: &mamo::Tool, token: &Secret<String>) -> Result<String, mamo::BoxError> {
        let script =
            "for n in 0 1 2 3 4 5 6 7 8 9; do printf '%s ' $1 $1 $1 $1 $1 $1 $1 $1 $1 $1 $1 $1 >&2; done; exit 3";
        ctx.command(sh).arg("-c").arg(script).arg("sh").arg(token.expose()).status()?;
        Err("no luck".into())
    }
    let token = "0123456789-tok-halved-by-the-end-123";
    let run = check(
        &[token, "halved-by-the-end", "the-end-123"],
        |g| {
            let token = g.add(source::secret("token", token));
            Ok(g.add(run::node(g.add(source::tool("sh")), token)))
        },
        expect![[r#"
            node `run` failed: no luck
            `sh` ended with exit status: 3 and wrote last:
            *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** ***"#]],
    );
    assert_eq!(run.failures().len(), 1);
}

/// A key in several lines, of which messages that stand in one line have another form.
#[test]
fn a_secret_in_lines_is_replaced_however_it_is_written() {
    #[node]
    fn debug(key: &Secret<String>) -> Result<u32, String> {
        let first = key.expose().lines().next().unwrap();
        Err(format!("{} {:?} {first}", key.expose(), key.expose()))
    }
    check(
        &["BEGIN-123", "first-line-of-it"],
        |g| Ok(g.add(debug::node(g.add(source::secret("key", "BEGIN-123\nfirst-line-of-it\n"))))),
        expect![[r#"node `debug` failed: *** "***\n" ***"#]],
    );
}

/// What a transient node makes lives for the run and is never saved.
#[test]
fn a_transient_node_may_give_a_secret() {
    #[node(transient)]
    fn login(password: &Secret<String>) -> Secret<String> {
        Secret::new(format!("session-of-{}", password.expose().len()))
    }
    check(
        &["tok-password-123", "session-of-16"],
        |g| Ok(g.add(refused::node(g.add(login::node(g.add(source::secret("p", "tok-password-123"))))))),
        expect!["node `refused` failed: no access with *** or Secret(***)"],
    );
}

#[test]
fn another_secret_runs_what_reads_it_unless_it_is_left_out() {
    #[node]
    fn down(length: usize) -> usize {
        length * 10
    }
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path());
    let check = |bench: &Bench, text: &str, in_key: bool, expected| {
        let pipeline = |g: &Graph| {
            let token = source::secret("token", text);
            let token = g.add(if in_key { token } else { token.not_in_key() });
            Ok(g.add(down::node(g.add(length::node(token)))))
        };
        bench.check(pipeline, expected).unwrap()
    };
    assert_eq!(check(&bench, "one-secret", true, expect!["down length"]), 100);
    assert_eq!(check(&bench, "one-secret", true, expect![[""]]), 100);
    assert_eq!(check(&bench, "two-secret", true, expect!["length ~down"]), 100);
    assert_eq!(check(&bench, "a-long-secret", true, expect!["down length"]), 130);
    assert_eq!(check(&bench, "one-secret", true, expect![[""]]), 100);
    assert_eq!(check(&bench, "one-secret", false, expect!["length ~down"]), 100);
    assert_eq!(check(&bench, "a-long-secret", false, expect![[""]]), 100);
    // By another process: the key is the store's.
    drop(bench);
    let bench = Bench::open(folder.path());
    assert_eq!(check(&bench, "a-long-secret", true, expect![[""]]), 130);
    drop(bench);
    // Without the key nobody knows which secret it was.
    std::fs::write(folder.path().join("secret.key"), "cut").unwrap();
    let bench = Bench::open(folder.path());
    assert_eq!(check(&bench, "a-long-secret", true, expect!["length ~down"]), 130);
}

#[cfg(unix)]
#[test]
fn the_key_of_a_store_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let keys = [(); 2].map(|()| {
        let folder = tempfile::tempdir().unwrap();
        let run = |in_key: bool| {
            let pipeline = |g: &Graph| {
                let token = source::secret("token", "secret-for-keys");
                Ok(g.add(length::node(g.add(if in_key { token } else { token.not_in_key() }))))
            };
            Bench::open(folder.path()).run(pipeline);
        };
        let path = folder.path().join("secret.key");
        run(false);
        assert!(!path.exists());
        run(true);
        let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(), 0o600);
        let key = std::fs::read(&path).unwrap();
        // A copy of a store may be readable by all.
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        run(true);
        assert_eq!((mode(), std::fs::read(&path).unwrap()), (0o600, key.clone()));
        key
    });
    assert_ne!(keys[0], keys[1]);
}

#[test]
fn why_tells_that_it_changed_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(folder.path()).unwrap();
    let graph = |text: &str| {
        let pipeline = |g: &Graph| Ok(g.add(length::node(g.add(source::secret("token", text)))));
        Graph::build(pipeline).unwrap().0
    };
    engine.run(&graph("tok-before-123")).unwrap();
    engine.run(&graph("tok-after-12345")).unwrap();
    let why = engine.why(&graph("tok-after-12345"), "length").unwrap();
    let [Cause { node, change: Change::Value { from, to }, .. }] = why.causes.as_slice() else { panic!("{why:?}") };
    // Beginnings of keyed hashes.
    assert!(node == "secret:token" && from != to && [from, to].iter().all(|side| side.len() == 8), "{why:?}");
    assert!(!format!("{why:?}").contains("tok-"));
}

#[test]
fn secrets_of_one_name_are_one() {
    enum Plain {}
    impl mamo::Codec<Secret<String>> for Plain {
        const ID: &'static str = "plain";
        fn encode(secret: &Secret<String>, out: &mut dyn std::io::Write) -> Result<(), mamo::BoxError> {
            Ok(out.write_all(secret.expose().as_bytes())?)
        }
        fn decode(bytes: &mamo::Bytes) -> Result<Secret<String>, mamo::BoxError> {
            Ok(Secret::new(String::from_utf8(bytes.to_vec())?))
        }
    }
    #[node(codec = Plain)]
    fn passed_on(token: &Secret<String>) -> Secret<String> {
        Secret::new(token.expose().clone())
    }
    let built = Graph::build(|g| {
        g.add(source::secret("a", "tok-mistake-1"));
        g.add(source::secret("a", "tok-mistake-1"));
        g.add(source::secret("a", "tok-mistake-2").name("other"));
        g.add(source::secret("a", "tok-mistake-1").not_in_key());
        let env = g.add(source::secret_env("a"));
        g.add(passed_on::node(env));
        g.add(passed_on::node(env).name("left").not_in_key());
        Ok(())
    });
    let message = built.err().unwrap().to_string();
    let is_place = |word: &&str| word.contains("secrets.rs:");
    let line = |line: &str| line.split_whitespace().filter(|word| !is_place(word)).collect::<Vec<_>>().join(" ");
    expect![[r#"
        `secret:a` is added twice, with different texts, or from different places: and give one of them another name
        `secret:a` is added twice, as a part of keys and as none: and say the same in both places
        `secret:a` is added twice, with different texts, or from different places: and give one of them another name
        node `left` has no key: `not_in_key` is said of secrets from `source`
        `engine::secrets::passed_on` gives a `mamo::value::secret::Secret<alloc::string::String>`, which is not to be saved; make it `transient`"#]].assert_eq(&message.lines().skip(1).map(line).collect::<Vec<_>>().join("\n"));
    assert!(!message.contains("tok-mistake"), "{message}");
}

#[cfg(feature = "cli")]
mod outside {
    use super::*;
    use mamo::cli::Invocation;
    use std::io::Write;

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_command_line_tells_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let said = Buffer::default();
        let call = |args: &str, text: &str| {
            let args = ["/bin/test"].into_iter().chain(args.split_whitespace());
            let program =
                Invocation::new(args, said.clone(), said.clone()).env("MAMO_STORE", folder.path().join("store"));
            program.run(|g: &Graph| {
                let token = g.add(source::secret("token", text));
                let lines = g.add(length::node(token));
                g.target("length", lines);
                g.target("refused", g.add(refused::node(token)));
                g.target("panicking", g.add(panicking::node(token)));
                Ok(lines)
            })
        };
        for text in ["tok-outside-1", "tok-outside-2"] {
            assert_eq!(call("run --json --keep-going", text), 1);
            call("plan --json", text);
            call("why refused --json", text);
            call("why length", text);
        }
        let said = String::from_utf8(said.0.lock().unwrap().clone()).unwrap();
        assert!(said.contains("no access with ***") && said.contains("cannot use ***"), "{said}");
        assert!(!said.contains("tok-outside"), "{said}");
        assert!(found(folder.path(), &["tok-outside-1", "tok-outside-2"]).is_empty());
    }
}

/// What the process's panic hook prints, and that a secret of the environment is read: in a process of its own.
#[test]
fn a_panic_is_printed_without_the_secret() {
    if std::env::var_os("MAMO_TEST_TOKEN").is_some() {
        let log = Arc::new(Log::default());
        let engine = Engine::builder().observer(log.clone()).in_memory();
        let pipeline = |g: &Graph| Ok(g.add(panicking::node(g.add(source::secret_env("MAMO_TEST_TOKEN")))));
        engine.run(&Graph::build(pipeline).unwrap().0).unwrap();
        assert_eq!(log.take(), "!panicking");
        // Others are printed as ever.
        let _ = std::panic::catch_unwind(|| panic!("nothing special"));
        return;
    }
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "secrets::a_panic_is_printed_without_the_secret", "--nocapture"]);
    let output = child.env("MAMO_TEST_TOKEN", "tok-printed-123").output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap() + &String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(text.contains("panicked at tests/engine/secrets.rs") && text.contains("cannot use ***"), "{text}");
    assert!(text.contains("nothing special") && !text.contains("tok-printed-123"), "{text}");
}

/// An environment without the variable: the run fails at the source.
#[test]
fn a_secret_that_is_not_set_says_so() {
    check::<usize>(
        &[],
        |g| Ok(g.add(length::node(g.add(source::secret_env("MAMO_NO_SUCH_TOKEN"))))),
        expect![
            "node `secret:MAMO_NO_SUCH_TOKEN` failed: the environment variable `MAMO_NO_SUCH_TOKEN`, which is a secret, is not set; set it"
        ],
    );
}

/// A value that nobody keeps is kept when its reader fails, for a replay; not one that tells a secret.
#[test]
fn a_failure_keeps_no_input_that_tells_a_secret() {
    #[node]
    fn header(token: &Secret<String>) -> Vec<String> {
        vec!["x".repeat(500), format!("Bearer {}", token.expose())]
    }
    #[node]
    fn fetch(header: &[String]) -> Result<u32, String> {
        Err(format!("{} headers", header.len()))
    }
    check(
        &["tok-derived-123"],
        |g| {
            let token = g.add(source::secret("token", "tok-derived-123"));
            Ok(g.add(fetch::node(g.add(header::node(token).persist(mamo::Persist::Never)))))
        },
        expect!["node `fetch` failed: 2 headers"],
    );
}
