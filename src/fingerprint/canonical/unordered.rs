//! Tells collections whose order has no meaning from those whose order has, by the name of their type.
//!
//! serde shows a serializer a map, never which map. But each of its methods is generic, so the name of the type that
//! passes through is known, and costs nothing unless looked at. Two places are looked at:
//!
//! - what `collect_map` and `collect_seq` iterate over: the hash collections of `std`, `hashbrown` and what wraps them
//!   go this way, also behind a smart pointer, a transparent newtype or `#[serde(with = ..)]`;
//! - the type of the value itself, for crates that open their map by hand.
//!
//! A type that is missed here costs a recomputation when its order changes, nothing worse; a type that is wrongly taken
//! for unordered would lose its order. So only what is known is in the lists.

use std::any::type_name;

/// Wrappers and adapters that leave the order of what they wrap as it is.
const TRANSPARENT: &[&str] = &[
    "Box",
    "Rc",
    "Arc",
    "Cow",
    "Cell",
    "RefCell",
    "Ref",
    "RefMut",
    "Mutex",
    "MutexGuard",
    "RwLock",
    "Wrapping",
    "Reverse",
    "Map",
    "Copied",
    "Cloned",
    "Filter",
    "FilterMap",
    "Inspect",
];

/// Whether values of this type, or items of this iterator, come in an order without a meaning.
#[inline(always)]
pub(super) fn is_unordered<T: ?Sized>() -> bool {
    let name = type_name::<T>();
    !is_ordered_at_a_glance(name) && is_unordered_name(name)
}

/// Settles numbers, strings, lists and structs of the user's.
///
/// Inlined, this is a comparison of constants, of which nothing is left in an optimised build.
#[inline(always)]
fn is_ordered_at_a_glance(name: &str) -> bool {
    let name = name.strip_prefix('&').unwrap_or(name);
    if name.len() < SHORTEST.len() {
        return true;
    }
    let begins = |prefix: &str| name.as_bytes().starts_with(prefix.as_bytes());
    if begins("&") || begins("mut ") || begins("std::") {
        return false;
    }
    if begins("alloc::") {
        return begins("alloc::string::") || begins("alloc::vec::") || begins("alloc::collections::btree::");
    }
    if begins("core::") {
        return begins("core::option::");
    }
    !OTHER_CRATES.iter().any(|other| begins(other))
}

/// No name in the lists is shorter.
const SHORTEST: &str = "scc::HashSet";

/// Crates with collections that [`is_unordered_name`] knows; as prefixes, since `im` stands for `im_rc` too.
const OTHER_CRATES: &[&str] = &[
    "hashbrown::",
    "ahash::",
    "dashmap::",
    "im",
    "scc::",
    "papaya::",
    "flurry::",
    "halfbrown::",
    "rpds::",
    #[cfg(test)]
    "mamo::fingerprint::canonical::tests::collections::UnorderedByHand",
];

fn is_unordered_name(mut name: &str) -> bool {
    loop {
        name = name.strip_prefix('&').unwrap_or(name);
        name = name.strip_prefix("mut ").unwrap_or(name);
        let (path, arguments) = name.split_once('<').unwrap_or((name, ""));
        let first = path.split("::").next().unwrap_or_default();
        let last = path.rsplit("::").next().unwrap_or_default();
        let is_std = matches!(first, "core" | "alloc" | "std");
        if is_std && TRANSPARENT.contains(&last) {
            // Newer compilers name the lifetimes too: `alloc::borrow::Cow<'_, str>`.
            name = arguments.trim_start_matches("'_, ");
            continue;
        }
        return match first {
            // Includes the iterators: `std::collections::hash::map::Values<..>`.
            "std" => path.contains("::hash::"),
            "alloc" => path.contains("::binary_heap::"),
            "hashbrown" | "ahash" | "dashmap" => true,
            "im" | "im_rc" | "imbl" => path.contains("::hash::"),
            "scc" | "papaya" | "flurry" | "halfbrown" => last.contains("HashMap") || last.contains("HashSet"),
            "rpds" => last.contains("HashTrieMap") || last.contains("HashTrieSet"),
            _ => cfg!(test) && last.starts_with("UnorderedByHand"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;
    use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet};
    use std::sync::{Arc, Mutex};

    fn check<T>(_: T, expected: bool) {
        assert_eq!(is_unordered::<T>(), expected, "{}", type_name::<T>());
    }

    #[test]
    fn hash_collections_and_their_iterators_are_unordered() {
        let map = HashMap::from([(1_u8, 2_u8)]);
        check(&map, true);
        check(map.iter(), true);
        check(map.keys().copied(), true);
        check(map.values().map(|v| v + 1), true);
        check(Arc::new(Mutex::new(HashSet::<&str>::new())), true);
        check(Cow::Borrowed(&map), true);
        check(BinaryHeap::<u8>::new(), true);
        check(map, true);
    }

    #[test]
    fn everything_else_is_ordered() {
        check(vec![HashSet::<u8>::new()], false);
        check(BTreeMap::<u8, HashMap<u8, u8>>::new(), false);
        check((HashMap::<u8, u8>::new(), 1), false);
        check(Some(HashMap::<u8, u8>::new()), false);
        check([1, 2].iter(), false);
        check("", false);
        check([1, 2].iter().zip(HashSet::<u8>::new()), false);
    }

    #[test]
    fn known_crates_are_unordered_and_others_are_not() {
        let check = |name: &str| !is_ordered_at_a_glance(name) && is_unordered_name(name);
        for name in [
            "dashmap::DashMap<u8, u8>",
            "im::hash::map::HashMap<u8, u8>",
            "&hashbrown::set::HashSet<alloc::vec::Vec<u8>>",
            "scc::hash_map::HashMap<u8, u8>",
            "papaya::map::HashMap<u8, u8>",
            "rpds::set::hash_trie_set::HashTrieSet<u8>",
            "scc::HashSet<T>",
        ] {
            assert!(check(name), "{name}");
        }
        for name in
            ["indexmap::map::IndexMap<u8, u8>", "im::ord::map::OrdMap<u8, u8>", "user::HashMap<u8>", "u64", "", "&&mut"]
        {
            assert!(!check(name), "{name}");
        }
    }
}
