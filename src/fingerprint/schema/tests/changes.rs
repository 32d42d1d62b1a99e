//! An edit of a type is a change exactly if bytes of the old type could mean something else under the new one.

use super::traced;
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[track_caller]
fn check_differ<A: DeserializeOwned, B: DeserializeOwned>() {
    assert_ne!(traced::<A>().digest, traced::<B>().digest, "{}", traced::<A>().text);
}

#[track_caller]
fn check_same<A: DeserializeOwned, B: DeserializeOwned>() {
    assert_eq!(traced::<A>(), traced::<B>());
}

mod base {
    use super::*;

    #[derive(Deserialize)]
    pub(super) struct Flight {
        pub(super) _from: u32,
        pub(super) _to: u32,
        pub(super) _kind: Kind,
        pub(super) _legs: Vec<Leg>,
    }

    #[derive(Deserialize)]
    pub(super) enum Kind {
        Cargo(f32),
        Passenger { _seats: u16 },
    }

    #[derive(Deserialize)]
    pub(super) struct Leg {
        pub(super) _miles: Option<u8>,
    }
}

/// An edit of one of the types in `base`; the others stay what they are.
macro_rules! edited {
    ($module:ident, { $($item:item)* }) => {
        mod $module {
            #[allow(unused_imports, reason = "an edit of an enum alone needs nothing of the base")]
            use super::{base::*, *};
            $(#[derive(Deserialize)] $item)*
        }
    };
}

edited!(moved, {
    pub(super) struct Flight {
        _from: u32,
        _to: u32,
        _kind: Kind,
        _legs: Vec<Leg>,
    }
    pub(super) struct Leg {
        _miles: Option<u8>,
    }
    pub(super) enum Kind {
        Cargo(f32),
        Passenger { _seats: u16 },
    }
});
edited!(fields_swapped, {
    pub(super) struct Flight {
        _to: u32,
        _from: u32,
        _kind: Kind,
        _legs: Vec<Leg>,
    }
});
edited!(field_renamed, {
    pub(super) struct Flight {
        _from: u32,
        _via: u32,
        _kind: Kind,
        _legs: Vec<Leg>,
    }
});
edited!(field_added, {
    pub(super) struct Flight {
        _from: u32,
        _to: u32,
        _kind: Kind,
        _legs: Vec<Leg>,
        _new: (),
    }
});
edited!(field_retyped, {
    pub(super) struct Flight {
        _from: u32,
        _to: i32,
        _kind: Kind,
        _legs: Vec<Leg>,
    }
});
edited!(struct_renamed, {
    pub(super) struct Flug {
        _from: u32,
        _to: u32,
        _kind: Kind,
        _legs: Vec<Leg>,
    }
});
edited!(nested_changed, {
    pub(super) struct Flight {
        _from: u32,
        _to: u32,
        _kind: Kind,
        _legs: Vec<Leg>,
    }
    pub(super) struct Leg {
        _miles: Option<u16>,
    }
});
edited!(variants_reordered, {
    pub(super) enum Kind {
        Passenger { _seats: u16 },
        Cargo(f32),
    }
});
edited!(variant_added, {
    pub(super) enum Kind {
        Cargo(f32),
        Passenger { _seats: u16 },
        Ferry,
    }
});
edited!(variant_renamed, {
    pub(super) enum Kind {
        Freight(f32),
        Passenger { _seats: u16 },
    }
});
edited!(variant_changed, {
    pub(super) enum Kind {
        Cargo(f32),
        Passenger { _seats: u32 },
    }
});
edited!(variant_unnamed, {
    pub(super) enum Kind {
        Cargo(f32),
        Passenger(u16),
    }
});

#[test]
fn every_edit_that_changes_the_meaning_of_bytes_is_a_change() {
    check_differ::<base::Flight, fields_swapped::Flight>();
    check_differ::<base::Flight, field_renamed::Flight>();
    check_differ::<base::Flight, field_added::Flight>();
    check_differ::<base::Flight, field_retyped::Flight>();
    check_differ::<base::Flight, struct_renamed::Flug>();
    check_differ::<base::Flight, nested_changed::Flight>();
    check_differ::<base::Kind, variants_reordered::Kind>();
    check_differ::<base::Kind, variant_added::Kind>();
    check_differ::<base::Kind, variant_renamed::Kind>();
    check_differ::<base::Kind, variant_changed::Kind>();
    check_differ::<base::Kind, variant_unnamed::Kind>();
    check_differ::<Vec<Option<base::Kind>>, Vec<Option<variant_changed::Kind>>>();
}

#[test]
fn moving_types_to_another_module_is_no_change() {
    check_same::<base::Flight, moved::Flight>();
}

#[test]
fn wrappers_that_leave_no_trace_in_the_bytes_are_no_change() {
    check_same::<base::Leg, Box<base::Leg>>();
    check_same::<String, std::borrow::Cow<'static, str>>();
    check_same::<Vec<u8>, std::collections::VecDeque<u8>>();
    check_same::<[u32; 2], (u32, u32)>();
}

#[test]
fn types_with_equal_bytes_differ() {
    check_differ::<Vec<u32>, Vec<u64>>();
    check_differ::<u32, i32>();
    check_differ::<u32, u64>();
    check_differ::<f64, u64>();
    check_differ::<String, Vec<u8>>();
    check_differ::<String, char>();
    check_differ::<Option<u8>, Vec<u8>>();
    check_differ::<Option<u8>, bool>();
    check_differ::<[u8; 4], [u8; 5]>();
    check_differ::<(u8, u16), (u16, u8)>();
    check_differ::<Vec<(u8, u16)>, std::collections::BTreeMap<u8, u16>>();
    check_differ::<std::collections::HashMap<u8, Vec<u16>>, std::collections::HashMap<u8, Vec<u32>>>();
    check_differ::<Option<Option<u8>>, Option<u8>>();
    check_differ::<Result<u8, u16>, Result<u16, u8>>();
    check_differ::<(), base::Leg>();
}
