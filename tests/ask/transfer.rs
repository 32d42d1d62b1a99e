//! Values on their way from store to store.

use crate::support::{call, call_with, check};
use expect_test::expect;
use mamo::cli::exit_codes;
use mamo::{Graph, Node, node};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

#[test]
fn nodes_are_exported_and_imported() {
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (folder.path().join("here"), folder.path().join("there"));
    let file = folder.path().join("sum.mamo");
    let told = |store: &Path, args: &str, code, expected: expect_test::Expect| {
        let (ended, stdout, stderr) = call(store, 500, &args.replace("FILE", file.to_str().unwrap()));
        assert_eq!(ended, code, "{stdout}{stderr}");
        let text = crate::support::scrubbed(&format!("{stdout}{stderr}"));
        expected.assert_eq(&text.replace(file.to_str().unwrap(), "FILE"));
    };
    told(
        &here,
        "export -o FILE",
        exit_codes::OTHER,
        expect![[r#"
        error: node `sum` is not up to date: it has no value on record at its present code and inputs
          hint: run it first; what is made of a settled failure is never on record
    "#]],
    );
    call(&here, 500, "--quiet");
    told(
        &here,
        "export sum -o FILE",
        exit_codes::DONE,
        expect![[r#"
        exported: sum (_)
        _ records and _ blob (_) are in `FILE`
    "#]],
    );
    told(
        &here,
        "export --json --output FILE",
        exit_codes::DONE,
        expect![[r#"
        {"schema":"mamo.export/1","nodes":[{"node":"sum","value":"_"}],"records":_,"blobs":_,"bytes":_}
    "#]],
    );
    told(
        &there,
        "import FILE",
        exit_codes::DONE,
        expect![[r#"
        imported: sum (_)
        added _ records and _ blob (_)
    "#]],
    );
    told(
        &there,
        "assert-plan --nothing-stale",
        exit_codes::DONE,
        expect![[r#"
        as expected: nothing would run
    "#]],
    );
    told(
        &there,
        "import --json FILE",
        exit_codes::DONE,
        expect![[r#"
        {"schema":"mamo.import/1","nodes":[{"node":"sum","value":"_","known":true}],"records":_,"records_known":_,"records_left_out":_,"blobs":_,"blob_bytes":_,"blobs_known":_}
    "#]],
    );
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    told(
        &there,
        "import FILE",
        exit_codes::OTHER,
        expect![[r#"
        error: `FILE` is damaged in the entry at byte _: an entry does not fit its checksum; nothing of it was taken
          hint: copy it once more, or export once more
    "#]],
    );
    told(
        &there,
        "import --json FILE",
        exit_codes::OTHER,
        expect![[r#"
        {"schema":"mamo.error/1","kind":"not_imported","message":"`FILE` is damaged in the entry at byte _: an entry does not fit its checksum; nothing of it was taken","node":null,"causes":[],"hint":"copy it once more, or export once more"}
        error: `FILE` is damaged in the entry at byte _: an entry does not fit its checksum; nothing of it was taken
          hint: copy it once more, or export once more
    "#]],
    );
    check(
        &here,
        "export sum",
        exit_codes::USAGE,
        expect![[r#"
        error: the following required arguments were not provided:
          --output <FILE>

        Usage: app export --output <FILE> <NODES>...

        For more information, try '--help'.
    "#]],
    );
}

static DICE: AtomicU32 = AtomicU32::new(0);

#[node]
fn roll(x: u32) -> u32 {
    x + DICE.fetch_add(1, Ordering::SeqCst)
}

#[node]
fn plus(x: u32) -> u32 {
    x + 1
}

#[test]
fn other_values_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (folder.path().join("here"), folder.path().join("there"));
    let file = folder.path().join("plus.mamo");
    let pipeline = |g: &Graph| -> mamo::Result<Node<u32>> { Ok(g.add(plus::node(g.add(roll::node(g.value(1)))))) };
    for store in [&here, &there] {
        call_with(store, pipeline, "--quiet");
    }
    call_with(&here, pipeline, &format!("export -o {}", file.display()));
    crate::support::check_with(
        &there,
        pipeline,
        &format!("import {}", file.display()),
        exit_codes::DONE,
        expect![[r#"
            not known as it was there: plus (_)
            added _ record and _ blobs (_); _ records and _ blobs were there
            left out _ records: nodes gave other values here, which stay
            a run takes what fits these, and executes the rest
        "#]],
    );
}
