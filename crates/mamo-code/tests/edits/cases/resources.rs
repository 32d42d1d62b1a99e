//! What a node takes of the machine. These need `mamo` itself, so they are not compiled.

use crate::case::{Case, changes, keeps};

pub(crate) const CASES: &[Case] = &[
    keeps(
        "resources of a node",
        "use mamo::node; #[node«|(slots = 2, memory = \"4GiB\", pool = \"gpu\", blocking)»] pub fn target() -> u32 { 1 }",
    ),
    keeps(
        "resources of a node among other arguments",
        "use mamo::{Graph, node}; #[node(«slots = 2, |»outputs(a, b)«|, blocking», ty = T)] pub fn target() -> (u32, u32) { (1, 2) }",
    ),
    keeps(
        "resources of a node that is called",
        "#[mamo::node«|(pool = \"gpu\")»] fn f() -> u32 { 1 } #[mamo::node] pub fn target() -> u32 { f() }",
    ),
    changes(
        "arguments of a node that are no resources",
        "use mamo::node; #[node(slots = 2, «outputs(a, b)|outputs(b, a)»)] pub fn target() -> (u32, u32) { (1, 2) }",
    ),
    changes(
        "somebody else's attribute of the same name",
        "use other::node; #[node«|(slots = 2)»] pub fn target() -> u32 { 1 }",
    ),
    changes("somebody else's attribute by its path", "#[other::node«|(pool = \"a\")»] pub fn target() -> u32 { 1 }"),
];
