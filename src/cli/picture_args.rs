//! Options of `graph`: what a picture shows, and in which form.

use crate::viz::{ViewFilter, ViewKind, ViewState};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Options of `graph`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(crate) struct PictureArguments {
    /// Nodes or groups; `up:NODE` and `down:NODE` for all around
    #[arg(value_name = "NODES")]
    pub(crate) nodes: Vec<String>,

    /// Where it goes; its ending tells the format
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// In which form
    #[arg(long, value_name = "FORMAT", value_enum, hide_possible_values = true)]
    #[arg(help = "html, svg, tree, dot, mermaid, graphml, json, cytoscape")]
    pub(crate) format: Option<PictureFormat>,

    /// Open so many levels of groups [default: as can be read]
    #[arg(long, value_name = "N")]
    pub(crate) levels: Option<usize>,

    /// Nodes whose names match, as 'clean/*'
    #[arg(long, value_name = "GLOB")]
    pub(crate) name: Vec<String>,

    /// Nodes with a tag
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Vec<String>,

    /// Nodes in a state, as fresh or run
    #[arg(long, value_name = "STATE", value_parser = parse_state)]
    pub(crate) state: Vec<ViewState>,

    /// Of `up:` and `down:`, so many steps at most
    #[arg(long, value_name = "N")]
    pub(crate) steps: Option<usize>,

    /// Constant values as well
    #[arg(long)]
    pub(crate) values: bool,

    /// The graph alone, without what a run would do
    #[arg(long)]
    pub(crate) bare: bool,
}

/// In which form a picture is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PictureFormat {
    /// A tree for terminals
    Tree,
    /// Graphviz
    Dot,
    /// Mermaid
    Mermaid,
    /// GraphML
    Graphml,
    /// Nodes and links
    Json,
    /// Elements of Cytoscape
    Cytoscape,
    /// A drawing
    Svg,
    /// A page to look around in
    Html,
}

impl PictureArguments {
    /// Which nodes are shown.
    pub(crate) fn filter(&self) -> ViewFilter {
        let filter = self.nodes.iter().fold(ViewFilter::default(), ViewFilter::node);
        let filter = self.name.iter().fold(filter, ViewFilter::name);
        let filter = self.tag.iter().fold(filter, ViewFilter::tag);
        let filter = self.state.iter().copied().fold(filter, ViewFilter::state);
        let filter = self.steps.into_iter().fold(filter, ViewFilter::steps);
        if self.values { filter } else { filter.without(ViewKind::Value) }
    }

    /// In which form it is asked for: by name, by the ending of the file, or else a tree.
    ///
    /// # Errors
    /// When the ending is not known.
    pub(crate) fn chosen(&self) -> Result<PictureFormat, String> {
        if let Some(format) = self.format {
            return Ok(format);
        }
        let Some(output) = &self.output else { return Ok(PictureFormat::Tree) };
        match output.extension().and_then(|ending| ending.to_str()) {
            Some("txt") => Ok(PictureFormat::Tree),
            Some("dot" | "gv") => Ok(PictureFormat::Dot),
            Some("mmd" | "mermaid") => Ok(PictureFormat::Mermaid),
            Some("graphml") => Ok(PictureFormat::Graphml),
            Some("json") => Ok(PictureFormat::Json),
            Some("html" | "htm") => Ok(PictureFormat::Html),
            Some("svg") => Ok(PictureFormat::Svg),
            Some("cyjs") => Ok(PictureFormat::Cytoscape),
            _ => Err(format!("`{}` does not tell the format: say it by `--format`", output.display())),
        }
    }
}

fn parse_state(text: &str) -> Result<ViewState, String> {
    let names = ViewState::ALL.map(ViewState::name);
    let found = ViewState::ALL.into_iter().find(|state| state.name() == text.replace(['-', ' '], "_"));
    found.ok_or_else(|| format!("a state is one of {}", names.join(", ")))
}
