//! As much of TOML as manifests and lock files use.

/// A value; numbers, booleans and dates are `Word`.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Value {
    Text(String),
    List(Vec<Value>),
    Table(Vec<(String, Value)>),
    Word(String),
}

impl Value {
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::List(_) | Self::Table(_) | Self::Word(_) => None,
        }
    }

    pub(crate) fn texts(&self) -> Vec<&str> {
        match self {
            Self::List(list) => list.iter().filter_map(Self::text).collect(),
            Self::Text(_) | Self::Table(_) | Self::Word(_) => Vec::new(),
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Table(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            Self::Text(_) | Self::List(_) | Self::Word(_) => None,
        }
    }

    pub(crate) fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(own) if own == word)
    }
}

/// One line `key = value`, with the header above it: a manifest is a list of these.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The header's keys, then the line's.
    pub(crate) path: Vec<String>,
    pub(crate) value: Value,
    /// Counts headers, so that `[[package]]` twice is two packages.
    pub(crate) section: usize,
}

/// All lines of a file; what is no TOML is skipped.
pub(crate) fn entries(text: &str) -> Vec<Entry> {
    let mut reader = Reader { rest: text };
    let (mut entries, mut header, mut section) = (Vec::new(), Vec::new(), 0);
    loop {
        reader.skip_lines();
        if reader.rest.is_empty() {
            return entries;
        }
        if reader.takes("[") {
            reader.takes("[");
            header = reader.keys();
            section += 1;
            reader.skip_line();
            continue;
        }
        let keys = reader.keys();
        reader.skip_spaces();
        if keys.is_empty() || !reader.takes("=") {
            reader.skip_line();
            continue;
        }
        let value = reader.value();
        entries.push(Entry { path: header.iter().cloned().chain(keys).collect(), value, section });
        reader.skip_line();
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn takes(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    fn skip_line(&mut self) {
        self.rest = self.rest.split_once('\n').map_or("", |(_, rest)| rest);
    }

    /// Blank lines and comments as well.
    fn skip_lines(&mut self) {
        self.rest = self.rest.trim_start();
        while self.rest.starts_with('#') {
            self.skip_line();
            self.rest = self.rest.trim_start();
        }
    }

    fn keys(&mut self) -> Vec<String> {
        let mut keys = Vec::new();
        loop {
            self.skip_spaces();
            if self.rest.starts_with(['"', '\'']) {
                keys.extend(self.value().text().map(str::to_owned));
            } else {
                let is_part = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-');
                let word = self.until(|character| !is_part(character));
                if word.is_empty() {
                    return keys;
                }
                keys.push(word);
            }
            self.skip_spaces();
            if !self.takes(".") {
                return keys;
            }
        }
    }

    fn until(&mut self, ends: impl Fn(char) -> bool) -> String {
        let end = self.rest.find(ends).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        word.to_owned()
    }

    fn value(&mut self) -> Value {
        self.skip_spaces();
        for quote in ["\"\"\"", "'''"] {
            if self.takes(quote) {
                let (text, rest) = self.rest.split_once(quote).unwrap_or((self.rest, ""));
                self.rest = rest;
                return Value::Text(text.to_owned());
            }
        }
        if self.takes("'") {
            let text = self.until(|character| character == '\'');
            self.takes("'");
            return Value::Text(text);
        }
        if self.takes("\"") {
            return self.escaped();
        }
        if self.takes("[") {
            let mut list = Vec::new();
            loop {
                self.skip_lines();
                if self.takes("]") || self.rest.is_empty() {
                    return Value::List(list);
                }
                list.push(self.value());
                self.skip_lines();
                self.takes(",");
            }
        }
        if self.takes("{") {
            let mut table = Vec::new();
            loop {
                self.skip_lines();
                if self.takes("}") || self.rest.is_empty() {
                    return Value::Table(table);
                }
                let keys = self.keys();
                self.skip_spaces();
                if !self.takes("=") {
                    return Value::Table(table);
                }
                let value = self.value();
                table.push((keys.join("."), value));
                self.skip_lines();
                self.takes(",");
            }
        }
        let word = self.until(|character| matches!(character, ',' | ']' | '}' | '\n' | '#'));
        if word.is_empty() {
            // Something that is no value: not looked at a second time.
            self.until(|character| character == '\n');
        }
        Value::Word(word.trim().to_owned())
    }

    fn escaped(&mut self) -> Value {
        let (mut text, mut characters) = (String::new(), self.rest.chars());
        while let Some(character) = characters.next() {
            match character {
                '"' => break,
                '\\' => match characters.next() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some(other) => text.push(other),
                    None => break,
                },
                other => text.push(other),
            }
        }
        self.rest = characters.as_str();
        Value::Text(text)
    }
}
