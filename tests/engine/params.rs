//! Parameters from files: what an edit of the file runs, and what is said of mistakes in it.

use crate::support::Bench;
use expect_test::{Expect, expect};
use mamo::{Graph, Node, field, node, source};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Params {
    model: Model,
    eval: Eval,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Model {
    depth: u32,
    rate: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Eval {
    metric: String,
    folds: Option<u32>,
}

#[node]
fn fit(depth: u32, rate: f64) -> f64 {
    f64::from(depth) * rate
}

#[node]
fn score(fit: &f64, metric: &str) -> String {
    format!("{metric} {fit}")
}

fn pipeline(path: &Path) -> impl Fn(&Graph) -> mamo::Result<Node<String>> {
    move |g| {
        let params = g.add(source::params::<Params>(path));
        let depth = g.add(params.field(field!(Params, model.depth)).name("depth"));
        let rate = g.add(params.field(field!(Params, model.rate)).name("rate"));
        let metric = g.add(params.field(field!(Params, eval.metric)).name("metric"));
        let fit = g.add(fit::node(depth, rate));
        Ok(g.add(score::node(fit, metric)))
    }
}

const TOML: &str = "[model]\ndepth = 3\nrate = 0.5\n[eval]\nmetric = \"auc\"\n";

#[test]
fn only_what_reads_a_changed_field_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("params.toml");
    let bench = Bench::in_memory();
    let check = |text: &str, expected| {
        std::fs::write(&path, text).unwrap();
        bench.check(pipeline(&path), expected).unwrap()
    };
    assert_eq!(check(TOML, expect!["depth fit metric rate score"]), "auc 1.5");
    // Fields are picked anew; what reads one runs when the field is another.
    let metric = TOML.replace("auc", "rmse");
    assert_eq!(check(&metric, expect!["depth metric rate score ~fit"]), "rmse 1.5");
    assert_eq!(check(&metric.replace("depth = 3", "depth = 4"), expect!["depth fit metric rate score"]), "rmse 2");
    assert_eq!(check(TOML, expect![[""]]), "auc 1.5");
    // A field that nobody reads.
    check(&format!("{TOML}folds = 5"), expect!["depth metric rate ~fit ~score"]);
}

#[test]
fn what_the_file_looks_like_does_not_count() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("params.toml");
    let bench = Bench::in_memory();
    let check = |text: &str, expected| {
        std::fs::write(&path, text).unwrap();
        bench.check(pipeline(&path), expected).unwrap();
    };
    check(TOML, expect!["depth fit metric rate score"]);
    check(&format!("# a comment\n\n{TOML}"), expect![[""]]);
    check("eval.metric = 'auc'\nmodel = { rate = 0.50, depth = 0x3 }\n", expect![[""]]);
    check("\u{feff}eval.metric = 'auc'\r\nmodel = { rate = 5e-1, depth = 3 }\r\n", expect![[""]]);
}

/// Another format, or the same value in the program, is the same parameter.
#[test]
fn equal_values_are_equal_whatever_they_come_from() {
    #[node]
    fn show(params: &Params) -> String {
        format!("{params:?}")
    }
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::in_memory();
    let from = |name: &str, text: &str, expected| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        bench.check(|g| Ok(g.add(show::node(g.add(source::params::<Params>(path))))), expected).unwrap();
    };
    from("p.toml", TOML, expect!["show"]);
    from("p.json", r#"{"model": {"rate": 0.5, "depth": 3}, "eval": {"metric": "auc", "folds": null}}"#, expect![[""]]);
    #[cfg(feature = "yaml")]
    {
        from("p.yaml", "model: &m\n  depth: 3\n  rate: 0.5\neval: {metric: auc} # yes\n", expect![[""]]);
        from("p.yml", "---\nmodel: {depth: 3, rate: 0.5}\neval:\n  metric: 'auc'\n  folds: ~\n", expect![[""]]);
    }
    let model = Model { depth: 3, rate: 0.5 };
    let value = Params { model, eval: Eval { metric: "auc".into(), folds: None } };
    bench.check(|g| Ok(g.add(show::node(g.add(source::param("p", value))))), expect![[""]]).unwrap();
}

/// What a run says of a file; `..` stands for the folder.
#[track_caller]
fn complaint<T: Serialize + DeserializeOwned + Send + Sync + 'static>(name: &str, text: &str, expected: Expect) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    let bench = Bench::in_memory();
    let (run, params) = bench.run(|g| Ok(g.add(source::params::<T>(&path))));
    let message = match run.failures().first() {
        Some(failure) => failure.message().to_owned(),
        None => run.get(params).map_or_else(|error| error.to_string(), |_| "fine".into()),
    };
    expected.assert_eq(&message.replace(&format!("{}/", folder.path().display()), "../").replace("; ", ";\n"));
}

#[test]
fn a_typo_is_told_with_its_line_and_what_was_meant() {
    let check = |text: &str, expected| complaint::<Params>("p.toml", text, expected);
    check(
        "[model]\ndepth = 3\nrate = 0.5\n[evel]\nmetric = \"auc\"\n",
        expect!["unknown key `evel.metric` in ../p.toml:4: did you mean `eval.metric`?"],
    );
    check(&format!("{TOML}fold = 3\n"), expect!["unknown key `eval.fold` in ../p.toml:6: did you mean `eval.folds`?"]);
    // In the wrong table, and nowhere near.
    check(
        &format!("depth = 3\nzzz = 1\n{TOML}"),
        expect![[r#"
            unknown key `depth` in ../p.toml:1: did you mean `model.depth`?;
            unknown key `zzz` in ../p.toml:2: known are `model`, `eval`"#]],
    );
    check(
        &TOML.replace("depth", "deptj"),
        expect!["unknown key `model.deptj` in ../p.toml:2: did you mean `model.depth`?"],
    );
    check(TOML, expect!["fine"]);
}

#[test]
fn missing_keys_and_wrong_types_are_told_with_their_paths() {
    let check = |text: &str, expected| complaint::<Params>("p.toml", text, expected);
    check("model = {depth = 1, rate = 1}", expect!["missing key `eval` in ../p.toml"]);
    check(&TOML.replace("rate = 0.5\n", ""), expect!["missing key `model.rate` in ../p.toml:1"]);
    check(
        &TOML.replace("= 3", "= \"3\""),
        expect![[r#"wrong value of `model.depth` in ../p.toml:2: invalid type: string "3", expected u32"#]],
    );
    check(
        &TOML.replace("= 3", "= -3"),
        expect!["wrong value of `model.depth` in ../p.toml:2: invalid value: integer `-3`, expected u32"],
    );
    check(
        &TOML.replace("= 3", "= "),
        expect!["../p.toml:2 is no TOML: string values must be quoted, expected literal string"],
    );
    check(&TOML.replace("rate = 0.5", "rate = 1"), expect!["fine"]);
}

#[test]
fn json_is_told_with_its_lines() {
    let check = |text: &str, expected| complaint::<Params>("p.json", text, expected);
    let json = "{\n  \"model\": {\n    \"depth\": 3,\n    \"rate\": 1e0\n  },\n  \"eval\": {\n    \"metric\": \"auc\"\n  }\n}\n";
    check(json, expect!["fine"]);
    check(
        &json.replace("metric", "metrik"),
        expect!["unknown key `eval.metrik` in ../p.json:7: did you mean `eval.metric`?"],
    );
    check(
        &json.replace("1e0", "\n[1]"),
        expect!["wrong value of `model.rate` in ../p.json:5: invalid type: sequence, expected f64"],
    );
    check(
        &json.replace("\"depth\": 3", "\"rate\": 3"),
        expect!["../p.json:4 is no JSON: the key `rate` is there twice"],
    );
    check(&json.replace("\"auc\"", "auc"), expect!["../p.json:7 is no JSON: expected value"]);
    check(&json.replace("\"auc\"", &"[".repeat(100_000)), expect!["../p.json:8 is no JSON: expected value"]);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    check(&json.replace("\"auc\"", &deep), expect!["../p.json:7 is no JSON: nested deeper than 128 levels"]);
}

#[cfg(feature = "yaml")]
#[test]
fn yaml_is_told_with_its_lines() {
    let check = |text: &str, expected| complaint::<Params>("p.yaml", text, expected);
    let yaml = "model:\n  depth: 3\n  rate: 1\neval:\n  metric: auc\n";
    check(yaml, expect!["fine"]);
    check(
        &yaml.replace("metric", "metrik"),
        expect!["unknown key `eval.metrik` in ../p.yaml:5: did you mean `eval.metric`?"],
    );
    check(
        &yaml.replace("depth: 3", "depth: no"),
        expect![[r#"wrong value of `model.depth` in ../p.yaml:2: invalid type: string "no", expected u32"#]],
    );
    check(&yaml.replace("depth: 3", "rate: 3"), expect!["../p.yaml:3 is no YAML: duplicated key in mapping"]);
    check(&format!("{yaml}---\n{yaml}"), expect!["../p.yaml:7 is no YAML: there is more than one document"]);
    check("", expect!["missing key `model` in ../p.yaml"]);
}

#[cfg(not(feature = "yaml"))]
#[test]
fn the_feature_that_is_off_is_named() {
    complaint::<Params>(
        "p.yaml",
        "",
        expect![
            "cannot read `../p.yaml`: this program is built without YAML;\nenable the feature `yaml` of mamo in `Cargo.toml`"
        ],
    );
}

#[test]
fn files_that_cannot_be_read_say_so() {
    complaint::<Params>(
        "p.ini",
        "",
        expect!["cannot tell the format of `../p.ini`: call it `.toml`, `.json`, `.yaml` or `.yml`"],
    );
    let bench = Bench::in_memory();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.toml");
    let failure = |expected: Expect| {
        let (run, _) = bench.run(|g| Ok(g.add(source::params::<Params>(&path))));
        let message = run.failures().first().unwrap().message().replace(folder.path().to_str().unwrap(), "..");
        expected.assert_eq(&message);
    };
    failure(expect!["cannot read `../p.toml`: no such file or folder"]);
    std::fs::write(&path, b"\xff").unwrap();
    failure(expect!["cannot read `../p.toml`: it is no text in UTF-8"]);
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    failure(expect!["cannot read `../p.toml`: it is a folder; parameters stand in a file"]);
}

#[derive(Serialize, Deserialize)]
struct Flat {
    #[serde(flatten)]
    model: Model,
    #[serde(default)]
    plan: Option<Plan>,
    #[serde(default)]
    any: Option<Loose>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Plan {
    Linear { steps: u32 },
    Cosine { steps: u32, floor: Option<f64> },
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Loose {
    Both { x: u32, y: u32 },
    One { x: u32 },
}

/// serde sets values aside for these before anybody reads them, so it says of no key that it is ignored.
#[test]
fn keys_that_nobody_reads_are_noticed_whatever_the_attributes() {
    let check = |text: &str, expected| complaint::<Flat>("p.toml", text, expected);
    check("depth = 3\nrate = 1", expect!["fine"]);
    check("dpeth = 3\nrate = 1", expect!["missing key `depth` in ../p.toml: is `dpeth` meant to be it?"]);
    check("depth = 3\nrate = 1\nwidth = 2", expect!["unknown key `width` in ../p.toml:3"]);
    check("depth = 3\nrate = 1\nplan = {kind = 'linear', steps = 3}", expect!["fine"]);
    check(
        "depth = 3\nrate = 1\n[plan]\nkind = 'linear'\nsteps = 3\nfloor = 0.1",
        expect!["unknown key `plan.floor` in ../p.toml:6"],
    );
    check("depth = 3\nrate = 1\n[plan]\nkind = 'cosine'\nsteps = 3\nfloor = 0.1", expect!["fine"]);
    check("depth = 3\nrate = 1\nany = {x = 1, y = 2}", expect!["fine"]);
    check("depth = 3\nrate = 1\nany = {x = 1, z = {a = 2}}", expect!["unknown key `any.z.a` in ../p.toml:3"]);
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Strict {
    #[serde(alias = "a")]
    first: u32,
    #[serde(default)]
    second: Second,
    #[serde(default)]
    names: BTreeMap<u32, [f64; 2]>,
    #[serde(default)]
    wide: Option<(u64, i128)>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Second {
    #[default]
    Fast,
    Slow(u32),
    Other {
        x: u32,
    },
}

#[test]
fn types_are_read_as_serde_reads_them() {
    let check = |text: &str, expected| complaint::<Strict>("p.toml", text, expected);
    check("a = 1", expect!["fine"]);
    check("first = 1\nsecond = 'fast'\nnames.7 = [1, 2.5]\nwide = [9_000_000_000, -1]", expect!["fine"]);
    check("first = 1\nsecond.slow = 3", expect!["fine"]);
    check("first = 1\nsecond.other.x = 3", expect!["fine"]);
    check("firsd = 1", expect!["unknown key `firsd` in ../p.toml:1: did you mean `first`?"]);
    check(
        "first = 1\nsecond = 'fsat'",
        expect!["wrong value of `second` in ../p.toml:2: there is no `fsat`, only `fast`, `slow`, `other`"],
    );
    check(
        "first = 1\nsecond = 'slow'",
        expect![
            "wrong value of `second` in ../p.toml:2: this variant holds something: write a table with its name as the key"
        ],
    );
    check(
        "first = 1\nsecond.other.z = 3",
        expect!["unknown key `second.other.z` in ../p.toml:2: did you mean `second.other.x`?"],
    );
    check(
        "first = 1\nsecond = {slow = 1, fast = 2}",
        expect![
            "wrong value of `second` in ../p.toml:2: a variant with content is a table with one key, and this one has 2"
        ],
    );
    check(
        "first = 1\nnames.x = [1, 2]",
        expect![[r#"wrong value of `names.x` in ../p.toml:2: invalid type: string "x", expected u32"#]],
    );
    check(
        "first = 1\nnames.1 = [1, 2, 3]",
        expect!["wrong value of `names.1` in ../p.toml:2: it has 3 elements, 2 are expected"],
    );
    check(
        "first = 1\nnames.1 = [1]",
        expect!["wrong value of `names.1` in ../p.toml:2: it has 1 elements, an array of length 2 is expected"],
    );
    complaint::<HashMap<String, u32>>("p.toml", "a = 1\nb = 2", expect!["fine"]);
    complaint::<HashMap<String, u32>>(
        "p.toml",
        "a = 1\nb = 'x'",
        expect![[r#"wrong value of `b` in ../p.toml:2: invalid type: string "x", expected u32"#]],
    );
}

/// Two types of one file are two nodes, and each reads the whole file.
#[test]
fn a_file_is_read_into_one_type() {
    let built = Graph::build(|g| {
        g.add(source::params::<Params>("p.toml"));
        g.add(source::params::<Params>("p.toml"));
        g.add(source::params::<Model>("p.toml").name("other"));
        g.add(source::params::<Model>("p.toml"));
        Ok(())
    });
    let message = built.err().unwrap().to_string();
    assert!(
        message.contains("`params:p.toml` is added twice, with the types `engine::params::Params` and"),
        "{message}"
    );
    assert!(message.ends_with("call one of them `.name(..)`"), "{message}");
    assert_eq!(message.lines().count(), 2, "{message}");
}

/// A panic in a type's own code fails the node, not the run.
#[test]
fn a_panicking_type_fails_its_node() {
    #[derive(Serialize)]
    struct Touchy;
    impl<'de> Deserialize<'de> for Touchy {
        fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            panic!("not today")
        }
    }
    complaint::<Touchy>("p.toml", "", expect!["panicked: not today"]);
}

/// A file of a run that changed during it is looked at again like every other.
#[test]
fn a_field_is_at_hand_after_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("params.toml");
    std::fs::write(&path, TOML).unwrap();
    let bench = Bench::in_memory();
    let (run, (params, metric)) = bench.run(|g| {
        let params = g.add(source::params::<Params>(&path));
        Ok((params, g.add(params.field(field!(Params, eval.metric)))))
    });
    assert_eq!(run.get(params).unwrap().model.depth, 3);
    assert_eq!(*run.get(metric).unwrap(), "auc");
}
