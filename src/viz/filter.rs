//! Which nodes a picture shows.

use crate::error::{Error, ErrorKind, Result};
use crate::viz::{View, ViewKind, ViewState};
use std::collections::BTreeSet;

/// Which nodes a picture shows: those that pass everything that is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ViewFilter {
    nodes: Vec<String>,
    names: Vec<String>,
    tags: Vec<String>,
    states: Vec<ViewState>,
    without: Vec<ViewKind>,
    steps: Option<usize>,
}

impl ViewFilter {
    /// This node or group, or `up:NODE` for it and all that it depends on, or `down:NODE` for it and all that depends on it.
    #[must_use]
    pub fn node(mut self, node: impl Into<String>) -> Self {
        self.nodes.push(node.into());
        self
    }

    /// So many steps up or down at most.
    #[must_use]
    pub fn steps(mut self, steps: usize) -> Self {
        self.steps = Some(steps);
        self
    }

    /// Nodes whose names match a pattern such as `clean/*`.
    #[must_use]
    pub fn name(mut self, glob: impl Into<String>) -> Self {
        self.names.push(glob.into());
        self
    }

    /// Nodes with a tag.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Nodes in a state.
    #[must_use]
    pub fn state(mut self, state: ViewState) -> Self {
        self.states.push(state);
        self
    }

    /// No nodes of a kind: constant values, say.
    #[must_use]
    pub fn without(mut self, kind: ViewKind) -> Self {
        self.without.push(kind);
        self
    }
}

impl View {
    /// What passes a filter.
    ///
    /// # Errors
    /// When there is no node of a name, and when a pattern makes no sense.
    pub fn only(self, filter: &ViewFilter) -> Result<Self> {
        let nodes = self.named(filter)?;
        let pattern = |name: &String| {
            glob::Pattern::new(name).map_err(|error| {
                Error::new(ErrorKind::UnknownName, format!("`{name}` is no pattern: {error}"))
                    .with_hint("`*` stands for any text, `?` for a letter: `clean/*`")
            })
        };
        let names: Vec<glob::Pattern> = filter.names.iter().map(pattern).collect::<Result<_>>()?;
        let is_shown: Vec<bool> = (self.nodes.iter().enumerate())
            .map(|(place, node)| {
                nodes.as_ref().is_none_or(|nodes| nodes.contains(&place))
                    && (names.is_empty() || names.iter().any(|name| name.matches(&node.name)))
                    && (filter.tags.is_empty() || node.tags.iter().any(|tag| filter.tags.contains(tag)))
                    && (filter.states.is_empty() || node.state.is_some_and(|state| filter.states.contains(&state)))
                    && !filter.without.contains(&node.kind)
            })
            .collect();
        Ok(self.keep(&is_shown))
    }

    /// Only these nodes, with the edges between them and the groups around them.
    fn keep(self, is_shown: &[bool]) -> Self {
        let mut places = vec![None; self.nodes.len()];
        let mut kept = Self { title: self.title.clone(), run: self.run.clone(), ..Self::default() };
        let is_shown = |place: usize| is_shown.get(place).copied().unwrap_or_default();
        let mut is_around = vec![false; self.groups.len()];
        for (place, node) in self.nodes.iter().enumerate().filter(|(place, _)| is_shown(*place)) {
            let mut around = Some(node.group);
            while let Some(group) = around {
                if let Some(flag) = is_around.get_mut(group) {
                    *flag = true;
                }
                around = self.groups.get(group).and_then(|group| group.parent);
            }
            if let Some(to) = places.get_mut(place) {
                *to = Some(kept.nodes.len());
            }
            kept.nodes.push(node.clone());
        }
        let mut groups = vec![0; self.groups.len()];
        for (place, mut group) in self.groups.iter().cloned().enumerate() {
            if place > 0 && !is_around.get(place).copied().unwrap_or_default() {
                continue;
            }
            group.parent = group.parent.and_then(|parent| groups.get(parent).copied());
            if let Some(to) = groups.get_mut(place) {
                *to = kept.groups.len();
            }
            kept.groups.push(group);
        }
        for node in &mut kept.nodes {
            node.group = groups.get(node.group).copied().unwrap_or_default();
        }
        let place = |old: usize| places.get(old).copied().flatten();
        kept.spans = self.moved_spans(place);
        kept.edges = self.edges.iter().filter_map(|(from, to)| Some((place(*from)?, place(*to)?))).collect();
        kept
    }

    /// The nodes that are named, with those around them that are meant; nothing for all.
    fn named(&self, filter: &ViewFilter) -> Result<Option<BTreeSet<usize>>> {
        if filter.nodes.is_empty() {
            return Ok(None);
        }
        let (upstream, downstream) = self.neighbours();
        let mut found = BTreeSet::new();
        for name in &filter.nodes {
            match (name.strip_prefix("up:"), name.strip_prefix("down:")) {
                (Some(name), _) => found.extend(reached(&upstream, self.find(name)?, filter.steps)),
                (None, Some(name)) => found.extend(reached(&downstream, self.find(name)?, filter.steps)),
                (None, None) => found.extend(self.find(name)?),
            }
        }
        Ok(Some(found))
    }

    /// Nodes of this name, which are that target, or stand in that group.
    fn find(&self, name: &str) -> Result<Vec<usize>> {
        let within = format!("{name}/");
        let is_meant = |node: &crate::viz::ViewNode| {
            node.name == name || node.targets.iter().any(|target| target == name) || node.name.starts_with(&within)
        };
        let exact = |(place, node): (usize, &crate::viz::ViewNode)| is_meant(node).then_some(place);
        let found: Vec<usize> = self.nodes.iter().enumerate().filter_map(exact).collect();
        if found.is_empty() {
            return Err(Error::new(ErrorKind::UnknownName, format!("there is no node, target or group `{name}`"))
                .with_hint("`status` lists the nodes of the pipeline"));
        }
        Ok(found)
    }
}

/// All that is reached from some nodes, with these, in so many steps.
fn reached(neighbours: &[Vec<usize>], from: Vec<usize>, steps: Option<usize>) -> BTreeSet<usize> {
    let mut found: BTreeSet<usize> = from.iter().copied().collect();
    let (mut level, mut taken) = (from, 0);
    while !level.is_empty() && steps.is_none_or(|steps| taken < steps) {
        let next = level.iter().filter_map(|place| neighbours.get(*place)).flatten().copied();
        level = next.filter(|place| found.insert(*place)).collect();
        taken += 1;
    }
    found
}
