//! Counts how often the segments between two layers cross, with the accumulator tree of Barth, Jünger and Mutzel (2002),
//! "Simple and efficient bilayer cross counting": O(segments x log(places)).

use crate::viz::layout::table::{number, position};

/// Counts inversions; keeps its memory from one count to the next.
#[derive(Default)]
pub(crate) struct Counter {
    tree: Vec<u32>,
    /// The first leaf.
    base: usize,
}

impl Counter {
    /// Makes ready for ends at `n_places` places of the lower layer.
    pub(crate) fn begin(&mut self, n_places: u32) {
        self.base = position(n_places.max(1)).next_power_of_two();
        self.tree.clear();
        self.tree.resize(2 * self.base, 0);
    }

    /// Adds the ends of all segments that begin at the next place of the upper layer, in ascending order; how often they
    /// cross those that were added before.
    pub(crate) fn add(&mut self, ends: &[u32]) -> u64 {
        ends.iter().map(|&end| self.add_one(position(end))).sum()
    }

    #[expect(clippy::indexing_slicing, reason = "ends are below the number of places, which the tree was made for")]
    fn add_one(&mut self, end: usize) -> u64 {
        let mut node = self.base + end;
        let mut to_the_right = 0;
        self.tree[node] += 1;
        while node > 1 {
            if node.is_multiple_of(2) {
                to_the_right += u64::from(self.tree[node + 1]);
            }
            node /= 2;
            self.tree[node] += 1;
        }
        to_the_right
    }
}

/// How often the segments of two neighbours in a layer cross, less how often they would if the neighbours changed places;
/// `left` and `right` are the ends of their segments in another layer, ascending.
#[inline]
pub(crate) fn excess(left: &[u32], right: &[u32]) -> i64 {
    if let (&[a], &[b]) = (left, right) {
        return sign(a, b);
    }
    if left.len() * right.len() <= 16 {
        return left.iter().flat_map(|a| right.iter().map(move |b| sign(*a, *b))).sum();
    }
    let (short, long) = (left.len().min(right.len()), left.len().max(right.len()));
    if short * 8 > long {
        return excess_of_merge(left, right);
    }
    if left.len() <= right.len() {
        left.iter().map(|&a| below_less_above(right, a)).sum()
    } else {
        -right.iter().map(|&b| below_less_above(left, b)).sum::<i64>()
    }
}

/// The same in one walk over both lists.
fn excess_of_merge(left: &[u32], right: &[u32]) -> i64 {
    let (mut below, mut up_to) = (0, 0);
    let mut sum = 0;
    for &end in left {
        below += right.iter().skip(below).take_while(|&&other| other < end).count();
        up_to += right.iter().skip(up_to).take_while(|&&other| other <= end).count();
        sum += i64::from(number(below)) - i64::from(number(right.len() - up_to));
    }
    sum
}

fn sign(a: u32, b: u32) -> i64 {
    i64::from(a > b) - i64::from(a < b)
}

/// How many of `ends`, which ascend, are less than `end`, less how many are more.
fn below_less_above(ends: &[u32], end: u32) -> i64 {
    let below = ends.partition_point(|&other| other < end);
    let above = ends.len() - ends.partition_point(|&other| other <= end);
    i64::from(number(below)) - i64::from(number(above))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excess_is_the_same_for_short_and_long_lists() {
        let long: Vec<u32> = (0..40).map(|n| n * 7 % 31).collect();
        let mut long = long;
        long.sort_unstable();
        for other in [vec![3], vec![3, 3, 9, 30], (0..50).collect()] {
            let naive: i64 = long.iter().flat_map(|a| other.iter().map(move |b| sign(*a, *b))).sum();
            assert_eq!(excess(&long, &other), naive);
            assert_eq!(excess(&other, &long), -naive);
        }
    }
}
