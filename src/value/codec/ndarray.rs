//! Arrays of the crate `ndarray`: a header, and the numbers as they lie in memory.

use crate::value::BoxError;
use crate::value::codec::{Bytes, Codec};
use ndarray::{ArcArray, Array, ArrayBase, ArrayView, Data, Dimension};
use std::fmt;
use std::io::{self, Write};

/// The codec of [`ndarray::Array`], [`ndarray::ArcArray`] and [`MappedArray`], of numbers and `bool`.
///
/// ```
/// use mamo::{Engine, Graph, codec::NdArray, node};
/// use ndarray::Array2;
///
/// #[node(codec = NdArray)]
/// fn table(n: usize) -> Array2<f64> {
///     Array2::from_shape_fn((n, n), |(i, j)| (i * j) as f64)
/// }
///
/// #[node]
/// fn total(table: &Array2<f64>) -> f64 {
///     table.sum()
/// }
///
/// let (graph, total) = Graph::build(|g| Ok(g.add(total::node(g.add(table::node(g.value(100)))))))?;
/// assert_eq!(*Engine::in_memory().run(&graph)?.get(total)?, 24_502_500.0);
/// # Ok::<(), mamo::Error>(())
/// ```
///
/// Arrays with equal elements are equal values, however they lie in memory: they are written row by row, and every NaN
/// as one and the same. An array of a type with a store of its own for elements cannot point into a file; reading one
/// copies the file once. A [`MappedArray`] is read where it lies.
#[derive(Debug)]
pub enum NdArray {}

/// An array that is read where it lies: in the store's file when it was loaded, in memory when a node has just made it.
///
/// Its elements are seen through [`MappedArray::view`]. Loading one takes no time and no memory until they are looked at.
#[derive(Clone)]
pub struct MappedArray<A, D> {
    place: Place<A, D>,
}

#[derive(Clone)]
enum Place<A, D> {
    Memory(ArcArray<A, D>),
    /// Elements that are aligned and of this machine's byte order.
    File {
        elements: Bytes,
        shape: D,
    },
}

/// What an array consists of, so that mamo can keep it: all integers of fixed width, `f32`, `f64` and `bool`.
pub trait Element: private::Element {}

impl<T: private::Element> Element for T {}

mod private {
    /// How elements lie in a file.
    pub trait Element: Copy + Send + Sync + 'static {
        /// Says what they are.
        const NAME: [u8; 8];
        /// Bytes of one.
        const SIZE: usize;

        fn put(self, out: &mut Vec<u8>);

        fn take(bytes: &[u8]) -> Option<Self>;

        /// Elements where they lie; nothing when they do not lie as they would in memory.
        fn cast(bytes: &[u8]) -> Option<&[Self]>;
    }
}

/// Elements begin at a multiple of so many bytes.
const ALIGNMENT: usize = 64;
/// So many bytes are handed over at once.
const PIECE: usize = 64 << 10;

impl<A: Element, D: Dimension> Codec<Array<A, D>> for NdArray {
    const ID: &'static str = "ndarray 1";

    fn encode(array: &Array<A, D>, out: &mut dyn Write) -> Result<(), BoxError> {
        write(array, out)
    }

    fn decode(bytes: &Bytes) -> Result<Array<A, D>, BoxError> {
        let (shape, elements) = read::<A, D>(bytes)?;
        Ok(Array::from_shape_vec(shape, copied(&elements)?)?)
    }
}

impl<A: Element, D: Dimension> Codec<ArcArray<A, D>> for NdArray {
    const ID: &'static str = "ndarray 1";

    fn encode(array: &ArcArray<A, D>, out: &mut dyn Write) -> Result<(), BoxError> {
        write(array, out)
    }

    fn decode(bytes: &Bytes) -> Result<ArcArray<A, D>, BoxError> {
        <Self as Codec<Array<A, D>>>::decode(bytes).map(ArrayBase::into_shared)
    }
}

impl<A: Element, D: Dimension> Codec<MappedArray<A, D>> for NdArray {
    const ID: &'static str = "ndarray 1";

    fn encode(array: &MappedArray<A, D>, out: &mut dyn Write) -> Result<(), BoxError> {
        write(&array.view(), out)
    }

    fn decode(bytes: &Bytes) -> Result<MappedArray<A, D>, BoxError> {
        let (shape, elements) = read::<A, D>(bytes)?;
        Ok(if A::cast(&elements).is_some() {
            MappedArray { place: Place::File { elements, shape } }
        } else {
            MappedArray::from(Array::from_shape_vec(shape, copied(&elements)?)?)
        })
    }
}

impl<A: Element, D: Dimension> MappedArray<A, D> {
    /// The elements.
    pub fn view(&self) -> ArrayView<'_, A, D> {
        match &self.place {
            Place::Memory(array) => array.view(),
            Place::File { elements, shape } => {
                let elements = A::cast(elements).unwrap_or_default();
                // Both were seen to fit when it was read; nothing about them has changed.
                ArrayView::from_shape(shape.clone(), elements)
                    .unwrap_or_else(|error| std::panic::panic_any(error.to_string()))
            }
        }
    }

    /// Whether the elements are read from a file when they are looked at.
    pub fn is_mapped(&self) -> bool {
        match &self.place {
            Place::Memory(_) => false,
            Place::File { elements, .. } => elements.is_mapped(),
        }
    }
}

impl<A: Element, D: Dimension> From<Array<A, D>> for MappedArray<A, D> {
    fn from(array: Array<A, D>) -> Self {
        Self { place: Place::Memory(array.into_shared()) }
    }
}

impl<A: Element + fmt::Debug, D: Dimension> fmt::Debug for MappedArray<A, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view().fmt(f)
    }
}

fn write<A: Element, S: Data<Elem = A>, D: Dimension>(
    array: &ArrayBase<S, D>,
    out: &mut dyn Write,
) -> Result<(), BoxError> {
    let mut piece = Vec::with_capacity(PIECE + ALIGNMENT);
    piece.extend_from_slice(&A::NAME);
    piece.extend_from_slice(&u64::try_from(array.ndim())?.to_le_bytes());
    for len in array.shape() {
        piece.extend_from_slice(&u64::try_from(*len)?.to_le_bytes());
    }
    piece.resize(piece.len().next_multiple_of(ALIGNMENT), 0);
    let mut put = |element: &A| -> io::Result<()> {
        element.put(&mut piece);
        if piece.len() >= PIECE {
            out.write_all(&piece)?;
            piece.clear();
        }
        Ok(())
    };
    // The elements of a slice are gone over faster than those of an array.
    match array.as_slice() {
        Some(slice) => slice.iter().try_for_each(&mut put)?,
        None => array.iter().try_for_each(&mut put)?,
    }
    Ok(out.write_all(&piece)?)
}

/// The shape, and the bytes of the elements, which are as many as it says.
fn read<A: Element, D: Dimension>(bytes: &Bytes) -> Result<(D, Bytes), BoxError> {
    let (name, rest) = bytes.split_first_chunk::<8>().ok_or(SHORT)?;
    if *name != A::NAME {
        return Err(format!("the elements are `{}`", name.escape_ascii()).into());
    }
    let number = |bytes: &[u8; 8]| usize::try_from(u64::from_le_bytes(*bytes));
    let (n_axes, mut rest) = rest.split_first_chunk::<8>().ok_or(SHORT)?;
    let n_axes = number(n_axes)?;
    if D::NDIM.is_some_and(|expected| expected != n_axes) || n_axes > rest.len() / 8 {
        return Err(format!("the array has {n_axes} axes").into());
    }
    let mut shape = D::zeros(n_axes);
    let mut n_elements = 1_usize;
    for len in shape.slice_mut() {
        let (written, behind) = rest.split_first_chunk::<8>().ok_or(SHORT)?;
        rest = behind;
        *len = number(written)?;
        n_elements = n_elements.checked_mul(*len).ok_or("the array is larger than memory")?;
    }
    let start = (bytes.len() - rest.len()).next_multiple_of(ALIGNMENT);
    let len = n_elements.checked_mul(A::SIZE).ok_or("the array is larger than memory")?;
    if bytes.len().checked_sub(start) != Some(len) {
        return Err(format!("the array has {n_elements} elements, and there are bytes for others").into());
    }
    Ok((shape, bytes.slice(start..)))
}

const SHORT: &str = "the bytes end within the header";

fn copied<A: Element>(bytes: &[u8]) -> Result<Vec<A>, BoxError> {
    match A::cast(bytes) {
        Some(elements) => Ok(elements.to_vec()),
        None => {
            let elements = bytes.chunks_exact(A::SIZE).map(A::take).collect::<Option<Vec<A>>>();
            elements.ok_or_else(|| "an element has a value that it cannot have".into())
        }
    }
}

/// On other machines the numbers have to be turned around.
const IS_CASTABLE: bool = cfg!(target_endian = "little");

macro_rules! element {
    ($type:ty, $name:literal, |$element:ident| $canonical:expr) => {
        impl private::Element for $type {
            const NAME: [u8; 8] = *$name;
            const SIZE: usize = size_of::<$type>();

            #[inline]
            fn put(self, out: &mut Vec<u8>) {
                let $element = self;
                out.extend_from_slice(&$canonical.to_le_bytes());
            }

            fn take(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self::from_le_bytes)
            }

            fn cast(bytes: &[u8]) -> Option<&[Self]> {
                if IS_CASTABLE { bytemuck::try_cast_slice(bytes).ok() } else { None }
            }
        }
    };
}

element!(u8, b"u8      ", |n| n);
element!(u16, b"u16     ", |n| n);
element!(u32, b"u32     ", |n| n);
element!(u64, b"u64     ", |n| n);
element!(u128, b"u128    ", |n| n);
element!(i8, b"i8      ", |n| n);
element!(i16, b"i16     ", |n| n);
element!(i32, b"i32     ", |n| n);
element!(i64, b"i64     ", |n| n);
element!(i128, b"i128    ", |n| n);
// Which NaN a computation gives differs between processors and optimisations.
element!(f32, b"f32     ", |x| if x.is_nan() { 0x7fc0_0000_u32 } else { x.to_bits() });
element!(f64, b"f64     ", |x| if x.is_nan() { 0x7ff8_0000_0000_0000_u64 } else { x.to_bits() });

impl private::Element for bool {
    const NAME: [u8; 8] = *b"bool    ";
    const SIZE: usize = 1;

    fn put(self, out: &mut Vec<u8>) {
        out.push(u8::from(self));
    }

    fn take(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }

    /// Not every byte is one.
    fn cast(_: &[u8]) -> Option<&[Self]> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array0, Array1, Array2, ArrayD, Axis, Ix1, Ix2, array};

    fn bytes<A: Element, D: Dimension>(array: &Array<A, D>) -> Bytes {
        let mut out = Vec::new();
        NdArray::encode(array, &mut out).unwrap();
        Bytes::from(out)
    }

    #[track_caller]
    fn check<A: Element + PartialEq + fmt::Debug, D: Dimension>(array: &Array<A, D>) {
        let bytes = bytes(array);
        assert_eq!(&<NdArray as Codec<Array<A, D>>>::decode(&bytes).unwrap(), array);
        let mapped = <NdArray as Codec<MappedArray<A, D>>>::decode(&bytes).unwrap();
        assert_eq!(mapped.view(), array);
        let mut again = Vec::new();
        NdArray::encode(&mapped, &mut again).unwrap();
        assert_eq!(Bytes::from(again), bytes);
    }

    #[test]
    fn arrays_of_all_shapes_read_back() {
        check(&Array0::from_elem((), 7_u8));
        check(&Array1::from_iter((0..100_000).map(f64::from)));
        check(&Array2::<i64>::zeros((0, 5)));
        check(&Array1::from(vec![true, false]));
        check(&ArrayD::from_shape_fn(vec![2, 3, 4], |index| f32::from(u8::try_from(index[2]).unwrap())));
        check(&array![[-1_i128, i128::MAX], [i128::MIN, 0]]);
    }

    /// Transposed, sliced backwards or copied: the same elements are the same value; other shapes are not.
    #[test]
    fn how_an_array_lies_in_memory_does_not_count() {
        let rows = Array2::from_shape_fn((3, 4), |(i, j)| u32::try_from(10 * i + j).unwrap());
        let columns = rows.t().as_standard_layout().into_owned().reversed_axes();
        assert_ne!(rows.strides(), columns.strides());
        assert_eq!(bytes(&rows), bytes(&columns));
        let mut backwards = rows.clone();
        backwards.invert_axis(Axis(0));
        let copied = backwards.as_standard_layout().into_owned();
        assert_eq!(bytes(&backwards), bytes(&copied));
        assert_ne!(bytes(&backwards), bytes(&rows));
        assert_ne!(bytes(&rows), bytes(&rows.clone().into_shape_with_order((4, 3)).unwrap()));
    }

    #[test]
    fn every_nan_is_one_and_zeros_keep_their_sign() {
        let nan = |bits: u32| bytes(&array![f32::from_bits(bits)]);
        assert_eq!(nan(0x7fc0_0001), nan(0xffc0_0000));
        assert_ne!(bytes(&array![0.0_f64]), bytes(&array![-0.0_f64]));
    }

    #[test]
    fn other_bytes_are_refused() {
        let good = bytes(&array![[1_u16, 2], [3, 4]]);
        let read = |bytes: &[u8]| <NdArray as Codec<Array<u16, Ix2>>>::decode(&Bytes::from(bytes)).map(|_| ());
        read(&good).unwrap();
        for cut in [0, 7, 8, 15, 16, 31, 63, 64, good.len() - 1] {
            read(&good[..cut]).unwrap_err();
        }
        read(&[&good[..], &[0]].concat()).unwrap_err();
        // Two axes of so many elements that their number does not fit.
        let mut huge = good.to_vec();
        huge[16..32].fill(0xff);
        read(&huge).unwrap_err();
        let flat = <NdArray as Codec<Array<u16, Ix1>>>::decode(&good).unwrap_err();
        assert_eq!(flat.to_string(), "the array has 2 axes");
        let floats = <NdArray as Codec<Array<f32, Ix2>>>::decode(&good).unwrap_err();
        assert_eq!(floats.to_string(), "the elements are `u16     `");
        let mut mask = bytes(&array![true]).to_vec();
        mask[64] = 2;
        <NdArray as Codec<Array<bool, Ix1>>>::decode(&Bytes::from(mask)).unwrap_err();
    }

    /// A view of other bytes than they were written for would be of a piece of memory that has other numbers.
    #[test]
    fn elements_that_are_not_aligned_are_copied() {
        let good = bytes(&array![1_u64, 2, 3]);
        let shifted = Bytes::from([&[0], &good[..]].concat()).slice(1..);
        let other = Bytes::from([&[0, 0], &good[..]].concat()).slice(2..);
        for bytes in [shifted, other] {
            let read = <NdArray as Codec<MappedArray<u64, Ix1>>>::decode(&bytes).unwrap();
            assert_eq!(read.view(), array![1_u64, 2, 3]);
        }
    }
}
