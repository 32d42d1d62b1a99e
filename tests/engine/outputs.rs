//! Files and folders as results: what ran, and what is found again.

use crate::lost::lose_files;
use crate::support::Bench;
use expect_test::expect;
use mamo::{Artifact, BoxError, Dict, Graph, List, NodeCtx, node, source};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

const LARGE: usize = (1 << 20) + 5;

/// A file of `len` bytes; below 1 MiB it lies in the store's database, else in a file of its own.
#[node]
pub(crate) fn make(ctx: &NodeCtx, len: usize, byte: u8) -> Result<Artifact, BoxError> {
    let mut out = ctx.output_file("made.bin")?;
    for _ in 0..len {
        out.write_all(&[byte])?;
    }
    out.finish()
}

#[node]
fn count(file: &Artifact, plus: usize) -> Result<usize, BoxError> {
    Ok(file.bytes()?.len() + plus)
}

#[node]
fn count_path(file: &Path, plus: usize) -> Result<usize, BoxError> {
    Ok(std::fs::read(file)?.len() + plus)
}

#[node]
fn count_open(file: &Artifact, plus: usize) -> Result<usize, BoxError> {
    let mut file = file.open()?;
    file.seek(SeekFrom::Start(1))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes.len() + 1 + plus)
}

/// Everything below a folder, by path.
pub(crate) fn tree(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut todo = vec![folder.to_path_buf()];
    while let Some(folder) = todo.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.is_symlink() {
                todo.push(path.clone());
            }
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Two large files, `a` and `b`, and the pattern that finds them.
fn two_files(folder: &Path) -> String {
    std::fs::write(folder.join("a"), vec![1; LARGE]).unwrap();
    std::fs::write(folder.join("b"), vec![2; LARGE]).unwrap();
    folder.join("*").to_str().unwrap().to_owned()
}

/// What nodes have left in the scratch folder of a store.
pub(crate) fn left(store: &Path) -> Vec<PathBuf> {
    let scratch = store.join("scratch");
    let is_engines_own = |path: &PathBuf| path.parent() == Some(&scratch);
    tree(&scratch).into_iter().filter(|path| !is_engines_own(path)).collect()
}

#[test]
fn a_file_is_written_once_and_read_in_every_way() {
    for (len, is_on_disk) in [(10, true), (LARGE, true), (10, false), (LARGE, false)] {
        let folder = tempfile::tempdir().unwrap();
        let bench = if is_on_disk { Bench::open(folder.path()) } else { Bench::in_memory() };
        let pipeline = |g: &Graph| {
            let file = g.add(make::node(g.value(len), g.value(b'x')));
            let plus = g.value(1_usize);
            let counts = [count::node(file, plus), count_path::node(file, plus), count_open::node(file, plus)];
            Ok(g.gather(counts.map(|count| g.add(count))))
        };
        let (run, counts) = bench.run(pipeline);
        expect!["count count_open count_path gather make"].assert_eq(&bench.log.take());
        assert_eq!(*run.get(counts).unwrap().iter().map(|count| *count).collect::<Vec<_>>(), [len + 1; 3]);
        bench.run(pipeline);
        expect![""].assert_eq(&bench.log.take());
    }
}

#[test]
fn the_artifact_of_a_run_is_read_after_it() {
    for len in [10, LARGE] {
        let folder = tempfile::tempdir().unwrap();
        let pipeline = |g: &Graph| Ok(g.add(make::node(g.value(len), g.value(b'x'))));
        let made = Bench::open(folder.path()).check(pipeline, expect!["make"]).unwrap();
        assert_eq!(*made.digest().as_bytes(), *blake3::hash(&vec![b'x'; len]).as_bytes());
        assert_eq!((made.len(), made.is_folder()), (u64::try_from(len).unwrap(), false));
        // The value holds the store.
        drop(made);
        let again = Bench::open(folder.path()).check(pipeline, expect![""]).unwrap();
        assert_eq!(again.bytes().unwrap().len(), len);
        assert_eq!(std::fs::read(again.path().unwrap()).unwrap().len(), len);
        assert!(std::fs::metadata(again.path().unwrap()).unwrap().permissions().readonly());
        let mut read = Vec::new();
        again.open().unwrap().read_to_end(&mut read).unwrap();
        assert_eq!(read.len(), len);
    }
}

#[test]
fn equal_files_of_two_nodes_are_one_content() {
    let bench = Bench::in_memory();
    #[node]
    fn other(ctx: &NodeCtx, len: usize) -> Result<Artifact, BoxError> {
        let out = ctx.output_file("deep/er/other.bin")?;
        std::fs::write(out.path(), vec![b'x'; len])?;
        out.finish()
    }
    let pipeline = |is_other: bool| {
        move |g: &Graph| {
            let file = if is_other {
                g.add(other::node(g.value(LARGE)))
            } else {
                g.add(make::node(g.value(LARGE), g.value(b'x')))
            };
            Ok(g.add(count::node(file, g.value(0))))
        }
    };
    bench.check(pipeline(false), expect!["count make"]).unwrap();
    bench.check(pipeline(true), expect!["other ~count"]).unwrap();
}

#[node]
fn read_all(files: &Dict<String, Artifact>, plus: usize) -> Result<usize, BoxError> {
    let lens = files.iter().map(|(_, file)| file.open()?.read_to_end(&mut Vec::new()));
    Ok(lens.sum::<std::io::Result<usize>>()? + plus)
}

/// A source's own content would be found where the source lies.
#[node]
fn copy(ctx: &NodeCtx, file: &Path) -> Result<Artifact, BoxError> {
    let mut out = ctx.output_file("copy")?;
    std::io::copy(&mut std::fs::File::open(file)?, &mut out)?;
    out.write_all(b"!")?;
    out.finish()
}

#[test]
fn files_of_a_map_whose_number_is_known_at_run_time() {
    let folder = tempfile::tempdir().unwrap();
    let data = tempfile::tempdir().unwrap();
    let pattern = two_files(data.path());
    let pipeline = |plus: usize| {
        let pattern = pattern.clone();
        move |g: &Graph| {
            let copies = g.add(copy::map(g.add(source::glob(pattern))));
            Ok(g.add(read_all::node(copies, g.value(plus))))
        }
    };
    let bench = Bench::open(folder.path());
    assert_eq!(bench.check(pipeline(0), expect!["copy[a] copy[b] read_all"]).unwrap(), 2 * LARGE + 2);
    // Only the elements whose files are gone are made again.
    let lost = blake3::hash(&[vec![2; LARGE], vec![b'!']].concat()).to_string();
    std::fs::remove_file(folder.path().join("objects").join(&lost[..2]).join(&lost)).unwrap();
    assert_eq!(bench.check(pipeline(1), expect!["copy[b] read_all"]).unwrap(), 2 * LARGE + 3);
    assert!(left(folder.path()).is_empty());
}

/// Maps over maps go along element by element, and settled ones hold their files in another form.
#[test]
fn lost_files_of_chained_and_settled_maps_are_made_again() {
    #[node]
    fn read_settled(files: &Dict<String, Result<Artifact, mamo::Failure>>, plus: usize) -> Result<usize, BoxError> {
        let len = |file: &Result<Artifact, mamo::Failure>| Ok(file.as_ref().map_err(|_| "failed")?.bytes()?.len());
        Ok(files.values().map(|file| len(&file)).sum::<Result<usize, BoxError>>()? + plus)
    }
    for is_settled in [false, true] {
        let store = tempfile::tempdir().unwrap();
        let data = tempfile::tempdir().unwrap();
        let pattern = two_files(data.path());
        let pipeline = |plus: usize| {
            let pattern = pattern.clone();
            move |g: &Graph| {
                let once = g.add(copy::map(g.add(source::glob(pattern))).name("once"));
                let twice = g.add(copy::map(once).name("twice"));
                let plus = g.value(plus);
                Ok(if is_settled {
                    g.add(read_settled::node(g.settle_each(twice), plus).name("read"))
                } else {
                    g.add(read_all::node(twice, plus).name("read"))
                })
            }
        };
        let bench = Bench::open(store.path());
        let run = |plus: usize| {
            let (run, read) = bench.run(pipeline(plus));
            assert_eq!(*run.get(read).unwrap(), 2 * LARGE + 4 + plus);
            let log = bench.log.take().replace("settle_each(twice)", "twice");
            let mut ran: Vec<_> = log.split(' ').filter(|word| !word.starts_with('~')).map(str::to_owned).collect();
            ran.sort();
            ran
        };
        let all = ["once[a]", "once[b]", "read", "twice[a]", "twice[b]"];
        assert_eq!(run(0), all);
        assert_eq!(run(1), ["read"]);
        assert_eq!(lose_files(store.path()), 4);
        assert_eq!(run(2), all, "settled: {is_settled}");
        assert_eq!(run(3), ["read"]);
        let lost = blake3::hash(&[vec![2; LARGE], vec![b'!'; 2]].concat()).to_string();
        std::fs::remove_file(store.path().join("objects").join(&lost[..2]).join(&lost)).unwrap();
        assert_eq!(run(4), ["read", "twice[b]"], "settled: {is_settled}");
    }
}

#[test]
fn lost_and_damaged_files_are_made_again() {
    type Spec = fn(mamo::Node<Artifact>, mamo::Node<usize>) -> mamo::Spec<usize>;
    let readers: [Spec; 3] = [count::node, count_path::node, count_open::node];
    for (case, reader) in readers.into_iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let pipeline = |plus: usize| {
            move |g: &Graph| {
                let file = g.add(make::node(g.value(LARGE), g.value(b'x')));
                Ok(g.add(reader(file, g.value(plus)).name("read")))
            }
        };
        let bench = Bench::open(folder.path());
        assert_eq!(bench.check(pipeline(0), expect!["make read"]).unwrap(), LARGE);
        assert_eq!(bench.check(pipeline(1), expect!["read"]).unwrap(), LARGE + 1);
        assert_eq!(lose_files(folder.path()), 1);
        assert_eq!(bench.check(pipeline(2), expect!["make read"]).unwrap(), LARGE + 2, "{case}");
        damage(folder.path());
        assert_eq!(bench.check(pipeline(3), expect!["make read"]).unwrap(), LARGE + 3, "{case}");
        damage(folder.path());
        let bench = {
            drop(bench);
            Bench::open(folder.path())
        };
        assert_eq!(bench.check(pipeline(4), expect!["make read"]).unwrap(), LARGE + 4, "{case}");
    }
}

/// Changes one byte of every file of the store.
fn damage(store: &Path) {
    for path in tree(&store.join("objects")).into_iter().filter(|path| path.is_file()) {
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[7] ^= 1;
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, bytes).unwrap();
    }
}

#[test]
fn lost_and_damaged_bytes_of_an_artifact_outside_a_run_are_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = |g: &Graph| Ok(g.add(make::node(g.value(LARGE), g.value(b'x'))));
    Bench::open(folder.path()).run(pipeline);
    let bench = Bench::open(folder.path());
    type Read = fn(&Artifact) -> Vec<u8>;
    let readers: [Read; 3] = [
        |file| file.bytes().unwrap(),
        |file| std::fs::read(file.path().unwrap()).unwrap(),
        |file| {
            let mut bytes = Vec::new();
            file.open().unwrap().read_to_end(&mut bytes).unwrap();
            bytes
        },
    ];
    for read in readers {
        for is_lost in [true, false] {
            let (run, node) = bench.run(pipeline);
            let made = run.get(node).unwrap();
            if is_lost {
                assert_eq!(lose_files(folder.path()), 1);
            } else {
                damage(folder.path());
            }
            bench.log.take();
            assert!(read(&made) == vec![b'x'; LARGE]);
            expect!["make"].assert_eq(&bench.log.take());
        }
    }
}

/// A node that damages what it is given: the others are not deceived, and the run ends.
#[test]
fn a_file_that_was_written_to_while_a_node_read_it_is_made_again() {
    #[node]
    fn vandal(file: &Path, marker: &str) -> Result<usize, BoxError> {
        if !Path::new(marker).exists() {
            std::fs::write(marker, "")?;
            std::fs::remove_file(file)?;
            std::fs::write(file, "something else")?;
        }
        Ok(std::fs::read(file)?.len())
    }
    let folder = tempfile::tempdir().unwrap();
    let marker = folder.path().join("marker").to_str().unwrap().to_owned();
    let bench = Bench::open(&folder.path().join("store"));
    let pipeline = |g: &Graph| {
        let file = g.add(make::node(g.value(LARGE), g.value(b'x')));
        Ok(g.add(vandal::node(file, g.value(marker.clone()))))
    };
    assert_eq!(bench.check(pipeline, expect!["make make vandal"]).unwrap(), LARGE);
}

/// A folder with what makes folders differ.
#[node]
fn folder(ctx: &NodeCtx, file: &Artifact) -> Result<Artifact, BoxError> {
    let dir = ctx.output_dir()?;
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap())?;
        std::fs::write(path, text)
    };
    write("a.txt", "a")?;
    write("deep/er/b.txt", "b")?;
    write("deep/run.sh", "#!/bin/sh\n")?;
    std::fs::create_dir_all(dir.path().join("deep/empty"))?;
    dir.put("deep/put.bin", file)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(dir.path().join("deep/run.sh"), mode)?;
        std::os::unix::fs::symlink("deep", dir.path().join("z"))?;
        std::os::unix::fs::symlink("../a.txt", dir.path().join("deep/link.txt"))?;
        std::os::unix::fs::symlink("nowhere", dir.path().join("deep/dangling"))?;
    }
    dir.finish()
}

#[node]
fn names(folder: &Path, plus: usize) -> Result<Vec<String>, BoxError> {
    let relative = |path: PathBuf| path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
    let files = tree(folder).into_iter().filter(|path| !path.is_dir() || path.is_symlink());
    Ok(files.map(relative).chain([plus.to_string()]).collect())
}

#[node]
fn digest(folder: &Artifact) -> Vec<u8> {
    folder.digest().as_bytes().to_vec()
}

#[cfg(unix)]
#[test]
fn a_folder_is_what_a_source_with_the_same_files_is() {
    use std::os::unix::fs::PermissionsExt;
    for is_on_disk in [true, false] {
        let store = tempfile::tempdir().unwrap();
        let bench = if is_on_disk { Bench::open(store.path()) } else { Bench::in_memory() };
        let made = |g: &Graph| g.add(folder::node(g.add(make::node(g.value(LARGE), g.value(b'x')))));
        let list = |plus: usize| move |g: &Graph| Ok(g.add(names::node(made(g), g.value(plus))));
        let expected = ["a.txt", "deep/dangling", "deep/er/b.txt", "deep/link.txt", "deep/put.bin", "deep/run.sh", "z"];
        let listed = bench.check(list(0), expect!["folder make names"]).unwrap();
        assert_eq!(listed[..7], expected);
        bench.check(list(0), expect![""]).unwrap();
        let listed = bench.check(list(1), expect!["names"]).unwrap();
        assert_eq!(listed[..7], expected);

        let artifact = bench.check(|g| Ok(made(g)), expect![""]).unwrap();
        assert!(artifact.is_folder());
        let entries = artifact.entries().unwrap();
        let paths: Vec<_> = entries.iter().map(|(path, _)| path.to_str().unwrap()).collect();
        assert_eq!(paths, ["a.txt", "deep/er/b.txt", "deep/link.txt", "deep/put.bin", "deep/run.sh"]);
        assert_eq!(artifact.get("deep/er/b.txt").unwrap().unwrap().bytes().unwrap(), b"b");
        assert_eq!(artifact.get("deep/er/c.txt").unwrap(), None);
        assert!(artifact.bytes().unwrap_err().to_string().contains("is a folder"));

        // What was written out is, as a source, the same value.
        let laid_out = artifact.path().unwrap().to_path_buf();
        let mode = |name: &str| std::fs::metadata(laid_out.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode("deep/run.sh") & 0o333, 0o111);
        assert_eq!(mode("deep/put.bin") & 0o333, 0);
        let of_source = |g: &Graph| Ok(g.add(digest::node(g.add(source::folder(&laid_out)))));
        let of_result = |g: &Graph| Ok(g.add(digest::node(made(g))));
        let digest = bench.check(of_source, expect!["digest"]).unwrap();
        assert_eq!(bench.check(of_result, expect!["~digest"]).unwrap(), digest);
        assert_eq!(artifact.digest().as_bytes().to_vec(), digest);
        std::fs::create_dir_all(laid_out.join("empty")).unwrap();
        assert_eq!(bench.check(of_source, expect![""]).unwrap(), digest);
    }
}

#[test]
fn a_folder_of_which_anything_is_lost_or_damaged_is_made_again() {
    let store = tempfile::tempdir().unwrap();
    let bench = Bench::open(store.path());
    let pipeline = |plus: usize| {
        move |g: &Graph| {
            let file = g.add(make::node(g.value(LARGE), g.value(b'x')));
            Ok(g.add(names::node(g.add(folder::node(file)), g.value(plus))))
        }
    };
    let listed = bench.check(pipeline(0), expect!["folder make names"]).unwrap();
    // What was written out is enough.
    assert_eq!(lose_files(store.path()), 1);
    assert_eq!(bench.check(pipeline(1), expect!["names"]).unwrap().len(), listed.len());
    // Neither is there: the folder's node is executed, and finds that it needs the file.
    std::fs::remove_dir_all(store.path().join("out")).unwrap();
    assert_eq!(bench.check(pipeline(2), expect!["folder make names"]).unwrap().len(), listed.len());
    let out = tree(&store.path().join("out")).into_iter().find(|path| path.ends_with("b.txt")).unwrap();
    std::fs::remove_file(&out).unwrap();
    std::fs::write(&out, "other").unwrap();
    assert_eq!(bench.check(pipeline(3), expect!["names"]).unwrap().len(), listed.len());
    assert_eq!(std::fs::read(&out).unwrap(), b"b");
}

#[test]
fn an_empty_folder_and_an_empty_file_are_results() {
    #[node]
    fn nothing(ctx: &NodeCtx) -> Result<(Artifact, Artifact), BoxError> {
        Ok((ctx.output_dir()?.finish()?, ctx.output_file("x")?.finish()?))
    }
    let bench = Bench::in_memory();
    let (dir, file) = bench.check(|g: &Graph| Ok(g.add(nothing::node())), expect!["nothing"]).unwrap();
    assert!(tree(dir.path().unwrap()).is_empty());
    assert_eq!((file.bytes().unwrap().len(), dir.is_empty(), file.is_empty()), (0, true, true));
    assert_ne!(dir, file);
}

#[test]
fn artifacts_in_lists_and_structs_are_found_again() {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Report {
        title: String,
        pages: List<Artifact>,
    }
    #[node]
    fn report(ctx: &NodeCtx) -> Result<Report, BoxError> {
        let page = |n: u8| {
            let mut out = ctx.output_file(format!("{n}.html"))?;
            out.write_all(&vec![n; LARGE])?;
            out.finish()
        };
        let pages = (1..3).map(page).collect::<Result<List<_>, _>>()?;
        Ok(Report { title: "pages".into(), pages })
    }
    #[node]
    fn total(report: &Report, plus: usize) -> Result<usize, BoxError> {
        let lens = report.pages.iter().map(|page| Ok(page.bytes()?.len()));
        Ok(lens.sum::<Result<usize, BoxError>>()? + report.title.len() + plus)
    }
    let store = tempfile::tempdir().unwrap();
    let pipeline = |plus: usize| move |g: &Graph| Ok(g.add(total::node(g.add(report::node()), g.value(plus))));
    let bench = Bench::open(store.path());
    assert_eq!(bench.check(pipeline(0), expect!["report total"]).unwrap(), 2 * LARGE + 5);
    assert_eq!(bench.check(pipeline(1), expect!["total"]).unwrap(), 2 * LARGE + 6);
    assert_eq!(lose_files(store.path()), 2);
    assert_eq!(bench.check(pipeline(2), expect!["report total"]).unwrap(), 2 * LARGE + 7);
}

#[test]
fn source_files_and_folders_in_results_are_saved_with_them() {
    #[node]
    fn pick(file: &Artifact, folder: &Artifact) -> Vec<Artifact> {
        vec![file.clone(), folder.clone()]
    }
    let data = tempfile::tempdir().unwrap();
    let path = |name: &str| data.path().join(name);
    std::fs::create_dir(path("folder")).unwrap();
    std::fs::write(path("folder/small"), "1").unwrap();
    std::fs::write(path("folder/large"), vec![1; LARGE]).unwrap();
    std::fs::write(path("file"), vec![2; LARGE]).unwrap();
    let bench = Bench::in_memory();
    let pipeline = |g: &Graph| {
        let [file, folder] = [g.add(source::file(path("file"))), g.add(source::folder(path("folder")))];
        Ok((file, folder, g.add(pick::node(file, folder))))
    };
    let (run, (_, _, picked)) = bench.run(pipeline);
    expect!["pick"].assert_eq(&bench.log.take());
    assert_eq!(run.get(picked).unwrap()[1].get("small").unwrap().unwrap().bytes().unwrap(), b"1");
    let (run, (_, folder, picked)) = bench.run(pipeline);
    let (folder, picked) = (run.get(folder).unwrap(), run.get(picked).unwrap());
    assert_eq!(picked[1], *folder);
    assert_eq!(picked[0].path().unwrap(), path("file"));
    assert_eq!(std::fs::read(path("file")).unwrap().len(), LARGE, "the user's file stays where it is");
    std::fs::remove_file(path("file")).unwrap();
    assert_eq!(picked[0].bytes().unwrap(), vec![2; LARGE]);
}

/// A file with the bytes of a folder's manifest is not that folder.
#[test]
fn a_file_is_no_folder_whatever_its_bytes() {
    #[node]
    fn manifest(ctx: &NodeCtx) -> Result<Vec<Artifact>, BoxError> {
        let mut out = ctx.output_file("manifest")?;
        out.write_all(b"mamo folder 1\n")?;
        Ok(vec![ctx.output_dir()?.finish()?, out.finish()?])
    }
    let bench = Bench::in_memory();
    let made = bench.check(|g: &Graph| Ok(g.add(manifest::node())), expect!["manifest"]).unwrap();
    assert_eq!(made[0].digest(), made[1].digest());
    assert_ne!(made[0], made[1]);
    assert!(made[0].path().unwrap().is_dir());
    assert!(made[1].path().unwrap().is_file());
}
