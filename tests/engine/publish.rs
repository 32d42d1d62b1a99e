//! Published results: put there, put back, and what is not mamo's is left alone.

use crate::lost::lose_files;
use crate::support::Bench;
use expect_test::{Expect, expect};
use mamo::{Artifact, BoxError, ErrorKind, Graph, Node, NodeCtx, node, source};
use std::fs;
use std::path::{Path, PathBuf};

/// A file of `len` times the byte.
#[node]
fn file(ctx: &NodeCtx, byte: u8, len: usize) -> Result<Artifact, BoxError> {
    let out = ctx.output_file("x")?;
    fs::write(out.path(), vec![byte; len])?;
    out.finish()
}

/// A folder of text files, each as `path=text`; an `x` before the path makes it executable, a `>` a link.
#[node]
fn folder(ctx: &NodeCtx, files: &[String]) -> Result<Artifact, BoxError> {
    let dir = ctx.output_dir()?;
    for file in files {
        let (name, text) = file.split_once('=').ok_or("no text")?;
        let path = dir.path().join(name.trim_start_matches(['*', '>']));
        fs::create_dir_all(path.parent().ok_or("no parent")?)?;
        #[cfg(unix)]
        if name.starts_with('>') {
            std::os::unix::fs::symlink(text, &path)?;
            continue;
        }
        fs::write(&path, text)?;
        #[cfg(unix)]
        if name.starts_with('*') {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        }
    }
    dir.finish()
}

fn texts(files: &[&str]) -> Vec<String> {
    files.iter().map(|file| (*file).to_owned()).collect()
}

/// Everything below a folder as `path=text`, in order.
fn listed(root: &Path) -> String {
    fn visit(root: &Path, folder: &Path, found: &mut Vec<String>) {
        let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap();
            if path.is_symlink() {
                found.push(format!(">{name}={}", fs::read_link(&path).unwrap().display()));
            } else if path.is_dir() {
                found.push(format!("{name}/"));
                visit(root, &path, found);
            } else {
                let star = if is_executable(&path) { "*" } else { "" };
                found.push(format!("{star}{name}={}", fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    visit(root, root, &mut found);
    found.join(" ")
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &Path) -> bool {
    false
}

/// A pipeline that publishes a file of `len` bytes.
fn one_file(path: &Path, byte: u8, len: usize) -> impl FnOnce(&Graph) -> mamo::Result<()> {
    move |g| {
        g.publish(g.add(file::node(g.value(byte), g.value(len))), path);
        Ok(())
    }
}

fn one_folder(path: &Path, files: &[&str]) -> impl FnOnce(&Graph) -> mamo::Result<()> {
    let files = texts(files);
    move |g| {
        g.publish(g.add(folder::node(g.value(files))), path);
        Ok(())
    }
}

/// Runs a pipeline and compares what happened.
#[track_caller]
fn check(bench: &Bench, pipeline: impl FnOnce(&Graph) -> mamo::Result<()>, expected: Expect) {
    let (_, ()) = bench.run(pipeline);
    expected.assert_eq(&bench.log.take());
}

/// What a run complains about, with its folder left out.
fn complaint(bench: &Bench, folder: &Path, pipeline: impl FnOnce(&Graph) -> mamo::Result<()>) -> String {
    let (graph, ()) = Graph::build(pipeline).unwrap();
    let error = bench.engine.run(&graph).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::NotPublished);
    bench.log.take();
    error.to_string().replace(&format!("{}/", folder.display()), "")
}

#[test]
fn a_file_is_put_there_and_put_back_without_executing_anything() {
    for (len, is_on_disk) in [(5, true), (2 << 20, true), (2 << 20, false)] {
        let folder = tempfile::tempdir().unwrap();
        let bench = if is_on_disk { Bench::open(&folder.path().join("store")) } else { Bench::in_memory() };
        let path = folder.path().join("out/deep/model.bin");
        let is_right = |byte: u8| fs::read(&path).unwrap() == vec![byte; len];
        check(&bench, one_file(&path, b'a', len), expect!["file published"]);
        assert!(is_right(b'a'));
        check(&bench, one_file(&path, b'a', len), expect![""]);
        // Users may write to it, and the store does not mind.
        assert!(!fs::metadata(&path).unwrap().permissions().readonly());
        fs::write(&path, "edited").unwrap();
        check(&bench, one_file(&path, b'a', len), expect!["published"]);
        assert!(is_right(b'a'));
        fs::remove_dir_all(folder.path().join("out")).unwrap();
        check(&bench, one_file(&path, b'a', len), expect!["published"]);
        assert!(is_right(b'a'));
        // Another result takes its place, and the former one comes back.
        check(&bench, one_file(&path, b'b', len), expect!["file published"]);
        assert!(is_right(b'b'));
        check(&bench, one_file(&path, b'a', len), expect!["published"]);
        assert!(is_right(b'a'));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no temporary file stays");
    }
}

#[test]
fn what_mamo_did_not_write_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.txt");
    let bench = Bench::in_memory();
    fs::write(&path, "mine").unwrap();
    let complained = complaint(&bench, folder.path(), one_file(&path, b'a', 4));
    assert_eq!(complained, "cannot publish `mine.txt`: a file with other content is there that mamo did not write");
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    // What has the right content may stay; the result was kept.
    fs::write(&path, "aaaa").unwrap();
    check(&bench, one_file(&path, b'a', 4), expect![""]);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    fs::write(path.join("inside"), "mine").unwrap();
    let other = folder.path().join("other");
    fs::create_dir(&other).unwrap();
    let complained = complaint(&bench, folder.path(), one_file(&other, b'a', 4));
    assert_eq!(complained, "cannot publish `other`: a folder is there that mamo did not write");
    #[cfg(unix)]
    {
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("mine.txt", &link).unwrap();
        let complained = complaint(&bench, folder.path(), one_file(&link, b'a', 4));
        assert_eq!(complained, "cannot publish `link`: a link is there that mamo did not write");
    }
    assert_eq!(fs::read_to_string(path.join("inside")).unwrap(), "mine");
}

#[cfg(unix)]
#[test]
fn a_folder_is_put_there_and_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("site");
    let store = folder.path().join("store");
    let bench = Bench::open(&store);
    let first = ["index.html=a", "*deep/run=b", "deep/er/c=c", ">deep/link=er", ">nowhere=gone"];
    check(&bench, one_folder(&path, &first), expect!["folder published"]);
    // Of two ways to a folder it is listed by the first.
    let expected = "deep/ deep/er/ deep/er/c=c >deep/link=er *deep/run=b index.html=a >nowhere=gone";
    assert_eq!(listed(&path), expected);
    check(&bench, one_folder(&path, &first), expect![""]);
    drop(bench);
    let bench = Bench::open(&store);
    check(&bench, one_folder(&path, &first), expect![""]);

    fs::write(path.join("index.html"), "edited").unwrap();
    fs::remove_dir_all(path.join("deep")).unwrap();
    fs::remove_file(path.join("nowhere")).unwrap();
    fs::write(path.join("mine"), "mine").unwrap();
    check(&bench, one_folder(&path, &first), expect!["published"]);
    assert_eq!(listed(&path), expected.replace(" >nowhere", " mine=mine >nowhere"));
    let mode = fs::Permissions::clone(&fs::metadata(path.join("index.html")).unwrap().permissions());
    fs::set_permissions(path.join("deep/run"), mode).unwrap();
    check(&bench, one_folder(&path, &first), expect!["published"]);
    assert!(is_executable(&path.join("deep/run")));
}

#[cfg(unix)]
#[test]
fn what_a_result_no_longer_has_goes_unless_it_is_the_users() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("site");
    let bench = Bench::in_memory();
    check(&bench, one_folder(&path, &["a=1", "b/c=2", "b/d=3", "e/f=4", ">g=a"]), expect!["folder published"]);
    fs::write(path.join("b/d"), "edited").unwrap();
    fs::write(path.join("b/mine"), "mine").unwrap();
    check(&bench, one_folder(&path, &["a=5"]), expect!["folder published"]);
    assert_eq!(listed(&path), "a=5 b/ b/d=edited b/mine=mine");
    // A file where a folder was, and a folder where a file was.
    check(&bench, one_folder(&path, &["a/x=6"]), expect!["folder published"]);
    assert_eq!(listed(&path), "a/ a/x=6 b/ b/d=edited b/mine=mine");
    check(&bench, one_folder(&path, &["a=7"]), expect!["folder published"]);
    assert_eq!(listed(&path), "a=7 b/ b/d=edited b/mine=mine");
    // In the way of the user's files nothing is written at all.
    let complained = complaint(&bench, folder.path(), one_folder(&path, &["a=8", "b/mine=8"]));
    let rule = "is there that mamo did not write";
    assert_eq!(complained, format!("cannot publish `site/b/mine`: a file with other content {rule}"));
    let complained = complaint(&bench, folder.path(), one_folder(&path, &["a=8", "b/mine/x=8"]));
    assert_eq!(complained, format!("cannot publish `site/b/mine`: no folder {rule}"));
    let complained = complaint(&bench, folder.path(), one_folder(&path, &["a=8", "b=8"]));
    assert_eq!(complained, format!("cannot publish `site/b`: a folder {rule}"));
    assert_eq!(listed(&path), "a=7 b/ b/d=edited b/mine=mine");
}

/// A link in a published folder must not lead what is written somewhere else.
#[cfg(unix)]
#[test]
fn nothing_is_written_through_a_link_of_the_users() {
    let folder = tempfile::tempdir().unwrap();
    let (path, elsewhere) = (folder.path().join("site"), folder.path().join("elsewhere"));
    let bench = Bench::in_memory();
    check(&bench, one_folder(&path, &["sub/a=1"]), expect!["folder published"]);
    fs::remove_dir_all(path.join("sub")).unwrap();
    fs::create_dir(&elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, path.join("sub")).unwrap();
    let complained = complaint(&bench, folder.path(), one_folder(&path, &["sub/a=1"]));
    assert_eq!(complained, "cannot publish `site/sub`: no folder is there that mamo did not write");
    assert_eq!(listed(&elsewhere), "");
    // That the whole lies elsewhere is the user's choice.
    fs::remove_dir_all(&path).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
    check(&bench, one_folder(&path, &["sub/a=1"]), expect!["published"]);
    assert_eq!(listed(&elsewhere), "sub/ sub/a=1");
}

#[test]
fn a_result_whose_bytes_are_lost_is_made_again_to_be_published() {
    let folder = tempfile::tempdir().unwrap();
    let (path, store) = (folder.path().join("x"), folder.path().join("store"));
    let bench = Bench::open(&store);
    check(&bench, one_file(&path, b'a', 2 << 20), expect!["file published"]);
    assert_eq!(lose_files(&store), 1);
    check(&bench, one_file(&path, b'a', 2 << 20), expect![""]);
    fs::remove_file(&path).unwrap();
    check(&bench, one_file(&path, b'a', 2 << 20), expect!["file published"]);
    assert_eq!(fs::metadata(&path).unwrap().len(), 2 << 20);
}

#[test]
fn what_is_published_is_a_target() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    let bench = Bench::in_memory();
    let pipeline = |g: &Graph| {
        g.add(file::node(g.value(1), g.value(1)).name("unasked"));
        let other = g.add(file::node(g.value(2), g.value(2)).name("other"));
        g.target("other", other);
        g.publish(g.add(file::node(g.value(3), g.value(3)).name("published file")), &path);
        Ok(())
    };
    let (graph, ()) = Graph::build(pipeline).unwrap();
    let name = path.to_str().unwrap();
    assert_eq!(graph.targets().collect::<Vec<_>>(), ["other", name]);
    // A run that is not asked for it leaves it alone.
    bench.engine.run_targets(&graph, &["other"]).unwrap();
    assert_eq!((bench.log.take(), path.exists()), ("other".to_owned(), false));
    bench.engine.run_targets(&graph, &[name]).unwrap();
    assert_eq!((bench.log.take(), path.exists()), ("published published file".to_owned(), true));
    bench.engine.run(&graph).unwrap();
    assert_eq!(bench.log.take(), "");
}

#[test]
fn a_node_that_failed_publishes_nothing_and_others_do() {
    #[node]
    fn fails() -> Result<Artifact, BoxError> {
        Err("no".into())
    }
    let folder = tempfile::tempdir().unwrap();
    let (bad, good) = (folder.path().join("bad"), folder.path().join("good"));
    let bench = Bench::with(mamo::Engine::builder().on_failure(mamo::OnFailure::KeepGoing));
    let pipeline = |g: &Graph| {
        g.publish(g.add(fails::node()), &bad);
        g.publish(g.add(file::node(g.value(1), g.value(1))), &good);
        Ok(())
    };
    check(&bench, pipeline, expect!["!fails file published"]);
    assert!(!bad.exists() && good.exists());
}

#[test]
fn one_result_in_two_places_and_a_source_are_published() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("source")).unwrap();
    fs::write(path("source/a"), "a").unwrap();
    fs::write(path("b"), "b").unwrap();
    let bench = Bench::in_memory();
    let pipeline = |g: &Graph| {
        let made: Node<Artifact> = g.add(file::node(g.value(b'x'), g.value(3)));
        g.publish(made, path("one"));
        g.publish(made, path("two"));
        g.publish(g.add(source::folder(path("source"))), path("copied"));
        g.publish(g.add(source::file(path("b"))), path("c"));
        Ok(())
    };
    check(&bench, pipeline, expect!["file published published published published"]);
    assert_eq!(listed(folder.path()), "b=b c=b copied/ copied/a=a one=xxx source/ source/a=a two=xxx");
    check(&bench, pipeline, expect![""]);
}

/// Nobody looks again at a source after the run.
#[test]
fn a_source_that_changed_during_the_run_is_not_published() {
    #[node]
    fn edit(path: &str) -> std::io::Result<u8> {
        fs::write(path, "after")?;
        Ok(1)
    }
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    fs::write(&source, "before").unwrap();
    let bench = Bench::in_memory();
    let pipeline = |g: &Graph| {
        g.target("edit", g.add(edit::node(g.value(source.to_str().unwrap().to_owned()))));
        g.publish(g.add(source::file(&source)), folder.path().join("published"));
        Ok(())
    };
    let complained = complaint(&bench, folder.path(), pipeline);
    assert!(complained.starts_with("cannot write `published`"), "{complained}");
    assert_eq!(listed(folder.path()), "source=after");
    check(&bench, pipeline, expect!["published"]);
    assert_eq!(listed(folder.path()), "published=after source=after");
}

#[test]
fn a_relative_path_is_relative_to_the_current_folder() {
    let folder = tempfile::tempdir().unwrap();
    let current = std::env::current_dir().unwrap();
    let up: PathBuf = current.components().skip(1).map(|_| "..").collect();
    let path = folder.path().strip_prefix("/").map(|path| up.join(path).join("x"));
    // There is no way up to another drive.
    let Ok(path) = path else { return };
    check(&Bench::in_memory(), one_file(&path, b'a', 1), expect!["file published"]);
    assert_eq!(listed(folder.path()), "x=a");
}

#[test]
fn paths_that_meet_are_mistakes() {
    let message = |paths: &[&str]| {
        let pipeline = |g: &Graph| {
            let made = g.add(file::node(g.value(1), g.value(1)));
            paths.iter().for_each(|path| g.publish(made, path));
            Ok(())
        };
        let message = Graph::build(pipeline).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(message.is_empty() || message.contains("publish.rs:"), "{message}");
        message.split("tests/").next().unwrap().lines().skip(1).map(str::trim).collect::<String>()
    };
    assert_eq!(message(&["out/a", "out/b", "out/ab"]), "");
    assert_eq!(message(&["out/a", "out/./a"]), "two results are published as `out/a`:");
    let inside = "one result is published as `out/a`, another as";
    assert_eq!(message(&["out/a", "out/a/b"]), format!("{inside} `out/a/b`, inside of each other:"));
    assert_eq!(message(&["out/a", "out"]), format!("{inside} `out`, inside of each other:"));
    assert!(message(&["."]).starts_with("a result is published without a path"));
    // One of them is told only by where the program is started.
    let current = std::env::current_dir().unwrap();
    let pipeline = |g: &Graph| {
        let made = g.add(file::node(g.value(1), g.value(1)));
        g.publish(made, "target/published-nowhere");
        g.publish(made, current.join("target/published-nowhere/x"));
        Ok(())
    };
    let (graph, ()) = Graph::build(pipeline).unwrap();
    let bench = Bench::in_memory();
    let error = bench.engine.run(&graph).err().unwrap();
    assert!(!Path::new("target/published-nowhere").exists(), "nothing is published then");
    assert_eq!(error.kind(), ErrorKind::NotPublished);
    assert!(error.to_string().contains("inside of each other"), "{error}");
}

/// Killed while it publishes: what it wrote is known to be mamo's.
#[test]
fn a_half_published_folder_is_finished_by_the_next_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("site");
    let bench = Bench::in_memory();
    check(&bench, one_folder(&path, &["a=1", "b=1"]), expect!["folder published"]);
    // A folder in the way stops it between two files.
    fs::remove_file(path.join("b")).unwrap();
    fs::create_dir_all(path.join(".b.mamo-tmp/x")).unwrap();
    complaint(&bench, folder.path(), one_folder(&path, &["a=2", "a new=2", "b=2"]));
    assert_eq!(fs::read_to_string(path.join("a new")).unwrap(), "2");
    fs::remove_dir_all(path.join(".b.mamo-tmp")).unwrap();
    check(&bench, one_folder(&path, &["a=3", "a new=3", "b=3"]), expect!["folder published"]);
    assert_eq!(listed(&path), "a=3 a new=3 b=3");
}

#[cfg(unix)]
#[test]
fn a_file_does_not_take_the_place_of_a_folder_with_files_of_the_users() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out/site");
    let bench = Bench::in_memory();
    let files = ["a=1", "b/c=2", "b/d/e=3"];
    check(&bench, one_folder(&path, &files), expect!["folder published"]);
    let rule = "is there that mamo did not write";
    for (mine, told) in [("mine", "mine"), ("b/c", "b/c"), ("b/d/mine", "b/d/mine"), ("b/mine/", "b/mine")] {
        if mine.ends_with('/') {
            fs::create_dir(path.join(mine)).unwrap()
        } else {
            fs::write(path.join(mine), "mine").unwrap()
        }
        let before = listed(folder.path());
        let complained = complaint(&bench, folder.path(), one_file(&path, b'x', 1));
        assert_eq!(complained, format!("cannot publish `out/site`: a folder with `{told}` in it {rule}"));
        assert_eq!(listed(folder.path()), before, "all is as it was");
        fs::remove_dir_all(&path).unwrap();
        check(&bench, one_folder(&path, &files), expect!["published"]);
    }
    fs::write(path.join("b/mine"), "mine").unwrap();
    let complained = complaint(&bench, folder.path(), one_folder(&path, &["a=1", "b=2"]));
    assert_eq!(complained, format!("cannot publish `out/site/b`: a folder with `b/mine` in it {rule}"));
    fs::remove_file(path.join("b/mine")).unwrap();
    check(&bench, one_file(&path, b'x', 1), expect!["published"]);
    assert_eq!(listed(folder.path()), "out/ out/site=x");
}

#[test]
fn an_empty_folder_is_put_there_and_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out/site");
    let bench = Bench::in_memory();
    check(&bench, one_folder(&path, &[]), expect!["folder published"]);
    assert_eq!(listed(folder.path()), "out/ out/site/");
    check(&bench, one_folder(&path, &[]), expect![""]);
    fs::remove_dir(&path).unwrap();
    check(&bench, one_folder(&path, &[]), expect!["published"]);
    check(&bench, one_file(&path, b'x', 1), expect!["file published"]);
    check(&bench, one_folder(&path, &[]), expect!["published"]);
    assert_eq!(listed(folder.path()), "out/ out/site/");
    fs::remove_dir(&path).unwrap();
    fs::write(&path, "mine").unwrap();
    let complained = complaint(&bench, folder.path(), one_folder(&path, &[]));
    assert_eq!(complained, "cannot publish `out/site`: no folder is there that mamo did not write");
}

#[test]
fn a_name_may_be_as_long_as_names_are_and_what_is_above_is_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x".repeat(255));
    check(&Bench::in_memory(), one_file(&path, b'a', 1), expect!["file published"]);
    assert_eq!(listed(folder.path()), format!("{}=a", "x".repeat(255)));
    fs::write(folder.path().join("file"), "").unwrap();
    let bench = Bench::in_memory();
    let (graph, ()) = Graph::build(one_file(&folder.path().join("file/a/b"), b'a', 1)).unwrap();
    let error = format!("{:?}", bench.engine.run(&graph).err().unwrap());
    assert!(error.ends_with("file` is no folder"), "{error}");
}

/// A result in the store's folder would be in the way of the store, or the store in its way: nothing is executed for it.
#[test]
fn nothing_is_published_into_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let bench = Bench::open(&store);
    #[cfg(unix)]
    std::os::unix::fs::symlink(&store, folder.path().join("link")).unwrap();
    let mut inside = vec!["store", "store/x", "store/out/new/x", "other/../store/x", "store/scratch/../x"];
    if cfg!(unix) {
        inside.extend(["link", "link/new/x"]);
    }
    for path in inside {
        let (graph, ()) = Graph::build(one_file(&folder.path().join(path), b'a', 1)).unwrap();
        let error = bench.engine.run(&graph).err().unwrap();
        assert_eq!((error.kind(), error.node()), (ErrorKind::NotPublished, Some("file")), "{path}");
        let told = error.to_string().replace(&format!("{}/", folder.path().display()), "");
        let plain = path.replace("other/../", "").replace("scratch/../", "");
        assert!(
            told.starts_with(&format!("cannot publish node `file` as `{plain}`: the store is in `store` (")),
            "{told}"
        );
        assert_eq!(error.hint(), Some("publish it outside of the store's folder, or keep the store elsewhere"));
        assert_eq!(bench.last(), "", "{path}: nothing was executed");
    }
    for path in ["storehouse", "store.bin", "store/../xy"] {
        check(
            &bench,
            one_file(&folder.path().join(path), path.len().try_into().unwrap(), 1),
            expect!["file published"],
        );
    }
}
