//! Progress as lines, for logs: one a node, but not a million of them.

use crate::cli::progress::shown;
use crate::words;
use std::collections::BTreeMap;
use std::time::Duration;

/// Nodes that have a line each whatever they took.
const NODE_LINES: u64 = 200;
/// Elements of a map that have a line each.
const ELEMENT_LINES: u64 = 3;
/// Beyond these, nodes that take so long still have a line each.
const LONG: Duration = Duration::from_secs(1);
/// The others are counted, in a line so often.
const COUNT_EVERY: Duration = Duration::from_secs(10);

/// Decides what gets a line. Times are since the run began, and come from the caller.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    nodes: Batch,
    maps: BTreeMap<String, Batch>,
}

/// Nodes, or elements of one map, that were executed.
#[derive(Debug, Default)]
struct Batch {
    count: u64,
    took: Duration,
    /// Executed since the last line that counted them.
    unsaid: u64,
    said_at: Duration,
}

impl Tally {
    /// A node or an element was executed; gives the line to write, if any.
    pub(crate) fn executed(
        &mut self,
        node: &str,
        element: Option<&str>,
        took: Duration,
        now: Duration,
    ) -> Option<String> {
        match element {
            Some(element) => self.element_executed(node, element, took, now),
            None if self.maps.contains_key(node) => self.map_ended(node),
            None => self.node_executed(node, took, now),
        }
    }

    fn element_executed(&mut self, node: &str, element: &str, took: Duration, now: Duration) -> Option<String> {
        let map = self.maps.entry(node.to_owned()).or_default();
        map.add(took);
        if map.count <= ELEMENT_LINES {
            return Some(single(node, Some(element), took));
        }
        map.unsaid += 1;
        map.is_due(now).then(|| map.say(node, now, " so far"))
    }

    fn node_executed(&mut self, node: &str, took: Duration, now: Duration) -> Option<String> {
        let nodes = &mut self.nodes;
        nodes.add(took);
        if nodes.count <= NODE_LINES {
            nodes.said_at = now;
            return Some(single(node, None, took));
        }
        if took >= LONG {
            return Some(single(node, None, took));
        }
        nodes.unsaid += 1;
        nodes.is_due(now).then(|| nodes.say_more(now))
    }

    /// A node came to its end; gives the line to write when it is a map of which not all was said.
    pub(crate) fn map_ended(&mut self, node: &str) -> Option<String> {
        let mut map = self.maps.remove(node)?;
        (map.unsaid > 0).then(|| map.say(node, Duration::ZERO, ""))
    }

    /// The run came to its end; gives lines for what was not said.
    pub(crate) fn ended(&mut self) -> Vec<String> {
        let maps = std::mem::take(&mut self.maps);
        let mut lines: Vec<String> = maps
            .into_iter()
            .filter(|(_, map)| map.unsaid > 0)
            .map(|(node, mut map)| map.say(&node, Duration::ZERO, ""))
            .collect();
        if self.nodes.unsaid > 0 {
            lines.push(self.nodes.say_more(Duration::ZERO));
        }
        lines
    }
}

impl Batch {
    fn add(&mut self, took: Duration) {
        self.count += 1;
        self.took = self.took.saturating_add(took);
    }

    fn is_due(&self, now: Duration) -> bool {
        now.saturating_sub(self.said_at) >= COUNT_EVERY
    }

    fn say(&mut self, node: &str, now: Duration, so_far: &str) -> String {
        self.unsaid = 0;
        self.said_at = now;
        let elements = words::count(self.count, "element");
        format!("executed {node}: {elements}{so_far}, {} in all", words::duration(self.took))
    }

    fn say_more(&mut self, now: Duration) -> String {
        let line = format!("executed {}", words::count(self.unsaid, "more node"));
        self.unsaid = 0;
        self.said_at = now;
        line
    }
}

fn single(node: &str, element: Option<&str>, took: Duration) -> String {
    format!("executed {} in {}", shown(node, element), words::duration(took))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(tally: &mut Tally, lines: Vec<Option<String>>, expected: Expect) {
        let lines: Vec<String> = lines.into_iter().flatten().chain(tally.ended()).collect();
        expected.assert_eq(&lines.join("\n"));
    }

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_node_has_a_line() {
        let mut tally = Tally::default();
        let lines = vec![tally.executed("clean", None, 12 * MS, MS), tally.executed("fit/adelie", None, 1200 * MS, MS)];
        check(
            &mut tally,
            lines,
            expect![[r#"
            executed clean in 12 ms
            executed fit/adelie in 1.2 s"#]],
        );
    }

    #[test]
    fn a_big_map_is_counted() {
        let mut tally = Tally::default();
        let elements = (0..400).map(|number| {
            tally.executed("fit", Some(&number.to_string()), 100 * MS, Duration::from_millis(100 * number))
        });
        let mut lines: Vec<_> = elements.collect();
        lines.push(tally.map_ended("fit"));
        lines.push(tally.map_ended("fit"));
        check(
            &mut tally,
            lines,
            expect![[r#"
            executed fit[0] in 100 ms
            executed fit[1] in 100 ms
            executed fit[2] in 100 ms
            executed fit: 101 elements so far, 10.1 s in all
            executed fit: 201 elements so far, 20.1 s in all
            executed fit: 301 elements so far, 30.1 s in all
            executed fit: 400 elements, 40.0 s in all"#]],
        );
    }

    #[test]
    fn a_small_map_has_no_count() {
        let mut tally = Tally::default();
        let lines = vec![
            tally.executed("fit", Some("JFK"), MS, MS),
            tally.executed("fit", Some("LAX"), MS, MS),
            tally.executed("fit", None, 2 * MS, MS),
        ];
        check(
            &mut tally,
            lines,
            expect![[r#"
            executed fit[JFK] in 1.0 ms
            executed fit[LAX] in 1.0 ms"#]],
        );
    }

    #[test]
    fn of_many_nodes_only_the_long_have_lines() {
        let mut tally = Tally::default();
        let short = (0..1000).map(|number| tally.executed(&format!("n{number}"), None, MS, 30 * number * MS));
        let mut lines: Vec<_> = short.skip(198).collect();
        lines.push(tally.executed("long", None, LONG, Duration::from_secs(31)));
        check(
            &mut tally,
            lines,
            expect![[r#"
            executed n198 in 1.0 ms
            executed n199 in 1.0 ms
            executed 334 more nodes
            executed 334 more nodes
            executed long in 1.0 s
            executed 132 more nodes"#]],
        );
    }
}
