//! How keys are derived: one struct stands behind a node's key and its explanation.
//!
//! Every derivation is blake3 in keyed mode. The key is the domain, so that no two kinds of digest can meet, and it
//! costs nothing: a structural fingerprint of two upstream nodes is one compression, of four it is two.

use crate::fingerprint::{BlobDigest, ContentKey, Fingerprint, SchemaDigest, SpecDigest, ValueDigest};
use serde::{Deserialize, Serialize};

/// Names the way in which keys and records are made; part of every key, stored in every record.
///
/// A change of any derivation in this module, of the canonical bytes or of a schema changes this number, and by that
/// every key: old records stay, unreachable, and are never misread.
pub const RECIPE: u16 = 1;

const SPEC: &[u8; 32] = b"mamo 1: spec of a node ---------";
const STRUCTURAL: &[u8; 32] = b"mamo 1: key of fingerprints ----";
const CONTENT: &[u8; 32] = b"mamo 1: key of content keys ----";
const ROOTED: &[u8; 32] = b"mamo 1: fingerprint by value ---";
const OUTPUT: &[u8; 32] = b"mamo 1: output of a node -------";
const TRANSIENT: &[u8; 32] = b"mamo 1: value never saved ------";
const SEED: &[u8; 32] = b"mamo 1: seed of a node ---------";
const CHOSEN_SEED: &[u8; 32] = b"mamo 1: seed of a chosen draw --";

/// Which of several samples of a stochastic node this is; 0 for the first and usual one.
pub(crate) type Trial = u32;

/// Everything that decides a node's answer, apart from its upstream nodes.
///
/// The key is derived from this struct's bytes and the same bytes are kept as the explanation, so that the two can
/// never differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecKey {
    /// The recipe by which this key was made.
    pub recipe: u16,
    /// What kind of node: `function`, `map`, `gather`, ...
    pub kind: String,
    /// Path of the node function, `crate::module::name`; the path of the field for a projection.
    pub function: String,
    /// Version of the code.
    pub code: [u8; 32],
    /// Name of every parameter in order. Their types are part of the upstream values' digests.
    pub parameters: Vec<ParameterKey>,
    /// Codec and schema of every output; one for most nodes.
    pub results: Vec<ResultKey>,
    /// Which of several samples this is.
    pub trial: u32,
    /// A seed that was chosen for it; stands behind the rest, and only when there is one.
    #[serde(skip)]
    pub seed: Option<u64>,
}

/// One parameter in a [`SpecKey`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParameterKey {
    /// The parameter's name.
    pub name: String,
    /// Whether an input was given for it: an optional one may be left out.
    pub is_given: bool,
}

/// One output in a [`SpecKey`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultKey {
    /// Name of the output; empty when there is just one.
    pub name: String,
    /// Id of the codec.
    pub codec: String,
    /// Schema of the value.
    pub schema: [u8; 32],
}

impl SpecKey {
    /// The bytes from which the key is derived and which are kept as the explanation.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        // Serialising plain structs of strings and numbers into memory has no way to fail.
        let mut bytes = postcard::to_stdvec(self).unwrap_or_default();
        bytes.extend(self.seed.into_iter().flat_map(u64::to_le_bytes));
        bytes
    }

    /// Reads back the explanation that is kept with a key; nothing when it makes no sense.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (key, rest) = postcard::take_from_bytes::<Self>(bytes).ok()?;
        let seed = match rest {
            [] => None,
            rest => Some(u64::from_le_bytes(rest.try_into().ok()?)),
        };
        Some(Self { seed, ..key })
    }
}

/// The digest of a spec, with the two keys that its nodes' fingerprints and content keys are made with.
#[derive(Clone, Debug)]
pub(crate) struct SpecHashers {
    pub(crate) digest: SpecDigest,
    structural: [u8; 32],
    content: [u8; 32],
}

impl SpecHashers {
    pub(crate) fn new(spec_bytes: &[u8]) -> Self {
        let digest = blake3::keyed_hash(SPEC, spec_bytes);
        Self {
            digest: digest.into(),
            structural: *blake3::keyed_hash(STRUCTURAL, digest.as_bytes()).as_bytes(),
            content: *blake3::keyed_hash(CONTENT, digest.as_bytes()).as_bytes(),
        }
    }

    /// S(n): the node's fingerprint, from the fingerprints of its upstream nodes in order.
    pub(crate) fn fingerprint<'a>(&self, upstream: impl IntoIterator<Item = &'a Fingerprint>) -> Fingerprint {
        keyed(&self.structural, upstream.into_iter().map(Fingerprint::as_bytes)).into()
    }

    /// C(n): the node's content key, from the value digests of its upstream nodes in order.
    pub(crate) fn content_key<'a>(&self, upstream: impl IntoIterator<Item = &'a ValueDigest>) -> ContentKey {
        keyed(&self.content, upstream.into_iter().map(ValueDigest::as_bytes)).into()
    }
}

/// V: identity of a value, from its schema, the name of its bytes and their length.
pub(crate) fn value_digest(schema: &SchemaDigest, blob: &BlobDigest, len: u64) -> ValueDigest {
    // Schemas are digests under domains of their own, so they serve as keys: one compression instead of two.
    let mut input = [0; 40];
    let (blob_part, len_part) = input.split_at_mut(32);
    blob_part.copy_from_slice(blob.as_bytes());
    len_part.copy_from_slice(&len.to_le_bytes());
    blake3::keyed_hash(schema.as_bytes(), &input).into()
}

/// S of a node that is known by its value: leaves, barriers and content-rooted nodes.
pub(crate) fn fingerprint_of_value(value: &ValueDigest) -> Fingerprint {
    blake3::keyed_hash(ROOTED, value.as_bytes()).into()
}

/// S(n.i): fingerprint of one output of a node with several.
pub(crate) fn output_fingerprint(node: &Fingerprint, output: u32) -> Fingerprint {
    output_of(node.as_bytes(), output).into()
}

/// C(n.i): content key of one output of a node with several.
pub(crate) fn output_content(node: &ContentKey, output: u32) -> ContentKey {
    output_of(node.as_bytes(), output).into()
}

/// V of a value that cannot be encoded: it is what its content key says, whenever it is made.
pub(crate) fn transient_value(content: &ContentKey) -> ValueDigest {
    blake3::keyed_hash(TRANSIENT, content.as_bytes()).into()
}

/// The seed of a node: stable under renaming, batching and order of execution.
pub(crate) fn seed_of(function: &str, trial: Trial, chosen: Option<u64>, upstream: &[ValueDigest]) -> u64 {
    let mut hasher = blake3::Hasher::new_keyed(if chosen.is_some() { CHOSEN_SEED } else { SEED });
    if let Some(seed) = chosen {
        hasher.update(&seed.to_le_bytes());
    }
    hasher.update(&trial.to_le_bytes());
    for value in upstream {
        hasher.update(value.as_bytes());
    }
    hasher.update(function.as_bytes());
    let mut seed = [0; 8];
    hasher.finalize_xof().fill(&mut seed);
    u64::from_le_bytes(seed)
}

fn output_of(node: &[u8; 32], output: u32) -> blake3::Hash {
    let mut input = [0; 36];
    let (node_part, output_part) = input.split_at_mut(32);
    node_part.copy_from_slice(node);
    output_part.copy_from_slice(&output.to_le_bytes());
    blake3::keyed_hash(OUTPUT, &input)
}

/// One blake3 call for up to eight parts, which is nearly every node; a streaming hasher beyond.
fn keyed<'a>(key: &[u8; 32], parts: impl Iterator<Item = &'a [u8; 32]>) -> blake3::Hash {
    const AT_ONCE: usize = 8;
    let mut buffer = [[0; 32]; AT_ONCE];
    let mut filled = 0;
    let mut parts = parts.peekable();
    for (slot, part) in buffer.iter_mut().zip(std::iter::from_fn(|| parts.next_if(|_| true))) {
        *slot = *part;
        filled += 1;
    }
    let head = buffer.get(..filled).unwrap_or_default().as_flattened();
    if parts.peek().is_none() {
        return blake3::keyed_hash(key, head);
    }
    let mut hasher = blake3::Hasher::new_keyed(key);
    hasher.update(head);
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_seed_is_part_of_a_key_and_none_is_nothing() {
        let plain = SpecKey {
            recipe: RECIPE,
            kind: "function".into(),
            function: "app::noisy".into(),
            code: [1; 32],
            parameters: Vec::new(),
            results: Vec::new(),
            trial: 0,
            seed: None,
        };
        let chosen = SpecKey { seed: Some(0), ..plain.clone() };
        assert_eq!(plain.to_bytes(), postcard::to_stdvec(&plain).unwrap());
        assert_ne!(plain.to_bytes(), chosen.to_bytes());
        for key in [plain, chosen] {
            assert_eq!(SpecKey::from_bytes(&key.to_bytes()), Some(key));
        }
    }
}
