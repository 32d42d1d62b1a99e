//! Programs that nodes run.

#![cfg(unix)]

use crate::support::Bench;
use expect_test::expect;
use mamo::{Artifact, BoxError, Graph, Node, NodeCtx, Tool, node, source};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// What a script gives on its standard output.
#[node]
fn script(ctx: &NodeCtx, text: &str, sh: &Tool) -> Result<String, BoxError> {
    let output = ctx.command(sh).arg("-c").arg(text).stdin("from stdin").env("GIVEN", "given").output()?;
    if !output.status.success() {
        return Err(format!("script failed with {}", output.status.code().unwrap_or(-1)).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

fn scripted(text: &str) -> impl FnOnce(&Graph) -> mamo::Result<Node<String>> {
    move |g| Ok(g.add(script::node(g.value(text.to_owned()), g.add(source::tool("sh")))))
}

fn failure(bench: &Bench, text: &str) -> String {
    let (run, _) = bench.run(scripted(text));
    bench.log.take();
    run.failures()[0].message().to_owned()
}

#[test]
fn a_program_gives_what_it_writes() {
    let bench = Bench::in_memory();
    let check = |text: &str| bench.check(scripted(text), expect!["script"]).unwrap();
    assert_eq!(check("cat"), "from stdin");
    assert_eq!(check("echo $GIVEN; echo aside >&2"), "given\n");
    assert_eq!(check("echo done"), "done\n", "it need not read");
    assert_eq!(check("ls"), "", "its folder is empty");
    // More than a pipe holds, on both sides.
    assert_eq!(check("head -c 1000000 /dev/zero >&2; head -c 1000000 /dev/zero").len(), 1_000_000);
    bench.check(scripted("ls"), expect![""]).unwrap();
}

#[test]
fn what_a_program_wrote_last_is_in_the_nodes_failure() {
    let bench = Bench::in_memory();
    let message = failure(&bench, "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo line $i >&2; done; exit 3");
    let mut lines = message.lines();
    assert_eq!(lines.next(), Some("script failed with 3"));
    assert_eq!(lines.next(), Some("`sh` ended with exit status: 3 and wrote last:"));
    assert_eq!((lines.next(), lines.last()), (Some("line 3"), Some("line 12")));
    assert!(failure(&bench, "echo only stdout; exit 1").ends_with("\nonly stdout"));
    assert!(failure(&bench, "exit 1").ends_with("`sh` ended with exit status: 1 and wrote nothing"));
}

#[test]
fn a_failure_that_was_put_right_is_not_told() {
    #[node]
    fn twice(ctx: &NodeCtx, sh: &Tool) -> Result<u8, BoxError> {
        let first = ctx.command(sh).args(["-c", "echo first >&2; exit 1"]).status()?;
        let second = ctx.command(sh).args(["-c", "echo second"]).status()?;
        Err(format!("{} {}", first.success(), second.success()).into())
    }
    #[node]
    fn fails(after: &Result<u8, mamo::Failure>) -> Result<u8, BoxError> {
        Err(format!("after {}", after.is_err()).into())
    }
    let bench = Bench::with(mamo::Engine::builder().on_failure(mamo::OnFailure::KeepGoing));
    let (run, _) = bench.run(|g| {
        let settled = g.settle(g.add(twice::node(g.add(source::tool("sh")))));
        Ok(g.add(fails::node(settled)))
    });
    let messages: Vec<_> = run.failures().iter().map(|failure| failure.message().to_owned()).collect();
    assert!(messages.contains(&"false true".to_owned()) && messages.contains(&"after true".to_owned()), "{messages:?}");
}

#[test]
fn programs_and_outputs_meet_in_the_nodes_folder() {
    #[node]
    fn made(ctx: &NodeCtx, sh: &Tool) -> Result<Vec<Artifact>, BoxError> {
        let run = |text: &str, folder: &str| ctx.command(sh).arg("-c").arg(text).current_dir(folder).status();
        run("echo a > a.txt", ".")?;
        run("echo b > b.txt", "sub/folder")?;
        let by_path = ctx.output_file("c.txt")?;
        ctx.command(sh).args(["-c", "echo c > \"$0\""]).arg(by_path.path()).status()?;
        let finish = |name: &str| ctx.output_file(name)?.finish();
        Ok(vec![finish("a.txt")?, finish("sub/folder/b.txt")?, by_path.finish()?])
    }
    #[node]
    fn outside(ctx: &NodeCtx, sh: &Tool) -> Result<u8, BoxError> {
        ctx.command(sh).current_dir("../..").status()?;
        Ok(0)
    }
    let bench = Bench::in_memory();
    let files = bench.check(|g| Ok(g.add(made::node(g.add(source::tool("sh"))))), expect!["made"]).unwrap();
    let texts: Vec<_> = files.iter().map(|file| String::from_utf8(file.bytes().unwrap()).unwrap()).collect();
    assert_eq!(texts, ["a\n", "b\n", "c\n"]);
    let (run, _) = bench.run(|g| Ok(g.add(outside::node(g.add(source::tool("sh"))))));
    assert!(run.failures()[0].message().contains("`../..` leads out of its folder by `..`"));
}

#[test]
fn a_tool_without_a_place_says_what_to_do() {
    #[node]
    fn first(ctx: &NodeCtx, tools: &[Tool]) -> Result<bool, BoxError> {
        Ok(ctx.command(&tools[0]).status()?.success())
    }
    let bench = Bench::in_memory();
    let (run, _) = bench.run(|g| Ok(g.add(first::node(g.gather([g.add(source::tool("sh"))])))));
    let message = run.failures()[0].message();
    assert!(message.contains("known only to nodes that read it as an input of its own"), "{message}");
}

/// The program waits for ever, and so does one that it has started; both are gone when the run has ended.
#[test]
fn stopping_the_run_kills_the_program_and_what_it_started() {
    #[node]
    fn waits(ctx: &NodeCtx, folder: &str, sh: &Tool) -> Result<bool, BoxError> {
        let script = "cat \"$0/inner\" & echo started > \"$0/started\"; cat \"$0/outer\"";
        Ok(ctx.command(sh).arg("-c").arg(script).arg(folder).status()?.success())
    }
    let folder = tempfile::tempdir().unwrap();
    let pipe = |name: &str| folder.path().join(name);
    let status = std::process::Command::new("mkfifo").args(["inner", "outer", "started"].map(pipe)).status().unwrap();
    assert!(status.success());
    let store = folder.path().join("store");
    let bench = Bench::open(&store);
    let stopper = bench.engine.stopper();
    let text = folder.path().to_str().unwrap().to_owned();
    let (graph, _) = Graph::build(|g| Ok(g.add(waits::node(g.value(text), g.add(source::tool("sh")))))).unwrap();
    let run = std::thread::scope(|scope| {
        let run = scope.spawn(|| bench.engine.run(&graph).unwrap());
        // Both wait for a writer from here on, or are about to.
        let mut started = String::new();
        File::open(pipe("started")).unwrap().read_to_string(&mut started).unwrap();
        assert_eq!(started, "started\n");
        stopper.stop();
        run.join().unwrap()
    });
    assert_eq!(run.failures()[0].message(), "the run was stopped while `sh` ran");
    expect!["!waits"].assert_eq(&bench.log.take());
    for name in ["inner", "outer"] {
        assert!(nobody_reads(&pipe(name)), "somebody still reads {name}");
    }
    assert_eq!(fs::read_dir(store.join("scratch")).unwrap().count(), 2, "the engine's own folder and its lock");
    let held = fs::read_dir(store.join("scratch")).unwrap().map(|entry| entry.unwrap().path());
    let held = held.filter(|path| path.is_dir()).map(|path| fs::read_dir(path).unwrap().count()).sum::<usize>();
    assert_eq!(held, 0, "the node's folder");
}

/// Whether nobody has a pipe open, or whoever has is on its way out: one that was killed closes it when the system finds
/// the time, which the run does not wait for. The pipe is held open meanwhile, so that no reader ends by itself.
fn nobody_reads(pipe: &Path) -> bool {
    use std::io::Write;
    let mut writer = match fs::OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK).open(pipe) {
        Ok(writer) => writer,
        Err(error) => return error.raw_os_error() == Some(libc::ENXIO),
    };
    (0..1_000_000).any(|_| {
        std::thread::yield_now();
        writer.write(b"x").is_err_and(|error| error.raw_os_error() == Some(libc::EPIPE))
    })
}

/// Another version of the program in the middle of a run: what the first one made is of no use.
#[test]
fn a_program_that_changes_while_it_is_used_is_run_again() {
    #[node]
    fn says(ctx: &NodeCtx, tool: &Tool, next: &Path) -> Result<String, BoxError> {
        let said = ctx.command(tool).output()?.stdout;
        if said.starts_with(b"first") {
            let copied = std::process::Command::new("cp").args([next, tool.path()]).status()?;
            assert!(copied.success());
        }
        Ok(String::from_utf8(said)?)
    }
    let folder = tempfile::tempdir().unwrap();
    // By a process of its own: one that another test forks from this one while it has the file open for writing would
    // keep it from being executed.
    let write = |name: &str, said: &str| {
        let path = folder.path().join(name);
        let script = format!("printf '#!/bin/sh\\necho {said}\\n' > \"$0\" && chmod +x \"$0\"");
        let written = std::process::Command::new("sh").arg("-c").arg(script).arg(&path).status().unwrap();
        assert!(written.success());
        path
    };
    let (tool, next) = (write("tool", "first"), write("next", "second"));
    let pipeline = |g: &Graph| {
        let tool = g.add(source::tool(tool.to_str().unwrap()));
        Ok(g.add(says::node(tool, g.add(source::file(&next)))))
    };
    assert_eq!(Bench::in_memory().check(pipeline, expect!["@file says"]).unwrap(), "second\n");
}
