//! The sample values that are tried on a type, the likeliest first.
//!
//! Only their order matters to speed: a schema records what was asked, not what was answered. None names a file or a
//! place that exists, since a type may act on its value when it is dropped.

pub(super) const BOOL: &[bool] = &[false, true];

/// One first: it suits counters, days of a month, denominators and `NonZero`.
pub(super) const UNSIGNED: &[u8] = &[1, 0, 2, 10, 100];

/// Also for floating-point numbers.
pub(super) const SIGNED: &[i8] = &[1, 0, -1, 2, 10, 100];

pub(super) const CHAR: &[char] = &['a', '1', 'A', ' '];

pub(super) const STR: &[&str] = &[
    "sample",
    "1",
    "1970-01-01T00:00:00Z",
    "1970-01-01",
    "1970-01-01T00:00:00",
    "00:00:00",
    "127.0.0.1",
    "127.0.0.1:1",
    "127.0.0.0/8",
    "::1",
    "00000000-0000-0000-0000-000000000001",
    "https://sample.invalid/",
    "sample@sample.invalid",
    "/nonexistent/sample",
    "1.0.0",
    "=1.0.0",
    "UTC",
    "Europe/Paris",
    "en",
    "PT1S",
    "1s",
    "#000000",
    "0x00",
    "0000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "true",
    "A",
    "a",
    "",
];

/// Sixteen bytes first: uuids and addresses.
pub(super) const BYTES: &[&[u8]] = &[&[1; 16], &[1; 32], &[], &[1], &[1; 4], &[1; 8], &[1; 12], &[1; 20], &[1; 64]];

pub(super) const OPTION_LENGTHS: &[usize] = &[0, 1];

/// Numbers of elements; none first, since that ends every recursion.
pub(super) const LENGTHS: &[usize] = &[0, 1, 2, 3];
