//! What is asked and done by the names that nodes had in runs, without a graph: as with it.

use crate::support::Bench;
use expect_test::expect;
use mamo::{Error, ErrorKind, Graph, Node, node, source};

#[node]
fn text(n: u32) -> String {
    format!("number {n}")
}

#[node]
fn length(text: &str) -> usize {
    text.len()
}

#[node(outputs(low, high))]
fn ends(n: u32) -> (u32, u32) {
    (n - 1, n + 1)
}

#[node]
fn add(length: usize, end: u32) -> usize {
    length + usize::try_from(end).unwrap()
}

/// A source, a node, one that reads it, and one of which an output is read.
fn pipeline(n: u32) -> impl Fn(&Graph) -> mamo::Result<Node<usize>> {
    move |g| {
        let n = g.add(source::param("n", n));
        let length = g.add(length::node(g.add(text::node(n))));
        let (_, high) = g.add(ends::node(n));
        let sum = g.add(add::node(length, high));
        g.target("sum", sum);
        Ok(sum)
    }
}

fn told(error: &Error) -> String {
    assert_eq!(error.kind(), ErrorKind::UnknownName);
    format!("{error}: {}", error.hint().unwrap_or_default())
}

fn check_show<T>(bench: &Bench, pipeline: impl Fn(&Graph) -> mamo::Result<T>, node: &str, preview: Option<&str>) {
    let graph = Graph::build(pipeline).unwrap().0;
    let (with, without) = (bench.engine.show(&graph, node).unwrap(), bench.engine.on_record().show(node).unwrap());
    assert_eq!(without.preview.as_deref(), preview, "{node}");
    assert!(without.preview.is_none() || without.preview == with.preview, "{node}");
    assert_eq!(Some(&without.fingerprint), with.fingerprint.as_ref(), "{node}");
    assert_eq!((&without.content, &without.value), (&with.content, &with.value), "{node}");
    assert_eq!((&without.function, &without.code), (&with.status.function, &with.code), "{node}");
    assert_eq!((&without.run, &without.executable), (&with.run, &with.executable), "{node}");
    let status = &with.status;
    assert_eq!(
        (without.size, without.members, without.at, without.took),
        (status.size, status.members, status.at, status.took)
    );
    // Constants without a name share one.
    let sorted = |names: &[String]| {
        names.iter().filter(|name| *name != "value").cloned().collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(sorted(&without.inputs), sorted(&with.inputs), "{node}");
    assert_eq!(sorted(&without.readers), sorted(&with.readers), "{node}");
    assert_eq!(without.log, with.log, "{node}");
    assert_eq!(without.is_newest, without.value.is_some());
}

#[node]
fn ratios(numbers: &[f64]) -> Vec<f64> {
    numbers.iter().map(|number| number / 2.0).collect()
}

#[node]
fn halve(ratio: f64) -> f64 {
    ratio / 2.0
}

#[node]
fn count(ctx: &mamo::NodeCtx, halves: &mamo::List<f64>, pair: &Pair) -> usize {
    ctx.log("counting");
    halves.len() + usize::try_from(pair.left).unwrap()
}

/// What is told without the graph is what is told with it, and what cannot be told is left out.
#[test]
fn nodes_are_shown_as_with_the_graph() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path());
    bench.run(pipeline(7));
    check_show(&bench, pipeline(7), "param:n", Some("7"));
    check_show(&bench, pipeline(7), "text", Some("number 7"));
    check_show(&bench, pipeline(7), "length", Some("8"));
    check_show(&bench, pipeline(7), "ends", None);
    check_show(&bench, pipeline(7), "add", Some("16"));
    let kinds = |g: &Graph| {
        let ratios = g.add(ratios::node(g.value(vec![1.0, 3.0])));
        let pair = g.add(pair::node(g.value(1)));
        Ok(g.add(count::node(g.add(halve::map(ratios)), pair)))
    };
    bench.run(kinds);
    check_show(&bench, kinds, "ratios", Some("[0.5, 1.5]"));
    // Types of the pipeline's own, and lists, are for it to show.
    check_show(&bench, kinds, "pair", None);
    check_show(&bench, kinds, "halve", None);
    check_show(&bench, kinds, "count", Some("3"));
    assert_eq!(bench.engine.on_record().log("count").unwrap().unwrap().lines.iter().count(), 1);
}

#[node(version = 1)]
fn picky(n: u32) -> Result<u32, String> {
    if n == 2 { Err("not two".to_owned()) } else { Ok(n) }
}

/// A failure does not hide the value that there was before, and a value on record is not taken for the newest when it is not.
#[test]
fn the_newest_value_is_shown_and_what_became_of_the_node_since() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path());
    let pipeline = |n: u32| move |g: &Graph| Ok(g.add(picky::node(g.add(source::param("n", n)))));
    let shown = || {
        let shown = bench.engine.on_record().show("picky").unwrap();
        (shown.preview, shown.is_newest, shown.failure)
    };
    let value = |preview: &str| Some(preview.to_owned());
    bench.run(pipeline(2));
    assert_eq!(shown(), (None, false, value("not two")));
    bench.run(pipeline(1));
    bench.run(pipeline(3));
    assert_eq!(shown(), (value("3"), true, None));
    bench.run(pipeline(2));
    assert_eq!(shown(), (value("3"), false, value("not two")));
    bench.run(pipeline(1));
    assert_eq!(shown(), (value("1"), true, None));
    bench.engine.on_record().forget(&["picky"], false).unwrap();
    assert_eq!(shown(), (None, false, None));
    let error = bench.engine.on_record().show("pickle").unwrap_err();
    assert_eq!(told(&error), "no run on record had a node `pickle`: did you mean `picky`?");
}

/// What is executed in the next runs is what is executed when the graph was at hand.
#[test]
fn forgetting_without_the_graph_is_forgetting_with_it() {
    for (nodes, with_downstream) in [
        (["text", "text"], false),
        (["text", "param:n"], true),
        (["ends", "length"], false),
        (["ends.high", "length"], true),
        (["ends.low", "length"], false),
    ] {
        let ran = [false, true].map(|has_graph| {
            let folder = tempfile::tempdir().unwrap();
            let bench = Bench::open(folder.path());
            for n in [1, 20, 1] {
                bench.run(pipeline(n));
            }
            bench.last();
            let graph = Graph::build(pipeline(20)).unwrap().0;
            let mut forgotten = match has_graph {
                true => bench.engine.forget(&graph, &nodes, with_downstream),
                false => bench.engine.on_record().forget(&nodes, with_downstream),
            }
            .unwrap();
            forgotten.sort_by(|a, b| a.node.cmp(&b.node));
            let ran = [1, 20].map(|n| {
                bench.run(pipeline(n));
                bench.last()
            });
            (forgotten, ran)
        });
        assert_eq!(ran[0], ran[1], "{nodes:?}");
        assert!(
            ran[0].1.iter().all(|ran| ran.split(' ').any(|node| !node.starts_with('~'))),
            "{nodes:?}: {:?}",
            ran[0]
        );
    }
}

#[test]
fn every_version_that_a_run_had_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path());
    for n in [1, 2, 3] {
        bench.run(pipeline(n));
    }
    let forgotten = bench.engine.on_record().forget(&["text", "param:n"], false).unwrap();
    let forgotten: Vec<_> = forgotten.iter().map(|one| (one.node.as_str(), one.versions)).collect();
    assert_eq!(forgotten, [("text", 3), ("param:n", 0)]);
    bench.last();
    bench.check(pipeline(1), expect!["text ~add ~ends ~length"]).unwrap();
    assert_eq!(bench.engine.on_record().forget(&["text"], false).unwrap()[0].versions, 1);
}

#[test]
fn what_is_pinned_is_not_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path());
    bench.run(pipeline(1));
    bench.engine.pin(&Graph::build(pipeline(1)).unwrap().0, &["length"]).unwrap();
    let error = bench.engine.on_record().forget(&["text"], false).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tagged);
    assert_eq!(error.to_string(), "node `length` is pinned and would be forgotten, or rests on what would");
    bench.last();
    bench.check(pipeline(1), expect![[""]]).unwrap();
}

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Pair {
    left: u32,
}

#[node]
fn pair(n: u32) -> Pair {
    Pair { left: n }
}

/// What is tagged is what a run had last, not what it had before; a run that failed has nothing to tag.
#[test]
fn the_newest_value_is_kept_when_all_else_goes() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path());
    let pipeline = |n: u32| move |g: &Graph| Ok(g.add(picky::node(g.add(source::param("n", n)))));
    bench.run(pipeline(2));
    let error = bench.engine.on_record().tag(&["picky"], "good").unwrap_err();
    assert_eq!(told(&error), "node `picky` has no value on record: run it first; sources and constants are not tagged");
    for n in [1, 3, 2] {
        bench.run(pipeline(n));
    }
    let on_record = bench.engine.on_record();
    assert_eq!(told(&on_record.tag(&["picky"], "").unwrap_err()), "a tag needs a name: or `pin` the node");
    let tags = on_record.tag(&["picky"], "good").unwrap();
    assert_eq!(tags[0].value, on_record.show("picky").unwrap().value.unwrap());
    assert_eq!((tags[0].is_present, tags[0].name.as_deref()), (None, Some("good")));
    bench.engine.flush().unwrap();
    bench.last();
    bench.check(pipeline(3), expect![[""]]).unwrap();
    bench.check(pipeline(1), expect!["picky"]).unwrap();
    // The same tag as with the graph.
    let graph = Graph::build(pipeline(3)).unwrap().0;
    assert_eq!(bench.engine.tag(&graph, &["picky"], "good").unwrap()[0].value, tags[0].value);
    assert_eq!(bench.engine.tags().unwrap().len(), 1);
    bench.engine.untag("good", &[]).unwrap();
    let pins = bench.engine.on_record().pin(&["picky"]).unwrap();
    bench.engine.flush().unwrap();
    bench.last();
    bench.check(pipeline(1), expect![[""]]).unwrap();
    assert_ne!(pins[0].value, tags[0].value, "since then there was a newer run");
}

/// A field is called as if it were an output, and so may a source be: neither takes a node along that it does not take with the graph.
#[test]
fn what_is_called_like_an_output_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path());
    let pipeline = |g: &Graph| {
        let named = g.add(text::node(g.add(source::param("n", 1_u32))).name("param:x"));
        let x = g.add(source::param("x.y", 1_u32));
        let left = g.add(g.add(pair::node(x)).field(mamo::field!(Pair, left)));
        Ok(g.add(add::node(g.add(length::node(named)), left)))
    };
    bench.run(pipeline);
    for (name, versions) in [("param:x.y", 0), ("pair.left", 1)] {
        let forgotten = bench.engine.on_record().forget(&[name], false).unwrap();
        assert_eq!((forgotten[0].node.as_str(), forgotten[0].versions), (name, versions));
        bench.last();
        bench.run(pipeline);
        assert!(
            bench.last().split(' ').all(|ran| ran == "pair.left" || ran.starts_with('~') || ran.is_empty()),
            "{name}"
        );
    }
}

#[test]
fn names_that_no_run_had_are_told_with_close_ones() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path());
    let forget = |name: &str| told(&bench.engine.on_record().forget(&["text", name], false).unwrap_err());
    let list = "`run show --all` lists the nodes of a run, by their names and not by those of targets";
    assert_eq!(forget("text"), format!("no run on record had a node `text`: {list}"));
    bench.run(pipeline(1));
    assert_eq!(forget("lenght"), "no run on record had a node `lenght`: did you mean `length`?");
    assert_eq!(forget("something"), format!("no run on record had a node `something`: {list}"));
    assert_eq!(
        forget("text[2]"),
        "no run on record had a node `text[2]`: ask for `text`: single elements are known to `log` and `replay` only"
    );
    bench.last();
    // Nothing was forgotten meanwhile.
    bench.check(pipeline(1), expect![[""]]).unwrap();
}
