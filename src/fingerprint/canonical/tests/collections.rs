//! Hash collections in every place where a value can stand.

use super::{bytes, check_roundtrip};
use proptest::collection::vec;
use proptest::prelude::*;
use serde::ser::{SerializeMap, SerializeSeq, SerializeTuple};
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet};
use std::rc::Rc;
use std::sync::{Arc, Mutex};

type Names = HashMap<String, HashSet<u32>>;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Newtype(HashSet<u32>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Transparent(HashSet<u32>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Variants {
    New(Names),
    Tuple(u8, Names),
    Struct { names: Names, after: Vec<u32> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Everywhere {
    before: Vec<u32>,
    direct: Names,
    after: Vec<u32>,
    optional: Option<Names>,
    boxed: Box<Names>,
    tuple: (Names, Vec<u32>),
    variants: Vec<Variants>,
    sets: Vec<HashSet<u32>>,
    newtype: Newtype,
    transparent: Transparent,
    #[serde(with = "by_reference")]
    with: Names,
    #[serde(with = "by_iterator")]
    with_iterator: Names,
    ordered: BTreeMap<u32, HashSet<u32>>,
    last: Vec<u32>,
}

mod by_reference {
    use super::*;

    pub(super) fn serialize<S: Serializer>(value: &Names, serializer: S) -> Result<S::Ok, S::Error> {
        value.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Names, D::Error> {
        Names::deserialize(deserializer)
    }
}

mod by_iterator {
    use super::*;

    pub(super) fn serialize<S: Serializer>(value: &Names, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(value.iter())
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Names, D::Error> {
        Ok(Vec::<(String, HashSet<u32>)>::deserialize(deserializer)?.into_iter().collect())
    }
}

/// Builds a map anew, which gives it another order: each `RandomState` differs.
fn names(of: &[(String, Vec<u32>)], reversed: bool) -> Names {
    let set = |numbers: &Vec<u32>| {
        if reversed { numbers.iter().rev().copied().collect() } else { numbers.iter().copied().collect() }
    };
    // A later name must win in both orders of insertion.
    let unique: BTreeMap<_, _> = of.iter().cloned().collect();
    let entries = unique.iter().map(|(name, numbers)| (name.clone(), set(numbers)));
    if reversed { entries.rev().collect() } else { entries.collect() }
}

fn everywhere(of: &[(String, Vec<u32>)], order: &[u32], reversed: bool) -> Everywhere {
    let names = || names(of, reversed);
    let set = || if reversed { order.iter().rev().copied().collect() } else { order.iter().copied().collect() };
    Everywhere {
        before: order.to_vec(),
        direct: names(),
        after: order.to_vec(),
        optional: Some(names()),
        boxed: Box::new(names()),
        tuple: (names(), order.to_vec()),
        variants: vec![
            Variants::New(names()),
            Variants::Tuple(1, names()),
            Variants::Struct { names: names(), after: order.to_vec() },
        ],
        sets: vec![set(), HashSet::new(), set()],
        newtype: Newtype(set()),
        transparent: Transparent(set()),
        with: names(),
        with_iterator: names(),
        ordered: BTreeMap::from([(2, set()), (1, set())]),
        last: order.to_vec(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn equal_hash_collections_have_equal_bytes_wherever_they_stand(
        of in vec((any::<String>(), vec(any::<u32>(), 0..12)), 0..12),
        order in vec(any::<u32>(), 0..12),
    ) {
        let one = everywhere(&of, &order, false);
        let other = everywhere(&of, &order, true);
        assert_eq!(bytes(&one), bytes(&other));
        check_roundtrip(&one);
        // Lists kept their order, or equality would fail here.
        assert_eq!(super::decode::<Everywhere>(&bytes(&one)).unwrap().last, order);
    }

    #[test]
    fn a_sorted_hash_map_has_the_length_and_content_of_an_unsorted_one(map: HashMap<u32, String>) {
        assert_eq!(bytes(&map).len(), postcard::to_stdvec(&map).unwrap().len());
        check_roundtrip(&map);
    }
}

/// Many values, so that two equal maps hardly ever iterate in the same order by chance.
fn hundred() -> HashSet<u32> {
    (0..100).collect()
}

/// The bytes of a set of `hundred` in order of their encoding, which is that of the numbers up to 127.
fn sorted_hundred() -> Vec<u8> {
    std::iter::once(100).chain(0..100).collect()
}

#[test]
fn smart_pointers_and_cells_do_not_hide_a_hash_collection() {
    assert_eq!(bytes(&hundred()), sorted_hundred());
    assert_eq!(bytes(&&mut hundred()), sorted_hundred());
    assert_eq!(bytes(&Box::new(hundred())), sorted_hundred());
    assert_eq!(bytes(&Rc::new(RefCell::new(hundred()))), sorted_hundred());
    assert_eq!(bytes(&Arc::new(Mutex::new(hundred()))), sorted_hundred());
    assert_eq!(bytes(&Cow::<HashSet<u32>>::Owned(hundred())), sorted_hundred());
    assert_eq!(bytes(&std::cmp::Reverse(hundred())), sorted_hundred());
    assert_eq!(bytes(&Transparent(hundred())), sorted_hundred());
}

#[test]
fn a_heap_is_sorted_since_its_order_is_chance() {
    let one = BinaryHeap::from([5, 1, 4, 2, 3]);
    let other = BinaryHeap::from([1, 2, 3, 4, 5]);
    assert_ne!(one.as_slice(), other.as_slice());
    assert_eq!(bytes(&one), bytes(&other));
}

#[test]
fn ordered_collections_keep_their_order() {
    assert_eq!(bytes(&vec![3_u8, 1, 2]), [3, 3, 1, 2]);
    // 200 is encoded as [200, 1] and 256 as [128, 2]: the order of the values is not that of their bytes.
    assert_eq!(bytes(&BTreeSet::from([200_u32, 256])), [2, 200, 1, 128, 2]);
    assert_eq!(bytes(&HashSet::from([200_u32, 256])), [2, 128, 2, 200, 1]);
}

/// Writes a map as `dashmap` does: without `collect_map`.
struct UnorderedByHand<V>(Vec<(u8, V)>);

impl<V: Serialize> Serialize for UnorderedByHand<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// The same, and without a length.
struct UnorderedByHandUncounted(Vec<u8>);

impl Serialize for UnorderedByHandUncounted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(None)?;
        for element in &self.0 {
            seq.serialize_element(element)?;
        }
        seq.end()
    }
}

/// Is unordered by name, but opens a tuple; the lists in it are not what the name speaks of.
struct UnorderedByHandTuple(Vec<u8>, Vec<u8>);

impl Serialize for UnorderedByHandTuple {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(2)?;
        tuple.serialize_element(&self.0)?;
        tuple.serialize_element(&self.1)?;
        tuple.end()
    }
}

#[test]
fn a_map_opened_by_hand_is_sorted_and_nothing_inside_or_beside_it() {
    let map = UnorderedByHand(vec![(9, vec![3_u8, 2]), (7, vec![2, 1])]);
    assert_eq!(bytes(&map), [2, 7, 2, 2, 1, 9, 2, 3, 2]);
    let beside = (vec![3_u8, 2], UnorderedByHand(vec![(2, 0_u8), (1, 0)]), vec![3_u8, 2]);
    assert_eq!(bytes(&beside), [2, 3, 2, 2, 1, 0, 2, 0, 2, 3, 2]);
    let nested = UnorderedByHand(vec![(2, UnorderedByHand(vec![(2, ()), (1, ())])), (1, UnorderedByHand(vec![]))]);
    assert_eq!(bytes(&nested), [2, 1, 0, 2, 2, 1, 2]);
    assert_eq!(bytes(&UnorderedByHandTuple(vec![2, 1], vec![4, 3])), [2, 2, 1, 2, 4, 3]);
}

#[test]
fn equal_keys_are_kept_and_put_in_order_of_their_values() {
    let twice = UnorderedByHand(vec![(1, 9_u8), (0, 0), (1, 3), (1, 9)]);
    assert_eq!(bytes(&twice), [4, 0, 0, 1, 3, 1, 9, 1, 9]);
}

#[test]
fn an_unknown_length_is_counted() {
    struct Uncounted(Vec<Vec<u16>>);
    impl Serialize for Uncounted {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_seq(self.0.iter().filter(|inner| !inner.is_empty()))
        }
    }
    for len in [0, 1, 5, 200, 20_000] {
        let kept = vec![vec![700_u16, 1]; len];
        let mut all = kept.clone();
        all.insert(len / 2, vec![]);
        assert_eq!(bytes(&(Uncounted(all), 5_u8)), postcard::to_stdvec(&(kept, 5_u8)).unwrap());
    }
    assert_eq!(bytes(&UnorderedByHandUncounted(vec![3, 1, 2])), [3, 1, 2, 3]);
}
