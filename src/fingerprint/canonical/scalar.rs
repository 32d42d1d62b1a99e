//! Numbers as postcard writes them: variable length, seven bits a byte, low bits first.

macro_rules! push_varint {
    ($(#[$doc:meta])* $name:ident, $type:ty, $max_len:literal) => {
        $(#[$doc])*
        #[inline]
        pub(super) fn $name(out: &mut Vec<u8>, mut value: $type) {
            let [low, ..] = value.to_le_bytes();
            if value < 0x80 {
                out.push(low);
                return;
            }
            let mut bytes = [0; $max_len];
            let mut len = 0;
            for byte in &mut bytes {
                let [low, ..] = value.to_le_bytes();
                len += 1;
                if value < 0x80 {
                    *byte = low;
                    break;
                }
                *byte = low | 0x80;
                value >>= 7;
            }
            out.extend_from_slice(bytes.get(..len).unwrap_or_default());
        }
    };
}

push_varint! {
    /// Also right for the narrower integers, which postcard writes in the same way.
    push_u64, u64, 10
}
push_varint! {
    /// The only integer wider than [`push_u64`] takes.
    push_u128, u128, 19
}

/// Lengths and counts.
#[inline]
pub(super) fn push_len(out: &mut Vec<u8>, len: usize) {
    // No platform of today has a `usize` wider than 64 bits.
    push_u64(out, u64::try_from(len).unwrap_or(u64::MAX));
}

/// Small negative numbers become small positive ones.
#[inline]
pub(super) fn zigzag_i64(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

/// As [`zigzag_i64`].
#[inline]
pub(super) fn zigzag_i128(value: i128) -> u128 {
    ((value << 1) ^ (value >> 127)).cast_unsigned()
}

/// Every NaN becomes one and the same: which one a computation gives differs between processors and optimisations.
#[inline]
pub(super) fn canonical_f32(value: f32) -> u32 {
    if value.is_nan() { 0x7fc0_0000 } else { value.to_bits() }
}

/// As [`canonical_f32`].
#[inline]
pub(super) fn canonical_f64(value: f64) -> u64 {
    if value.is_nan() { 0x7ff8_0000_0000_0000 } else { value.to_bits() }
}
