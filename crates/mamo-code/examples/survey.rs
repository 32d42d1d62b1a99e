//! How much of a crate its functions reach: `cargo run -p mamo-code --example survey -- src/lib.rs 20`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "telling people is what it is for")]

use mamo_code::{Ask, Crate, Options};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(file) = arguments.first() else { return eprintln!("survey FILE [COUNT]") };
    let wanted: usize = arguments.get(1).and_then(|count| count.parse().ok()).unwrap_or(20);
    let start = Instant::now();
    let mut krate = match Crate::open(Path::new(file), &Options::default()) {
        Ok(krate) => krate,
        Err(problem) => return eprintln!("{problem}"),
    };
    let opened = start.elapsed();
    let all = krate.functions();
    // Free functions: what nodes are.
    let functions: Vec<&String> = all.iter().filter(|path| !path.contains('<') && !path.contains('{')).collect();
    let step = (functions.len() / wanted).max(1);
    let (mut sizes, mut reasons) = (Vec::new(), BTreeMap::<String, usize>::new());
    for path in functions.into_iter().step_by(step) {
        let Ok(reach) = krate.reach(&Ask::path(path.as_str())) else { continue };
        sizes.push(reach.items().len());
        for reason in reach.fallback().into_iter().flat_map(|text| text.split("; ")) {
            *reasons.entry(reason.to_owned()).or_default() += 1;
        }
    }
    sizes.sort_unstable();
    let middle = sizes.get(sizes.len() / 2).copied().unwrap_or(0);
    println!("{} functions, opened in {opened:?}, {} asked in {:?}", all.len(), sizes.len(), start.elapsed() - opened);
    println!("items reached: middle {middle}, most {}", sizes.last().copied().unwrap_or(0));
    for (reason, count) in reasons {
        println!("  {count} x {reason}");
    }
}
