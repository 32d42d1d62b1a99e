//! The map: an SVG file that follows the reader's choice of light or dark.

use crate::events::Quake;
use crate::land::Ground;
use crate::legend;
use crate::marks::{Cluster, dots, labels, ranked};
use crate::params::{Density, Layout};
use crate::projection::{Frame, View};
use crate::sheet::{self, MARGIN, WIDTH};
use crate::sphere::Point;
use crate::statistics::Statistics;
use mamo::{Artifact, BoxError, Dict, NodeCtx, node};
use std::fmt::Write;

/// Draws the map.
#[node]
pub(crate) fn map(
    ctx: &NodeCtx,
    clusters: &Dict<String, Vec<Quake>>,
    statistics: &Dict<String, Statistics>,
    alone: &[Quake],
    ground: &Ground,
    layout: &Layout,
    density: &Density,
) -> Result<Artifact, BoxError> {
    let clusters = ranked(clusters, statistics);
    let mut file = ctx.output_file("quakes.svg")?;
    std::io::Write::write_all(&mut file, svg(&clusters, alone, ground, layout, density)?.as_bytes())?;
    file.finish()
}

fn svg(
    clusters: &[Cluster],
    alone: &[Quake],
    ground: &Ground,
    layout: &Layout,
    density: &Density,
) -> Result<String, std::fmt::Error> {
    let (world, insets) = (sheet::world(layout), sheet::insets(layout));
    let top = sheet::legend_top(layout);
    let height = top + legend::height(clusters.len());
    let mut svg = format!("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height:.0}' role='img'>\n");
    writeln!(svg, "<title>Earthquakes and their clusters</title>\n<style>\n{}</style>", include_str!("map.css"))?;
    writeln!(svg, "<rect class='paper' width='{WIDTH}' height='{height:.0}'/>")?;
    heading(&mut svg, clusters, alone, density)?;

    svg += &ground.world;
    dots(&mut svg, &world, clusters, alone, 1.0)?;
    for (letter, inset) in ('A'..).zip(&insets) {
        locate(&mut svg, &world, inset, letter)?;
    }
    // What an inset shows is told apart there.
    let is_elsewhere = |cluster: &&Cluster| !insets.iter().any(|inset| inset.shows(cluster.centre));
    labels(&mut svg, &world, &clusters.iter().filter(is_elsewhere).collect::<Vec<_>>())?;

    for (((letter, inset), window), below) in ('A'..).zip(&insets).zip(&layout.insets).zip(&ground.insets) {
        let Frame { left, top, width, height } = inset.frame();
        writeln!(svg, "<text x='{left:.1}' y='{:.1}'><tspan font-weight='700'>{letter}</tspan>", top - 10.0)?;
        writeln!(svg, "<tspan dx='4'>{}</tspan></text>", escaped(&window.title))?;
        let area = format!("x='{left:.1}' y='{top:.1}' width='{width:.1}' height='{height:.1}'");
        writeln!(svg, "<clipPath id='in{letter}'><rect {area}/></clipPath>\n<g clip-path='url(#in{letter})'>")?;
        svg += below;
        dots(&mut svg, inset, clusters, alone, 1.5)?;
        writeln!(svg, "</g>\n<rect class='edge' {area}/>")?;
        let shown: Vec<_> = clusters.iter().filter(|cluster| inset.shows(cluster.centre)).collect();
        labels(&mut svg, inset, &shown)?;
    }
    legend::legend(&mut svg, top, clusters)?;
    svg += "</svg>\n";
    Ok(svg)
}

fn heading(svg: &mut String, clusters: &[Cluster], alone: &[Quake], density: &Density) -> std::fmt::Result {
    let in_clusters: usize = clusters.iter().map(|cluster| cluster.quakes.len()).sum();
    writeln!(svg, "<text class='title' x='{MARGIN}' y='44'>Earthquakes and their clusters</text>")?;
    let Density { eps_km, min_points } = density;
    let (quakes, n_clusters) = (in_clusters + alone.len(), clusters.len());
    writeln!(
        svg,
        "<text class='soft' x='{MARGIN}' y='68'>{quakes} quakes, of which {in_clusters} lie in {n_clusters} clusters: \
         places where at least {min_points} are within {eps_km} km of one. \
         Grey ones are alone. Source: USGS.</text>"
    )?;
    legend::sizes(svg)
}

/// Marks on one map what another one shows.
fn locate(svg: &mut String, world: &View, inset: &View, letter: char) -> std::fmt::Result {
    let [west, east, south, north] = inset.bounds();
    let corners = [(west, south), (west, north), (east, north), (east, south)];
    let places = corners.map(|(longitude, latitude)| world.place(Point { longitude, latitude }));
    svg.push_str("<path class='window' d='");
    for (command, (x, y)) in ['M', 'L', 'L', 'L'].into_iter().zip(places) {
        write!(svg, "{command}{x:.1} {y:.1}")?;
    }
    let (x, y) = world.place(Point { longitude: west, latitude: (south + north) / 2.0 });
    writeln!(svg, "Z'/><text class='number' x='{:.1}' y='{:.1}'>{letter}</text>", x - 11.0, y + 4.0)
}

/// Text for XML.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::Window;

    fn quake(longitude: f64, latitude: f64, magnitude: f64) -> Quake {
        Quake { id: String::new(), place: String::new(), epicentre: Point { longitude, latitude }, magnitude }
    }

    #[test]
    fn every_quake_is_a_dot_and_every_cluster_has_its_number() {
        let quakes = vec![quake(-120.0, 37.0, 2.0), quake(-120.1, 37.1, 3.0)];
        let centre = Point { longitude: -120.05, latitude: 37.05 };
        let statistics = Statistics { quakes: 2, mean: 2.5, strongest: 3.0, centre, area_km2: 0.0, b: None };
        let clusters = [("Here & <there>".to_owned(), quakes)].into_iter().collect();
        let statistics = [("Here & <there>".to_owned(), statistics)].into_iter().collect();
        let window = Window { title: "Near".to_owned(), west: -121.0, east: -119.0, south: 36.0, north: 38.0 };
        let layout = Layout { centre: 155.0, insets: vec![window] };
        let ground = Ground { world: String::new(), insets: vec![String::new()] };
        let density = Density { eps_km: 30.0, min_points: 2 };
        let svg = svg(&ranked(&clusters, &statistics), &[quake(0.0, 0.0, 5.0)], &ground, &layout, &density).unwrap();
        let maps = svg.split("<!--legend-->").next().unwrap();
        // Three on the map of the world, two in the inset.
        assert_eq!(maps.matches("<circle cx").count(), 5);
        assert_eq!(maps.matches("'number h0'").count(), 1, "the inset alone has the number");
        assert!(svg.contains("Here &amp; &lt;there&gt;") && !svg.contains("& <"));
    }
}
