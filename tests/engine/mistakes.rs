//! What `Graph::build` refuses: things that are declared twice and are not the same.

use expect_test::{Expect, expect};
use mamo::{Field, Graph, Node, Persist, node, source};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::time::Duration;

/// Compares the mistakes of a pipeline; a place is told as the number of lines behind the first one.
fn check(pipeline: impl FnOnce(&Graph), expected: Expect) {
    let built = Graph::build(|g| {
        pipeline(g);
        Ok(())
    });
    let text = built.err().map_or_else(|| "fine".to_owned(), |error| error.to_string());
    let places = text.split_whitespace().filter_map(line);
    let first = places.min().unwrap_or_default();
    let word = |word: &str| match line(word) {
        Some(line) => {
            format!("+{}{}", line - first, if word.ends_with([';', ',']) { &word[word.len() - 1..] } else { "" })
        }
        None => word.to_owned(),
    };
    let lines = text.lines().skip(1).map(|line| line.split_whitespace().map(word).collect::<Vec<_>>().join(" "));
    expected.assert_eq(&lines.collect::<Vec<_>>().join("\n"));
}

/// The line of a place in this file.
fn line(word: &str) -> Option<u32> {
    word.split_once("mistakes.rs:")?.1.split([':', ';']).next()?.parse().ok()
}

#[test]
fn a_variable_has_one_default() {
    check(
        |g| {
            g.add(source::env_or("X", "a"));
            g.add(source::env_or("X", "b"));
            g.add(source::env("X"));
            g.add(source::env_or("X", "a"));
        },
        expect![[r#"
            `env:X` is added twice, with the default `a` and with the default `b`: +0 and +1; call one of them `.name(..)`
            `env:X` is added twice, with the default `a` and without a default: +0 and +2; call one of them `.name(..)`"#]],
    );
    check(
        |g| {
            g.add(source::env_or("X", "a"));
            g.add(source::env_or("X", "b").name("other"));
        },
        expect![[""]],
    );
}

fn one() -> Result<u32, Infallible> {
    Ok(1)
}

fn another() -> Result<u32, Infallible> {
    Ok(1)
}

fn wider() -> Result<u64, Infallible> {
    Ok(1)
}

#[test]
fn a_probe_is_one_question_with_one_time_to_live() {
    let ttl = Duration::from_secs(60);
    check(
        |g| {
            g.add(source::probe("version", ttl, one));
            g.add(source::probe("version", ttl, one));
            g.add(source::probe("version", Duration::ZERO, one));
            g.add(source::probe("version", ttl, another));
            g.add(source::probe("version", ttl, wider));
            g.add(source::probe("other", ttl, || Ok::<u32, Infallible>(1)));
        },
        expect![[r#"
            `probe:version` is added twice, with the times to live 60s and 0ns: +0 and +2; say the same in both places
            `probe:version` is added twice, with different functions: +0 and +3; give one of them another name
            `probe:version` is added twice, with the types `u32` and `u64`: +0 and +4; give one of them another name"#]],
    );
}

/// An answer is kept under the probe's name, whatever its node is called.
#[test]
fn nodes_with_names_of_their_own_ask_the_same_question() {
    check(
        |g| {
            g.add(source::probe("version", Duration::ZERO, one).name("a"));
            g.add(source::probe("version", Duration::ZERO, one).name("b"));
            g.add(source::probe("version", Duration::ZERO, another).name("c"));
            g.add(source::external("client", 1_u32).name("d"));
            g.add(source::external("client", "1"));
        },
        expect![[r#"
            `probe:version` is added twice, with different functions: +0 and +2; give one of them another name
            `external:client` is added twice, with the types `u32` and `&str`: +3 and +4; give one of them another name"#]],
    );
}

#[test]
fn an_external_value_has_one_type() {
    check(
        |g| {
            g.add(source::external("client", 1_u32));
            g.add(source::external("client", 2_u32));
            g.add(source::external("client", 1_i32));
        },
        expect![
            "`external:client` is added twice, with the types `u32` and `i32`: +0 and +2; give one of them another name"
        ],
    );
}

#[derive(Serialize, Deserialize)]
struct Config {
    rows: Box<u32>,
}

mod other {
    #[derive(serde::Serialize, serde::Deserialize)]
    pub(crate) struct Config {
        pub(crate) rows: Box<u32>,
    }
}

#[test]
fn a_parameter_has_one_value_of_one_type() {
    check(
        |g| {
            g.add(source::param("x", 1_u32));
            g.add(source::param("x", 1_u32));
            g.add(source::param("x", 2_u32));
            g.add(source::param("x", 1_u64));
            g.group("fold").add(source::param("x", 3_u32));
        },
        expect![[r#"
            `param:x` is added twice, with different values: +0 and +2; give one of them another name
            `param:x` is added twice, with the types `u32` and `u64`: +0 and +3; give one of them another name"#]],
    );
    // These two have equal schemas and equal bytes, so that the values' digests agree.
    check(
        |g| {
            g.add(source::param("config", Config { rows: Box::new(1) }));
            g.add(source::param("config", other::Config { rows: Box::new(1) }));
        },
        expect![
            "`param:config` is added twice, with the types `engine::mistakes::Config` and `engine::mistakes::other::Config`: +0 and +1; give one of them another name"
        ],
    );
}

/// The second handle promised a `Box<u32>` and stood for a `u32`.
#[test]
fn a_field_has_one_type() {
    check(
        |g| {
            let config = g.add(source::param("config", Config { rows: Box::new(1) }));
            let plain: Field<Config, u32> = mamo::field!(Config, rows);
            let boxed: Field<Config, Box<u32>> = mamo::field!(Config, rows);
            let _: Node<u32> = g.add(config.field(plain));
            let _: Node<Box<u32>> = g.add(config.field(boxed));
        },
        expect![
            "`param:config.rows` is added twice, with the types `u32` and `alloc::boxed::Box<u32>`: +0 and +1; call one of them `.name(..)`"
        ],
    );
}

#[cfg(unix)]
#[test]
fn paths_that_look_alike_are_a_mistake() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    check(
        |g| {
            g.add(source::file(OsStr::from_bytes(b"a\xfe")));
            g.add(source::file(OsStr::from_bytes(b"a\xff")));
            g.add(source::folder(OsStr::from_bytes(b"a\xfe")));
            g.add(source::folder(OsStr::from_bytes(b"a\xff")));
        },
        expect![[r#"
            `file:a�` is added twice, for paths that are printed alike: +0 and +1; call one of them `.name(..)`
            `folder:a�` is added twice, for paths that are printed alike: +2 and +3; call one of them `.name(..)`"#]],
    );
}

#[test]
fn options_are_the_same_wherever_a_node_is_added() {
    check(
        |g| {
            g.add(source::file("a").tag("input"));
            g.add(source::file("a").tag("large"));
            g.add(source::file("a").barrier());
            g.add(source::param("x", 1_u32).persist(Persist::Always));
            g.add(source::param("x", 1_u32).persist(Persist::Never));
            let config = g.add(source::param("config", Config { rows: Box::new(1) }));
            let rows: Field<Config, Box<u32>> = mamo::field!(Config, rows);
            g.add(config.field(rows));
            g.add(config.field(rows).barrier());
        },
        expect![[r#"
            `file:a` is added twice, as no barrier and as one: +0 and +2; say the same in both places
            `param:x` is added twice, as `Persist::Always` and `Persist::Never`: +3 and +4; say the same in both places
            `param:config.rows` is added twice, as no barrier and as one: +7 and +8; say the same in both places"#]],
    );
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum Loose {
    Number(u32),
    Text(String),
}

#[node]
fn loose() -> Loose {
    Loose::Number(1)
}

/// A node without a spec stood for the first spec, which was none at all when there was no other.
#[test]
fn what_cannot_be_saved_may_be_named_by_other_mistakes() {
    check(
        |g| {
            let loose = g.add(loose::node());
            g.add(source::param("x", 1_u32).name("loose"));
            g.replace(loose, g.value(Loose::Text(String::new())));
        },
        expect![[r#"
            two nodes are called `loose`: +0 and +1; names are unique within a `g.group(..)`
            a `engine::mistakes::Loose` cannot be saved: `engine::mistakes::Loose` asks the format what comes next (`deserialize_any`), which its bytes do not tell; use `codec = ..` with a format that can read it, or `transient` +0"#]],
    );
}

/// Only the first step was followed: what read `a` read `b`, which was replaced itself.
#[test]
fn replacements_that_go_round_are_a_mistake() {
    check(
        |g| {
            let [a, b, c, d] = [1_u32, 2, 3, 4].map(|x| g.add(source::param(x.to_string(), x)));
            g.replace(a, b);
            g.replace(b, c);
            g.replace(c, b);
            g.replace(d, d);
        },
        expect![[r#"
            replacements go round: `param:2` by `param:3` +0, `param:3` by `param:2` +1
            `param:4` is replaced by itself: +2"#]],
    );
}

/// The last replacement won, and nobody was told.
#[test]
fn a_node_is_replaced_once() {
    check(
        |g| {
            let [a, b, c] = [1_u32, 2, 3].map(|x| g.add(source::param(x.to_string(), x)));
            g.replace(a, b);
            g.replace(a, c);
        },
        expect!["`param:1` is replaced twice: +0 and +1"],
    );
}

/// Their keys were equal, and so one got the other's result: 7 instead of 70. Now only where the body alone counts.
#[test]
fn nested_functions_with_one_name_and_one_code_are_a_mistake() {
    fn plain(g: &Graph, x: Node<u32>) -> Node<u32> {
        const FACTOR: u32 = 1;
        #[node(code = "body")]
        fn scale(x: u32) -> u32 {
            x * FACTOR
        }
        g.group("again").add(scale::node(x));
        g.add(scale::node(x))
    }
    fn tenfold(g: &Graph, x: Node<u32>) -> Node<u32> {
        const FACTOR: u32 = 10;
        #[node(code = "body")]
        fn scale(x: u32) -> u32 {
            x * FACTOR
        }
        g.group("other").add(scale::node(x))
    }
    check(
        |g| {
            let x = g.value(7);
            plain(g, x);
            tenfold(g, x);
        },
        expect![
            "two functions are called `engine::mistakes::scale` and have the same code: +0 and +9; rename one of them, or move it to a module of its own"
        ],
    );
}

#[test]
fn nested_functions_of_one_name_are_told_apart_by_their_code() {
    fn one(g: &Graph, x: Node<u32>) -> Node<u32> {
        #[node]
        fn scale(x: u32) -> u32 {
            x + 1
        }
        #[node(version = 1)]
        fn versioned(x: u32) -> u32 {
            x + 1
        }
        g.add(versioned::node(g.add(scale::node(x))))
    }
    fn other(g: &Graph, x: Node<u32>) -> Node<u32> {
        #[node]
        fn scale(x: u32) -> u32 {
            x + 2
        }
        #[node(version = 1)]
        fn versioned(x: u32) -> u32 {
            x + 2
        }
        let group = g.group("other");
        group.add(versioned::node(group.add(scale::node(x))))
    }
    check(
        |g| {
            let x = g.value(7);
            one(g, x);
            other(g, x);
        },
        expect![
            "two functions are called `engine::mistakes::versioned` and have the same code: +0 and +11; rename one of them, or move it to a module of its own"
        ],
    );
}
