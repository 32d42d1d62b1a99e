//! Arrays and tables: kept by codecs of others' types, and read where they lie.

#[cfg(feature = "arrow")]
mod arrow {
    use crate::support::Bench;
    use arrow_array::types::Float64Type;
    use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray, cast::AsArray};
    use expect_test::expect;
    use mamo::codec::Arrow;
    use mamo::{BoxError, Graph, List, node};
    use std::sync::Arc;

    #[node(codec = Arrow)]
    fn table(n: u32) -> Result<RecordBatch, BoxError> {
        let numbers: Float64Array = (0..n).map(f64::from).collect();
        let names: StringArray = (0..n).map(|i| Some(i.to_string())).collect();
        let columns: [(&str, ArrayRef); 2] = [("x", Arc::new(numbers)), ("name", Arc::new(names))];
        Ok(RecordBatch::try_from_iter(columns)?)
    }

    #[node(codec = Arrow)]
    fn positive(table: &RecordBatch) -> RecordBatch {
        table.slice(1, table.num_rows() - 1)
    }

    #[node]
    fn total(table: &RecordBatch, plus: u32) -> f64 {
        table.column(0).as_primitive::<Float64Type>().values().iter().sum::<f64>() + f64::from(plus)
    }

    #[node]
    fn rows(tables: &List<RecordBatch>) -> usize {
        tables.iter().map(|table| table.num_rows()).sum()
    }

    #[test]
    fn tables_are_read_by_a_later_process_without_executing_what_made_them() {
        let folder = tempfile::tempdir().unwrap();
        let pipeline = |plus: u32| {
            move |g: &Graph| {
                let table = g.add(positive::node(g.add(table::node(g.value(200_000)))));
                Ok(g.add(total::node(table, g.value(plus))))
            }
        };
        let first = Bench::open(folder.path()).check(pipeline(0), expect!["positive table total"]).unwrap();
        assert_eq!(first, 19_999_900_000.0);
        assert_eq!(Bench::open(folder.path()).check(pipeline(0), expect![""]).unwrap(), first);
        assert_eq!(Bench::open(folder.path()).check(pipeline(1), expect!["total"]).unwrap(), first + 1.0);
    }

    #[test]
    fn tables_are_elements_as_well() {
        let folder = tempfile::tempdir().unwrap();
        let pipeline = |g: &Graph| {
            let tables = g.add(table::map(g.value(vec![2, 100_000])));
            Ok(g.add(rows::node(tables)))
        };
        let expected = expect!["rows table[0] table[1]"];
        assert_eq!(Bench::open(folder.path()).check(pipeline, expected).unwrap(), 100_002);
        assert_eq!(Bench::open(folder.path()).check(pipeline, expect![""]).unwrap(), 100_002);
    }
}

#[cfg(feature = "ndarray")]
mod ndarray {
    use crate::support::Bench;
    use expect_test::expect;
    use mamo::codec::{MappedArray, NdArray};
    use mamo::{Graph, Node, node};
    use ndarray::{Array2, Ix2};

    #[node(codec = NdArray)]
    fn field(n: u16) -> Array2<f32> {
        let n = usize::from(n);
        Array2::from_shape_fn((n, n), |(i, j)| f32::from(u16::try_from(i ^ j).unwrap()))
    }

    #[node(codec = NdArray)]
    fn transposed(field: &Array2<f32>) -> MappedArray<f32, Ix2> {
        field.t().to_owned().into()
    }

    #[node]
    fn corner(field: &MappedArray<f32, Ix2>, plus: u16) -> (bool, f32) {
        let view = field.view();
        (field.is_mapped(), view[[0, view.ncols() - 1]] + f32::from(plus))
    }

    #[test]
    fn arrays_are_read_where_they_lie() {
        let folder = tempfile::tempdir().unwrap();
        let pipeline = |plus: u16| {
            move |g: &Graph| -> mamo::Result<Node<(bool, f32)>> {
                let transposed = g.add(transposed::node(g.add(field::node(g.value(1000)))));
                Ok(g.add(corner::node(transposed, g.value(plus))))
            }
        };
        let first = Bench::open(folder.path()).check(pipeline(0), expect!["corner field transposed"]).unwrap();
        assert_eq!(first, (false, 999.0));
        let later = Bench::open(folder.path()).check(pipeline(1), expect!["corner"]).unwrap();
        assert_eq!(later, (true, 1000.0));
    }

    /// The field is symmetric, and how it lies in memory is no part of its value.
    #[test]
    fn an_equal_array_cuts_off() {
        #[node(codec = NdArray)]
        fn turned(field: &Array2<f32>, times: u8) -> Array2<f32> {
            if times % 2 == 1 { field.t().to_owned() } else { field.clone() }
        }
        #[node]
        fn sum(field: &Array2<f32>) -> f32 {
            field.sum()
        }
        let bench = Bench::in_memory();
        let pipeline = |times: u8| {
            move |g: &Graph| {
                let turned = g.add(turned::node(g.add(field::node(g.value(30))), g.value(times)));
                Ok(g.add(sum::node(turned)))
            }
        };
        bench.check(pipeline(0), expect!["field sum turned"]).unwrap();
        bench.check(pipeline(1), expect!["turned ~sum"]).unwrap();
    }
}
