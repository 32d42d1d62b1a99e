//! Names as numbers: each distinct identifier of all files is kept once.

/// A name; equal names have equal numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Symbol(pub(crate) usize);

/// Words that the parser asks for, interned first, so that they are constants.
macro_rules! words {
    ($($name:ident = $text:literal,)*) => {
        words!(@count 0usize; $($name = $text,)*);
        const WORDS: &[&str] = &[$($text),*];
    };
    (@count $n:expr; $name:ident = $text:literal, $($rest:tt)*) => {
        #[allow(dead_code, reason = "all keywords are listed, so that their places tell them from names")]
        pub(crate) const $name: Symbol = Symbol($n);
        words!(@count $n + 1usize; $($rest)*);
    };
    (@count $n:expr;) => {};
}

words! {
    // Words that begin an item come first: see `is_item_word`.
    FN = "fn", STRUCT = "struct", ENUM = "enum", UNION = "union", TYPE = "type", STATIC = "static", CONST = "const",
    TRAIT = "trait", IMPL = "impl", USE = "use", MOD = "mod", MACRO_RULES = "macro_rules", EXTERN = "extern",
    MACRO = "macro",
    // The other keywords; `is_keyword` relies on their place.
    AS = "as", ASYNC = "async", AWAIT = "await", BREAK = "break", CONTINUE = "continue", DYN = "dyn", ELSE = "else",
    FALSE = "false", FOR = "for", IF = "if", IN = "in", LET = "let", LOOP = "loop", MATCH = "match", MOVE = "move",
    MUT = "mut", PUB = "pub", REF = "ref", RETURN = "return", TRUE = "true", UNSAFE = "unsafe", WHERE = "where",
    WHILE = "while", YIELD = "yield", UNDERSCORE = "_",
    // Keywords that begin paths.
    CRATE = "crate", SELF = "self", SUPER = "super", SELF_TYPE = "Self",
    // Words with a meaning in some places.
    SAFE = "safe", AUTO = "auto", DEFAULT = "default", GEN = "gen", STD = "std", CORE = "core", ALLOC = "alloc",
    CFG = "cfg", CFG_ATTR = "cfg_attr", TEST = "test", ALL = "all", ANY = "any", NOT = "not", PATH = "path",
    DERIVE = "derive", DOC = "doc", INCLUDE = "include", INCLUDE_STR = "include_str", INCLUDE_BYTES = "include_bytes",
    ENV = "env", OPTION_ENV = "option_env", LINE = "line", COLUMN = "column", FILE = "file", CALLER = "caller",
    STRINGIFY = "stringify", CONCAT = "concat", NO_MANGLE = "no_mangle", EXPORT_NAME = "export_name",
    MACRO_EXPORT = "macro_export", ASM = "asm", GLOBAL_ASM = "global_asm", NAKED_ASM = "naked_asm",
    WRITE = "write", WRITELN = "writeln", WRITE_FMT = "write_fmt",
    PROC_MACRO = "proc_macro", META = "meta", TRUE_CFG = "debug_assertions",
}

impl Symbol {
    /// Whether the word may begin an item.
    pub(crate) fn is_item_word(self) -> bool {
        self.0 <= MACRO.0
    }

    /// Whether the word cannot be a name, nor begin a path.
    pub(crate) fn is_keyword(self) -> bool {
        self.0 <= UNDERSCORE.0 && !matches!(self, UNION | MACRO_RULES | MACRO)
    }
}

/// All names seen so far.
#[derive(Debug)]
pub(crate) struct Symbols {
    names: Vec<Box<str>>,
    hashes: Vec<u64>,
    /// Open addressing: a name's number plus one, or zero. A power of two in length, at most half full.
    slots: Vec<usize>,
}

impl Symbols {
    pub(crate) fn new() -> Self {
        let mut symbols = Self { names: Vec::new(), hashes: Vec::new(), slots: vec![0; 1 << 14] };
        for word in WORDS {
            symbols.intern(word);
        }
        symbols
    }

    pub(crate) fn intern(&mut self, name: &str) -> Symbol {
        let mut hash = SEED;
        let mut rest = name.as_bytes();
        while let [byte, tail @ ..] = rest {
            hash = mix(hash, *byte);
            rest = tail;
        }
        self.intern_hashed(name, hash)
    }

    /// The same for a name whose bytes were given to [`mix`] already: the lexer sees each byte once.
    pub(crate) fn intern_hashed(&mut self, name: &str, hash: u64) -> Symbol {
        match self.slot(name, hash) {
            Ok(symbol) => symbol,
            Err(slot) => {
                let number = self.names.len();
                self.names.push(name.into());
                self.hashes.push(hash);
                if let Some(slot) = self.slots.get_mut(slot) {
                    *slot = number + 1;
                }
                if self.names.len() * 2 > self.slots.len() {
                    self.grow();
                }
                Symbol(number)
            }
        }
    }

    /// The number of a name that was seen.
    pub(crate) fn find(&self, name: &str) -> Option<Symbol> {
        self.slot(name, name.bytes().fold(SEED, mix)).ok()
    }

    pub(crate) fn name(&self, symbol: Symbol) -> &str {
        self.names.get(symbol.0).map_or("", |name| name)
    }

    fn slot(&self, name: &str, hash: u64) -> Result<Symbol, usize> {
        let mask = self.slots.len() - 1;
        let mut slot = start(hash) & mask;
        loop {
            match self.slots.get(slot) {
                Some(0) | None => return Err(slot),
                Some(number) => {
                    let number = number - 1;
                    if self.hashes.get(number) == Some(&hash) && self.name(Symbol(number)) == name {
                        return Ok(Symbol(number));
                    }
                }
            }
            slot = (slot + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let mut slots = vec![0; self.slots.len() * 4];
        let mask = slots.len() - 1;
        for (number, hash) in self.hashes.iter().enumerate() {
            let mut slot = start(*hash) & mask;
            while slots.get(slot).is_some_and(|taken| *taken != 0) {
                slot = (slot + 1) & mask;
            }
            if let Some(slot) = slots.get_mut(slot) {
                *slot = number + 1;
            }
        }
        self.slots = slots;
    }
}

/// What [`mix`] begins with.
pub(crate) const SEED: u64 = 0x00cb_f29c;

/// Takes one byte into a hash; the lexer calls it for each byte of a name.
///
/// Plain arithmetic on few bits: without optimisation, each method of an integer is a call.
#[inline]
pub(crate) fn mix(hash: u64, byte: u8) -> u64 {
    ((hash & 0x00ff_ffff_ffff) * 31) ^ (hash >> 40) ^ u64::from(byte)
}

fn start(hash: u64) -> usize {
    usize::try_from((hash ^ (hash >> 17)) & 0xffff_ffff).unwrap_or(0)
}
