//! What runs: at first, never again, and after edits.

use crate::events::tests::gz;
use crate::{Files, pipeline};
use expect_test::{Expect, expect};
use flate2::read::GzDecoder;
use mamo::{Engine, Event, Graph, Observer};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// A copy of the files, to be edited, and an engine that notes what it executes.
struct Bench {
    files: Files,
    engine: Engine,
    ran: Arc<Ran>,
    _folder: tempfile::TempDir,
}

#[derive(Default)]
struct Ran(Mutex<Vec<String>>);

impl Observer for Ran {
    fn event(&self, event: &Event<'_>) {
        let name = if let Event::NodeExecuted { node, element, .. } = event {
            element.map_or_else(|| (*node).to_owned(), |element| format!("{node}[{element}]"))
        } else if let Event::Published { .. } = event {
            "published".to_owned()
        } else {
            return;
        };
        self.0.lock().unwrap().push(name);
    }
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let shipped = Files::shipped();
        let copy = |path: &Path| {
            let copy = folder.path().join(path.file_name().unwrap());
            fs::copy(path, &copy).unwrap();
            copy
        };
        let files = Files {
            catalogue: copy(&shipped.catalogue),
            coasts: copy(&shipped.coasts),
            params: copy(&shipped.params),
            map: folder.path().join("out/quakes.svg"),
        };
        let ran = Arc::new(Ran::default());
        let engine = Engine::builder().observer(ran.clone()).in_memory();
        Self { files, engine, ran, _folder: folder }
    }

    /// Runs the pipeline, compares what was executed, and gives the table.
    #[track_caller]
    fn check(&self, expected: Expect) -> String {
        let (graph, table) = Graph::build(|g| pipeline(g, &self.files)).unwrap();
        let run = self.engine.run(&graph).unwrap();
        let mut ran = std::mem::take(&mut *self.ran.0.lock().unwrap());
        let n_elements = ran.iter().filter(|node| node.ends_with(']')).count();
        if n_elements > 6 {
            ran.retain(|node| !node.ends_with(']'));
            ran.push(format!("({n_elements} elements)"));
        }
        ran.sort();
        // The parameters' fields are run by each edit of the file, which tells nothing.
        ran.retain(|node| !node.starts_with("params:"));
        expected.assert_eq(&ran.join(" "));
        (*run.get(table).unwrap()).clone()
    }

    fn edit_params(&self, from: &str, to: &str) {
        let text = fs::read_to_string(&self.files.params).unwrap();
        assert_eq!(text.matches(from).count(), 1, "{from}");
        fs::write(&self.files.params, text.replace(from, to)).unwrap();
    }

    /// Takes the event with the largest magnitude below `limit` out of those near a town.
    fn take_out(&self, town: &str, limit: f64) {
        let file = fs::read(&self.files.catalogue).unwrap();
        let mut catalogue: Value = serde_json::from_reader(GzDecoder::new(file.as_slice())).unwrap();
        let features = catalogue["features"].as_array_mut().unwrap();
        let magnitude = |feature: &Value| feature["properties"]["mag"].as_f64().unwrap();
        let is_near = |feature: &Value| feature["properties"]["place"].as_str().unwrap().ends_with(town);
        let found = (0..features.len())
            .filter(|at| is_near(&features[*at]) && magnitude(&features[*at]) < limit)
            .max_by(|a, b| magnitude(&features[*a]).total_cmp(&magnitude(&features[*b])))
            .unwrap();
        features.remove(found);
        fs::write(&self.files.catalogue, gz(&catalogue.to_string())).unwrap();
    }
}

/// A bench on which the pipeline has run.
fn after_a_run() -> Bench {
    let bench = Bench::new();
    let (graph, _) = Graph::build(|g| pipeline(g, &bench.files)).unwrap();
    bench.engine.run(&graph).unwrap();
    bench.ran.0.lock().unwrap().clear();
    bench
}

#[test]
fn a_first_run_executes_everything_and_a_second_one_nothing() {
    let bench = Bench::new();
    let (graph, table) = Graph::build(|g| pipeline(g, &bench.files)).unwrap();
    let first = bench.engine.run(&graph).unwrap();
    assert_eq!((first.counts().executed, first.elements().executed), (10, 32));
    let table = first.get(table).unwrap();
    assert!(table.starts_with("1679 earthquakes: 1226 in 32 clusters, 453 alone\n"), "{table}");
    assert!(table.contains("15  Hualian, Taiwan               20   5.1  6.4"), "{table}");
    let second = bench.engine.run(&graph).unwrap();
    assert_eq!((second.counts().executed, second.elements().executed), (0, 0));
}

#[test]
fn another_middle_of_the_map_draws_it_again_and_finds_nothing_again() {
    let bench = after_a_run();
    bench.edit_params("centre = 155.0", "centre = 10.0");
    bench.check(expect!["ground map published"]);
    bench.edit_params("centre = 10.0", "centre = 155.0");
    bench.check(expect!["published"]);
    bench.edit_params("# Parameters", "# The parameters");
    bench.check(expect![""]);
}

#[test]
fn another_least_number_for_b_describes_all_clusters_again() {
    let bench = after_a_run();
    bench.edit_params("least_events = 30", "least_events = 31");
    bench.check(expect!["(32 elements) map table"]);
}

#[test]
fn with_more_neighbours_only_clusters_that_changed_are_described() {
    let bench = after_a_run();
    bench.edit_params("min_points = 6", "min_points = 7");
    bench.check(expect!["describe[Aguanga, CA] describe[Brawley, CA] describe[Redoubt Volcano, Alaska] describe[Talkeetna, Alaska] describe[Willow, Alaska] find map published table"]);
}

#[test]
fn a_quake_less_runs_its_cluster() {
    let bench = after_a_run();
    bench.take_out("Hualian, Taiwan", 6.0);
    let table = bench.check(expect!["describe[Hualian, Taiwan] find map published read table"]);
    assert!(table.contains("Hualian, Taiwan               19"), "{table}");
}

#[test]
fn a_lonely_quake_less_runs_no_cluster() {
    let bench = after_a_run();
    bench.take_out("Greenland", 9.0);
    bench.check(expect!["find map published read table"]);
}

#[test]
fn a_map_that_was_deleted_or_edited_is_restored_and_nothing_runs() {
    let bench = after_a_run();
    let map = fs::read(&bench.files.map).unwrap();
    assert!(map.starts_with(b"<svg "));
    bench.check(expect![""]);
    fs::remove_file(&bench.files.map).unwrap();
    bench.check(expect!["published"]);
    assert_eq!(fs::read(&bench.files.map).unwrap(), map);
    fs::write(&bench.files.map, "scribbled").unwrap();
    bench.check(expect!["published"]);
    assert_eq!(fs::read(&bench.files.map).unwrap(), map);
}
