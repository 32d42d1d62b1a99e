//! Where nodes may write the files of their results, and what is left of what they worked on: nothing.

use crate::outputs::{left, make, tree};
use crate::support::Bench;
use expect_test::expect;
use mamo::{Artifact, BoxError, Graph, NodeCtx, node};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn paths_are_confined_to_the_nodes_folder() {
    #[node]
    fn outside(ctx: &NodeCtx, name: &str) -> Result<Artifact, BoxError> {
        ctx.output_file(name)?.finish()
    }
    #[node]
    fn put(ctx: &NodeCtx, name: &str, file: &Artifact) -> Result<Artifact, BoxError> {
        let dir = ctx.output_dir()?;
        dir.put(name, file)?;
        dir.finish()
    }
    let bench = Bench::in_memory();
    let rule = "files of a node lie in the node's own folder";
    let cases = [
        ("/tmp/x", format!("`/tmp/x` is an absolute path: {rule}")),
        ("../x", format!("`../x` leads out of its folder by `..`: {rule}")),
        ("", format!("`` names no file: {rule}")),
    ];
    for (name, message) in cases {
        let file = bench.run(|g| Ok(g.add(outside::node(g.value(name.to_owned())))));
        assert_eq!(file.0.failures()[0].message(), message);
        let (run, _) = bench.run(|g| {
            let file = g.add(make::node(g.value(1), g.value(1)));
            Ok(g.add(put::node(g.value(name.to_owned()), file)))
        });
        assert_eq!(run.failures()[0].message(), message);
    }
}

#[cfg(unix)]
#[test]
fn links_that_lead_out_of_a_result_are_errors() {
    #[node]
    fn linked(ctx: &NodeCtx, target: &str, is_folder: bool) -> Result<Artifact, BoxError> {
        if is_folder {
            let dir = ctx.output_dir()?;
            std::fs::create_dir(dir.path().join("sub"))?;
            std::os::unix::fs::symlink(target, dir.path().join("sub/link"))?;
            return dir.finish();
        }
        let out = ctx.output_file("link")?;
        std::os::unix::fs::symlink(target, out.path())?;
        out.finish()
    }
    let outside = tempfile::tempdir().unwrap();
    let outside_file = outside.path().join("secret");
    std::fs::write(&outside_file, "secret").unwrap();
    let targets = [outside_file.to_str().unwrap(), outside.path().to_str().unwrap(), "/nowhere", "../../../nowhere"];
    let bench = Bench::in_memory();
    for target in targets {
        let message = |is_folder: bool| {
            let (run, _) = bench.run(|g| Ok(g.add(linked::node(g.value(target.to_owned()), g.value(is_folder)))));
            run.failures()[0].message().to_owned()
        };
        let folder = message(true);
        assert!(folder.contains("sub/link` is a link that leads out of its folder"), "{folder}");
        let file = message(false);
        assert!(file.contains("leads out of the node's folder") || file.contains("nobody has written"), "{file}");
    }
    assert_eq!(std::fs::read(&outside_file).unwrap(), b"secret");
}

#[test]
fn mistakes_with_outputs_say_what_is_wrong() {
    #[node]
    fn mistaken(ctx: &NodeCtx, what: &str) -> Result<Artifact, BoxError> {
        match what {
            "twice" => {
                let _first = ctx.output_file("a/x")?;
                ctx.output_file("a/x")?.finish()
            }
            "unwritten" => {
                let out = ctx.output_file("x")?;
                let _ = out.path();
                out.finish()
            }
            "folder" => {
                let out = ctx.output_file("x")?;
                std::fs::create_dir(out.path())?;
                out.finish()
            }
            _ => {
                let dir = ctx.output_dir()?;
                let file = ctx.output_file("x")?.finish()?;
                dir.put("a", &file)?;
                dir.put("a", &file)?;
                dir.finish()
            }
        }
    }
    let bench = Bench::in_memory();
    let cases = [
        ("twice", "the file `a/x` is being made already: finish it first, or choose another name"),
        ("unwritten", "nobody has written the file `x`"),
        ("folder", "`x` is a folder: use `ctx.output_dir()`"),
        ("put", "`a` is in the folder already"),
    ];
    for (what, message) in cases {
        let (run, _) = bench.run(|g| Ok(g.add(mistaken::node(g.value(what.to_owned())))));
        assert_eq!(run.failures()[0].message(), message);
    }
}

#[test]
fn nothing_is_left_of_what_nodes_worked_on() {
    #[node]
    fn untidy(ctx: &NodeCtx, how: &str) -> Result<Artifact, BoxError> {
        let mut out = ctx.output_file("sub/half")?;
        out.write_all(b"half")?;
        out.flush()?;
        let dir = ctx.output_dir()?;
        std::fs::write(dir.path().join("x"), "x")?;
        match how {
            "fails" => Err("no".into()),
            "panics" => panic!("no"),
            _ => dir.finish(),
        }
    }
    /// Looks as soon as a node has ended, when nobody works on anything.
    struct Looks(PathBuf, AtomicUsize);
    impl mamo::Observer for Looks {
        fn event(&self, event: &mamo::Event<'_>) {
            if let mamo::Event::NodeExecuted { .. } | mamo::Event::NodeFailed { .. } = event {
                assert!(left(&self.0).is_empty());
                self.1.fetch_add(1, Ordering::SeqCst);
            }
        }
    }
    let store = tempfile::tempdir().unwrap();
    let looks = Arc::new(Looks(store.path().to_path_buf(), AtomicUsize::new(0)));
    let bench = mamo::Engine::builder().jobs(1).observer(looks.clone()).open(store.path()).unwrap();
    for how in ["fails", "panics", "ends"] {
        for is_map in [false, true] {
            let (graph, ()) = Graph::build(|g| {
                if is_map {
                    g.add(untidy::map(g.value(vec![how.to_owned(), format!("{how} ")])));
                } else {
                    g.add(untidy::node(g.value(how.to_owned())));
                }
                Ok(())
            })
            .unwrap();
            let run = bench.run(&graph).unwrap();
            assert_eq!(run.is_complete(), how == "ends");
            assert!(left(store.path()).is_empty(), "{how} {is_map}");
        }
    }
    assert!(looks.1.load(Ordering::SeqCst) >= 6);
    drop(bench);
    assert!(tree(&store.path().join("scratch")).is_empty());
}

/// A process that is killed leaves its folder; its lock is gone with it.
#[test]
fn what_a_killed_process_left_is_removed_by_the_next() {
    let store = tempfile::tempdir().unwrap();
    let leftover = store.path().join("scratch/mamo-scratch-killed");
    std::fs::create_dir_all(leftover.join("0/work")).unwrap();
    std::fs::write(leftover.with_extension("lock"), "").unwrap();
    let pipeline = |g: &Graph| Ok(g.add(make::node(g.value(1), g.value(1))));
    let bench = Bench::open(store.path());
    bench.check(pipeline, expect!["make"]).unwrap();
    assert!(!leftover.exists());
}

#[test]
fn outputs_are_made_within_a_run_only() {
    // An execution that has ended has no folder any more.
    static KEPT: std::sync::Mutex<Option<mamo::OutputFile>> = std::sync::Mutex::new(None);
    #[node]
    fn keeps(ctx: &NodeCtx) -> Result<u8, BoxError> {
        *KEPT.lock().unwrap() = Some(ctx.output_file("kept")?);
        Ok(1)
    }
    let bench = Bench::in_memory();
    bench.check(|g: &Graph| Ok(g.add(keeps::node())), expect!["keeps"]).unwrap();
    let mut kept = KEPT.lock().unwrap().take().unwrap();
    assert!(kept.write_all(b"late").and_then(|()| kept.flush()).is_err());
    assert!(kept.finish().is_err());
}
