//! Pictures in notebooks: what evcxr, the Rust kernel of Jupyter, calls for the value of a cell.
//! <https://github.com/evcxr/evcxr/blob/main/evcxr_jupyter/README.md#custom-output>.

use crate::exec::Run;
use crate::graph::Graph;
use crate::viz::READABLE;
use crate::viz::View;

impl View {
    /// Shows the picture below a cell of a notebook: a graph, what a run would do ([`Engine::view`](crate::Engine::view)), or what it did.
    #[expect(clippy::print_stdout, reason = "notebooks read it there")]
    pub fn evcxr_display(&self) {
        println!("{}", self.for_notebooks());
    }

    /// The picture between the lines by which a notebook knows it.
    fn for_notebooks(&self) -> String {
        format!("EVCXR_BEGIN_CONTENT text/html\n{}\nEVCXR_END_CONTENT", self.clone().readable(READABLE).svg())
    }
}

impl Graph {
    /// Shows the graph below a cell of a notebook.
    pub fn evcxr_display(&self) {
        self.view().evcxr_display();
    }
}

impl Run {
    /// Shows below a cell of a notebook how each node came out; nothing when the store cannot be read.
    pub fn evcxr_display(&self) {
        if let Ok(view) = self.view() {
            view.evcxr_display();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_stands_between_the_lines_that_notebooks_look_for() {
        let text = View::new("a <b>").for_notebooks();
        assert!(
            text.starts_with("EVCXR_BEGIN_CONTENT text/html\n<svg ") && text.ends_with("</svg>\n\nEVCXR_END_CONTENT"),
            "{text}"
        );
        assert!(text.contains("a &lt;b&gt;"));
    }
}
