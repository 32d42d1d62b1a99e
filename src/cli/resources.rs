//! What the engine has for its nodes, from arguments and environment.

use crate::cli::args::CommonArguments;
use crate::cli::settings::{Environment, set};
use crate::exec::EngineBuilder;
use std::num::NonZeroU32;

/// What a call says of slots, memory and pools.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Resources {
    pub(crate) slots: Option<NonZeroU32>,
    pub(crate) memory: Option<u64>,
    /// By name, in the order in which they are said; the last of one name counts.
    pub(crate) pools: Vec<(String, u32)>,
}

impl Resources {
    pub(crate) fn of(arguments: &CommonArguments, env: &Environment) -> Result<Self, String> {
        let from_env = |name: &str| set(env, name).map(|value| value.to_string_lossy().into_owned());
        let memory = from_env("MAMO_MEMORY")
            .map(|text| parse_size(&text).map_err(|error| format!("`MAMO_MEMORY` is `{text}`: {error}")));
        let mut pools = Vec::new();
        for pool in from_env("MAMO_POOLS").iter().flat_map(|pools| pools.split(',')) {
            pools.push(parse_pool(pool.trim()).map_err(|error| format!("`MAMO_POOLS` has `{pool}`: {error}"))?);
        }
        pools.extend(arguments.pools.iter().cloned());
        Ok(Self {
            slots: arguments.slots,
            // What is not asked for is not complained about.
            memory: if arguments.memory.is_some() { arguments.memory } else { memory.transpose()? },
            pools,
        })
    }

    pub(crate) fn apply(&self, builder: EngineBuilder) -> EngineBuilder {
        let builder = self.slots.into_iter().fold(builder, |builder, slots| builder.slots(slots.get()));
        let builder = self.memory.into_iter().fold(builder, EngineBuilder::memory_limit);
        self.pools.iter().fold(builder, |builder, (name, capacity)| builder.pool(name, *capacity))
    }
}

/// `gpu=2`
pub(crate) fn parse_pool(text: &str) -> Result<(String, u32), String> {
    let (name, capacity) = text.split_once('=').ok_or("a pool is written as `gpu=2`")?;
    let capacity = capacity.trim().parse().map_err(|_| format!("`{capacity}` is no number of nodes"))?;
    match name.trim() {
        "" => Err("the pool has no name".to_owned()),
        name => Ok((name.to_owned(), capacity)),
    }
}

/// `4GiB`, `512 MiB`, `1.5GB`, as in `#[mamo::node(memory = ..)]`.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    const FORM: &str = "a size is written as `4GiB`, `512MiB` or `1.5GB`";
    let text = text.trim();
    let number = text.trim_end_matches(|c: char| c.is_alphabetic());
    let unit: u64 = match text.get(number.len()..).unwrap_or_default() {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        _ => return Err(FORM.to_owned()),
    };
    let (whole, fraction) = number.trim_end().split_once('.').unwrap_or((number.trim_end(), "0"));
    let is_number = |digits: &str| !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return Err(FORM.to_owned());
    }
    let scale = u32::try_from(fraction.len()).ok().and_then(|digits| 10_u128.checked_pow(digits));
    let number = format!("{whole}{fraction}").parse::<u128>().ok();
    let bytes = number.zip(scale).and_then(|(number, scale)| Some(number.checked_mul(u128::from(unit))? / scale));
    bytes.and_then(|bytes| u64::try_from(bytes).ok()).ok_or_else(|| "no machine has so much".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{parse_pool, parse_size};

    #[test]
    fn sizes_are_those_of_nodes() {
        let sizes = [("4GiB", 4 << 30), ("512 MiB", 512 << 20), ("1.5GB", 1_500_000_000), (" 7 B ", 7), ("0.5kB", 500)];
        for (text, size) in sizes {
            assert_eq!(parse_size(text), Ok(size), "{text}");
        }
        for text in ["4", "4gb", "4G", "-4GiB", "GiB", "1.GiB", "99999999999TiB"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn pools_have_a_name_and_a_number() {
        assert_eq!(parse_pool("gpu=2"), Ok(("gpu".to_owned(), 2)));
        assert_eq!(parse_pool("gpu"), Err("a pool is written as `gpu=2`".to_owned()));
        assert_eq!(parse_pool("gpu=two"), Err("`two` is no number of nodes".to_owned()));
        assert_eq!(parse_pool("=2"), Err("the pool has no name".to_owned()));
    }
}
