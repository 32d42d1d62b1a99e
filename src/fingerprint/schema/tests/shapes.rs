//! What the text of a shape looks like, for types of every kind.

use super::check;
use expect_test::expect;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::marker::PhantomData;

#[derive(Deserialize)]
struct Unit;

#[derive(Deserialize)]
struct Metres(#[expect(dead_code, reason = "only its type counts")] f64);

#[derive(Deserialize)]
struct Pair(u8, Unit);

#[derive(Deserialize)]
struct One(u8, #[serde(skip)] PhantomData<()>);

#[derive(Deserialize)]
struct Generic<T> {
    _inner: T,
    _again: Option<T>,
}

#[test]
fn primitives() {
    check::<(bool, char, String, f32, i128, u8, (), Unit)>(expect![[r#"
        (bool, char, str, f32, i128, u8, unit, Unit)
        Unit = unit"#]]);
}

#[test]
fn structs_of_every_kind() {
    check::<(Metres, Pair, One, [u8; 30])>(expect![[r#"
        (Metres, Pair, One, (u8; 30))
        Metres = (f64)
        Pair = (u8, Unit)
        One = (u8,)
        Unit = unit"#]]);
}

#[test]
fn a_generic_type_is_one_type_for_each_argument() {
    check::<(Generic<u8>, Generic<Vec<u16>>, Generic<u8>)>(expect![[r#"
        (Generic, Generic~2, Generic)
        Generic = { _inner: u8, _again: option<u8> }
        Generic~2 = { _inner: seq<u16>, _again: option<seq<u16>> }"#]]);
}

#[test]
fn collections() {
    check::<(HashMap<String, HashSet<u32>>, BTreeMap<(u8, u8), Option<()>>, Vec<Vec<u8>>)>(expect![
        "(map<str, seq<u32>>, map<(u8; 2), option<unit>>, seq<seq<u8>>)"
    ]);
}

#[derive(Deserialize)]
struct Flags {
    #[serde(rename = "a: u8, b")]
    _strange: u8,
    #[serde(skip)]
    _skipped: Option<Never>,
    #[serde(alias = "older", alias = "oldest")]
    _renamed: u16,
    #[serde(default)]
    _defaulted: u32,
}

enum Never {}

#[derive(Deserialize)]
#[serde(rename = "seq")]
enum Aliased {
    #[serde(alias = "Uno")]
    One(u8),
    Two,
}

#[test]
fn names_from_attributes_are_quoted_and_aliases_are_all_listed() {
    let _ = |aliased: Aliased| matches!(aliased, Aliased::One(0));
    check::<(Flags, Aliased)>(expect![[r#"
        (Flags, "seq")
        Flags = { "a: u8, b" | _renamed | older | oldest | _defaulted | u8, u16, u32 }
        "seq" = enum { One | Uno | Two | _(u8), _ }"#]]);
}

#[derive(Deserialize)]
enum Shape {
    Empty,
    Circle(f64),
    Box3(f64, f64, f32),
    Named { _a: Kind, _b: Option<Kind> },
    Inner(Inner),
}

#[derive(Deserialize)]
enum Kind {
    A,
    B(Inner),
}

#[derive(Deserialize)]
enum Inner {
    X,
    Y(u8),
    Z,
}

#[test]
fn every_variant_of_every_enum_is_explored() {
    check::<Vec<Shape>>(expect![[r#"
        seq<Shape>
        Shape = enum { Empty, Circle(f64), Box3(f64; 2, f32), Named { _a: Kind, _b: option<Kind> }, Inner(Inner) }
        Kind = enum { A, B(Inner) }
        Inner = enum { X, Y(u8), Z }"#]]);
    check::<HashMap<u8, Option<Result<Kind, Inner>>>>(expect![[r#"
        map<u8, option<Result>>
        Result = enum { Ok(Kind), Err(Inner) }
        Kind = enum { A, B(Inner) }
        Inner = enum { X, Y(u8), Z }"#]]);
}

#[derive(Deserialize)]
struct Tree {
    _left: Option<Box<Tree>>,
    _children: Vec<Tree>,
    _named: HashMap<String, Tree>,
    _kind: Kind,
}

#[derive(Deserialize)]
enum Expr {
    Sum(Box<Expr>, Box<Expr>),
    Call { _name: String, _arguments: Vec<Expr> },
    Block(Vec<Statement>),
    Number(i64),
    Typed(Box<Expr>, Kind),
}

#[derive(Deserialize)]
enum Statement {
    If(Expr, Vec<Statement>),
    While(Box<Statement>, Expr),
    Nothing,
    Tree(Box<Tree>),
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Nested(Vec<(u8, Nested)>);

#[test]
fn types_that_contain_themselves_refer_back() {
    check::<Tree>(expect![[r#"
        Tree
        Tree = { _left: option<Tree>, _children: seq<Tree>, _named: map<str, Tree>, _kind: Kind }
        Kind = enum { A, B(Inner) }
        Inner = enum { X, Y(u8), Z }"#]]);
    check::<Expr>(expect![[r#"
        Expr
        Expr = enum { Sum(Expr; 2), Call { _name: str, _arguments: seq<Expr> }, Block(seq<Statement>), Number(i64), Typed(Expr, Kind) }
        Statement = enum { If(Expr, seq<Statement>), While(Statement, Expr), Nothing, Tree(Tree) }
        Kind = enum { A, B(Inner) }
        Tree = { _left: option<Tree>, _children: seq<Tree>, _named: map<str, Tree>, _kind: Kind }
        Inner = enum { X, Y(u8), Z }"#]]);
    let _ = |nested: Nested| nested.0.is_empty();
    check::<Nested>(expect!["seq<(u8, ^1)>"]);
}

/// Two types of one name, in two modules.
mod metric {
    #[derive(serde::Deserialize)]
    pub(super) struct Length {
        _cm: u8,
    }
}

mod imperial {
    #[derive(serde::Deserialize)]
    pub(super) struct Length {
        _inch: u8,
    }
}

#[test]
fn types_of_one_name_are_kept_apart() {
    check::<(metric::Length, imperial::Length)>(expect![[r#"
        (Length, Length~2)
        Length = { _cm: u8 }
        Length~2 = { _inch: u8 }"#]]);
}
