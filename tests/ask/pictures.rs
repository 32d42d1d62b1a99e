//! Pictures of a graph, in every format.

use crate::support::{call, check_with};
use expect_test::{Expect, expect};
use mamo::viz::{ViewFilter, ViewKind};
use mamo::{Graph, List, Node, node, source};

#[node]
fn parse(text: &str) -> u32 {
    text.len().try_into().unwrap()
}

#[node]
fn mean(all: &List<u32>) -> u32 {
    all.iter().map(|x| *x).sum::<u32>() / 2
}

#[node]
fn report(a: u32, b: u32) -> String {
    format!("{a} {b}")
}

fn pipeline(g: &Graph) -> mamo::Result<Node<String>> {
    let texts = g.value(vec!["a".to_owned(), "bc".to_owned()]);
    let by = g.add(source::param("by", 3_u32));
    let means = g.group("means");
    let mean = means.add(mean::node(means.group("deep").add(parse::map(texts))).tag("slow"));
    let odd = g.add(report::node(mean, by).name("a \"b\" <c> & d"));
    g.target("report", odd);
    Ok(odd)
}

#[track_caller]
fn check(args: &str, code: u8, expected: Expect) {
    let folder = tempfile::tempdir().unwrap();
    check_with(folder.path(), pipeline, args, code, expected);
}

#[test]
fn every_format_has_the_same_nodes() {
    check(
        "graph",
        0,
        expect![[r#"
            ▷ a "b" <c> & d
            ├── ✓ param:by
            └── ▷ means/mean
              └── ▶ means/deep/parse  map
        "#]],
    );
    check(
        "graph --bare --format dot",
        0,
        expect![[r##"
            digraph mamo {
              graph [rankdir=TB, fontname="Helvetica", fontsize=11, labeljust=l, nodesep=0.25, ranksep=0.4];
              node [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=10, margin="0.12,0.05"];
              edge [color="#8a8a85", arrowsize=0.6];
              n0 [label="param:by", tooltip="param:by", fillcolor="#ffffff", color="#6b6b66", shape=cylinder, style=filled];
              n3 [label="a \"b\" <c> & d", tooltip="a \"b\" <c> & d", fillcolor="#ffffff", color="#6b6b66", penwidth=2];
              subgraph cluster_1 {
              label="means"; style="rounded"; color="#c9c9c4";
              n2 [label="mean", tooltip="means/mean", fillcolor="#ffffff", color="#6b6b66"];
              subgraph cluster_2 {
              label="deep"; style="rounded"; color="#c9c9c4";
              n1 [label="parse\nmap", tooltip="means/deep/parse", fillcolor="#ffffff", color="#6b6b66", peripheries=2];
              }
              }
              n0 -> n3;
              n1 -> n2;
              n2 -> n3;
            }
        "##]],
    );
    check(
        "graph --format mermaid",
        0,
        expect![[r#"
            flowchart TD
              n0[("✓ param:by")]:::fresh
              n3["▷ a #34;b#34; #60;c#62; #38; d"]:::run_unless_cut_off
              subgraph g1["means"]
              n2["▷ mean"]:::run_unless_cut_off
              subgraph g2["deep"]
              n1[["▶ parse<br/>map"]]:::run
              end
              end
              n0 --> n3
              n1 --> n2
              n2 --> n3
              classDef run fill:#fbe6b8,stroke:#c98a00,color:#1c1c1a
              classDef run_unless_cut_off fill:#fdf3dc,stroke:#c98a00,color:#1c1c1a
              classDef fresh fill:#d3ebe1,stroke:#00875f,color:#1c1c1a
        "#]],
    );
    check(
        "graph --levels 0 --values --bare --format graphml",
        0,
        expect![[r#"
            <?xml version="1.0" encoding="UTF-8"?>
            <graphml xmlns="http://graphml.graphdrawing.org/xmlns">
              <key id="name" for="node" attr.name="name" attr.type="string"/>
              <key id="label" for="node" attr.name="label" attr.type="string"/>
              <key id="group" for="node" attr.name="group" attr.type="string"/>
              <key id="kind" for="node" attr.name="kind" attr.type="string"/>
              <key id="state" for="node" attr.name="state" attr.type="string"/>
              <key id="function" for="node" attr.name="function" attr.type="string"/>
              <key id="place" for="node" attr.name="place" attr.type="string"/>
              <key id="targets" for="node" attr.name="targets" attr.type="string"/>
              <key id="tags" for="node" attr.name="tags" attr.type="string"/>
              <key id="took_ms" for="node" attr.name="took_ms" attr.type="double"/>
              <key id="bytes" for="node" attr.name="bytes" attr.type="long"/>
              <key id="elements" for="node" attr.name="elements" attr.type="long"/>
              <key id="fingerprint" for="node" attr.name="fingerprint" attr.type="string"/>
              <key id="code" for="node" attr.name="code" attr.type="string"/>
              <graph id="mamo" edgedefault="directed">
              <node id="n0">
              <data key="name">value</data>
              <data key="label">value</data>
              <data key="kind">value</data>
              <data key="place">tests/ask/pictures.rs:_:19</data>
              </node>
              <node id="n1">
              <data key="name">param:by</data>
              <data key="label">param:by</data>
              <data key="kind">source</data>
              <data key="place">tests/ask/pictures.rs:_:16</data>
              </node>
              <node id="n2">
              <data key="name">means</data>
              <data key="label">means</data>
              <data key="kind">group</data>
              <data key="tags">slow</data>
              </node>
              <node id="n3">
              <data key="name">a &quot;b&quot; &lt;c&gt; &amp; d</data>
              <data key="label">a &quot;b&quot; &lt;c&gt; &amp; d</data>
              <data key="kind">function</data>
              <data key="function">ask::pictures::report</data>
              <data key="place">tests/ask/pictures.rs:18</data>
              <data key="targets">report</data>
              </node>
              <edge id="e0" source="n0" target="n2"/>
              <edge id="e1" source="n1" target="n3"/>
              <edge id="e2" source="n2" target="n3"/>
              </graph>
            </graphml>
        "#]],
    );
    check(
        "graph --levels 0 --bare --format json",
        0,
        expect![[r#"
            {"schema":"mamo.graph/1","title":"","directed":true,"multigraph":false,"nodes":[{"id":_,"name":"param:by","label":"param:by","group":_,"kind":"source","state":null,"function":null,"place":"tests/ask/pictures.rs:_:_","targets":[],"tags":[],"took_ms":null,"bytes":null,"elements":null,"fingerprint":null,"code":null,"reasons":[],"failure":null,"nodes":_,"states":{}},{"id":_,"name":"means","label":"means","group":_,"kind":"group","state":null,"function":null,"place":null,"targets":[],"tags":["slow"],"took_ms":null,"bytes":null,"elements":null,"fingerprint":null,"code":null,"reasons":[],"failure":null,"nodes":_,"states":{}},{"id":_,"name":"a \"b\" <c> & d","label":"a \"b\" <c> & d","group":_,"kind":"function","state":null,"function":"ask::pictures::report","place":"tests/ask/pictures.rs:_","targets":["report"],"tags":[],"took_ms":null,"bytes":null,"elements":null,"fingerprint":null,"code":null,"reasons":[],"failure":null,"nodes":_,"states":{}}],"links":[{"source":_,"target":_},{"source":_,"target":_}],"groups":[{"id":_,"name":"","label":"","parent":null}]}
        "#]],
    );
    check(
        "graph --levels 1 --bare --format cytoscape",
        0,
        expect![[r#"
            {"elements":{"nodes":[{"data":{"id":"g1","parent":null,"label":"means","name":"means","kind":"group","state":null}},{"data":{"id":"n0","parent":null,"label":"param:by","name":"param:by","kind":"source","state":null}},{"data":{"id":"n1","parent":"g1","label":"deep","name":"means/deep","kind":"group","state":null}},{"data":{"id":"n2","parent":"g1","label":"mean","name":"means/mean","kind":"function","state":null}},{"data":{"id":"n3","parent":null,"label":"a \"b\" <c> & d","name":"a \"b\" <c> & d","kind":"function","state":null}}],"edges":[{"data":{"id":"e0","source":"n0","target":"n3"}},{"data":{"id":"e1","source":"n1","target":"n2"}},{"data":{"id":"e2","source":"n2","target":"n3"}}]}}
        "#]],
    );
}

#[test]
fn filters_leave_out() {
    check(
        "graph up:mean",
        2,
        expect![[r#"
        error: there is no node, target or group `mean`
          hint: `status` lists the nodes of the pipeline
    "#]],
    );
    check(
        "graph up:means/mean",
        0,
        expect![[r#"
        ▷ means/mean
        └── ▶ means/deep/parse  map
    "#]],
    );
    check(
        "graph down:means",
        0,
        expect![[r#"
        ▷ a "b" <c> & d
        └── ▷ means/mean
          └── ▶ means/deep/parse  map
    "#]],
    );
    check(
        "graph up:report --steps 1 --values",
        0,
        expect![[r#"
        ▷ a "b" <c> & d
        ├── ✓ param:by
        └── ▷ means/mean
    "#]],
    );
    check(
        "graph --tag slow --bare",
        0,
        expect![[r#"
        means/mean
    "#]],
    );
    check(
        "graph --state fresh",
        0,
        expect![[r#"
        ✓ param:by
    "#]],
    );
    check(
        "graph --name means/*",
        0,
        expect![[r#"
        ▷ means/mean
        └── ▶ means/deep/parse  map
    "#]],
    );
    check(
        "graph -o picture.tiff",
        5,
        expect![[r#"
        error: `picture.tiff` does not tell the format: say it by `--format`
    "#]],
    );
}

#[test]
fn a_large_flat_graph_is_put_together_by_functions() {
    let (graph, _) = Graph::build(|g| {
        let g = g.numbered("many");
        let ones: Vec<Node<u32>> = (0..500).map(|n| g.add(parse::node(g.value(format!("{n}"))))).collect();
        Ok(g.gather(ones))
    })
    .unwrap();
    let view = graph.view().only(&ViewFilter::default().without(ViewKind::Value)).unwrap();
    assert_eq!((view.nodes.len(), view.edges.len()), (501, 500));
    expect![[r#"
        many/gather
        └── many/parse  500 nodes
    "#]]
    .assert_eq(&view.clone().readable(300).tree());
    assert_eq!(view.clone().readable(501), view);
    let mermaid = view.mermaid();
    assert!(mermaid.len() < 50_000 && mermaid.contains("too many for Mermaid"), "{mermaid}");
}

#[test]
fn a_graph_of_nothing_is_a_picture_of_nothing() {
    let (graph, ()) = Graph::build(|_| Ok(())).unwrap();
    let view = graph.view();
    expect![[r##"
        digraph mamo {
          graph [rankdir=TB, fontname="Helvetica", fontsize=11, labeljust=l, nodesep=0.25, ranksep=0.4];
          node [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=10, margin="0.12,0.05"];
          edge [color="#8a8a85", arrowsize=0.6];
        }
        flowchart TD
        {"schema":"mamo.graph/1","title":"","directed":true,"multigraph":false,"nodes":[],"links":[],"groups":[{"id":0,"name":"","label":"","parent":null}]}"##]].assert_eq(&format!("{}{}{}{}", view.tree(), view.dot(), view.mermaid(), view.json()));
}

/// A page, a timeline and a trace of one run; a file that could not be written is refused before it.
#[test]
fn a_run_can_be_told_in_three_forms() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let args = |names: &[&str]| {
        let reports: Vec<String> = names.iter().map(|name| format!("--report {}", file(name))).collect();
        format!("run --quiet {}", reports.join(" "))
    };
    let store = folder.path().join("store");
    let (code, _, errors) = call(&store, 200, &args(&["run.html", "run.svg", "run.json"]));
    assert_eq!((code, errors.as_str()), (0, ""));
    let read = |name: &str| std::fs::read_to_string(file(name)).unwrap();
    assert!(read("run.html").contains("mamo.page/1") && !read("run.html").contains("\"before\":"));
    call(&store, 200, &args(&["again.html"]));
    assert!(read("again.html").contains("\"before\":"), "there is a run before");
    assert!(read("run.svg").contains("<title>table: executing"), "{}", read("run.svg"));
    let trace: serde_json::Value = serde_json::from_str(&read("run.json")).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let of = |phase: &str| events.iter().filter(|event| event["ph"] == phase).collect::<Vec<_>>();
    let executed: Vec<_> = of("X").into_iter().filter(|event| event["cat"] == "executing").collect();
    assert!(executed.iter().any(|event| event["name"] == "table" && event["dur"].as_f64() > Some(0.0)));
    // Each arrow ends where it leads to, and never before it began.
    assert!(!of("s").is_empty());
    for (start, finish) in of("s").into_iter().zip(of("f")) {
        assert_eq!(start["id"], finish["id"]);
        assert!(start["ts"].as_f64() <= finish["ts"].as_f64(), "{start} {finish}");
    }
    for refused in ["nowhere/run.html", "run.pdf"] {
        let (code, _, errors) = call(&store, 300, &args(&[refused]));
        assert_eq!(code, 2, "{errors}");
    }
    assert_ne!(call(&store, 300, "assert-plan --nothing-stale").0, 0, "a refused call runs nothing");
}
