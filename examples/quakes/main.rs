//! Where the earth shook: clusters of earthquakes, a table of them and a map.
//!
//! ```sh
//! cargo run --release --example quakes              # the table; the map is in out/quakes.svg
//! cargo run --release --example quakes              # again; nothing runs
//! cargo run --release --example quakes -- why map   # after an edit: what changed
//! ```
//!
//! How many clusters there are is known only when they have been found. Things to try: change `eps_km` in `params.toml` (clusters that
//! stay the same are not described again), `centre` (only the map runs), or delete `out/quakes.svg` (it comes back, and nothing runs).

mod cluster;
mod events;
mod land;
mod legend;
mod map;
mod marks;
mod params;
mod projection;
mod sheet;
mod sphere;
mod statistics;
mod table;
#[cfg(test)]
mod what_runs;

use mamo::{Graph, Node, field, source};
use params::Params;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What the pipeline reads and writes.
struct Files {
    catalogue: PathBuf,
    coasts: PathBuf,
    params: PathBuf,
    map: PathBuf,
}

impl Files {
    /// The files of this repository, wherever the program is started; the map appears where that is.
    fn shipped() -> Self {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
        Self {
            catalogue: examples.join("data/earthquakes.json.gz"),
            coasts: examples.join("data/land.json.gz"),
            params: examples.join("quakes/params.toml"),
            map: PathBuf::from("out/quakes.svg"),
        }
    }
}

fn pipeline(g: &Graph, files: &Files) -> mamo::Result<Node<String>> {
    let params = g.add(source::params::<Params>(&files.params));
    let density = g.add(params.field(field!(Params, clusters)));
    let magnitudes = g.add(params.field(field!(Params, magnitudes)));
    let layout = g.add(params.field(field!(Params, map)));

    let quakes = g.add(events::read::node(g.add(source::file(&files.catalogue))));
    // As many clusters as there are.
    let (clusters, alone) = g.add(cluster::find::node(quakes, density));
    let statistics = g.add(statistics::describe::map(clusters, magnitudes));
    let table = g.add(table::table::node(statistics, alone));

    let coasts = g.add(land::coasts::node(g.add(source::file(&files.coasts))));
    let ground = g.add(land::ground::node(coasts, layout));
    let map = g.add(map::map::node(clusters, statistics, alone, ground, layout, density));

    g.target("table", table);
    g.publish(map, &files.map);
    Ok(table)
}

#[expect(clippy::print_stdout, reason = "the table is what the program is for")]
fn main() -> ExitCode {
    mamo::cli::main_then(
        |g| pipeline(g, &Files::shipped()),
        |run, table| {
            print!("{}", run.get(table)?);
            Ok(())
        },
    )
}
