//! Sources in pipelines: what an edit of a file reruns.

use crate::support::Bench;
use expect_test::expect;
use mamo::{Artifact, Graph, node, source};
use std::path::Path;

#[node]
fn count(text: &str) -> usize {
    text.len()
}

#[test]
fn only_files_that_are_new_to_a_map_run() {
    #[node]
    fn total(counts: &mamo::Dict<String, usize>) -> usize {
        counts.values().map(|count| *count).sum()
    }
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let pattern = folder.path().join("*.txt").to_str().unwrap().to_owned();
    let bench = Bench::in_memory();
    let pipeline = |g: &Graph| Ok(g.add(total::node(g.add(count::map(g.add(source::glob(&pattern)))))));
    assert_eq!(bench.check(pipeline, expect!["total ~count"]).unwrap(), 0);
    write("a.txt", "12");
    write("b.txt", "345");
    assert_eq!(bench.check(pipeline, expect!["count[a.txt] count[b.txt] total"]).unwrap(), 5);
    write("b.txt", "3456");
    assert_eq!(bench.check(pipeline, expect!["count[b.txt] total"]).unwrap(), 6);
    std::fs::rename(folder.path().join("b.txt"), folder.path().join("c.txt")).unwrap();
    assert_eq!(bench.check(pipeline, expect!["total ~count"]).unwrap(), 6);
}

#[test]
fn a_file_alone_and_the_same_file_in_a_pattern_are_one_value() {
    #[node]
    fn first(counts: &mamo::Dict<String, usize>) -> usize {
        counts.values().next().map_or(0, |count| *count)
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.txt"), "12").unwrap();
    let pattern = folder.path().join("*.txt").to_str().unwrap().to_owned();
    let bench = Bench::in_memory();
    let alone = |g: &Graph| Ok(g.add(count::node(g.add(source::file(folder.path().join("a.txt"))))));
    assert_eq!(bench.check(alone, expect!["count"]).unwrap(), 2);
    let mapped = |g: &Graph| Ok(g.add(first::node(g.add(count::map(g.add(source::glob(&pattern)))))));
    assert_eq!(bench.check(mapped, expect!["first ~count"]).unwrap(), 2);
}

#[test]
fn a_folder_is_handed_over_by_its_path() {
    #[node]
    fn n_files(folder: &Path) -> std::io::Result<usize> {
        Ok(std::fs::read_dir(folder)?.count())
    }
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::in_memory();
    let pipeline = |g: &Graph| Ok(g.add(n_files::node(g.add(source::folder(folder.path())))));
    assert_eq!(bench.check(pipeline, expect!["n_files"]).unwrap(), 0);
    std::fs::write(folder.path().join("a"), "").unwrap();
    assert_eq!(bench.check(pipeline, expect!["n_files"]).unwrap(), 1);
    assert_eq!(bench.check(pipeline, expect![[""]]).unwrap(), 1);
}

/// The bytes of sources are not in the store, where a slice's elements, decoded anew, looked for them: the gathering
/// node was executed again and again.
#[test]
fn gathered_files_can_be_read() {
    #[node]
    fn join(files: &[Artifact], extra: usize) -> std::io::Result<usize> {
        let lens = files.iter().map(|file| Ok(file.bytes()?.len() + std::fs::read(file.path()?)?.len()));
        Ok(lens.sum::<std::io::Result<usize>>()? + extra)
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("a"), "12").unwrap();
    std::fs::write(path("b"), "345").unwrap();
    let bench = Bench::in_memory();
    let check = |extra: usize, expected| {
        let pipeline = |g: &Graph| {
            let files = ["a", "b"].map(|name| g.add(source::file(path(name))));
            Ok(g.add(join::node(g.gather(files), g.add(source::param("extra", extra)))))
        };
        assert_eq!(bench.check(pipeline, expected).unwrap(), 10 + extra);
    };
    check(0, expect!["gather join"]);
    check(0, expect![[""]]);
    // The gathered list comes from the store now.
    check(1, expect!["join"]);
}

#[test]
fn what_a_result_holds_of_a_file_is_saved_with_it() {
    #[node]
    fn pick(file: &Artifact) -> Artifact {
        file.clone()
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    std::fs::write(&path, "12").unwrap();
    let bench = Bench::in_memory();
    let pipeline = |g: &Graph| Ok(g.add(pick::node(g.add(source::file(&path)))));
    bench.check(pipeline, expect!["pick"]).unwrap();
    let picked = bench.check(pipeline, expect![[""]]).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(picked.bytes().unwrap(), b"12");
}

/// Gathered patterns are kept as names of contents; in every run, and after it, these are the user's files.
#[test]
fn files_in_what_was_read_back_are_the_users_files() {
    #[node]
    fn total(patterns: &[mamo::Dict<String, Artifact>], plus: usize) -> std::io::Result<usize> {
        let mut total = plus;
        for artifact in patterns.iter().flat_map(|pattern| pattern.values()) {
            total += artifact.bytes()?.len() + std::fs::read(artifact.path()?)?.len();
        }
        Ok(total)
    }
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, len: usize| std::fs::write(folder.path().join(name), "x".repeat(len)).unwrap();
    let pattern = |pattern: &str| folder.path().join(pattern).to_str().unwrap().to_owned();
    let store = folder.path().join("store");
    let pipeline = |plus: usize| {
        let patterns = [pattern("*.txt"), pattern("b.*")];
        move |g: &Graph| {
            let list = g.gather(patterns.iter().map(|pattern| g.add(source::glob(pattern))));
            Ok((list, g.add(total::node(list, g.value(plus)))))
        }
    };
    write("a.txt", 1000);
    write("b.txt", 10);
    for (plus, executed) in [(0, 2), (0, 0), (5, 1)] {
        let (run, (list, total)) = Bench::open(&store).run(pipeline(plus));
        assert_eq!((*run.get(total).unwrap(), run.counts().executed), (2 * 1020 + plus, executed));
        let second = run.get(list).unwrap().get(1).unwrap();
        assert_eq!(second.values().next().unwrap().path().unwrap(), folder.path().join("b.txt"));
    }
    write("b.txt", 20);
    let (run, (_, total)) = Bench::open(&store).run(pipeline(5));
    assert_eq!(*run.get(total).unwrap(), 2 * 1040 + 5);
}

/// An inner list of large elements has its parts elsewhere when the outer one is read as a slice.
#[test]
fn gathered_lists_of_large_elements_can_be_read_as_a_slice() {
    #[node]
    fn rows(n: u8) -> mamo::List<Vec<u8>> {
        (0..10).map(|row| vec![n + row; 300]).collect()
    }
    #[node]
    fn last(lists: &[mamo::List<Vec<u8>>]) -> u8 {
        lists.iter().filter_map(|list| list.get(9)).map(|row| row[0]).sum()
    }
    let pipeline = |g: &Graph| {
        let lists = [1u8, 2].map(|n| g.add(rows::node(g.value(n)).name(format!("rows{n}"))));
        Ok(g.add(last::node(g.gather(lists))))
    };
    let bench = Bench::in_memory();
    assert_eq!(bench.check(pipeline, expect!["gather last rows1 rows2"]).unwrap(), 21);
}
