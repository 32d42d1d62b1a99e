//! What goes when garbage is collected, and what is made again.

use crate::support::Bench;
use expect_test::expect;
use mamo::{
    Artifact, BoxError, Engine, Failure, Gc, GcReport, Graph, List, Node, NodeCtx, OnFailure, Stopper, node, source,
};
use std::io::Write;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

#[node]
fn text(n: u32) -> String {
    format!("{n} ").repeat(5000)
}

#[node]
fn length(text: &str) -> usize {
    text.len()
}

#[node]
fn sum(all: &[usize]) -> usize {
    all.iter().sum()
}

/// A map, a map over it, and their sum.
fn sums(numbers: Vec<u32>) -> impl FnOnce(&Graph) -> mamo::Result<Node<usize>> {
    move |g| {
        let texts = g.add(text::map(g.value(numbers)));
        let sum = g.add(sum::node(g.add(length::map(texts))));
        g.target("sum", sum);
        Ok(sum)
    }
}

fn collect(bench: &Bench, gc: &Gc) -> GcReport {
    bench.engine.gc(gc).unwrap()
}

#[test]
fn what_the_kept_runs_know_stays_and_the_rest_goes() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path());
    let all = expect!["length[0] length[1] length[2] sum text[0] text[1] text[2]"];
    bench.check(sums(vec![1, 2, 3]), all).unwrap();
    bench.check(sums(vec![1, 2, 4]), expect!["length[2] text[2] ~sum"]).unwrap();
    bench.check(sums(vec![1, 5, 4]), expect!["length[1] text[1] ~sum"]).unwrap();
    // Nothing goes while all runs are kept.
    let report = collect(&bench, &Gc::default());
    assert_eq!((report.records, report.blobs), (0, 0));
    let dry = collect(&bench, &Gc::default().keep_runs(2).dry_run());
    let report = collect(&bench, &Gc::default().keep_runs(2));
    // Of `3` the text; of the first run the two lists and the sum.
    assert_eq!((report.blobs, dry.blobs, dry.records), (report.blobs, report.blobs, report.records));
    assert!(report.blobs > 0 && report.after.bytes() < report.before.bytes(), "{report:?}");
    assert_eq!(report.after.bytes(), report.before.bytes() - dry.freed());
    drop(bench);
    let bench = Bench::open(folder.path());
    bench.check(sums(vec![1, 5, 4]), expect![""]).unwrap();
    bench.check(sums(vec![1, 2, 4]), expect![""]).unwrap();
    // Elements of the kept runs are still known one by one.
    bench.check(sums(vec![2, 1, 5, 4]), expect!["sum ~length ~text"]).unwrap();
    bench.check(sums(vec![1, 2, 3]), expect!["length[2] text[2] ~sum"]).unwrap();
}

#[test]
fn versions_of_nodes_are_counted_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path());
    let pipeline = |a: u32, b: u32| {
        move |g: &Graph| {
            let a = g.add(text::node(g.value(a)).name("a"));
            let b = g.add(text::node(g.value(b)).name("b"));
            Ok(g.gather([g.add(length::node(a).name("la")), g.add(length::node(b).name("lb"))]))
        }
    };
    for (a, b) in [(1, 7), (2, 7), (3, 7), (4, 7)] {
        bench.run(pipeline(a, b));
    }
    collect(&bench, &Gc::default().keep_versions(2));
    bench.last();
    bench.check(pipeline(3, 7), expect![""]).unwrap();
    bench.check(pipeline(2, 7), expect!["a la ~gather"]).unwrap();
}

#[test]
fn what_is_too_large_goes_cheapest_first_and_is_made_again_when_it_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path());
    bench.run(sums((0..50).collect()));
    let before = bench.engine.size().unwrap();
    let most = before.disk_bytes.unwrap() / 2;
    let report = collect(&bench, &Gc::default().max_size(most));
    assert!(report.is_within && report.after.disk_bytes.unwrap() <= most, "{report:?}");
    assert!(!report.evicted.is_empty());
    assert!(report.evicted.iter().all(|one| one.node.as_deref() == Some("text")), "{:?}", report.evicted);
    bench.last();
    // Records stay: nothing runs that nobody needs.
    bench.check(sums((0..50).collect()), expect![""]).unwrap();
    bench.check(sums((0..51).collect()), expect!["length[50] sum text[50]"]).unwrap();
}

static MADE: AtomicU32 = AtomicU32::new(0);

#[node]
fn file(ctx: &NodeCtx, n: u32) -> Result<Artifact, BoxError> {
    MADE.fetch_add(1, Ordering::SeqCst);
    let mut out = ctx.output_file("file")?;
    out.write_all(&vec![u8::try_from(n)?; if n.is_multiple_of(2) { 3 << 20 } else { 3000 }])?;
    out.finish()
}

fn files(n: u32) -> impl Fn(&Graph) -> mamo::Result<Node<List<Artifact>>> {
    move |g| {
        let files = g.add(file::map(g.value((0..n).collect::<Vec<_>>())));
        g.target("files", files);
        Ok(files)
    }
}

#[test]
fn tagged_values_stay_with_all_files_that_they_name() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path());
    bench.run(files(4));
    let (graph, _) = Graph::build(files(4)).unwrap();
    let tags = bench.engine.tag(&graph, &["files"], "release").unwrap();
    assert_eq!((tags[0].name.as_deref(), tags[0].node.as_str()), (Some("release"), "file"));
    bench.run(files(1));
    bench.run(sums(vec![1]));
    let report = collect(&bench, &Gc::default().max_size(1 << 20));
    assert!(!report.is_within, "tags do not go");
    assert!(report.tagged_bytes > 6 << 20, "{report:?}");
    let made = MADE.load(Ordering::SeqCst);
    drop(bench);
    let bench = Bench::open(folder.path());
    let (run, node) = bench.run(files(4));
    let lengths: Vec<usize> = run.get(node).unwrap().iter().map(|file| file.bytes().unwrap().len()).collect();
    assert_eq!(lengths, [3 << 20, 3000, 3 << 20, 3000]);
    assert_eq!(MADE.load(Ordering::SeqCst), made);
    let listed = bench.engine.tags().unwrap();
    assert_eq!((&listed[0].node, &listed[0].name, &listed[0].value), (&tags[0].node, &tags[0].name, &tags[0].value));
    bench.engine.untag("release", &[]).unwrap();
    let report = collect(&bench, &Gc::default().max_size(1 << 20));
    assert!(report.is_within, "{report:?}");
    let error = bench.engine.untag("release", &[]).unwrap_err();
    assert_eq!(error.to_string(), "there is no tag `release`");
}

#[test]
fn what_is_forgotten_is_executed_again_and_what_is_below_is_known_by_its_inputs() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path());
    bench.run(sums(vec![1, 2]));
    bench.last();
    let (graph, _) = Graph::build(sums(vec![1, 2])).unwrap();
    let forgotten = bench.engine.forget(&graph, &["text"], false).unwrap();
    assert_eq!((forgotten[0].node.as_str(), forgotten[0].versions), ("text", 1));
    bench.check(sums(vec![1, 2]), expect!["text[0] text[1] ~length ~sum"]).unwrap();
    bench.engine.forget(&graph, &["text"], true).unwrap();
    bench.check(sums(vec![1, 2]), expect!["length[0] length[1] sum text[0] text[1]"]).unwrap();
    bench.engine.pin(&graph, &["sum"]).unwrap();
    let error = bench.engine.forget(&graph, &["length"], false).unwrap_err();
    assert_eq!(error.to_string(), "node `sum` is pinned and would be forgotten, or rests on what would");
    bench.engine.unpin(&["sum"]).unwrap();
    assert!(bench.engine.flush().unwrap() > 0);
    bench.check(sums(vec![1, 2]), expect!["length[0] length[1] sum text[0] text[1]"]).unwrap();
}

#[node(expand)]
fn halves(g: &Graph, from: u32, to: u32) -> Result<Node<usize>, BoxError> {
    if to - from <= 1 {
        return Ok(g.add(length::node(g.add(text::node(g.value(from))))));
    }
    let middle = from.midpoint(to);
    let part = |name: &str, from: u32, to: u32| g.add(halves::node(g.value(from), g.value(to)).name(name));
    let list = g.gather([part("left", from, middle), part("right", middle, to)]);
    Ok(g.add(sum_list::node(list)))
}

#[node]
fn sum_list(all: &List<usize>) -> usize {
    all.iter().map(|one| *one).sum()
}

#[node]
#[allow(clippy::ptr_arg, reason = "a reduce takes its elements as they are")]
fn joined(a: &Vec<u32>, b: &Vec<u32>) -> Vec<u32> {
    a.iter().chain(b).copied().collect()
}

#[test]
fn combinations_and_nodes_of_sub_graphs_of_kept_runs_stay() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path());
    let pipeline = |upto: u32| {
        move |g: &Graph| {
            let rows: Vec<Vec<u32>> = (0..upto).map(|n| vec![n; 100]).collect();
            let joined = g.add(joined::reduce(g.value(rows)));
            let halves = g.add(halves::node(g.value(0), g.value(upto)));
            g.target("joined", joined);
            g.target("halves", halves);
            Ok(halves)
        }
    };
    bench.run(pipeline(9));
    bench.run(pipeline(16));
    let everything = bench.last();
    collect(&bench, &Gc::default().keep_runs(1));
    // One element more than in the last run: what runs is what would have run without a collection.
    bench.run(pipeline(17));
    let after = bench.last();
    let other = Bench::in_memory();
    other.run(pipeline(9));
    other.run(pipeline(16));
    other.last();
    other.run(pipeline(17));
    assert_eq!(after, other.last());
    assert_ne!(everything, after);
}

#[test]
fn damage_is_found_and_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path());
    bench.run(files(4));
    let found = bench.engine.verify().unwrap();
    assert!(found.is_sound() && found.blobs > 4 && found.without_bytes == 0, "{found:?}");
    let object = find_object(&folder.path().join("objects"));
    let mut permissions = std::fs::metadata(&object).unwrap().permissions();
    #[allow(clippy::permissions_set_readonly_false, reason = "it is the test's own file")]
    permissions.set_readonly(false);
    std::fs::set_permissions(&object, permissions).unwrap();
    std::fs::write(&object, vec![9; 3 << 20]).unwrap();
    let found = bench.engine.repair().unwrap();
    assert_eq!((found.broken_blobs, found.is_sound()), (1, false));
    assert!(found.without_bytes > 0);
    assert!(bench.engine.verify().unwrap().is_sound());
    let (run, node) = bench.run(files(4));
    assert!(run.get(node).unwrap().iter().all(|file| file.bytes().unwrap().len() >= 3000));
}

fn find_object(objects: &Path) -> std::path::PathBuf {
    let shards = std::fs::read_dir(objects).unwrap().map(|shard| shard.unwrap().path());
    let mut files = shards.filter(|path| path.is_dir()).flat_map(|shard| std::fs::read_dir(shard).unwrap());
    files.next().unwrap().unwrap().path()
}

#[node]
fn odd_text(n: u32) -> Result<String, String> {
    if n.is_multiple_of(2) { Err("even".into()) } else { Ok(text(n)) }
}

#[node]
fn small_sum(a: u32, b: u32) -> Result<u32, String> {
    if a.max(b) == 8 { Err("too large".into()) } else { Ok(a + b) }
}

#[node]
fn is_fine(text: &Result<String, Failure>) -> bool {
    text.is_ok()
}

#[node(expand)]
fn odd_texts(g: &Graph, numbers: &[u32]) -> Node<List<usize>> {
    g.add(length::map(g.add(odd_text::map(g.value(numbers.to_vec())))))
}

#[node(expand)]
fn are_fine(g: &Graph, numbers: &[u32]) -> Node<List<bool>> {
    let texts = g.settle_each(g.add(odd_text::map(g.value(numbers.to_vec()))));
    g.add(is_fine::map(texts))
}

#[test]
fn what_came_out_beside_a_failure_stays() {
    type Build = fn(&Graph, Node<Vec<u32>>);
    let pipelines: [Build; 6] = [
        |g, n| g.target("a", g.add(length::map(g.add(odd_text::map(n))))),
        |g, n| g.target("a", g.add(is_fine::map(g.settle_each(g.add(odd_text::map(n)))))),
        |g, n| g.target("a", g.settle(g.add(odd_text::map(n)))),
        |g, n| g.target("a", g.add(small_sum::reduce(n))),
        |g, n| g.target("a", g.add(odd_texts::node(n))),
        |g, n| g.target("a", g.add(are_fine::node(n))),
    ];
    for (policy, (number, build)) in [OnFailure::KeepGoing, OnFailure::Stop]
        .into_iter()
        .flat_map(|one| pipelines.iter().enumerate().map(move |it| (one, it)))
    {
        let folder = tempfile::tempdir().unwrap();
        let bench = Bench::open_with(Engine::builder().on_failure(policy), folder.path());
        let mut ran = Vec::new();
        for _ in 0..4 {
            bench.run(|g| {
                build(g, g.value(vec![1, 3, 5, 8, 7]));
                Ok(())
            });
            let words = bench.log.take();
            assert!(words.contains('!'), "{words}");
            ran.extend(words.split(' ').filter(|word| !word.starts_with(['!', '~', '-'])).map(str::to_owned));
            collect(&bench, &Gc::default().keep_runs(1));
        }
        let n_ran = ran.len();
        ran.sort();
        ran.dedup();
        assert_eq!(ran.len(), n_ran, "{number} {policy:?}: each once");
        assert!(n_ran > 0);
    }
}

#[test]
fn what_was_made_before_a_stop_stays() {
    static STOPPER: OnceLock<Stopper> = OnceLock::new();
    static CALLS: AtomicU32 = AtomicU32::new(0);
    #[node]
    fn stops(n: u32) -> u32 {
        if CALLS.fetch_add(1, Ordering::SeqCst) == 5 {
            STOPPER.get().unwrap().stop();
        }
        n + 1
    }
    let folder = tempfile::tempdir().unwrap();
    let pipeline = |g: &Graph| Ok(g.add(stops::map(g.value((0..1000).collect::<Vec<u32>>()))));
    let bench = Bench::open(folder.path());
    STOPPER.set(bench.engine.stopper()).unwrap();
    let (run, _) = bench.run(pipeline);
    assert!(run.is_stopped());
    drop((run, bench));
    let bench = Bench::open(folder.path());
    collect(&bench, &Gc::default().keep_runs(1));
    bench.run(pipeline);
    assert_eq!(CALLS.load(Ordering::SeqCst), 1000, "each once");
}

#[test]
fn ten_thousand_nodes_are_brought_below_a_cap_and_give_the_right_answer() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("numbers");
    std::fs::write(&file, "1").unwrap();
    #[node]
    fn start(file: &Path) -> Result<u32, BoxError> {
        Ok(std::fs::read_to_string(file)?.trim().parse()?)
    }
    #[node]
    fn step(before: &u32, n: u32) -> Vec<u32> {
        vec![before.wrapping_mul(31).wrapping_add(n); 2000]
    }
    #[node]
    fn first(all: &[u32]) -> u32 {
        all[0]
    }
    #[node]
    fn total(all: &List<u32>) -> u64 {
        all.iter().map(|one| u64::from(*one)).sum()
    }
    let pipeline = |g: &Graph| {
        let start = g.add(start::node(g.add(source::file(&file))));
        let g = g.numbered("n");
        let firsts: Vec<Node<u32>> = (0..5000)
            .map(|n| {
                let step = g.add(step::node(start, g.value(n)));
                g.add(first::node(step))
            })
            .collect();
        Ok(g.add(total::node(g.gather(firsts))))
    };
    let store = folder.path().join("store");
    let bench = Bench::open(&store);
    let (run, node) = bench.run(pipeline);
    let expected = *run.get(node).unwrap();
    let (graph, _) = Graph::build(pipeline).unwrap();
    let pinned = ["n/step#17", "n/step#18"];
    bench.engine.pin(&graph, &pinned).unwrap();
    let most = bench.engine.size().unwrap().disk_bytes.unwrap() / 2;
    let report = collect(&bench, &Gc::default().max_size(most));
    assert!(report.is_within, "{report:?}");
    eprintln!(
        "{most} {:?} {:?} {} {} {}",
        report.before,
        report.after,
        report.records,
        report.blobs,
        report.evicted.len()
    );
    drop((run, bench));
    let bench = Bench::open(&store);
    let (run, node) = bench.run(pipeline);
    assert_eq!((*run.get(node).unwrap(), run.counts().executed), (expected, 0));
    // Pinned bytes are there; any other value may be made again.
    let run = bench.engine.run_targets(&graph, &pinned).unwrap();
    assert_eq!(run.counts().executed, 0);
}

static DICE: AtomicU32 = AtomicU32::new(1);

#[node(outputs(thrown, twice))]
fn throw(x: u32) -> (u32, u32) {
    let thrown = x * 1000 + DICE.fetch_add(1, Ordering::SeqCst);
    (thrown, 2 * thrown)
}

#[node]
fn roll(x: u32) -> u32 {
    x * 1000 + DICE.fetch_add(1, Ordering::SeqCst)
}

#[node]
fn low(x: u32) -> u32 {
    x
}

#[node]
fn low_of(all: &[u32]) -> u32 {
    all.iter().sum()
}

#[node]
fn high(x: u32, plus: u32) -> u32 {
    x + plus
}

/// Readers of one die, through nodes that have no records: outputs, and collections of nodes.
fn dice(plus: u32) -> impl Fn(&Graph) -> mamo::Result<()> {
    move |g| {
        let (thrown, twice) = g.add(throw::node(g.value(1)));
        let roll = g.add(roll::node(g.value(1)));
        g.target("low", g.add(low::node(thrown)));
        g.target("high", g.add(high::node(twice, g.value(plus))));
        g.target("sum", g.add(low_of::node(g.gather([roll]))));
        g.target("rolled", g.add(high::node(roll, g.value(plus)).name("rolled")));
        Ok(())
    }
}

fn assert_unmixed(bench: &Bench, plus: u32) {
    let run = bench.run(dice(plus)).0;
    let value = |name: &str| *run.find::<u32>(name).unwrap();
    assert_eq!((value("low") * 2 + plus, value("sum") + plus), (value("high"), value("rolled")));
}

/// A tagged reader keeps the die, however the way to it is.
#[test]
fn what_is_tagged_is_not_mixed_with_another_throw_of_the_die() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path());
    assert_unmixed(&bench, 0);
    let (graph, ()) = Graph::build(dice(0)).unwrap();
    bench.engine.tag(&graph, &["low", "sum"], "kept").unwrap();
    bench.run(|g: &Graph| Ok(g.add(low::node(g.value(7)))));
    let report = collect(&bench, &Gc::default().keep_runs(1));
    assert!(report.records > 0, "{report:?}");
    bench.last();
    assert_unmixed(&bench, 5);
    assert_eq!(bench.last(), "high rolled");
}

/// What is below a forgotten node lost its record and kept its computation, so that forgetting it next found nothing and the run
/// after that cut it off.
#[test]
fn what_is_below_a_forgotten_node_can_be_forgotten_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path());
    bench.run(sums(vec![1, 2]));
    bench.last();
    let (graph, ()) = Graph::build(|g| sums(vec![1, 2])(g).map(drop)).unwrap();
    let forget = |node: &str, with_downstream| {
        let forgotten = bench.engine.forget(&graph, &[node], with_downstream).unwrap();
        forgotten.iter().map(|forgotten| forgotten.versions).sum::<u64>()
    };
    assert_eq!((forget("text", false), forget("sum", false), forget("sum", false)), (1, 1, 0));
    bench.check(sums(vec![1, 2]), expect!["sum text[0] text[1] ~length"]).unwrap();
    assert_eq!((forget("text", false), forget("text", true), forget("sum", false)), (1, 0, 0));
    bench.check(sums(vec![1, 2]), expect!["length[0] length[1] sum text[0] text[1]"]).unwrap();
    // Once its record is there again, there is but one version of it.
    forget("text", false);
    bench.check(sums(vec![1, 2]), expect!["text[0] text[1] ~length ~sum"]).unwrap();
    assert_eq!(forget("sum", false), 1);
    bench.check(sums(vec![1, 2]), expect!["sum"]).unwrap();
}

/// Who forgets a die forgets that its readers are known by it.
#[test]
fn readers_of_a_forgotten_die_follow_it() {
    for with_downstream in [false, true] {
        let bench = Bench::in_memory();
        assert_unmixed(&bench, 0);
        let (graph, ()) = Graph::build(dice(0)).unwrap();
        bench.engine.forget(&graph, &["throw", "roll"], with_downstream).unwrap();
        bench.last();
        assert_unmixed(&bench, 5);
        assert_eq!(bench.last(), "gather high low low_of roll rolled throw");
    }
}
