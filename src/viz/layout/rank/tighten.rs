//! Moves single items to shorten their arcs, or to even out the layers.

use crate::viz::layout::network::Network;
use crate::viz::layout::problem::ItemId;
use crate::viz::layout::table::{Id, Table, number};

/// Rounds over all items at most.
const MOST_ROUNDS: usize = 16;

/// How many layers away an item looks for an emptier one.
const REACH: i64 = 32;

/// Moves each item towards the side where it has more arcs, as far as it may, until no move shortens anything.
pub(crate) fn tighten(network: &Network<ItemId>, ranks: &mut Table<ItemId, i64>) {
    for _ in 0..MOST_ROUNDS {
        let mut moved = false;
        // Downwards from the last to the first, so that one round pulls whole chains.
        for item in ranks.ids().rev() {
            if network.pull(item) > 0
                && let (_, Some(high)) = network.room(item, ranks)
            {
                moved |= ranks[item] != high;
                ranks[item] = high;
            }
        }
        for item in ranks.ids() {
            if network.pull(item) < 0
                && let (Some(low), _) = network.room(item, ranks)
            {
                moved |= ranks[item] != low;
                ranks[item] = low;
            }
        }
        if !moved {
            return;
        }
    }
}

/// Moves items with as many arcs in as out to the least crowded layer that they may have.
pub(crate) fn balance(network: &Network<ItemId>, ranks: &mut Table<ItemId, i64>) {
    let (Some(&low), Some(&high)) = (ranks.iter().min(), ranks.iter().max()) else { return };
    let layer = |rank: i64| ItemId::from_position(usize::try_from(rank - low).unwrap_or(0));
    let n_layers = usize::try_from(high - low + 1).unwrap_or(0);
    let mut crowd = Table::new(n_layers, 0_u32);
    for &rank in ranks.iter() {
        crowd[layer(rank)] += 1;
    }
    for item in ranks.ids() {
        let (Some(first), Some(last)) = network.room(item, ranks) else { continue };
        if first == last || network.pull(item) != 0 || number(n_layers) < 3 {
            continue;
        }
        let now = ranks[item];
        let (first, last) = (first.max(now - REACH), last.min(now + REACH));
        // It stays where it is unless another layer is less crowded without it.
        let Some(best) = (first..=last).min_by_key(|&rank| (crowd[layer(rank)] - u32::from(rank == now), rank != now))
        else {
            continue;
        };
        crowd[layer(now)] -= 1;
        crowd[layer(best)] += 1;
        ranks[item] = best;
    }
}
