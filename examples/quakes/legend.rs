//! What numbers and dots on the map mean.

use crate::map::escaped;
use crate::marks::{Cluster, radius};
use crate::sheet::{MARGIN, WIDTH};
use std::fmt::Write;

const COLUMNS: usize = 4;
const ROW: f64 = 21.0;
const GUTTER: f64 = 28.0;
/// More are not listed.
const MOST: usize = 60;

/// How high the legend for so many clusters is.
pub(crate) fn height(n_clusters: usize) -> f64 {
    let rows = n_clusters.min(MOST).div_ceil(COLUMNS);
    ROW * (1.0 + u16::try_from(rows).map_or(0.0, f64::from)) + 40.0
}

/// Lists the clusters.
pub(crate) fn legend(svg: &mut String, top: f64, clusters: &[Cluster]) -> std::fmt::Result {
    svg.push_str("<!--legend-->\n");
    let listed = clusters.get(..MOST).unwrap_or(clusters);
    let rows = listed.len().div_ceil(COLUMNS).max(1);
    let width = (WIDTH - 2.0 * MARGIN - 3.0 * GUTTER) / 4.0;
    let mut left = MARGIN;
    for column in listed.chunks(rows) {
        let right = left + width;
        writeln!(svg, "<text class='soft' x='{:.1}' y='{:.1}'>strongest quake near</text>", left + 26.0, top + 12.0)?;
        writeln!(svg, "<text class='soft right' x='{:.1}' y='{:.1}'>quakes</text>", right - 34.0, top + 12.0)?;
        writeln!(svg, "<text class='soft right' x='{right:.1}' y='{:.1}'>max</text>", top + 12.0)?;
        let mut y = top + 12.0 + ROW;
        for Cluster { name, number, hue, strongest, quakes, .. } in column {
            writeln!(svg, "<text class='number h{hue}' x='{:.1}' y='{y:.1}'>{number}</text>", left + 9.0)?;
            writeln!(svg, "<text x='{:.1}' y='{y:.1}'>{}</text>", left + 26.0, escaped(&shortened(name)))?;
            writeln!(svg, "<text class='right' x='{:.1}' y='{y:.1}'>{}</text>", right - 34.0, quakes.len())?;
            writeln!(svg, "<text class='right' x='{right:.1}' y='{y:.1}'>{strongest:.1}</text>")?;
            y += ROW;
        }
        left = right + GUTTER;
    }
    Ok(())
}

/// Shows how large the dots of some magnitudes are, in the upper right corner.
pub(crate) fn sizes(svg: &mut String) -> std::fmt::Result {
    let mut right = WIDTH - MARGIN;
    for (magnitude, text) in [(6.0, "6"), (5.0, "5"), (4.0, "4"), (3.0, "3"), (2.0, "2"), (1.0, "1")] {
        let r = radius(magnitude);
        writeln!(svg, "<text class='soft right' x='{right:.1}' y='46'>{text}</text>")?;
        let x = right - 12.0 - r;
        writeln!(svg, "<circle class='size' cx='{x:.1}' cy='41.5' r='{r:.1}'/>")?;
        right = x - r - 10.0;
    }
    writeln!(svg, "<text class='soft right' x='{:.1}' y='46'>magnitude</text>", right - 4.0)
}

/// A name that fits into its column.
fn shortened(name: &str) -> String {
    const LONGEST: usize = 24;
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    let start: String = name.chars().take(LONGEST - 1).collect();
    format!("{}…", start.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_shortened_by_letters() {
        assert_eq!(shortened("Hualian, Taiwan"), "Hualian, Taiwan");
        assert_eq!(shortened("Isla Ángel de la Guarda, Mexico"), "Isla Ángel de la Guarda…");
    }

    #[test]
    fn the_legend_grows_by_rows() {
        assert_eq!(height(5) - height(4), ROW);
        assert_eq!(height(8), height(5));
    }
}
