//! Marks segments that cross a segment between two cuts: these must not be aligned ("type 1 conflicts").

use crate::viz::layout::layers::{RowId, SegmentId, VertexId};
use crate::viz::layout::order::Order;
use crate::viz::layout::table::{Id, Table};

/// Which segments cross one that lies between two cuts, and do not do so themselves.
///
/// Where two segments between cuts cross (a "type 2 conflict"), the one whose lower end is further to the right is marked.
pub(crate) fn conflicts(order: &Order<'_>) -> Table<SegmentId, bool> {
    let mut marked = Table::new(order.layers.segments.len(), false);
    for row in order.row_ids() {
        mark(order, row, &mut marked);
    }
    marked
}

/// Looks at the segments that end in `row` from above.
fn mark(order: &Order<'_>, row: RowId, marked: &mut Table<SegmentId, bool>) {
    let layers = order.layers;
    let inner =
        |vertex: VertexId| layers.up[vertex].first().filter(|arc| layers.is_cut(vertex) && layers.is_cut(arc.other));
    let Some(above) = row.position().checked_sub(1).map(RowId::from_position) else { return };
    let vertices = &order.rows[row];
    let last = u32::try_from(order.rows[above].len()).unwrap_or(u32::MAX);
    // Segments of vertices before the next inner segment's must end between the last and the next one's end.
    let mut low = 0;
    let mut waiting = 0;
    for (position, &vertex) in vertices.iter().enumerate() {
        let is_last = position + 1 == vertices.len();
        let own = inner(vertex);
        let crosses = own.filter(|arc| order.index[arc.other] < low);
        if let Some(arc) = crosses {
            marked[arc.segment] = true;
        }
        let bound = if crosses.is_some() { None } else { own.map(|arc| order.index[arc.other]) };
        if bound.is_none() && !is_last {
            continue;
        }
        let high = bound.unwrap_or(last);
        for &between in vertices.get(waiting..=position).unwrap_or_default() {
            if inner(between).is_some() {
                continue;
            }
            for arc in &layers.up[between] {
                let end = order.index[arc.other];
                if end < low || end > high {
                    marked[arc.segment] = true;
                }
            }
        }
        waiting = position + 1;
        low = high;
    }
}
