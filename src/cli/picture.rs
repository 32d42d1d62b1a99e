//! Pictures of the graph.

use crate::cli::act::{Program, Stage, quiet_engine, write};
use crate::cli::exit_codes;
use crate::cli::picture_args::{PictureArguments, PictureFormat};
use crate::cli::settings::Settings;
use crate::cli::why_text;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::Cause;
use crate::viz::{READABLE, View};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// So many nodes are explained: of more it would take long to find out.
const EXPLAINED: usize = 500;

/// Makes one.
pub(crate) fn picture(
    settings: &Settings,
    arguments: &PictureArguments,
    program: &mut dyn Program,
    stage: &mut Stage<'_>,
) -> Result<u8> {
    let graph = program.build()?;
    let mut view = graph.view();
    if !arguments.bare {
        let engine = quiet_engine(settings, stage)?;
        view = engine.view(&graph, &[])?;
        let whys = engine.whys(&graph, &[], EXPLAINED)?;
        explain(&mut view, whys.iter().map(|why| (why.node.as_str(), why.causes.as_slice())));
    }
    let view = view.only(&arguments.filter())?;
    let format = arguments.chosen().map_err(|message| Error::new(ErrorKind::Other, message))?;
    let view = match arguments.levels {
        Some(levels) => view.open_levels(levels),
        // A page opens and closes groups itself.
        None if format == PictureFormat::Html => view,
        None => view.readable(READABLE),
    };
    let view = if format == PictureFormat::Html { View { title: stage.program.clone(), ..view } } else { view };
    let text = draw(&view, format);
    let Some(path) = &arguments.output else {
        write(stage, &text)?;
        return Ok(exit_codes::DONE);
    };
    write_file(path, &text)?;
    Ok(exit_codes::DONE)
}

/// Says of nodes why they are stale, or were executed.
pub(crate) fn explain<'a>(view: &mut View, whys: impl Iterator<Item = (&'a str, &'a [Cause])>) {
    let whys: BTreeMap<&str, &[Cause]> = whys.collect();
    for node in &mut view.nodes {
        let causes = whys.get(node.name.as_str()).copied().unwrap_or_default();
        let lines = causes.iter().map(why_text::cause).collect::<String>();
        node.reasons = lines.lines().map(|line| line.trim().replace("  ", " ")).collect();
    }
}

pub(crate) fn write_file(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(|error| {
        Error::new(ErrorKind::Other, format!("`{}` cannot be written", path.display())).with_source(error)
    })
}

fn draw(view: &View, format: PictureFormat) -> String {
    match format {
        PictureFormat::Html => view.html(),
        PictureFormat::Svg => view.svg(),
        PictureFormat::Tree => view.tree(),
        PictureFormat::Dot => view.dot(),
        PictureFormat::Mermaid => view.mermaid(),
        PictureFormat::Graphml => view.graphml(),
        PictureFormat::Json => view.json() + "\n",
        PictureFormat::Cytoscape => view.cytoscape() + "\n",
    }
}
