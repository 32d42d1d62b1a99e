//! Record batches of Arrow: its stream format, read where it lies.

use crate::value::BoxError;
use crate::value::codec::{Bytes, Codec};
use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::MetadataVersion;
use arrow_ipc::reader::StreamDecoder;
use arrow_ipc::writer::{IpcWriteOptions, StreamWriter};
use std::io::Write;

/// The codec of [`arrow_array::RecordBatch`] and of vectors of them: Arrow's IPC stream format, without compression.
///
/// ```
/// use arrow_array::{ArrayRef, Float64Array, RecordBatch, cast::AsArray, types::Float64Type};
/// use mamo::{BoxError, Engine, Graph, codec::Arrow, node};
/// use std::sync::Arc;
///
/// #[node(codec = Arrow)]
/// fn table(n: usize) -> Result<RecordBatch, BoxError> {
///     let numbers: Float64Array = (0..n).map(|i| i as f64).collect();
///     Ok(RecordBatch::try_from_iter([("x", Arc::new(numbers) as ArrayRef)])?)
/// }
///
/// #[node]
/// fn total(table: &RecordBatch) -> f64 {
///     table.column(0).as_primitive::<Float64Type>().values().iter().sum()
/// }
///
/// let (graph, total) = Graph::build(|g| Ok(g.add(total::node(g.add(table::node(g.value(1000)))))))?;
/// assert_eq!(*Engine::in_memory().run(&graph)?.get(total)?, 499_500.0);
/// # Ok::<(), mamo::Error>(())
/// ```
///
/// Columns point into the store's file: a batch is loaded without a copy. Loading looks at offsets and texts, to check
/// them, and at no number.
///
/// The schema with its metadata, and what the columns hold, make the value. Slices are written as if their elements stood
/// alone. Two things that Arrow itself takes for equal are told apart, and cost at most an execution: what stands where a
/// column has nulls, and how a dictionary is laid out. Of several batches, where one ends and the next one begins counts.
#[derive(Debug)]
pub enum Arrow {}

/// Columns begin at multiples of so many bytes, as Arrow recommends.
const ALIGNMENT: usize = 64;

impl Codec<RecordBatch> for Arrow {
    const ID: &'static str = "arrow 1";

    fn encode(batch: &RecordBatch, out: &mut dyn Write) -> Result<(), BoxError> {
        write(std::slice::from_ref(batch), out)
    }

    fn decode(bytes: &Bytes) -> Result<RecordBatch, BoxError> {
        let [batch] = <[RecordBatch; 1]>::try_from(read(bytes)?)
            .map_err(|batches| format!("there are {} batches instead of one", batches.len()))?;
        Ok(batch)
    }
}

impl Codec<Vec<RecordBatch>> for Arrow {
    const ID: &'static str = "arrow 1";

    /// All of them have one schema.
    fn encode(batches: &Vec<RecordBatch>, out: &mut dyn Write) -> Result<(), BoxError> {
        write(batches, out)
    }

    fn decode(bytes: &Bytes) -> Result<Vec<RecordBatch>, BoxError> {
        read(bytes)
    }
}

fn write(batches: &[RecordBatch], out: &mut dyn Write) -> Result<(), BoxError> {
    // Without a batch there is no schema to write.
    let Some(first) = batches.first() else { return Ok(()) };
    let schema = first.schema_ref();
    if let Some(number) = batches.iter().position(|batch| batch.schema_ref() != schema) {
        return Err(format!("batch {number} has another schema than the first one").into());
    }
    // Not what the crate takes by default, which may change.
    let options = IpcWriteOptions::try_new(ALIGNMENT, false, MetadataVersion::V5)?;
    let mut writer = StreamWriter::try_new_with_options(out, schema, options)?;
    batches.iter().try_for_each(|batch| writer.write(batch))?;
    Ok(writer.finish()?)
}

fn read(bytes: &Bytes) -> Result<Vec<RecordBatch>, BoxError> {
    let mut rest = Buffer::from(bytes::Bytes::from_owner(bytes.clone()));
    let mut decoder = StreamDecoder::new();
    let mut batches = Vec::new();
    while let Some(batch) = decoder.decode(&mut rest)? {
        batches.push(batch);
    }
    // Says so when the bytes end in the middle.
    if !bytes.is_empty() {
        decoder.finish()?;
    }
    if !rest.is_empty() {
        return Err("there are bytes behind the last batch".into());
    }
    Ok(batches)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::types::Int32Type;
    use arrow_array::{
        Array, ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int64Array, ListArray, StringArray, StructArray,
        UInt32Array,
    };
    use arrow_schema::{DataType, Field, Schema};
    use std::collections::HashMap;
    use std::sync::Arc;

    fn bytes(batch: &RecordBatch) -> Bytes {
        let mut out = Vec::new();
        Arrow::encode(batch, &mut out).unwrap();
        Bytes::from(out)
    }

    fn decoded(bytes: &Bytes) -> Result<RecordBatch, BoxError> {
        <Arrow as Codec<RecordBatch>>::decode(bytes)
    }

    fn alone(name: &str, column: ArrayRef) -> RecordBatch {
        RecordBatch::try_from_iter([(name, column)]).unwrap()
    }

    /// The rows with these numbers, of columns of several kinds with nulls in them.
    fn rows(numbers: std::ops::Range<i64>) -> RecordBatch {
        let known = |n: &i64| n % 3 != 1;
        let small = |n: i64| usize::try_from(n).unwrap();
        let text = |n: i64| "x".repeat(small(n % 7));
        let numbers = || numbers.clone();
        let structs: StructArray = {
            let inner = Int64Array::from_iter_values(numbers());
            let inner: ArrayRef = Arc::new(inner);
            StructArray::from(vec![(Arc::new(Field::new("inner", DataType::Int64, true)), inner)])
        };
        let lists = numbers().map(|n| known(&n).then(move || (0..n % 4).map(move |k| i32::try_from(k + n).ok())));
        let columns: [(&str, ArrayRef); 6] = [
            ("numbers", Arc::new(Int64Array::from_iter(numbers().map(|n| Some(n).filter(known))))),
            (
                "floats",
                Arc::new(Float64Array::from_iter_values(numbers().map(|n| f64::from(i32::try_from(n).unwrap()) / 3.0))),
            ),
            ("texts", Arc::new(StringArray::from_iter(numbers().map(|n| Some(n).filter(known).map(text))))),
            ("flags", Arc::new(BooleanArray::from_iter(numbers().map(|n| Some(n).filter(known).map(|n| n % 2 == 0))))),
            ("lists", Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(lists))),
            ("structs", Arc::new(structs)),
        ];
        RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
    }

    #[test]
    fn batches_read_back() {
        for n in [0, 1, 1000] {
            let batch = rows(0..n);
            assert_eq!(decoded(&bytes(&batch)).unwrap(), batch);
        }
        let dictionary: DictionaryArray<Int32Type> = ["a", "b", "a"].into_iter().collect();
        let batch = alone("d", Arc::new(dictionary));
        assert_eq!(decoded(&bytes(&batch)).unwrap(), batch);
        // Rows without columns.
        let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(5));
        let batch = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), vec![], &options).unwrap();
        assert_eq!(decoded(&bytes(&batch)).unwrap(), batch);
        assert_eq!(decoded(&bytes(&batch)).unwrap().num_rows(), 5);
    }

    #[test]
    fn a_slice_is_the_same_value_as_its_copy() {
        let all = rows(0..300);
        for (start, end) in [(0, 300), (3, 17), (64, 200), (9, 9), (299, 300)] {
            let slice = all.slice(start, end - start);
            let copy = rows(i64::try_from(start).unwrap()..i64::try_from(end).unwrap());
            assert_eq!(slice, copy);
            assert_eq!(bytes(&slice), bytes(&copy), "{start}..{end}");
        }
    }

    #[test]
    fn other_names_types_and_metadata_are_other_values() {
        let numbers: ArrayRef = Arc::new(UInt32Array::from(vec![1, 2]));
        let batch = |field: Field, metadata: &[(&str, &str)]| {
            let metadata: HashMap<String, String> =
                metadata.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            let schema = Schema::new(vec![field]).with_metadata(metadata);
            RecordBatch::try_new(Arc::new(schema), vec![Arc::clone(&numbers)]).unwrap()
        };
        let plain = bytes(&batch(Field::new("a", DataType::UInt32, false), &[]));
        assert_ne!(bytes(&batch(Field::new("b", DataType::UInt32, false), &[])), plain);
        assert_ne!(bytes(&batch(Field::new("a", DataType::UInt32, true), &[])), plain);
        let with = |metadata: &[(&str, &str)]| bytes(&batch(Field::new("a", DataType::UInt32, false), metadata));
        assert_ne!(with(&[("unit", "m")]), plain);
        // In whatever order a hash map has them.
        let many: Vec<(String, String)> = (0..40).map(|n| (n.to_string(), "v".to_owned())).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(with(&many), with(&many));
        let other = alone("a", Arc::new(UInt32Array::from(vec![1, 3])));
        assert_ne!(bytes(&other), plain);
    }

    #[test]
    fn several_batches_have_one_schema() {
        let encode = |batches: &Vec<RecordBatch>| {
            let mut out = Vec::new();
            Arrow::encode(batches, &mut out).map(|()| Bytes::from(out))
        };
        for batches in [vec![], vec![rows(0..3)], vec![rows(0..3), rows(3..4), rows(0..0)]] {
            let bytes = encode(&batches).unwrap();
            assert_eq!(<Arrow as Codec<Vec<RecordBatch>>>::decode(&bytes).unwrap(), batches);
        }
        let other = alone("a", Arc::new(UInt32Array::from(vec![1])));
        let error = encode(&vec![rows(0..3), other]).unwrap_err();
        assert_eq!(error.to_string(), "batch 1 has another schema than the first one");
        let two = encode(&vec![rows(0..3), rows(3..4)]).unwrap();
        assert_eq!(decoded(&two).unwrap_err().to_string(), "there are 2 batches instead of one");
    }

    #[test]
    fn columns_point_into_the_bytes() {
        // In memory a vector need not be aligned as a mapped file is.
        let file = bytes(&rows(0..10_000));
        let mut padded: Vec<u8> = Vec::with_capacity(file.len() + ALIGNMENT);
        let start = padded.as_ptr().addr().next_multiple_of(ALIGNMENT) - padded.as_ptr().addr();
        padded.resize(start, 0);
        padded.extend_from_slice(&file);
        let aligned = Bytes::from(padded).slice(start..);
        let read = decoded(&aligned).unwrap();
        let within = aligned.as_ptr_range();
        for column in read.columns() {
            for buffer in column.to_data().buffers() {
                assert!(buffer.is_empty() || within.contains(&buffer.as_ptr()), "{}", column.data_type());
            }
        }
    }

    #[test]
    fn bytes_that_end_early_are_refused() {
        let good = bytes(&rows(0..100));
        for len in [1, 7, 100, good.len() / 2, good.len() - 9] {
            decoded(&good.slice(..len)).unwrap_err();
        }
        decoded(&Bytes::from([&good[..], b"more"].concat())).unwrap_err();
        decoded(&Bytes::from(b"something else altogether".as_slice())).unwrap_err();
    }
}
