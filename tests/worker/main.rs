//! Nodes in processes of their own: the same results as here, hard timeouts, and deaths that are failures.
//!
//! A program of its own, since workers are this program again: they find the pipeline in `main`.

#![cfg_attr(not(unix), allow(dead_code, reason = "there are no worker processes elsewhere"))]
#![allow(
    missing_docs,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::ptr_arg,
    clippy::too_many_arguments,
    clippy::unwrap_used,
    reason = "these are tests throughout"
)]

mod kinds;

use kinds::{Apart, Here, kinds, large_file, table};
use mamo::{
    Artifact, BoxError, Dict, Engine, Event, Failure, Graph, List, Node, NodeCtx, Observer, OnFailure, Retry, Run,
    Tool, node, source, worker,
};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Where this process's tests keep files; workers have the same one.
fn folder() -> PathBuf {
    let id = if is_worker() { std::os::unix::process::parent_id() } else { std::process::id() };
    std::env::temp_dir().join(format!("mamo-worker-test-{id}"))
}

fn is_worker() -> bool {
    std::env::var_os("MAMO_WORKER").is_some_and(|by| by == *std::os::unix::process::parent_id().to_string())
}

#[node]
fn process_id(number: u32) -> (u32, u32) {
    (number, std::process::id())
}

fn main() {
    #[cfg(feature = "cli")]
    if std::env::var_os("MAMO_TEST_CLI").is_some() {
        assert_eq!(mamo::cli::main(pipeline), std::process::ExitCode::SUCCESS);
        return;
    }
    let is_unserved = std::env::var_os("MAMO_TEST_UNSERVED").is_some();
    if !is_unserved {
        worker::serve(pipeline);
    }
    fs::create_dir_all(folder()).unwrap();
    fs::write(folder().join("source"), "twenty bytes of text, and more").unwrap();
    if is_unserved {
        let (graph, _) = Graph::build(pipeline).unwrap();
        let error = Engine::in_memory().run_targets(&graph, &["ids"]).map(|run| failures(&run));
        println!("{error:?}");
    } else if let Some(name) = std::env::var_os("MAMO_TEST_CHILD") {
        let (graph, _) = Graph::build(pipeline).unwrap();
        let _ = Engine::in_memory().run_targets(&graph, &[name.to_str().unwrap()]);
    } else {
        let only: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
        for (name, test) in TESTS {
            if only.is_empty() || only.iter().any(|only| name.contains(only.as_str())) {
                eprintln!("test {name} ...");
                test();
            }
        }
        eprintln!("all is well");
    }
    // Workers that serve nobody have all done so.
    let removed = fs::remove_dir_all(folder());
    assert!(removed.is_ok() || is_unserved, "{removed:?}");
}

const TESTS: [(&str, fn()); 19] = [
    ("the_command_line_serves_by_itself", the_command_line_serves_by_itself),
    ("values_are_the_same_here_and_there", values_are_the_same_here_and_there),
    ("a_process_serves_one_call_after_the_other", a_process_serves_one_call_after_the_other),
    ("what_never_returns_is_killed", what_never_returns_is_killed),
    ("a_death_is_a_failure_and_may_be_tried_again", a_death_is_a_failure_and_may_be_tried_again),
    ("failures_and_panics_are_told_as_here", failures_and_panics_are_told_as_here),
    ("lost_bytes_are_made_again", lost_bytes_are_made_again),
    ("a_file_that_changes_under_a_call_starts_the_run_over", a_file_that_changes_under_a_call_starts_the_run_over),
    ("a_stop_reaches_the_node", a_stop_reaches_the_node),
    ("what_cannot_run_there_is_a_mistake", what_cannot_run_there_is_a_mistake),
    ("a_program_that_does_not_serve_is_told_so", a_program_that_does_not_serve_is_told_so),
    ("a_worker_goes_when_its_parent_is_killed", a_worker_goes_when_its_parent_is_killed),
    ("commands_of_a_killed_node_are_killed", commands_of_a_killed_node_are_killed),
    ("standard_input_is_empty", standard_input_is_empty),
    ("an_audit_runs_them_in_processes_as_well", an_audit_runs_them_in_processes_as_well),
    ("paths_need_not_be_unicode", paths_need_not_be_unicode),
    ("parts_that_are_not_saved_are_not_lost", parts_that_are_not_saved_are_not_lost),
    ("what_a_failed_program_wrote_is_told_as_here", what_a_failed_program_wrote_is_told_as_here),
    (
        "a_process_that_ended_between_two_calls_is_nobodys_failure",
        a_process_that_ended_between_two_calls_is_nobodys_failure,
    ),
];

/// All that workers may be asked for.
fn pipeline(g: &Graph) -> mamo::Result<()> {
    g.target("here", kinds(&g.group("here"), Here));
    g.target("apart", kinds(&g.group("apart"), Apart));
    let numbers = g.value((0..20).collect::<Vec<u32>>());
    g.target("ids", g.add(process_id::map(numbers).process()));
    g.target("settled", g.settle_each(g.add(hanging::map(numbers).process().timeout(Duration::from_millis(300)))));
    g.target("fine", g.add(table::node(g.value(3_usize)).name("fine")));
    let dying = |name: &str| dying::node(g.value(name.to_owned())).name(name).process();
    g.target("dying", g.add(dying("dying")));
    g.target("tried", g.add(dying("tried").retry(Retry::times(2).backoff(Duration::ZERO))));
    g.target("failing", g.settle(g.add(failing::node(g.value(1_u32)).process())));
    g.target("panicking", g.settle(g.add(failing::node(g.value(2_u32)).name("panicking").process())));
    let made = g.add(large_file::node(g.value(4_usize << 20)).name("made"));
    let length = g.add(length::node(made).process());
    g.target("length", length);
    g.target("double", g.add(double::node(made, length).process()));
    g.target("changed", g.add(changing::node(g.add(source::file(folder().join("changing")))).process()));
    g.target("stopped", g.add(until_stopped::node(g.value(1_u32)).process()));
    g.target("shell", g.add(shell::node(g.add(source::tool("sh"))).process().timeout(Duration::from_millis(300))));
    g.target("in_sub_graph", g.add(sub_graph::node(g.value(3_usize))));
    g.target("input", g.add(input::node(g.value(1_u32)).process()));
    g.target("odd", g.add(length::node(g.add(source::file(odd_path()))).process().name("odd")));
    let parts = g.add(source::glob(format!("{}/parts/*", folder().display())));
    g.target("parts", g.add(with_parts::map(numbers, parts).process()));
    g.target("audited", g.add(once::map(g.value(vec![1_u32, 2])).process()));
    let sh = g.add(source::tool("sh"));
    g.target("complaint", g.add(complaining::node(sh)));
    g.target("complaint apart", g.add(complaining::node(sh).process().name("complaining apart")));
    let first = g.add(process_id::node(g.value(1_u32)).process().name("first"));
    g.target("behind", g.add(process_id::node(g.add(killed::node(first))).process().name("behind")));
    Ok(())
}

#[derive(Default)]
struct Seen(Mutex<Vec<String>>);

impl Observer for Seen {
    fn event(&self, event: &Event<'_>) {
        if let Event::NodeExecuted { node, element, .. } = event {
            let element = element.map(|element| format!("[{element}]")).unwrap_or_default();
            self.0.lock().unwrap().push(format!("{node}{element}"));
        }
    }
}

impl Seen {
    fn take(&self) -> Vec<String> {
        let mut seen = std::mem::take(&mut *self.0.lock().unwrap());
        seen.sort();
        seen
    }
}

fn graph() -> Graph {
    Graph::build(pipeline).unwrap().0
}

fn failures(run: &Run) -> Vec<String> {
    run.failures().iter().map(Failure::to_string).collect()
}

fn values_are_the_same_here_and_there() {
    let graph = graph();
    for jobs in [1, 4] {
        let seen = Arc::new(Seen::default());
        let observer: Arc<dyn Observer> = Arc::<Seen>::clone(&seen);
        let engine = || Engine::builder().jobs(jobs).observer(Arc::clone(&observer)).in_memory();
        let text = |run: Run, target: &str| run.find::<Vec<String>>(target).unwrap().to_vec();
        let (one, other) = (engine(), engine());
        let here = text(one.run_targets(&graph, &["here"]).unwrap(), "here");
        let ran_here = seen.take();
        let run = other.run_targets(&graph, &["apart"]).unwrap();
        let log = run.find_log("apart/sum").unwrap().unwrap();
        assert_eq!(log.lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["1000 rows"]);
        let apart = text(run, "apart");
        let ran_apart = seen.take();
        assert_eq!(here, apart);
        assert_eq!(here[1].lines().count(), 4, "{}", here[1]);
        // The first trial is the same computation as the map without, and either of them is executed.
        let alike = |ran: Vec<String>| {
            let name = |name: &String| name.replace("apart/", "here/").replace("again.trial0[", "keyed[");
            let mut names: Vec<String> = ran.iter().map(name).collect();
            names.sort();
            names
        };
        assert_eq!(alike(ran_here), alike(ran_apart));
        // The place is part of no key.
        assert_eq!(text(one.run_targets(&graph, &["apart"]).unwrap(), "apart"), apart);
        assert_eq!(seen.take(), Vec::<String>::new());
    }
}

fn a_process_serves_one_call_after_the_other() {
    let run = Engine::builder().jobs(1).in_memory().run_targets(&graph(), &["ids"]).unwrap();
    let ids = run.find::<List<(u32, u32)>>("ids").unwrap();
    let ids: Vec<(u32, u32)> = ids.iter().map(|id| *id).collect();
    assert_eq!(ids.iter().map(|(number, _)| *number).collect::<Vec<_>>(), (0..20).collect::<Vec<_>>());
    assert_ne!(ids[0].1, std::process::id());
    assert!(ids.iter().all(|(_, id)| *id == ids[0].1), "{ids:?}");
}

#[node]
fn hanging(ctx: &NodeCtx, number: u32) -> u32 {
    if number == 7 {
        ctx.log("goes into the loop");
        loop {
            std::thread::park();
        }
    }
    number
}

fn what_never_returns_is_killed() {
    let engine = Engine::builder().jobs(2).on_failure(OnFailure::KeepGoing).in_memory();
    let run = engine.run_targets(&graph(), &["settled", "fine"]).unwrap();
    let settled = run.find::<List<Result<u32, Failure>>>("settled").unwrap();
    let failed: Vec<String> =
        settled.iter().filter_map(|one| one.as_ref().as_ref().err().map(ToString::to_string)).collect();
    assert_eq!(
        failed,
        ["node `settle_each(hanging)[7]` failed: timed out after 300ms; `.timeout(..)` says how long it may take"]
    );
    assert_eq!(settled.iter().filter(|one| one.is_ok()).count(), 19);
    let log = run.find_log("settle_each(hanging)[7]").unwrap().unwrap();
    let lines: Vec<&str> = log.lines.iter().map(|line| line.text.as_str()).collect();
    // What it said stands before what became of it.
    assert_eq!(lines[0], "goes into the loop", "{lines:?}");
    assert_eq!(*run.find::<Vec<f64>>("fine").unwrap(), [0.0, 1.0, 2.0]);
}

#[node]
fn dying(name: &str) -> u32 {
    let mark = folder().join(name);
    if name == "dying" || !mark.exists() {
        fs::write(mark, "").unwrap();
        std::process::abort();
    }
    42
}

fn a_death_is_a_failure_and_may_be_tried_again() {
    let engine = Engine::builder().on_failure(OnFailure::KeepGoing).in_memory();
    let run = engine.run_targets(&graph(), &["dying", "tried"]).unwrap();
    let failures = failures(&run);
    let [failure] = failures.as_slice() else { panic!("{failures:?}") };
    let expected = "node `dying` failed: its worker process ended with signal: 6 (SIGABRT)";
    assert!(failure.starts_with(expected) && failure.ends_with("before it gave a value"), "{failure}");
    assert_eq!(*run.find::<u32>("tried").unwrap(), 42);
}

#[node]
fn failing(number: u32) -> Result<u32, BoxError> {
    if number == 1 { Err("one is not enough".into()) } else { panic!("{number} is too much") }
}

fn failures_and_panics_are_told_as_here() {
    let run = Engine::in_memory().run_targets(&graph(), &["failing", "panicking"]).unwrap();
    let message =
        |name: &str| run.find::<Result<u32, Failure>>(name).unwrap().as_ref().as_ref().unwrap_err().to_string();
    assert_eq!(message("failing"), "node `failing` failed: one is not enough");
    let panicking = message("panicking");
    assert!(panicking.starts_with("node `panicking` failed: panicked at tests/worker/main.rs:"), "{panicking}");
    assert!(panicking.ends_with(": 2 is too much"), "{panicking}");
}

#[node]
fn length(file: &Artifact) -> Result<u64, BoxError> {
    Ok(u64::try_from(file.bytes()?.len())?)
}

#[node]
fn double(file: &Artifact, length: u64) -> Result<u64, BoxError> {
    Ok(u64::try_from(fs::read(file.path()?)?.len())? + length)
}

fn lost_bytes_are_made_again() {
    let store = folder().join("store");
    let graph = graph();
    let seen = Arc::new(Seen::default());
    let observer: Arc<dyn Observer> = Arc::<Seen>::clone(&seen);
    let engine = || Engine::builder().observer(Arc::clone(&observer)).open(&store).unwrap();
    assert_eq!(*engine().run_targets(&graph, &["length"]).unwrap().find::<u64>("length").unwrap(), 4 << 20);
    assert_eq!(seen.take(), ["length", "made"]);
    for folder in fs::read_dir(store.join("objects")).unwrap() {
        fs::remove_dir_all(folder.unwrap().path()).unwrap();
    }
    assert_eq!(*engine().run_targets(&graph, &["double"]).unwrap().find::<u64>("double").unwrap(), 8 << 20);
    assert_eq!(seen.take(), ["double", "made"]);
}

#[node]
fn changing(file: &Artifact) -> Result<String, BoxError> {
    let path = file.path()?;
    let text = fs::read_to_string(path)?;
    if text == "before" {
        fs::write(path, "after, longer")?;
    }
    Ok(text)
}

fn a_file_that_changes_under_a_call_starts_the_run_over() {
    fs::write(folder().join("changing"), "before").unwrap();
    let run = Engine::in_memory().run_targets(&graph(), &["changed"]).unwrap();
    assert_eq!(*run.find::<String>("changed").unwrap(), "after, longer");
    assert_eq!(run.restarts(), 1);
}

#[node]
fn until_stopped(ctx: &NodeCtx, number: u32) -> Result<u32, BoxError> {
    fs::write(folder().join("runs"), "")?;
    while !ctx.is_stopped() {
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(number)
}

fn wait_for(path: &Path) {
    while !path.exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn a_stop_reaches_the_node() {
    let engine = Engine::in_memory();
    let stopper = engine.stopper();
    let waiting = std::thread::spawn(move || {
        wait_for(&folder().join("runs"));
        stopper.stop();
    });
    let run = engine.run_targets(&graph(), &["stopped"]).unwrap();
    waiting.join().unwrap();
    assert_eq!(*run.find::<u32>("stopped").unwrap(), 1);
    fs::remove_file(folder().join("runs")).unwrap();
}

#[node(transient)]
fn open_file(n: usize) -> Mutex<usize> {
    Mutex::new(n)
}

#[node]
fn reads_open(file: &Mutex<usize>) -> usize {
    *file.lock().unwrap()
}

#[node(expand)]
fn sub_graph(g: &Graph, n: usize) -> Result<Node<Vec<f64>>, BoxError> {
    Ok(g.add(table::node(g.value(n)).process()))
}

fn what_cannot_run_there_is_a_mistake() {
    let message = |build: &dyn Fn(&Graph)| {
        let built = Graph::build(|g| {
            build(g);
            Ok(())
        });
        let message = built.err().unwrap().to_string();
        message.rsplit_once(" (tests").unwrap().0.lines().last().unwrap().trim().to_owned()
    };
    assert_eq!(
        message(&|g| {
            g.add(open_file::node(g.value(1_usize)).process());
        }),
        "`open_file` cannot run in a process of its own: its value is transient, and has no bytes that could leave the process"
    );
    assert_eq!(
        message(&|g| {
            g.add(reads_open::node(g.add(open_file::node(g.value(1_usize)))).process());
        }),
        "`reads_open` cannot run in a process of its own: the value of `open_file`, which it reads, is transient, and has no \
         bytes that could get there"
    );
    assert_eq!(
        message(&|g| {
            g.add(sub_graph::node(g.value(1_usize)).process());
        }),
        "`sub_graph` cannot run in a process of its own: it makes a sub-graph, whose nodes this process runs; say \
         `.process()` of those"
    );
    assert_eq!(
        message(&|g| {
            g.add(source::param("p", 1_u32).process());
        }),
        "`param:p` is to be run in a process of its own, but it calls no node function"
    );
    let engine = Engine::builder().on_failure(OnFailure::KeepGoing).in_memory();
    let failures = failures(&engine.run_targets(&graph(), &["in_sub_graph"]).unwrap());
    assert!(failures[0].contains("nodes of sub-graphs cannot run in a process of their own"), "{failures:?}");
}

fn again() -> Command {
    Command::new(std::env::current_exe().unwrap())
}

fn a_program_that_does_not_serve_is_told_so() {
    let output = again().env("MAMO_TEST_UNSERVED", "yes").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("was started as a worker for nodes that are `.process()`"), "{output:?}");
    assert!(text.contains("was not ready before it ended with exit status: 0: a program with nodes"), "{output:?}");
    assert!(text.contains("calls `mamo::worker::serve(pipeline)` before anything"), "{output:?}");
}

fn the_command_line_serves_by_itself() {
    if cfg!(feature = "cli") {
        let store = folder().join("cli-store");
        let output = again().args(["run", "ids", "--store"]).arg(store).env("MAMO_TEST_CLI", "yes").output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}

fn a_worker_goes_when_its_parent_is_killed() {
    let mut parent = again().env("MAMO_TEST_CHILD", "stopped").spawn().unwrap();
    let theirs = std::env::temp_dir().join(format!("mamo-worker-test-{}", parent.id()));
    wait_for(&theirs.join("runs"));
    let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", parent.id()));
    let workers: Vec<String> = children.map_or(Vec::new(), |list| list.split_whitespace().map(str::to_owned).collect());
    parent.kill().unwrap();
    parent.wait().unwrap();
    for worker in workers {
        while fs::read_to_string(format!("/proc/{worker}/cmdline")).is_ok_and(|line| !line.is_empty()) {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    fs::remove_dir_all(theirs).unwrap();
}

#[node]
fn shell(ctx: &NodeCtx, sh: &Tool) -> Result<u32, BoxError> {
    let mark = folder().join("shell runs");
    ctx.command(sh).arg("-c").arg(format!("echo $$ > '{}'; exec sleep 1000", mark.display())).status()?;
    Ok(1)
}

fn commands_of_a_killed_node_are_killed() {
    let engine = Engine::builder().on_failure(OnFailure::KeepGoing).in_memory();
    let failures = failures(&engine.run_targets(&graph(), &["shell"]).unwrap());
    assert!(failures[0].contains("timed out after 300ms"), "{failures:?}");
    let Ok(id) = fs::read_to_string(folder().join("shell runs")) else { return };
    let line = PathBuf::from(format!("/proc/{}/cmdline", id.trim()));
    while fs::read_to_string(&line).is_ok_and(|line| !line.is_empty()) {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Reads standard input itself, and runs a program that does.
#[node]
fn input(number: u32) -> Result<(u32, usize), BoxError> {
    let shown = Command::new("cat").stdin(std::process::Stdio::inherit()).output()?;
    Ok((number, std::io::stdin().lines().count() + shown.stdout.len()))
}

fn standard_input_is_empty() {
    let run = Engine::in_memory().run_targets(&graph(), &["input"]).unwrap();
    assert_eq!(*run.find::<(u32, usize)>("input").unwrap(), (1, 0));
}

fn odd_path() -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    folder().join(std::ffi::OsStr::from_bytes(b"odd-\xff"))
}

fn paths_need_not_be_unicode() {
    // Not every system has such names.
    if fs::write(odd_path(), "odd").is_ok() {
        let run = Engine::in_memory().run_targets(&graph(), &["odd"]).unwrap();
        assert_eq!(*run.find::<u64>("odd").unwrap(), 3);
    }
}

#[node]
fn with_parts(number: u32, parts: &Dict<String, Artifact>) -> Result<usize, BoxError> {
    let lens = parts.values().map(|part| Ok(part.bytes()?.len())).collect::<Result<Vec<_>, BoxError>>()?;
    Ok(lens.iter().sum::<usize>() + number as usize)
}

fn parts_that_are_not_saved_are_not_lost() {
    fs::create_dir_all(folder().join("parts")).unwrap();
    for name in ["a", "b"] {
        fs::write(folder().join("parts").join(name), name).unwrap();
    }
    let run = Engine::builder().jobs(1).in_memory().run_targets(&graph(), &["parts"]).unwrap();
    let sums = run.find::<List<usize>>("parts").unwrap();
    assert_eq!(sums.iter().map(|sum| *sum).collect::<Vec<_>>(), (2..22).collect::<Vec<_>>());
    // Nothing had to be made again.
    assert_eq!(run.restarts(), 0);
}

#[node]
fn complaining(ctx: &NodeCtx, sh: &Tool) -> Result<u32, BoxError> {
    ctx.command(sh).arg("-c").arg("echo one >&2; echo two >&2; exit 3").status()?;
    Err("it does not work".into())
}

fn what_a_failed_program_wrote_is_told_as_here() {
    let engine = Engine::builder().on_failure(OnFailure::KeepGoing).in_memory();
    let failures = failures(&engine.run_targets(&graph(), &["complaint", "complaint apart"]).unwrap());
    let mut texts: Vec<&str> = failures.iter().map(|failure| failure.split_once(" failed: ").unwrap().1).collect();
    assert_eq!(texts.len(), 2, "{failures:?}");
    assert!(texts[0].ends_with("\none\ntwo"), "{texts:?}");
    texts.dedup();
    assert_eq!(texts.len(), 1, "{texts:?}");
}

#[node]
fn killed(worker: &(u32, u32)) -> Result<u32, BoxError> {
    let id = worker.1.to_string();
    Command::new("kill").args(["-9", &id]).status()?;
    while fs::read_to_string(format!("/proc/{id}/cmdline")).is_ok_and(|line| !line.is_empty()) {
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(worker.1)
}

fn a_process_that_ended_between_two_calls_is_nobodys_failure() {
    if Path::new("/proc/self/cmdline").exists() {
        let run = Engine::builder().jobs(1).in_memory().run_targets(&graph(), &["behind"]).unwrap();
        let (killed, id) = *run.find::<(u32, u32)>("behind").unwrap();
        assert_ne!(killed, id);
    }
}

/// Brings its process down the second time.
#[node]
fn once(number: u32) -> u32 {
    let mark = folder().join(format!("once {number}"));
    if mark.exists() {
        std::process::abort();
    }
    if number == 1 {
        fs::write(mark, "").unwrap();
    }
    number
}

fn an_audit_runs_them_in_processes_as_well() {
    let (engine, graph) = (Engine::in_memory(), graph());
    for name in ["audited", "here", "apart"] {
        assert!(engine.run_targets(&graph, &[name]).unwrap().is_complete());
    }
    let report = engine.audit(&graph, &mamo::Audit::all().node("audited")).unwrap();
    let verdicts: Vec<String> = report.audited.iter().map(|one| format!("{} {:?}", one.name(), one.verdict)).collect();
    assert!(
        verdicts[0].starts_with("once[0] Failed(\"its worker process ended with signal: 6 (SIGABRT)"),
        "{verdicts:?}"
    );
    assert_eq!(verdicts[1], "once[1] Same");
    let of = |name: &str| {
        let nodes = ["sum", "lists", "lengths", "keyed", "paired", "joined", "files", "total", "two"];
        let audit = nodes.iter().fold(mamo::Audit::all(), |audit, node| audit.node(format!("{name}/{node}")));
        let report = engine.audit(&graph, &audit).unwrap();
        assert_eq!(report.unstable().count(), 0, "{report:?}");
        (report.computations, report.audited.len(), report.left_out.len())
    };
    assert_eq!(of("here"), of("apart"));
    assert!(of("apart").0 > 9);
}
