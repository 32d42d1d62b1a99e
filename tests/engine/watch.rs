//! Watching: which changes bring another round, and what runs in it.

use crate::support::Log;
use expect_test::{Expect, expect};
use mamo::{Artifact, BoxError, Dict, Engine, ErrorKind, Graph, NodeCtx, Round, Watch, node, source};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[node]
fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

#[node]
fn total(counts: &Dict<String, usize>, more: usize) -> usize {
    counts.values().map(|count| *count).sum::<usize>() + more
}

#[node]
fn doubled(number: usize) -> Result<usize, String> {
    if number == 13 { Err("thirteen".into()) } else { Ok(2 * number) }
}

#[node]
fn written(ctx: &NodeCtx, number: usize) -> Result<Artifact, BoxError> {
    let out = ctx.output_file("x")?;
    fs::write(out.path(), number.to_string())?;
    out.finish()
}

/// A folder in which things happen, and the rounds that follow.
struct Watched<P> {
    watch: Watch<P>,
    log: Arc<Log>,
    engine: Engine,
}

/// Puts a file into its place at once, so that there is one event: from a folder that nobody watches.
fn put(root: &Path, name: &str, text: &str) {
    let draft = root.join("elsewhere/draft");
    fs::create_dir_all(draft.parent().unwrap()).unwrap();
    fs::write(&draft, text).unwrap();
    fs::rename(draft, root.join(name)).unwrap();
}

impl<P: FnMut(&Graph) -> mamo::Result<H>, H> Watched<P> {
    fn new(root: &Path, pipeline: P, targets: &[&str]) -> Self {
        let log = Arc::new(Log::default());
        let engine = Engine::builder().jobs(2).observer(log.clone()).open(root.join("data/store")).unwrap();
        Self { watch: engine.watch(pipeline, targets).unwrap(), log, engine }
    }

    /// Waits for a round, and compares what changed and what happened.
    #[track_caller]
    fn check(&mut self, root: &Path, expected: Expect) -> Round<H> {
        let round = self.watch.next().unwrap().unwrap();
        let changed = round.changed.iter().map(|path| path.strip_prefix(root).unwrap().display().to_string());
        let changed = changed.collect::<Vec<_>>().join(" ");
        let happened = self.log.take().replace(root.to_str().unwrap(), "");
        expected.assert_eq(&format!("{changed}: {happened}"));
        round
    }
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    fs::create_dir(root.join("data")).unwrap();
    (folder, root)
}

#[test]
fn what_changed_runs_and_nothing_else() {
    let (_folder, root) = folder();
    put(&root, "data/a.txt", "a b c");
    put(&root, "data/b.txt", "a b");
    put(&root, "data/more.csv", "a b c d");
    let pipeline = |g: &Graph| {
        let counts = g.add(words::map(g.add(source::glob(root.join("data/*.txt").to_str().unwrap()))).name("counts"));
        let more = g.add(words::node(g.add(source::file(root.join("data/more.csv")))).name("more"));
        let total = g.add(total::node(counts, more));
        g.publish(g.add(written::node(total)), root.join("data/total.csv"));
        Ok(total)
    };
    let mut watched = Watched::new(&root, pipeline, &[]);
    watched.check(&root, expect![": counts[a.txt] counts[b.txt] more published total written"]);
    put(&root, "data/a.txt", "a b c d e");
    watched.check(&root, expect!["data/a.txt: counts[a.txt] published total written"]);
    // Neither what was published nor the store, both in the same folder, has brought a round.
    put(&root, "data/irrelevant.dat", "x");
    put(&root, "data/more.csv", "a");
    let round = watched.check(&root, expect!["data/more.csv: more published total written"]);
    assert_eq!(*round.run.get(round.handles).unwrap(), 8);
    fs::remove_file(root.join("data/b.txt")).unwrap();
    watched.check(&root, expect!["data/b.txt: published total written ~counts"]);
    watched.engine.stopper().stop();
    assert!(watched.watch.next().is_none());
}

#[node]
fn names(folder: &Artifact) -> Vec<String> {
    folder.entries().map(|entries| entries.into_iter().map(|(path, _)| path.display().to_string()).collect()).unwrap()
}

#[node]
fn length(names: &[String]) -> usize {
    names.len()
}

#[test]
fn what_comes_and_goes_is_noticed() {
    let (_folder, root) = folder();
    let pipeline = |g: &Graph| {
        g.add(names::node(g.add(source::folder(root.join("data/raw/new")))));
        Ok(())
    };
    let mut watched = Watched::new(&root, pipeline, &[]);
    // Nothing on the way to the folder is there yet.
    watched.check(&root, expect![": !folder:/data/raw/new -names"]);
    fs::create_dir_all(root.join("elsewhere/raw/new")).unwrap();
    fs::rename(root.join("elsewhere/raw"), root.join("data/raw")).unwrap();
    watched.check(&root, expect!["data/raw/new: names"]);
    put(&root, "data/raw/new/a", "x");
    watched.check(&root, expect!["data/raw/new/a: names"]);
    // A folder that comes with what is in it.
    fs::create_dir_all(root.join("elsewhere/deep/er")).unwrap();
    fs::write(root.join("elsewhere/deep/er/b"), "x").unwrap();
    fs::rename(root.join("elsewhere/deep"), root.join("data/raw/new/deep")).unwrap();
    watched.check(&root, expect!["data/raw/new/deep/er/b: names"]);
    put(&root, "data/raw/new/deep/er/b", "another");
    watched.check(&root, expect!["data/raw/new/deep/er/b: names"]);
    fs::rename(root.join("data/raw"), root.join("elsewhere/gone")).unwrap();
    watched.check(&root, expect!["data/raw/new data/raw/new/a data/raw/new/deep/er/b: !folder:/data/raw/new -names"]);
}

#[test]
fn what_a_round_publishes_brings_no_other() {
    let (_folder, root) = folder();
    put(&root, "data/a", "x");
    let pipeline = |g: &Graph| {
        let names = g.add(names::node(g.add(source::folder(root.join("data")))));
        g.publish(g.add(written::node(g.add(length::node(names)))), root.join("data/published"));
        Ok(())
    };
    let log = Arc::new(Log::default());
    let engine = Engine::builder().jobs(2).observer(log.clone()).in_memory();
    let mut watched = Watched { watch: engine.watch(pipeline, &[]).unwrap(), log, engine };
    watched.check(&root, expect![": length names published written"]);
    put(&root, "data/a", "y");
    watched.check(&root, expect!["data/a: length names published written"]);
}

#[cfg(unix)]
#[test]
fn links_are_followed_to_where_the_files_lie() {
    use std::os::unix::fs::symlink;
    let (_folder, root) = folder();
    for (version, text) in [("one", "a"), ("two", "a b")] {
        fs::create_dir(root.join(version)).unwrap();
        fs::write(root.join(version).join("text"), text).unwrap();
    }
    symlink(root.join("one"), root.join("data/current")).unwrap();
    symlink(root.join("data/current/text"), root.join("data/link")).unwrap();
    let pipeline = |g: &Graph| Ok(g.add(words::node(g.add(source::file(root.join("data/link"))))));
    let mut watched = Watched::new(&root, pipeline, &[]);
    watched.check(&root, expect![": words"]);
    put(&root, "one/text", "a b c");
    watched.check(&root, expect!["data/link: words"]);
    symlink(root.join("two"), root.join("elsewhere/next")).unwrap();
    fs::rename(root.join("elsewhere/next"), root.join("data/current")).unwrap();
    watched.check(&root, expect!["data/link: words"]);
}

/// A failure is an outcome of a round, an error that of one as well, but for the first.
#[test]
fn failures_and_errors_are_waited_out() {
    let (_folder, root) = folder();
    put(&root, "data/numbers.json", "[13]");
    put(&root, "data/other.json", "[1]");
    let pipeline = |g: &Graph| {
        let numbers = g.add(source::params::<Vec<usize>>(root.join("data/numbers.json")));
        let first = fs::read_to_string(root.join("data/numbers.json")).unwrap();
        let node = g.add(doubled::node(g.value(first.trim_matches(['[', ']']).parse::<usize>().unwrap())));
        g.target("numbers", numbers);
        g.target("doubled", node);
        if first == "[0]" { Err(mamo::Error::other("zero")) } else { Ok(node) }
    };
    let mut watched = Watched::new(&root, pipeline, &["numbers", "doubled"]);
    watched.check(&root, expect![": !doubled"]);
    put(&root, "data/other.json", "[2]");
    put(&root, "data/numbers.json", "[0]");
    assert_eq!(watched.watch.next().unwrap().err().unwrap().to_string(), "zero");
    put(&root, "data/numbers.json", "[1]");
    let round = watched.check(&root, expect!["data/numbers.json: doubled"]);
    assert_eq!(*round.run.get(round.handles).unwrap(), 2);
}

#[test]
fn where_nothing_can_change_nothing_is_waited_for() {
    let (_folder, root) = folder();
    put(&root, "data/a.txt", "a b c");
    let pipeline = |g: &Graph| {
        g.target("read", g.add(words::node(g.add(source::file(root.join("data/a.txt"))))));
        g.target("given", g.add(doubled::node(g.value(1_usize))));
        Ok(())
    };
    let mut watched = Watched::new(&root, pipeline, &["given"]);
    watched.check(&root, expect![": doubled"]);
    assert!(watched.watch.next().is_none());
    let mut watch = watched.engine.watch(pipeline, &["gone"]).unwrap();
    assert_eq!(watch.next().unwrap().err().unwrap().kind(), ErrorKind::UnknownName);
    assert!(watch.next().is_none());
    let mut watch = watched.engine.watch(pipeline, &[]).unwrap();
    assert!(watch.next().unwrap().unwrap().run.is_complete());
    // Whoever waits is woken.
    let stopper = watched.engine.stopper();
    let ended = std::thread::spawn(move || stopper.stop());
    assert!(watch.next().is_none());
    ended.join().unwrap();
}
