//! The picture as a tree for terminals: what is read stands below who reads it.

use crate::viz::View;

/// Lines of a tree; what is more is counted.
const MOST: usize = 2_000;

impl View {
    /// The picture as a tree for terminals, from the nodes that nobody reads down to the sources. What was shown before is marked `(*)`
    /// and not repeated, as `cargo tree` does.
    pub fn tree(&self) -> String {
        let (upstream, downstream) = self.neighbours();
        let is_last = |place: &usize| downstream.get(*place).is_some_and(Vec::is_empty);
        let mut is_shown = vec![false; self.nodes.len()];
        let mut text = String::new();
        let mut lines = 0;
        // What is to be shown next: a node, and the lines that lead to it.
        let mut open: Vec<(usize, String, String)> = Vec::new();
        let roots = (0..self.nodes.len()).filter(is_last);
        // In a view with closed groups, all may read each other.
        let roots: Vec<usize> = roots.chain(0..self.nodes.len()).collect();
        for root in roots {
            if is_shown.get(root).copied().unwrap_or(true) {
                continue;
            }
            open.push((root, String::new(), String::new()));
            while let Some((place, head, rest)) = open.pop() {
                lines += 1;
                let Some(node) = self.nodes.get(place) else { continue };
                let was_shown = is_shown.get(place).copied().unwrap_or_default();
                if lines <= MOST {
                    let sign = node.state.map(|state| format!("{} ", state.sign())).unwrap_or_default();
                    let inputs = upstream.get(place).map(Vec::as_slice).unwrap_or_default();
                    let (facts, mark) = match was_shown && !inputs.is_empty() {
                        true => (String::new(), " (*)"),
                        false => (node.facts().map(|facts| format!("  {facts}")).unwrap_or_default(), ""),
                    };
                    text.push_str(&format!(
                        "{head}{sign}{}{facts}{mark}\n",
                        node.name.replace(['\n', '\r', '\t'], " ")
                    ));
                }
                if was_shown {
                    continue;
                }
                if let Some(flag) = is_shown.get_mut(place) {
                    *flag = true;
                }
                let inputs = upstream.get(place).map(Vec::as_slice).unwrap_or_default();
                for (number, input) in inputs.iter().enumerate().rev() {
                    let is_last = number + 1 == inputs.len();
                    let (corner, line) = if is_last { ("└── ", "    ") } else { ("├── ", "│   ") };
                    open.push((*input, format!("{rest}{corner}"), format!("{rest}{line}")));
                }
            }
        }
        if lines > MOST {
            text.push_str(&format!("({} more lines)\n", lines - MOST));
        }
        text
    }
}
