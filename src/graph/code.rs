//! What is known of a node function's code, and when two codes are one.

use crate::fingerprint::executable_digest;
use crate::graph::Function;
use std::collections::BTreeMap;

/// A function's code as `#[mamo::node]` found it in the sources.
#[derive(Debug)]
pub struct Code {
    /// What of it counts.
    pub scope: CodeScope,
    /// The function itself, as normalised tokens.
    pub tokens: &'static str,
    /// Digest of all that the function reaches, or of the whole crate.
    pub digest: [u8; 32],
    /// What the types in its signature look like, where that could be told.
    pub shape: Option<[u8; 32]>,
    /// What is reached, one item a line: digest, path, and the number of the line of the item that led there, with tabs
    /// between. Behind them crates and files.
    pub items: &'static str,
    /// Conditions that decide about the code, and whether they hold.
    pub cfgs: &'static [(&'static str, bool)],
    /// Variables that the code reads while it is compiled, and what they are.
    pub env: &'static [(&'static str, Option<&'static str>)],
    /// The compiler, when it counts.
    pub toolchain: Option<&'static str>,
    /// Why more counts than what the function reaches.
    pub fallback: Option<&'static str>,
    /// Whether it stands in sources that could be read; otherwise the whole program counts.
    pub is_placed: bool,
}

/// What of a function's code counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeScope {
    /// All that it reaches.
    Deep,
    /// The whole crate.
    Crate,
    /// The function alone, and the types in its signature.
    Body,
    /// A number given by hand, and the types in its signature.
    Version(u64),
}

/// What is known of the code of one function of a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CodeReport {
    /// `crate::module::name`.
    pub function: String,
    /// What of the code counts: `deep`, `crate`, `body` or `version 3`.
    pub scope: String,
    /// The code version, in hexadecimal.
    pub version: String,
    /// Number of items that are reached; none where something else counts.
    pub items: usize,
    /// Why more counts than what the function reaches.
    pub fallback: Option<String>,
    /// Whether the whole running program counts: the function stands in no sources that could be read.
    pub is_whole_program: bool,
}

impl Function {
    /// What is known of its code.
    pub(crate) fn code_report(&self) -> CodeReport {
        let code = &self.code;
        CodeReport {
            function: self.path.to_owned(),
            scope: match code.scope {
                CodeScope::Deep => "deep".to_owned(),
                CodeScope::Crate => "crate".to_owned(),
                CodeScope::Body => "body".to_owned(),
                CodeScope::Version(version) => format!("version {version}"),
            },
            version: blake3::Hash::from_bytes(code.version()).to_hex().to_string(),
            items: code.reached().0.len(),
            fallback: code.fallback.map(str::to_owned),
            is_whole_program: !code.is_placed && matches!(code.scope, CodeScope::Deep | CodeScope::Crate),
        }
    }
}

impl Code {
    /// What is not said of code that is like most.
    pub const DEEP: Self = Self {
        scope: CodeScope::Deep,
        tokens: "",
        digest: [0; 32],
        shape: None,
        items: "",
        cfgs: &[],
        env: &[],
        toolchain: None,
        fallback: None,
        is_placed: true,
    };

    /// Items by path, each with its digest and the path of the item that led there, and the lines about locked crates
    /// and included files.
    ///
    /// Put in order here and not in the attribute, which runs unoptimised in a compiler and far more often.
    fn reached(&self) -> (BTreeMap<(&str, &str), Option<&str>>, Vec<&str>) {
        let (mut items, mut others) = (BTreeMap::new(), Vec::new());
        let lines: Vec<&str> = self.items.lines().collect();
        let path_of = |line: &&'static str| line.split('\t').nth(1);
        for line in &lines {
            let mut words = line.split('\t');
            match (words.next(), words.next()) {
                (Some(digest), Some(path)) if digest != "crate" && !path.starts_with("file ") => {
                    let through = words.next().and_then(|number| number.parse::<usize>().ok());
                    let through = through.and_then(|number| lines.get(number)).and_then(path_of);
                    items.entry((path, digest)).or_insert(through);
                }
                _ => others.push(*line),
            }
        }
        (items, others)
    }

    /// The code version: equal for equal code.
    ///
    /// This is the one place that decides what "the code changed" means.
    pub(crate) fn version(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key("mamo 1: code version");
        let mut field = |tag: u8, bytes: &[u8]| {
            hasher.update(&[tag]);
            hasher.update(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_le_bytes());
            hasher.update(bytes);
        };
        match self.scope {
            CodeScope::Version(version) => field(b'v', &version.to_le_bytes()),
            CodeScope::Body => field(b'b', self.tokens.as_bytes()),
            CodeScope::Deep | CodeScope::Crate => {
                // The tokens come from the compiler itself: a belt.
                field(b't', self.tokens.as_bytes());
                field(if self.scope == CodeScope::Deep { b'd' } else { b'c' }, &self.digest);
                for (name, holds) in self.cfgs {
                    field(b'g', name.as_bytes());
                    field(b'h', &[u8::from(*holds)]);
                }
                for (name, value) in self.env {
                    field(b'e', name.as_bytes());
                    field(b'f', value.map_or(&[], str::as_bytes));
                    field(b'i', &[u8::from(value.is_some())]);
                }
                if !self.is_placed {
                    field(b'x', executable_digest());
                }
            }
        }
        if let Some(shape) = &self.shape {
            field(b's', shape);
        }
        if let Some(toolchain) = self.toolchain {
            field(b'r', toolchain.as_bytes());
        }
        *hasher.finalize().as_bytes()
    }

    /// What went into the version, for those who ask later what changed.
    pub(crate) fn explanation(&self) -> String {
        let mut text = match self.scope {
            CodeScope::Deep => "deep\n".to_owned(),
            CodeScope::Crate => "crate\n".to_owned(),
            CodeScope::Body => "body\n".to_owned(),
            CodeScope::Version(version) => format!("version\t{version}\n"),
        };
        let mut line = |words: &[&str]| {
            text.push_str(&words.join("\t"));
            text.push('\n');
        };
        for (name, holds) in self.cfgs {
            line(&["cfg", name, if *holds { "holds" } else { "does not hold" }]);
        }
        for (name, value) in self.env {
            line(&["env", name, &value.unwrap_or("not set").replace(['\n', '\t'], " ")]);
        }
        if let Some(toolchain) = self.toolchain {
            line(&["toolchain", &toolchain.replace('\n', ", ")]);
        }
        if let Some(fallback) = self.fallback {
            line(&["fallback", &fallback.replace('\n', " ")]);
        }
        let (items, others) = self.reached();
        for ((path, digest), through) in items {
            match through {
                Some(through) => line(&[digest, path, through]),
                None => line(&[digest, path]),
            }
        }
        for other in others {
            line(&[other]);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(scope: CodeScope) -> Code {
        Code {
            scope,
            tokens: "fn f ( ) { }",
            digest: [1; 32],
            shape: Some([2; 32]),
            items: "",
            cfgs: &[("unix", true)],
            env: &[("NAME", None)],
            toolchain: None,
            fallback: None,
            is_placed: true,
        }
    }

    #[test]
    fn a_deep_version_follows_all_that_is_reached() {
        let version = code(CodeScope::Deep).version();
        let changed = [
            Code { digest: [3; 32], ..code(CodeScope::Deep) },
            Code { tokens: "fn f ( ) { 1 }", ..code(CodeScope::Deep) },
            Code { cfgs: &[("unix", false)], ..code(CodeScope::Deep) },
            Code { cfgs: &[], ..code(CodeScope::Deep) },
            Code { env: &[("NAME", Some(""))], ..code(CodeScope::Deep) },
            Code { is_placed: false, ..code(CodeScope::Deep) },
            Code { toolchain: Some("rustc 1"), ..code(CodeScope::Deep) },
            Code { shape: None, ..code(CodeScope::Deep) },
            code(CodeScope::Crate),
        ];
        for changed in changed {
            assert_ne!(changed.version(), version, "{changed:?}");
        }
        assert_eq!(Code { items: "other", ..code(CodeScope::Deep) }.version(), version);
    }

    /// Each locked crate was counted as an item, so that a function which used serde reached eight items more.
    #[test]
    fn crates_and_files_are_no_items() {
        let items = "01ab\tcrate::f\n23cd\tcrate::helper\t0\ncrate\tserde 1.0.0 45ef\n67ab\tfile text.txt\n";
        assert_eq!(Code { items, ..code(CodeScope::Deep) }.reached().0.len(), 2);
    }

    #[test]
    fn an_explanation_is_in_order_and_names_the_way() {
        let items = "23cd\tcrate::f\n01ab\tcrate::b\t0\n01ab\tcrate::a\t1\n01ab\tcrate::a\t0\ncrate\tserde 1.0.0\n";
        let text = Code { items, cfgs: &[], env: &[], ..code(CodeScope::Deep) }.explanation();
        let items = "01ab\tcrate::a\tcrate::b\n01ab\tcrate::b\tcrate::f\n23cd\tcrate::f\ncrate\tserde 1.0.0\n";
        assert_eq!(text, format!("deep\n{items}"));
    }

    #[test]
    fn by_hand_and_for_the_body_other_code_does_not_count_but_types_do() {
        for scope in [CodeScope::Version(3), CodeScope::Body] {
            let version = code(scope).version();
            assert_eq!(Code { digest: [3; 32], env: &[], cfgs: &[], ..code(scope) }.version(), version);
            assert_ne!(Code { shape: Some([3; 32]), ..code(scope) }.version(), version);
        }
        assert_ne!(code(CodeScope::Version(3)).version(), code(CodeScope::Version(4)).version());
        assert_eq!(Code { tokens: "", ..code(CodeScope::Version(3)) }.version(), code(CodeScope::Version(3)).version());
        assert_ne!(Code { tokens: "", ..code(CodeScope::Body) }.version(), code(CodeScope::Body).version());
    }
}
