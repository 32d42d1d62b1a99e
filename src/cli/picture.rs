//! Pictures of the graph.

use crate::cli::act::{Program, Stage, quiet_engine, write};
use crate::cli::exit_codes;
use crate::cli::picture_args::{PictureArguments, PictureFormat};
use crate::cli::settings::Settings;
use crate::error::{Error, ErrorKind, Result};
use crate::viz::View;
use std::fs;

/// So many boxes can be read at once.
const READABLE: usize = 300;

/// Makes one.
pub(crate) fn picture(
    settings: &Settings,
    arguments: &PictureArguments,
    program: &mut dyn Program,
    stage: &mut Stage<'_>,
) -> Result<u8> {
    let graph = program.build()?;
    let view = if arguments.bare { graph.view() } else { quiet_engine(settings, stage)?.view(&graph, &[])? };
    let view = view.only(&arguments.filter())?;
    let format = arguments.chosen().map_err(|message| Error::new(ErrorKind::Other, message))?;
    let view = match arguments.levels {
        Some(levels) => view.open_levels(levels),
        // A page opens and closes groups itself.
        None if format == PictureFormat::Html => view,
        None => view.readable(READABLE),
    };
    let text = draw(&view, format);
    let Some(path) = &arguments.output else {
        write(stage, &text)?;
        return Ok(exit_codes::DONE);
    };
    fs::write(path, text).map_err(|error| {
        Error::new(ErrorKind::Other, format!("`{}` cannot be written", path.display())).with_source(error)
    })?;
    Ok(exit_codes::DONE)
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
