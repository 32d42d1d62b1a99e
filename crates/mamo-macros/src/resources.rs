//! What a function takes of the machine: `slots`, `memory`, `pool` and `blocking`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, LitInt, LitStr, Path, Result};

/// What a function takes of the machine while it runs; no part of any key.
#[derive(Default)]
pub(crate) struct Resources {
    slots: Option<u32>,
    memory: Option<u64>,
    pool: Option<String>,
    pub(crate) is_blocking: bool,
}

/// Units of memory; the longer of two comes first.
const UNITS: [(&str, u64); 10] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("kB", 1_000),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("B", 1),
];

impl Resources {
    pub(crate) fn read_slots(&mut self, slots: &LitInt) -> Result<()> {
        self.slots = match slots.base10_parse() {
            Ok(0) => return Err(Error::new(slots.span(), "a node takes one slot at least: leave `slots` out")),
            Ok(slots) => Some(slots),
            Err(error) => return Err(error),
        };
        Ok(())
    }

    pub(crate) fn read_memory(&mut self, memory: &LitStr) -> Result<()> {
        let bytes = bytes(&memory.value()).map_err(|message| Error::new(memory.span(), message))?;
        self.memory = Some(bytes);
        Ok(())
    }

    pub(crate) fn read_pool(&mut self, pool: &LitStr) -> Result<()> {
        let name = pool.value();
        let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        if name.is_empty() || !name.chars().all(is_plain) {
            let message = format!("`{name}` is no name of a pool: letters, digits, `_`, `-` and `.` make one");
            return Err(Error::new(pool.span(), message));
        }
        self.pool = Some(name);
        Ok(())
    }

    /// The field of `mamo::__private::Function`; nothing for a function like most.
    pub(crate) fn field(&self, krate: &Path) -> Option<TokenStream> {
        let slots = self.slots.map(|slots| quote!(slots: #slots,));
        let memory = self.memory.map(|memory| quote!(memory: #memory,));
        let pool = self.pool.as_ref().map(|pool| quote!(pool: ::core::option::Option::Some(#pool),));
        let is_blocking = self.is_blocking.then(|| quote!(is_blocking: true,));
        if slots.is_none() && memory.is_none() && pool.is_none() && is_blocking.is_none() {
            return None;
        }
        let rest = quote!(..#krate::__private::Takes::ORDINARY);
        Some(quote!(takes: #krate::__private::Takes { #slots #memory #pool #is_blocking #rest },))
    }
}

/// A number of bytes, as `4GiB`, `512 MiB` or `1.5GB`; `mamo`'s command line reads sizes in the same way.
fn bytes(text: &str) -> std::result::Result<u64, String> {
    const FORM: &str = "write it as \"4GiB\", \"512 MiB\" or \"1.5GB\"";
    let text = text.trim();
    let number = text.trim_end_matches(|c: char| c.is_alphabetic());
    let unit = text.get(number.len()..).unwrap_or_default();
    let number = number.trim_end();
    let Some((_, unit)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        if unit.is_empty() {
            return Err(format!("`{text}` has no unit: {FORM}"));
        }
        let meant = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit) || name.starts_with(unit));
        return Err(match meant {
            Some((meant, _)) => format!("`{unit}` is no unit of memory; did you mean `{meant}`? {FORM}"),
            None => format!("`{unit}` is no unit of memory: {FORM}"),
        });
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let is_number = |digits: &str| !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return Err(format!("`{number}` is no number: {FORM}"));
    }
    let scale = u32::try_from(fraction.len()).ok().and_then(|digits| 10_u128.checked_pow(digits));
    let number = format!("{whole}{fraction}").parse::<u128>().ok();
    let bytes = number.zip(scale).and_then(|(number, scale)| Some(number.checked_mul(u128::from(*unit))? / scale));
    match bytes.map(u64::try_from) {
        Some(Ok(0)) => Err(format!("`{text}` is nothing: leave it out")),
        Some(Ok(bytes)) => Ok(bytes),
        Some(Err(_)) | None => Err(format!("`{text}` is more than any machine has")),
    }
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_numbers_with_a_unit() {
        let sizes = [("4GiB", 4 << 30), ("512 MiB", 512 << 20), ("1.5GB", 1_500_000_000), (" 7 B ", 7), ("0.5kB", 500)];
        for (text, size) in sizes {
            assert_eq!(bytes(text), Ok(size), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_size_is_said() {
        const FORM: &str = "write it as \"4GiB\", \"512 MiB\" or \"1.5GB\"";
        let wrong = [
            ("4", format!("`4` has no unit: {FORM}")),
            ("4gb", format!("`gb` is no unit of memory; did you mean `GB`? {FORM}")),
            ("4G", format!("`G` is no unit of memory; did you mean `GiB`? {FORM}")),
            ("4 parsecs", format!("`parsecs` is no unit of memory: {FORM}")),
            ("-4GiB", format!("`-4` is no number: {FORM}")),
            ("GiB", format!("`` is no number: {FORM}")),
            ("1.GiB", format!("`1.` is no number: {FORM}")),
            ("0.0GiB", "`0.0GiB` is nothing: leave it out".to_owned()),
            ("99999999999TiB", "`99999999999TiB` is more than any machine has".to_owned()),
        ];
        for (text, message) in wrong {
            assert_eq!(bytes(text), Err(message));
        }
    }
}
