//! `cargo xtask bench code`: what `#[mamo::node]` adds to `cargo check` by reading a function's code.

use crate::large;
use std::io;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

const ROUNDS: usize = 5;

/// One of the crates that are compared.
struct Variant {
    name: &'static str,
    attribute: &'static str,
    n_nodes: usize,
    /// What the attribute may add.
    aim: Option<Duration>,
}

const DEEP: &str = "#[mamo::node]";
/// What the function reaches is not read, and the same code is generated for it.
const BODY: &str = "#[mamo::node(code = \"body\")]";

const VARIANTS: [Variant; 5] = [
    Variant { name: "no attribute", attribute: "", n_nodes: large::ALL, aim: None },
    Variant { name: "1,000 nodes", attribute: DEEP, n_nodes: large::ALL, aim: Some(Duration::from_millis(1500)) },
    Variant { name: "1,000 nodes, `code = \"body\"`", attribute: BODY, n_nodes: large::ALL, aim: None },
    Variant { name: "20 nodes", attribute: DEEP, n_nodes: 20, aim: Some(Duration::from_millis(100)) },
    Variant { name: "20 nodes, `code = \"body\"`", attribute: BODY, n_nodes: 20, aim: None },
];

/// How a crate is checked.
struct Way {
    name: &'static str,
    /// Whether rustc remembers earlier checks, for `CARGO_INCREMENTAL`.
    incremental: &'static str,
    /// Whether attributes are compiled with optimisations, as the README advises.
    is_optimised: bool,
}

const WAYS: [Way; 4] = [
    Way { name: "First check (not incremental)", incremental: "0", is_optimised: false },
    Way { name: "Check after an edit (incremental)", incremental: "1", is_optimised: false },
    Way { name: "First check, optimised attributes", incremental: "0", is_optimised: true },
    Way { name: "Check after an edit, optimised attributes", incremental: "1", is_optimised: true },
];

/// Time on the clock, and time of all processors together where the system tells it.
#[derive(Clone, Copy)]
struct Cost {
    wall: Duration,
    cpu: Option<Duration>,
}

/// Measures and prints the table.
pub(crate) fn run() -> ExitCode {
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> io::Result<()> {
    let mamo = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
    let workspace = mamo.join("target/bench-code");
    let mut crates = Vec::new();
    for (number, variant) in VARIANTS.iter().enumerate() {
        let folder = workspace.join(format!("large-{number}"));
        let n_lines = large::write(&folder, &mamo, variant.attribute, variant.n_nodes)?;
        if number == 0 {
            println!("{n_lines} lines; a node function reaches {} items.\n", reached(&folder)?);
        }
        crates.push(folder);
    }
    std::fs::copy(mamo.join("Cargo.lock"), workspace.join("Cargo.lock"))?;
    for Way { name, incremental, is_optimised } in WAYS {
        let profile = if is_optimised { "\n[profile.dev.build-override]\nopt-level = 3\n" } else { "" };
        let manifest = format!("[workspace]\nresolver = \"3\"\nmembers = [\"large-*\"]\n{profile}");
        std::fs::write(workspace.join("Cargo.toml"), manifest)?;
        // The first round compiles dependencies and is thrown away; crates take turns, so that a busy machine is busy
        // for all of them.
        let mut costs = vec![Vec::new(); crates.len()];
        for round in 0..=ROUNDS {
            for (folder, costs) in crates.iter().zip(&mut costs) {
                large::edit(folder, round + 1)?;
                let cost = check(folder, incremental)?;
                if round > 0 {
                    costs.push(cost);
                }
            }
        }
        print_table(name, &costs.into_iter().map(median).collect::<Vec<_>>());
    }
    println!(
        "The same code is generated for both attributes, and both find their function in the sources: their difference"
    );
    println!("is what it costs to look for all that the functions reach.");
    Ok(())
}

/// How many items a node function reaches, by the command line of `mamo-code`.
fn reached(folder: &Path) -> io::Result<usize> {
    let mut command = crate::check::cargo(&["run", "--quiet", "-p", "mamo-code", "--", "reach"]);
    let output = command.arg(folder.join("src/lib.rs")).arg("m0::function_0").output()?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().filter(|line| line.starts_with("  ")).count())
}

/// `cargo check` of a crate whose dependencies are checked already, as its users call it.
fn check(folder: &Path, incremental: &str) -> io::Result<Cost> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["check", "--quiet", "--target-dir", "../target"]).current_dir(folder);
    command.env("CARGO_INCREMENTAL", incremental);
    for variable in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER"] {
        command.env_remove(variable);
    }
    let (start, before) = (Instant::now(), children_cpu());
    let status = command.status()?;
    let wall = start.elapsed();
    let cpu = children_cpu().zip(before).map(|(after, before)| after.saturating_sub(before));
    if status.success() {
        Ok(Cost { wall, cpu })
    } else {
        Err(io::Error::other("the generated crate does not compile"))
    }
}

/// Processor time of all processes that this one has waited for; only Linux tells it without a library.
fn children_cpu() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is a name in parentheses, in which anything may stand.
    let (_, fields) = text.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(13);
    let ticks = fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?;
    // A tick is a hundredth of a second on every Linux.
    Some(Duration::from_millis(ticks * 10))
}

fn median(mut costs: Vec<Cost>) -> Cost {
    let middle = costs.len() / 2;
    costs.sort_by_key(|cost| cost.wall);
    let wall = costs.get(middle).map_or(Duration::ZERO, |cost| cost.wall);
    costs.sort_by_key(|cost| cost.cpu);
    Cost { wall, cpu: costs.get(middle).and_then(|cost| cost.cpu) }
}

fn print_table(way: &str, costs: &[Cost]) {
    println!("{way}, medians of {ROUNDS}:\n");
    println!("| crate | CPU | wall | added CPU | added wall | aim |\n| --- | ---: | ---: | ---: | ---: | ---: |");
    let Some(reference) = costs.first() else { return };
    for (variant, cost) in VARIANTS.iter().zip(costs) {
        let cells = [
            variant.name.to_owned(),
            shown(cost.cpu),
            shown(Some(cost.wall)),
            added(cost.cpu, reference.cpu),
            added(Some(cost.wall), Some(reference.wall)),
            variant.aim.map_or_else(String::new, |aim| shown(Some(aim))),
        ];
        println!("| {} |", cells.join(" | "));
    }
    println!();
}

fn shown(time: Option<Duration>) -> String {
    time.map_or_else(|| "-".to_owned(), |time| format!("{} ms", time.as_millis()))
}

fn added(one: Option<Duration>, other: Option<Duration>) -> String {
    match one.zip(other) {
        Some((one, other)) if one < other => format!("-{}", shown(Some(other - one))),
        Some((one, other)) => shown(Some(one - other)),
        None => shown(None),
    }
}
