//! One fresh process for each measurement: no subject inherits another one's heap, caches or threads.

use crate::Result;
use crate::subjects::{Figure, Readings, Subject};
use serde_json::{Map, Value};
use std::path::Path;
use std::process::Command;

/// Measures a subject in a process of its own.
pub(crate) fn measure(subject: Subject, nodes: usize, folder: &Path) -> Result<Readings> {
    let name = subject.name();
    let mut child = Command::new(std::env::current_exe()?);
    let output = child.args(["subject", name, &nodes.to_string()]).arg(folder).output()?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(format!("cannot measure `{name}`: {}", complaint.trim()).into());
    }
    let answer: Map<String, Value> = serde_json::from_slice(&output.stdout)?;
    let reading = |figure: Figure| Some((figure, answer.get(figure.name())?.as_f64()?));
    Ok(Figure::ALL.into_iter().filter_map(reading).collect())
}

/// Tells the parent process what was measured.
pub(crate) fn answer(readings: &Readings) {
    let answer: Map<String, Value> =
        readings.iter().map(|(figure, reading)| (figure.name().to_owned(), (*reading).into())).collect();
    println!("{}", Value::Object(answer));
}
