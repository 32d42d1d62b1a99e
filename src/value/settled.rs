//! Maps whose elements' failures are values.

use crate::fingerprint::Schema;
use crate::value::codec::{
    self, Blob, Bytes, CodecError, NodeResult, Sink, ValueType, encode_bytes, encode_into, expect_type,
};
use crate::value::part::Loader;
use crate::value::{Collection, Dict, DictKey, Failure, List, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::{Any, TypeId};
use std::io::{self, Write};
use std::marker::PhantomData;
use std::sync::Arc;

/// What `f::map` gives, of which each element may be settled on its own: [`List<T>`] and [`Dict<K, T>`].
pub trait SettleEach: Collection {
    /// The same with a `Result` for each element.
    type Settled: Send + Sync + 'static;
}

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> SettleEach for List<T> {
    type Settled = List<Result<T, Failure>>;
}

impl<K: DictKey, T: Serialize + DeserializeOwned + Send + Sync + 'static> SettleEach for Dict<K, T> {
    type Settled = Dict<K, Result<T, Failure>>;
}

/// What the function behind `F` gives, or why it failed.
#[derive(Debug)]
pub(crate) struct SettledOf<F>(PhantomData<F>);

impl<F: NodeResult> NodeResult for SettledOf<F> {
    type Value = Result<F::Value, Failure>;
    const TYPE: &'static ValueType = ValueType::settled::<F>();
}

/// The first byte of a result in postcard's form.
const OK: u8 = 0;

impl ValueType {
    /// The function's value or its failure, in the form in which serde writes a `Result`.
    const fn settled<F: NodeResult>() -> &'static Self {
        const {
            &Self {
                type_id: TypeId::of::<Result<F::Value, Failure>>,
                type_name: std::any::type_name::<Result<F::Value, Failure>>,
                codec: F::TYPE.codec,
                schema: settled_schema::<F>,
                bytes: match F::TYPE.bytes {
                    Some(_) => Some(codec::Coding { encode: encode_settled::<F>, decode: decode_settled::<F> }),
                    None => None,
                },
            }
        }
    }
}

/// The encoded form of a value that did not fail, given its own.
pub(crate) fn settled_value(bytes: &[u8]) -> io::Result<Blob> {
    let mut sink = Sink::default();
    sink.write_all(&[OK])?;
    sink.write_all(bytes)?;
    Ok(sink.finish()?.bytes)
}

/// The encoded form of a failure.
pub(crate) fn settled_failure(failure: &Failure) -> Result<Vec<u8>, CodecError> {
    encode_bytes(&Err::<(), &Failure>(failure))
}

fn settled_schema<F: NodeResult>() -> Schema {
    Schema::of_collection(&Schema::named("mamo::Settled"), &(F::TYPE.schema)())
}

fn encode_settled<F: NodeResult>(value: &(dyn Any + Send + Sync), sink: &mut Sink) -> Result<(), CodecError> {
    match expect_type::<Result<F::Value, Failure>>(value)? {
        Ok(value) => {
            sink.write_all(&[OK]).map_err(|error| CodecError::encode::<F::Value>(error.to_string()))?;
            F::TYPE.encode_into(value, sink)
        }
        Err(failure) => encode_into(&Err::<(), &Failure>(failure), sink),
    }
}

fn decode_settled<F: NodeResult>(bytes: &Bytes, loader: &Arc<dyn Loader>) -> Result<Value, CodecError> {
    let settled: Result<F::Value, Failure> = match bytes.first() {
        Some(&OK) => {
            let value = F::TYPE.decode(&bytes.slice(1..), loader)?.typed::<F::Value>()?;
            Ok(Arc::into_inner(value)
                .ok_or_else(|| CodecError::decode::<F::Value>("what was read is held elsewhere"))?)
        }
        _ => Err(codec::decode_value::<Result<(), Failure>>(bytes, loader)?
            .err()
            .ok_or_else(|| CodecError::decode::<Failure>("no failure"))?),
    };
    Ok(Value::new(settled))
}
