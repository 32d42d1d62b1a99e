//! The code of a function as the compiler hands it over: comments, documentation and formatting are not in it.

use mamo::__private::{CodeScope, DeclaredFunction};

mod plain {
    #[mamo::node]
    pub fn sum<'a>(rows: &'a [Vec<u32>], (a, b): &(u32, u32)) -> Result<u32, String> {
        let mut total = -1i64;
        for row in rows {
            total += row.iter().map(|x| i64::from(*x)).sum::<i64>();
        }
        match total {
            0 => {}
            _ => println!("{total}", total = total),
        }
        u32::try_from(total).map(|total| total + a + b).map_err(|error| error.to_string())
    }
}

mod other {
    /// Documented.
    #[inline]
    #[mamo::node(version = 3)]
    #[must_use]
    pub(crate) fn sum<'a>(
        rows: &'a [Vec<u32 >], // rows
        (a, b,): &(u32, u32,),
    )->Result<u32,String> {
        //! Inside.
        let mut total=-1i64;
        for row in rows { total+=row.iter().map(|x|i64::from(*x)).sum::<i64>(); }
        #[allow(clippy::match_single_binding)]
        match total { 0=>{}, _=>println!("{total}", total=total,), }
        u32::try_from(total)
            .map(|total| total /* in the middle */ + a + b)
            .map_err(|error| error.to_string())
    }
}

mod changed {
    #[mamo::node]
    pub fn sum<'a>(rows: &'a [Vec<u32>], (a, b): &(u32, u32)) -> Result<u32, String> {
        let mut total = -1i64;
        for row in rows {
            total += row.iter().map(|x| i64::from(*x)).sum::<i64>();
        }
        match total {
            0 => {}
            _ => println!("{total}", total = total),
        }
        u32::try_from(total).map(|total| total + a - b).map_err(|error| error.to_string())
    }
}

fn main() {
    type Given = (Vec<Vec<u32>>,);
    let plain = <plain::sum as DeclaredFunction<Given>>::FUNCTION;
    let other = <other::sum as DeclaredFunction<Given>>::FUNCTION;
    let changed = <changed::sum as DeclaredFunction<Given>>::FUNCTION;
    assert_eq!(plain.code.tokens, other.code.tokens);
    assert_ne!(plain.code.tokens, changed.code.tokens);
    assert_ne!(plain.path, other.path);
    assert_eq!((plain.code.scope, other.code.scope), (CodeScope::Deep, CodeScope::Version(3)));
}
