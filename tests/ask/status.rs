//! How nodes stand.

use crate::support::{call_with, check_with};
use expect_test::expect;
use mamo::cli::exit_codes;
use mamo::{Graph, Node, node, source};

fn scaled(number: u64) -> u64 {
    number * 2
}

#[node]
fn numbers(upto: u64) -> Vec<u64> {
    (0..upto).collect()
}

#[node]
fn double(number: u64) -> u64 {
    scaled(number)
}

#[node]
fn sum(numbers: &[u64]) -> Result<u64, String> {
    match numbers.len() {
        13 => Err("thirteen numbers".to_owned()),
        _ => Ok(numbers.iter().sum()),
    }
}

#[node]
fn shown(sum: u64) -> String {
    sum.to_string()
}

fn pipeline(upto: u64) -> impl Fn(&Graph) -> mamo::Result<Node<String>> {
    move |g| {
        let numbers = g.add(numbers::node(g.add(source::param("upto", upto))).tag("raw"));
        let g = g.group("work");
        let doubled = g.add(double::map(numbers));
        let sum = g.add(sum::node(doubled).tag("figures"));
        let shown = g.add(shown::node(sum).tag("figures"));
        g.target("shown", shown);
        Ok(shown)
    }
}

#[test]
fn nodes_are_listed_and_filtered() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    check_with(
        store,
        pipeline(10),
        "status",
        exit_codes::DONE,
        expect![[r#"
        param:upto  fresh
        numbers  run  #raw
        work/double  run unless cut off
        work/sum  run unless cut off  #figures
        work/shown  run unless cut off  #figures
        _ nodes: _ run, _ run unless cut off, _ fresh
    "#]],
    );
    check_with(store, pipeline(10), "--quiet", exit_codes::DONE, expect![[""]]);
    check_with(
        store,
        pipeline(10),
        "ls",
        exit_codes::DONE,
        expect![[r#"
        param:upto  not needed
        numbers  fresh  _ ago  _  _  #raw
        work/double x10  fresh  _ ago  _  _
        work/sum  fresh  _ ago  _  _  #figures
        work/shown  fresh  _ ago  _  _  #figures
        _ nodes: _ fresh, _ not needed
    "#]],
    );
    check_with(
        store,
        pipeline(10),
        "ls --tag figures",
        exit_codes::DONE,
        expect![[r#"
        work/sum  fresh  _ ago  _  _  #figures
        work/shown  fresh  _ ago  _  _  #figures
        _ nodes: _ fresh
    "#]],
    );
    check_with(
        store,
        pipeline(10),
        "ls --name work/s*",
        exit_codes::DONE,
        expect![[r#"
        work/sum  fresh  _ ago  _  _  #figures
        work/shown  fresh  _ ago  _  _  #figures
        _ nodes: _ fresh
    "#]],
    );
    check_with(
        store,
        pipeline(10),
        "ls up:work/double",
        exit_codes::DONE,
        expect![[r#"
        param:upto  not needed
        numbers  fresh  _ ago  _  _  #raw
        work/double x10  fresh  _ ago  _  _
        _ nodes: _ fresh, _ not needed
    "#]],
    );
    check_with(
        store,
        pipeline(10),
        "ls down:work/sum",
        exit_codes::DONE,
        expect![[r#"
        work/sum  fresh  _ ago  _  _  #figures
        work/shown  fresh  _ ago  _  _  #figures
        _ nodes: _ fresh
    "#]],
    );
    check_with(
        store,
        pipeline(13),
        "--quiet",
        exit_codes::NODE_FAILED,
        expect![[r#"
        failed work/sum: thirteen numbers
    "#]],
    );
    check_with(
        store,
        pipeline(13),
        "ls",
        exit_codes::DONE,
        expect![[r#"
        param:upto  not needed
        numbers  fresh  _ ago  _  _  #raw
        work/double x13  fresh  _ ago  _  _
        work/sum  run  #figures
          failed last time: thirteen numbers
        work/shown  run unless cut off  #figures
        _ nodes: _ run, _ run unless cut off, _ fresh, _ not needed
    "#]],
    );
    check_with(
        store,
        pipeline(11),
        "ls --state run --json",
        exit_codes::DONE,
        expect![[r#"
        {"schema":"mamo.status/1","nodes":[{"node":"numbers","state":"run","function":"ask::status::numbers","tags":["raw"],"at_ms":null,"took_ms":null,"bytes":null,"members":null,"failure":null}]}
    "#]],
    );
    check_with(
        store,
        pipeline(11),
        "ls --state stale",
        exit_codes::USAGE,
        expect![[r#"
        error: invalid value 'stale' for '--state <STATE>': a state is one of failed, run, run_unless_cut_off, after_barrier, cut_off, fresh, not_needed

        For more information, try '--help'.
    "#]],
    );
    check_with(
        store,
        pipeline(11),
        "ls up:work/dubble",
        exit_codes::USAGE,
        expect![[r#"
        error: there is no target or node `work/dubble`
          hint: did you mean `work/double`?
    "#]],
    );
}

#[node]
fn folder(ctx: &mamo::NodeCtx, text: &str) -> Result<mamo::Artifact, mamo::BoxError> {
    ctx.log("writes two files");
    let folder = ctx.output_dir()?;
    std::fs::write(folder.path().join("a.txt"), text)?;
    std::fs::write(folder.path().join("b.txt"), text)?;
    folder.finish()
}

#[test]
fn all_is_told_of_one_node() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    let pipeline = |g: &Graph| {
        let shown = pipeline(10)(g)?;
        let folder = g.add(folder::node(shown).tag("files").barrier());
        g.target("folder", folder);
        Ok(folder)
    };
    check_with(
        store,
        pipeline,
        "show folder",
        exit_codes::DONE,
        expect![[r#"
        folder: run unless cut off
          type  mamo::value::artifact::Artifact
          function  ask::status::folder (tests/ask/status.rs:_)
          code  _
          added  tests/ask/status.rs:_:_
          reads  work/shown
          tags  files
          kept  yes, a barrier
          fingerprint _
    "#]],
    );
    check_with(store, pipeline, "--quiet", exit_codes::DONE, expect![[""]]);
    check_with(
        store,
        pipeline,
        "show folder",
        exit_codes::DONE,
        expect![[r#"
        folder: fresh
          value  folder, _ bytes, _
          a.txt  _ bytes
          b.txt  _ bytes
          type  _, mamo::value::artifact::Artifact
          made  _ ago by run _, took _
          function  ask::status::folder (tests/ask/status.rs:_)
          code  _
          added  tests/ask/status.rs:_:_
          reads  work/shown
          tags  files
          kept  yes, a barrier
          fingerprint _
          digest  _
          log  writes two files
    "#]],
    );
    check_with(
        store,
        pipeline,
        "show shown",
        exit_codes::DONE,
        expect![[r#"
        work/shown: fresh
          value  _
          type  _, alloc::string::String
          made  _ ago by run _, took _
          function  ask::status::shown (tests/ask/status.rs:_)
          code  _
          added  tests/ask/status.rs:_:_
          reads  work/sum
          read by  folder
          tags  figures
          kept  yes
          fingerprint _
          digest  _
    "#]],
    );
    check_with(
        store,
        pipeline,
        "show param:upto",
        exit_codes::DONE,
        expect![[r#"
        param:upto: fresh
          value  _
          type  u64
          added  tests/ask/status.rs:_:_
          read by  numbers
          fingerprint _
    "#]],
    );
    check_with(
        store,
        pipeline,
        "show numbers --json",
        exit_codes::DONE,
        expect![[r#"
        {"schema":"mamo.show/1","node":{"node":"numbers","state":"fresh","function":"ask::status::numbers","tags":["raw"],"at_ms":_,"took_ms":_,"bytes":_,"members":null,"failure":null},"place":"tests/ask/status.rs:_:_","function_place":"tests/ask/status.rs:_","code":"_","value_type":"alloc::vec::Vec<u64>","persist":"auto","barrier":false,"fingerprint":"_","content":"_","value":"_","preview":"[0, _, _, _, _, _, _, _, _, 9]","inputs":["param:upto"],"readers":["work/double"],"run":"_","executable":"_","log":[]}
    "#]],
    );
    check_with(
        store,
        pipeline,
        "show foldr",
        exit_codes::USAGE,
        expect![[r#"
        error: there is no target or node `foldr`
          hint: did you mean `folder`?
    "#]],
    );
    let (code, text, _) = call_with(store, pipeline, "stats");
    assert_eq!(code, exit_codes::DONE);
    // Sizes and times decide the order of the lines.
    for part in ["1 run: 14 computations executed, ", "\n  elements and combinations: 1, ", "\n  work/double  "] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let (_, text, _) = call_with(store, pipeline, "stats --json");
    let object: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&object["runs"], object["nodes"].as_array().unwrap().len()), (&1.into(), 5));
}

#[test]
fn what_an_edit_would_make_stale_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    check_with(
        store,
        pipeline(10),
        "impact scaled",
        exit_codes::DONE,
        expect![[r#"
        an edit of ask::status::scaled makes stale:
          work/double  its code, never executed
          work/sum  below, never executed
          work/shown  below, never executed
        _ nodes, _ if nothing is cut off
    "#]],
    );
    check_with(store, pipeline(10), "--quiet", exit_codes::DONE, expect![[""]]);
    check_with(
        store,
        pipeline(10),
        "impact status::scaled",
        exit_codes::DONE,
        expect![[r#"
        an edit of ask::status::scaled makes stale:
          work/double  its code, _
          work/sum  below, _
          work/shown  below, _
        _ nodes, _ if nothing is cut off
    "#]],
    );
    check_with(
        store,
        pipeline(10),
        "impact shown --json",
        exit_codes::DONE,
        expect![[r#"
        {"schema":"mamo.impact/1","items":["ask::status::shown"],"expected_ms":_,"nodes":[{"node":"work/shown","direct":true,"expected_ms":_}]}
    "#]],
    );
    check_with(
        store,
        pipeline(10),
        "impact caled",
        exit_codes::USAGE,
        expect![[r#"
        error: no node function reaches anything called `caled`
          hint: `plan --code` lists the functions; an item is named by its path or the end of it: `clean::helper`
    "#]],
    );
}
