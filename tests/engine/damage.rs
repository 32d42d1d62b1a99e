//! A damaged store is a slow run, never a stop: the answer is right, and somebody is told.

use crate::support::Bench;
use expect_test::expect;
use mamo::{Engine, Event, Graph, Node, Observer, node};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

#[node]
fn large(x: u8) -> Vec<u8> {
    vec![x; 1_200_000]
}

#[node]
fn count(bytes: &[u8], plus: usize) -> usize {
    bytes.len() + plus
}

fn pipeline(g: &Graph) -> mamo::Result<Node<usize>> {
    let large = g.add(large::node(g.value(3)));
    Ok(g.add(count::node(large, g.value(1))))
}

/// Keeps what is told about repairs.
#[derive(Default)]
struct Repairs(Mutex<Vec<String>>);

impl Observer for Repairs {
    fn event(&self, event: &Event<'_>) {
        if let Event::StoreRepaired { message, .. } = event {
            self.0.lock().unwrap().push((*message).to_owned());
        }
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Damage {
    Flip,
    Cut,
    Delete,
}

fn damage(path: &Path, how: Damage) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    match how {
        Damage::Delete => return std::fs::remove_file(path).unwrap(),
        Damage::Cut => bytes.truncate(middle),
        Damage::Flip => bytes.iter_mut().skip(middle).take(1).for_each(|byte| *byte ^= 0x40),
    }
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn whatever_file_is_damaged_the_answer_is_right() {
    let folder = tempfile::tempdir().unwrap();
    Bench::open(&folder.path().join("sound")).check(pipeline, expect!["count large"]).unwrap();
    let mut names = Vec::new();
    files(&folder.path().join("sound"), &mut names);
    let mut n_repaired = 0;
    for (case, name) in names.iter().enumerate() {
        let name = name.strip_prefix(folder.path().join("sound")).unwrap();
        for how in [Damage::Flip, Damage::Cut, Damage::Delete] {
            // The version says that nothing else can be read by this build; that is an error, not damage.
            if name == Path::new("format") {
                continue;
            }
            let store = folder.path().join(format!("{case}-{how:?}"));
            let mut sound = Vec::new();
            files(&folder.path().join("sound"), &mut sound);
            for from in sound {
                let to = store.join(from.strip_prefix(folder.path().join("sound")).unwrap());
                std::fs::create_dir_all(to.parent().unwrap()).unwrap();
                std::fs::copy(&from, &to).unwrap();
            }
            damage(&store.join(name), how);
            let repairs = Arc::new(Repairs::default());
            let engine = Engine::builder().observer(repairs.clone()).open(&store).unwrap();
            let (graph, node) = Graph::build(pipeline).unwrap();
            let answer = *engine.run(&graph).unwrap().get(node).unwrap();
            assert_eq!(answer, 1_200_001, "{} {how:?}", name.display());
            n_repaired += usize::from(!repairs.0.lock().unwrap().is_empty());
        }
    }
    assert!(n_repaired > 0, "no damage was noticed");
}
