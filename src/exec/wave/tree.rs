//! The shape of a reduce: which elements are combined with which.
//!
//! The shape follows from the elements alone, whatever was there before (as in W. Pugh and T. Teitelbaum, Incremental
//! computation via function caching, POPL 1989): it is a treap (R. Seidel and C. Aragon, Randomized search trees,
//! Algorithmica 16, 1996) over the gaps between elements. The priority of a gap comes from the digests on both sides of
//! it, and the gap with the lowest one is split last. So an edit changes the priorities of two gaps, and combinations
//! are new on one way to the root, and on the two spines along the edited place: 2 ln n in the mean.
//!
//! Equal elements give equal priorities. What ties splits a range into several parts, which are a sequence themselves:
//! they are reduced in the same way, with the priorities of the gaps between the parts. As in locally consistent
//! parsing (K. Mehlhorn, R. Sundar and C. Uhrig, Algorithmica 17, 1997) runs of equal items are combined before, by
//! powers of two, so that no two gaps side by side tie and each round has at most half the items. Equal parts
//! are one combination, wherever they stand.
//!
//! Whoever knows how digests are made can look for elements whose priorities rise from gap to gap; a reduce of those is
//! right, but as deep as the list is long.

use crate::exec::table::{Id, number, position};
use crate::fingerprint::{DigestMap, ValueDigest};
use std::collections::HashMap;

/// A combination of a reduce: of two neighbouring ranges of elements. Those below it have lower numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct CombinationId(u32);

/// One side of a combination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Side {
    /// The element of this number, or one that is equal to it.
    Element(u32),
    Combination(CombinationId),
}

/// What is combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Combination {
    pub(crate) sides: [Side; 2],
    /// The first range of elements that it combines: the numbers of the first and the last of them.
    pub(crate) first: u32,
    pub(crate) last: u32,
}

/// How the elements of a collection are combined.
#[derive(Debug)]
pub(crate) struct Tree {
    /// Each behind those that it combines.
    pub(crate) combinations: Vec<Combination>,
    /// What all elements come to; nothing for no elements.
    pub(crate) root: Option<Side>,
}

impl Id for CombinationId {
    fn from_position(position: usize) -> Self {
        Self(number(position))
    }

    fn position(self) -> usize {
        position(self.0)
    }
}

impl CombinationId {
    pub(crate) fn number(self) -> u32 {
        self.0
    }
}

impl Tree {
    /// The shape of a reduce of elements with these digests.
    pub(crate) fn new(elements: &[ValueDigest]) -> Self {
        let mut builder = Builder::default();
        let items = builder.elements(elements);
        let root = builder.reduce(&items).map(|item| item.side);
        Self { combinations: builder.combinations, root }
    }
}

/// A range of elements that is reduced.
#[derive(Clone, Copy)]
struct Item {
    side: Side,
    /// What it consists of, as a hash; that of another range only by chance, and then the shape is still a shape.
    hash: u64,
    first: u32,
    last: u32,
}

/// Parts with gaps of one priority between them, the last of which is still open.
struct Group {
    priority: u64,
    parts: Vec<Item>,
}

#[derive(Default)]
struct Builder {
    combinations: Vec<Combination>,
    /// Combinations by what they combine.
    known: HashMap<[Side; 2], CombinationId>,
}

impl Builder {
    fn elements(&self, digests: &[ValueDigest]) -> Vec<Item> {
        let mut first_of: DigestMap<ValueDigest, u32> = DigestMap::default();
        let elements = digests.iter().zip(0..).map(|(digest, element)| {
            let first = *first_of.entry(*digest).or_insert(element);
            let hash = digest.as_bytes().first_chunk().map_or(0, |head| u64::from_le_bytes(*head));
            Item { side: Side::Element(first), hash, first: element, last: element }
        });
        elements.collect()
    }

    /// Combines a sequence; each call has at most half the items of the one around it.
    fn reduce(&mut self, items: &[Item]) -> Option<Item> {
        if let [left, right] = items {
            return Some(self.combine(left, right));
        }
        let items = self.without_runs(items);
        let (mut current, rest) = items.split_first().map(|(first, rest)| (*first, rest))?;
        let mut open: Vec<Group> = Vec::new();
        for next in rest {
            let priority = mixed(current.hash, next.hash, GAP);
            while let Some(group) = open.pop_if(|group| group.priority > priority) {
                current = self.close(group, current, items.len())?;
            }
            match open.last_mut() {
                Some(group) if group.priority == priority => group.parts.push(current),
                Some(_) | None => open.push(Group { priority, parts: vec![current] }),
            }
            current = *next;
        }
        while let Some(group) = open.pop() {
            current = self.close(group, current, items.len())?;
        }
        Some(current)
    }

    /// Combines the parts of a group, of which `last` is the last one; the group is one of `n_items` items.
    fn close(&mut self, mut group: Group, last: Item, n_items: usize) -> Option<Item> {
        group.parts.push(last);
        if group.parts.len() < n_items || n_items == 2 {
            self.reduce(&group.parts)
        } else {
            // All tie although no neighbours are equal: somebody has looked for digests that begin alike.
            self.doubled(&group.parts)
        }
    }

    /// The sequence with each run of equal items combined.
    fn without_runs(&mut self, items: &[Item]) -> Vec<Item> {
        items.chunk_by(|one, other| one.side == other.side).filter_map(|run| self.doubled(run)).collect()
    }

    /// Combines items by powers of two, the largest first: of a run that grows or shrinks most stays as it is.
    fn doubled(&mut self, items: &[Item]) -> Option<Item> {
        let mut done: Vec<(usize, Item)> = Vec::new();
        for item in items {
            let (mut size, mut current) = (1, *item);
            while let Some((_, before)) = done.pop_if(|(before, _)| *before == size) {
                current = self.combine(&before, &current);
                size *= 2;
            }
            done.push((size, current));
        }
        done.into_iter().map(|(_, item)| item).rev().reduce(|right, left| self.combine(&left, &right))
    }

    fn combine(&mut self, left: &Item, right: &Item) -> Item {
        let combinations = &mut self.combinations;
        let (first, last) = (left.first, right.last);
        let id = *self.known.entry([left.side, right.side]).or_insert_with(|| {
            combinations.push(Combination { sides: [left.side, right.side], first, last });
            CombinationId::from_position(combinations.len() - 1)
        });
        Item { side: Side::Combination(id), hash: mixed(left.hash, right.hash, COMBINED), first, last }
    }
}

const GAP: u64 = 0x6d61_6d6f_2067_6170;
const COMBINED: u64 = 0x6d61_6d6f_2061_2b62;

/// Two hashes as one, which looks like chance; a part of no key.
fn mixed(left: u64, right: u64, what: u64) -> u64 {
    let mut x = left.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ right.rotate_left(29).wrapping_mul(0xc2b2_ae3d_27d4_eb4f);
    for factor in [0xd6e8_feb8_6659_fd93, 0x94d0_49bb_1331_11eb] {
        x ^= what ^ (x >> 32);
        x = x.wrapping_mul(factor);
    }
    x ^ (x >> 29)
}

#[cfg(test)]
mod tests {
    use super::{Combination, Side, Tree};
    use crate::exec::table::{Id, position};
    use crate::fingerprint::ValueDigest;
    use std::collections::HashSet;

    fn digest(value: u64) -> ValueDigest {
        ValueDigest::from_bytes(*blake3::hash(&value.to_le_bytes()).as_bytes())
    }

    /// Numbers that look like chance.
    struct Dice(u64);

    impl Dice {
        fn roll(&mut self, sides: u64) -> u64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            super::mixed(self.0, 1, 2) % sides
        }
    }

    /// What each combination consists of: equal ones of different trees are equal here.
    fn contents(elements: &[u64]) -> HashSet<u64> {
        let digests: Vec<ValueDigest> = elements.iter().map(|value| digest(*value)).collect();
        let tree = Tree::new(&digests);
        let mut contents: Vec<u64> = Vec::new();
        for Combination { sides, .. } in &tree.combinations {
            let [left, right] = sides.map(|side| match side {
                Side::Element(element) => elements[position(element)].wrapping_mul(0x9e37_79b9_7f4a_7c15),
                Side::Combination(id) => contents[id.position()],
            });
            contents.push(super::mixed(left, right, 77));
        }
        contents.into_iter().collect()
    }

    /// The numbers of the elements that a side comes to, by the combinations below it.
    fn spelled(tree: &Tree, side: Side, into: &mut Vec<u32>) {
        match side {
            Side::Element(element) => into.push(element),
            Side::Combination(id) => {
                for side in tree.combinations[id.position()].sides {
                    spelled(tree, side, into);
                }
            }
        }
    }

    #[test]
    fn every_element_is_combined_once_and_in_order() {
        let mut dice = Dice(1);
        for round in 0..500 {
            let (n, alphabet) = (1 + dice.roll(60), [1, 2, 3, 1000][round % 4]);
            let elements: Vec<u64> = (0..n).map(|_| dice.roll(alphabet)).collect();
            let digests: Vec<ValueDigest> = elements.iter().map(|value| digest(*value)).collect();
            let tree = Tree::new(&digests);
            let mut order = Vec::new();
            spelled(&tree, tree.root.unwrap(), &mut order);
            let values: Vec<u64> = order.iter().map(|element| elements[position(*element)]).collect();
            assert_eq!(values, elements);
            for (number, combination) in tree.combinations.iter().enumerate() {
                let mut order = Vec::new();
                combination.sides.iter().for_each(|side| spelled(&tree, *side, &mut order));
                let values: Vec<u64> = order.iter().map(|element| elements[position(*element)]).collect();
                assert_eq!(values, elements[position(combination.first)..=position(combination.last)], "labels");
                for side in combination.sides {
                    assert!(!matches!(side, Side::Combination(id) if id.position() >= number), "lower numbers below");
                }
            }
        }
        assert_eq!(Tree::new(&[]).root, None);
        let one = Tree::new(&[digest(7)]);
        assert_eq!((one.root, one.combinations), (Some(Side::Element(0)), vec![]));
    }

    /// The most new combinations after one of some edits of a list, and tenths of them in the mean.
    fn edited(mut list: Vec<u64>, n_edits: usize, mut value: impl FnMut(&mut Dice) -> u64) -> (usize, usize) {
        let mut dice = Dice(7);
        let mut before = contents(&list);
        let (mut most, mut sum) = (0, 0);
        for edit in 0..n_edits {
            let (n, value) = (u64::try_from(list.len()).unwrap(), value(&mut dice));
            let place = usize::try_from(dice.roll(n)).unwrap();
            match edit % 3 {
                0 => list[place] = value,
                1 => list.insert(place, value),
                _ => drop(list.remove(place)),
            }
            let after = contents(&list);
            let n_new = after.difference(&before).count();
            (most, sum) = (most.max(n_new), sum + n_new);
            before = after;
        }
        (most, 10 * sum / n_edits)
    }

    /// Lists in which much is equal, or in order, or of few values.
    #[test]
    fn an_edit_of_any_list_gives_few_new_combinations() {
        let n = 2000;
        let mut dice = Dice(3);
        let mut few = |n_values| (0..n).map(|_| dice.roll(n_values)).collect::<Vec<u64>>();
        let lists: [(&str, Vec<u64>); 8] = [
            ("sorted", (0..n).collect()),
            ("equal", vec![1; 2000]),
            ("two values", few(2)),
            ("bytes", few(256)),
            ("period", (0..n).map(|x| x % 7).collect()),
            ("Thue and Morse", (0..n).map(|x| u64::from(x.count_ones() % 2)).collect()),
            ("runs", few(3).into_iter().flat_map(|x| std::iter::repeat_n(x, 40)).take(2000).collect()),
            ("one in many", few(500).into_iter().map(|x| u64::from(x == 0)).collect()),
        ];
        let mut fresh = 1_000_000;
        for (what, list) in lists {
            for is_fresh in [false, true] {
                let (most, mean) = edited(list.clone(), 30, |dice| {
                    fresh += 1;
                    if is_fresh { fresh } else { dice.roll(3) }
                });
                assert!(most <= 64 && mean < 320, "{what}: {most} at most, {mean} tenths in the mean");
            }
        }
    }

    #[test]
    fn an_edit_among_a_hundred_thousand_gives_at_most_64_new_combinations() {
        let mut fresh = 1_000_000;
        // `cargo test --release --lib tree -- --nocapture` looks at more of them and prints what it finds.
        let n_edits = if cfg!(debug_assertions) { 12 } else { 600 };
        let (most, mean) = edited((0..100_000).collect(), n_edits, |_| {
            fresh += 1;
            fresh
        });
        let found = format!("{most} new combinations at most, {mean} tenths in the mean of {n_edits}");
        std::io::Write::write_all(&mut std::io::stdout(), found.as_bytes()).unwrap();
        assert!(most <= 64 && mean < 320, "{found}");
    }

    #[test]
    fn equal_halves_are_one_combination() {
        let n_combinations = |list: &[u64]| contents(list).len();
        assert_eq!(n_combinations(&vec![1; 1 << 16]), 16);
        assert!(n_combinations(&vec![1; 100_000]) <= 32);
        assert!(n_combinations(&(0..100_000).map(|x| x % 5).collect::<Vec<_>>()) <= 64);
    }
}
