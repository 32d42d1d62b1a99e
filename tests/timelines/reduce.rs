//! Reduces under random edits of their lists, against a fold; with bytes that vanish, and combinations that throw dice.

use crate::minimum::Counter;
use crate::narrow::{narrow, with_resources};
use crate::random::cases;
use crate::store::Forgetful;
use mamo::store::{MemoryStore, Store};
use mamo::{Graph, Observer, Persist, node, source};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

static DICE: AtomicU64 = AtomicU64::new(0);

/// Text, as long as the number of its letters asks for: what is long lies in a blob.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Text {
    letters: String,
    padding: Vec<u8>,
    /// What was thrown for each text that this one consists of, when dice were thrown.
    throws: BTreeMap<String, u64>,
    /// Whether two throws for one text have met.
    is_mixed: bool,
}

impl Text {
    fn new(letters: String, throws: BTreeMap<String, u64>, is_mixed: bool) -> Self {
        let padding = vec![7; 400 * letters.len()];
        Self { letters, padding, throws, is_mixed }
    }

    fn both(a: &Self, b: &Self) -> Self {
        let mut throws = a.throws.clone();
        let mut is_mixed = a.is_mixed || b.is_mixed;
        for (text, throw) in &b.throws {
            is_mixed |= throws.insert(text.clone(), *throw).is_some_and(|before| before != *throw);
        }
        Self::new(format!("{}{}", a.letters, b.letters), throws, is_mixed)
    }

    /// How it is made: the longest of the ways whose throws it has.
    fn way(&self) -> &str {
        self.throws.keys().max_by_key(|way| way.len()).map_or(&self.letters, String::as_str)
    }
}

#[node]
fn join(a: &Text, b: &Text) -> Text {
    Text::both(a, b)
}

/// A combination that gives something else each time. What it consists of is not known by its letters alone: the same
/// text may be made of other parts, so the way in which it is made stands beside them.
#[node]
fn gamble(a: &Text, b: &Text) -> Text {
    let mut text = Text::both(a, b);
    let way = format!("({}{})", a.way(), b.way());
    text.throws.insert(way, DICE.fetch_add(1, Ordering::SeqCst));
    text
}

#[node]
fn read(text: &Text, _round: u64) -> Text {
    text.clone()
}

#[derive(Clone, Debug)]
enum Edit {
    Replace(usize, u8),
    Insert(usize, u8),
    Remove(usize),
    /// A part of the list once more, at another place.
    Repeat(usize, usize),
    Revert(usize),
    /// Bytes of every n-th blob vanish.
    Evict(u8),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        3 => (0..1000usize, 0..26u8).prop_map(|(place, letter)| Edit::Replace(place, letter)),
        3 => (0..1000usize, 0..26u8).prop_map(|(place, letter)| Edit::Insert(place, letter)),
        3 => (0..1000usize).prop_map(Edit::Remove),
        1 => (0..1000usize, 0..1000usize).prop_map(|(from, to)| Edit::Repeat(from, to)),
        1 => (0..5usize).prop_map(Edit::Revert),
        3 => (1..4u8).prop_map(Edit::Evict),
    ]
}

fn check(n_letters: u8, first: &[u8], edits: &[Edit], is_gamble: bool, is_kept: bool) -> Result<(), TestCaseError> {
    let store = Arc::new(Forgetful { inner: MemoryStore::new(), known: Mutex::default() });
    let counter = Arc::new(Counter::default());
    let engine = narrow(2)
        .observer(Arc::clone(&counter) as Arc<dyn Observer>)
        .with_store(Arc::clone(&store) as Arc<dyn Store>)
        .unwrap();
    let mut history = vec![first.to_vec()];
    let mut is_whole = true;
    for (round, edit) in std::iter::once(&Edit::Revert(0)).chain(edits).enumerate() {
        let mut list = history.last().unwrap().clone();
        let n = list.len();
        match edit {
            Edit::Replace(place, letter) if n > 0 => list[place % n] = *letter,
            Edit::Insert(place, letter) => list.insert(place % (n + 1), *letter),
            Edit::Remove(place) if n > 0 => drop(list.remove(place % n)),
            Edit::Repeat(from, to) if n > 0 => {
                let part = list[from % n..(from % n + 5).min(n)].to_vec();
                let place = to % (n + 1);
                list.splice(place..place, part);
            }
            Edit::Revert(back) => list = history[history.len().saturating_sub(1 + back)].clone(),
            Edit::Evict(every) => {
                store.forget(*every);
                is_whole = false;
            }
            Edit::Replace(..) | Edit::Remove(_) | Edit::Repeat(..) => {}
        }
        let letters: String = list.iter().map(|letter| char::from(b'a' + letter % n_letters)).collect();
        let elements = letters.chars().map(|letter| Text::new(letter.into(), BTreeMap::new(), false));
        let elements: Vec<Text> = elements.collect();
        let (graph, (text, readers)) = Graph::build(|g| {
            let list = g.add(source::param("list", elements));
            let empty = g.value(Text::new(String::new(), BTreeMap::new(), false));
            let spec = if is_gamble { gamble::reduce_or(empty, list) } else { join::reduce_or(empty, list) };
            let text =
                g.add(with_resources(first.len(), spec).persist(if is_kept { Persist::Auto } else { Persist::Never }));
            // One of them has read it before, perhaps, and the other one has not.
            let readers = [0, 1 + round as u64].map(|round| {
                let reader = g.add(read::node(text, g.value(round)).name(format!("reader{round}")));
                g.target(format!("reader{round}"), reader);
                reader
            });
            Ok((text, readers))
        })
        .unwrap();
        counter.0.store(0, Ordering::SeqCst);
        let run = engine.run(&graph).unwrap();
        let executed = counter.0.load(Ordering::SeqCst);
        let values = readers.map(|reader| run.get(reader).unwrap());
        for value in &values {
            prop_assert_eq!(&value.letters, &letters, "after {:?}", edit);
            prop_assert!(!value.is_mixed, "two throws of one die after {:?}", edit);
        }
        prop_assert_eq!(&values[0], &values[1], "readers disagree after {:?}", edit);
        prop_assert_eq!(&run.get(text).unwrap().letters, &letters);
        // Two readers, and what is new of at most 60 elements.
        if is_whole && !is_gamble && round > 0 && !matches!(edit, Edit::Repeat(..)) {
            prop_assert!(executed <= 32, "{} executions after {:?}", executed, edit);
        }
        history.push(list);
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn reduces_give_what_a_fold_gives(
        first in prop::collection::vec(0..26u8, 0..40),
        edits in prop::collection::vec(edit(), 1..10),
        is_kept: bool,
    ) {
        check(26, &first, &edits, false, is_kept)?;
    }

    /// Few letters: much is equal.
    #[test]
    fn reduces_of_equal_elements_give_what_a_fold_gives(
        first in prop::collection::vec(0..26u8, 0..40),
        edits in prop::collection::vec(edit(), 1..10),
        is_kept: bool,
    ) {
        check(3, &first, &edits, false, is_kept)?;
    }

    /// Two letters: what is lost is needed in several places.
    #[test]
    fn throws_of_one_combination_never_meet(
        first in prop::collection::vec(0..26u8, 0..16),
        edits in prop::collection::vec(edit(), 1..10),
        is_kept: bool,
    ) {
        check(2, &first, &edits, true, is_kept)?;
    }
}
