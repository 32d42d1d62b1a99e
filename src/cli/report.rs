//! Files about a run that is over: what it did, and why.

use crate::cli::log_text;
use crate::cli::picture::{explain, write_file};
use crate::cli::why_run_text::because;
use crate::error::Result;
use crate::exec::{Engine, Run};
use crate::viz::{View, ViewState};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A file about a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    path: PathBuf,
    form: Form,
}

/// So many nodes are asked what they said.
const MOST_LOGS: usize = 5000;

/// In which form it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Page,
    Timeline,
    Trace,
}

impl Report {
    /// A report at a path, whose ending tells what it is.
    ///
    /// # Errors
    /// When the ending is not known, and when there is no folder for it: a run that takes hours is not to find that out at its end.
    pub(crate) fn at(path: PathBuf) -> Result<Self, String> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            return Err(format!("there is no folder `{}`", folder.display()));
        }
        let form = match path.extension().and_then(|ending| ending.to_str()) {
            Some("html" | "htm") => Form::Page,
            Some("svg") => Form::Timeline,
            Some("json") => Form::Trace,
            Some(_) | None => {
                return Err("its ending tells what it is: .html a page, .svg a timeline, .json a trace".to_owned());
            }
        };
        Ok(Self { path, form })
    }

    /// Where it goes.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Writes what was asked for about a run.
///
/// # Errors
/// When the store cannot be read, and when a file cannot be written.
pub(crate) fn write_reports(engine: &Engine, run: &Run, reports: &[Report], title: &str) -> Result<()> {
    let mut view = run.view()?;
    view.title = title.to_owned();
    let why = engine.why_run(&run.id())?;
    tell_logs(&mut view, run)?;
    let runs = engine.runs()?;
    if let Some(before) = runs.iter().skip_while(|known| known.id != run.id()).nth(1) {
        view = view.compared_with(&engine.run_nodes(&before.id)?.1);
    }
    explain(&mut view, why.nodes.iter().map(|why| (why.node.node.as_str(), why.causes.as_slice())));
    let reasons: HashMap<&str, String> =
        why.nodes.iter().filter_map(|why| Some((why.node.node.as_str(), because(why)?))).collect();
    for node in view.nodes.iter_mut().filter(|node| node.reasons.is_empty()) {
        node.reasons.extend(reasons.get(node.name.as_str()).cloned());
    }
    for report in reports {
        let text = match report.form {
            Form::Page => view.html(),
            Form::Timeline => view.timeline(),
            Form::Trace => view.trace(),
        };
        write_file(report.path(), &text)?;
    }
    Ok(())
}

/// What the nodes said that were executed; of very many nodes the first ones.
fn tell_logs(view: &mut View, run: &Run) -> Result<()> {
    let said = view.nodes.iter_mut().filter(|node| matches!(node.state, Some(ViewState::Executed | ViewState::Failed)));
    for node in said.take(MOST_LOGS) {
        let log = run.find_log(&node.name)?;
        node.log = log.map(|log| log_text::lines(&log.lines)).filter(|lines| !lines.is_empty());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_written_is_refused_before_the_run() {
        let refused = |path: &str| Report::at(path.into()).unwrap_err();
        assert_eq!(Report::at("run.html".into()).unwrap().form, Form::Page);
        assert_eq!(Report::at("run.trace.json".into()).unwrap().form, Form::Trace);
        assert_eq!(refused("nowhere/run.html"), "there is no folder `nowhere`");
        assert_eq!(refused("run"), refused("run.pdf"));
    }
}
