//! Groups as single boxes, so that large graphs can be read.

use crate::viz::{View, ViewGroup, ViewKind, ViewNode, ViewState};
use std::collections::{BTreeMap, BTreeSet};

/// So many boxes can be read at once.
pub(crate) const READABLE: usize = 300;
/// So many nodes of one function in one group are put together where a picture has too many boxes.
const ALIKE: usize = 4;

impl View {
    /// Only so many levels of groups are open; those further in are shown as boxes. With 0 every group is one.
    #[must_use]
    pub fn open_levels(self, levels: usize) -> Self {
        let closed = (1..self.groups.len()).filter(|group| self.depth(*group) > levels).collect();
        self.close(&closed)
    }

    /// These groups are shown as boxes, by their paths; others stay as they are.
    #[must_use]
    pub fn closed(self, groups: &[&str]) -> Self {
        let is_named =
            |place: &usize| self.groups.get(*place).is_some_and(|group| groups.contains(&group.name.as_str()));
        let closed = (1..self.groups.len()).filter(is_named).collect();
        self.close(&closed)
    }

    /// No more boxes than can be read at once, as far as that goes: nodes of one function in one group are put together, and then groups
    /// are closed, those furthest in first.
    #[must_use]
    pub fn readable(self, most: usize) -> Self {
        if self.nodes.len() <= most {
            return self;
        }
        let alike = self.alike();
        let depths: Vec<usize> = (0..alike.groups.len()).map(|group| alike.depth(group)).collect();
        let deepest = depths.iter().copied().max().unwrap_or_default();
        let beyond = |levels: usize| -> BTreeSet<usize> {
            depths.iter().enumerate().filter(|(_, depth)| **depth > levels).map(|(group, _)| group).collect()
        };
        let levels = (1..deepest).rev().find(|levels| alike.boxes(&beyond(*levels)) <= most).unwrap_or_default();
        alike.close(&beyond(levels))
    }

    /// Nodes of one function in one group are a group of their own, where there are some of them.
    #[must_use]
    pub(crate) fn alike(mut self) -> Self {
        let mut alike: BTreeMap<(usize, ViewKind, String), Vec<usize>> = BTreeMap::new();
        for (place, node) in self.nodes.iter().enumerate() {
            // What has no function is alike when it is called so, apart from its number.
            let numbered = node.label.split('#').next().unwrap_or_default();
            let what = node.function.clone().unwrap_or_else(|| numbered.to_owned());
            alike.entry((node.group, node.kind, what)).or_default().push(place);
        }
        for ((parent, _, what), places) in alike.into_iter().filter(|(_, places)| places.len() >= ALIKE) {
            let label = what.rsplit("::").next().unwrap_or_default().to_owned();
            let around = self.groups.get(parent).map(|group| group.name.as_str()).unwrap_or_default();
            let name = if around.is_empty() { label.clone() } else { format!("{around}/{label}") };
            self.groups.push(ViewGroup { name, label, parent: Some(parent) });
            for place in places {
                if let Some(node) = self.nodes.get_mut(place) {
                    node.group = self.groups.len() - 1;
                }
            }
        }
        self
    }

    /// How many boxes there are when these groups are closed.
    fn boxes(&self, closed: &BTreeSet<usize>) -> usize {
        let boxes: BTreeSet<Result<usize, usize>> =
            self.nodes.iter().enumerate().map(|(place, node)| self.box_of(place, node, closed)).collect();
        boxes.len()
    }

    /// The outermost closed group in which a node stands, or the node itself.
    fn box_of(&self, place: usize, node: &ViewNode, closed: &BTreeSet<usize>) -> Result<usize, usize> {
        let mut found = Err(place);
        let mut group = Some(node.group);
        while let Some(around) = group {
            if closed.contains(&around) {
                found = Ok(around);
            }
            group = self.groups.get(around).and_then(|around| around.parent);
        }
        found
    }

    fn close(self, closed: &BTreeSet<usize>) -> Self {
        if closed.is_empty() {
            return self;
        }
        let mut boxes: BTreeMap<usize, usize> = BTreeMap::new();
        let mut places = Vec::with_capacity(self.nodes.len());
        let mut nodes: Vec<ViewNode> = Vec::new();
        for (place, node) in self.nodes.iter().enumerate() {
            let Ok(group) = self.box_of(place, node, closed) else {
                places.push(nodes.len());
                nodes.push(node.clone());
                continue;
            };
            let at = *boxes.entry(group).or_insert_with(|| {
                nodes.push(self.empty_box(group));
                nodes.len() - 1
            });
            places.push(at);
            if let Some(whole) = nodes.get_mut(at) {
                whole.take_in(node);
            }
        }
        let place = |old: usize| places.get(old).copied();
        let edges: BTreeSet<(usize, usize)> = (self.edges.iter())
            .filter_map(|(from, to)| Some((place(*from)?, place(*to)?)))
            .filter(|(from, to)| from != to)
            .collect();
        let spans = self.moved_spans(place);
        let mut view = Self { nodes, edges: edges.into_iter().collect(), spans, ..self };
        view.drop_empty_groups();
        view
    }

    fn empty_box(&self, group: usize) -> ViewNode {
        let ViewGroup { name, label, parent } = self.groups.get(group).cloned().unwrap_or_default();
        ViewNode { name, label, group: parent.unwrap_or_default(), kind: ViewKind::Group, ..ViewNode::default() }
    }

    /// Groups in which no node is left.
    fn drop_empty_groups(&mut self) {
        let mut is_used = vec![false; self.groups.len()];
        for node in &self.nodes {
            let mut around = Some(node.group);
            while let Some(group) = around {
                if let Some(flag) = is_used.get_mut(group) {
                    *flag = true;
                }
                around = self.groups.get(group).and_then(|group| group.parent);
            }
        }
        let mut places = Vec::with_capacity(self.groups.len());
        let mut kept: Vec<ViewGroup> = Vec::new();
        for (place, mut group) in std::mem::take(&mut self.groups).into_iter().enumerate() {
            places.push(kept.len());
            if place == 0 || is_used.get(place).copied().unwrap_or_default() {
                group.parent = group.parent.and_then(|parent| places.get(parent).copied());
                kept.push(group);
            }
        }
        self.groups = kept;
        for node in &mut self.nodes {
            node.group = places.get(node.group).copied().unwrap_or_default();
        }
    }
}

impl ViewNode {
    /// Adds a node to the group that this is.
    pub(crate) fn take_in(&mut self, node: &Self) {
        if node.kind == ViewKind::Group {
            for (state, count) in &node.inner {
                *self.inner.entry(*state).or_default() += count;
            }
        } else {
            *self.inner.entry(node.state).or_default() += 1;
        }
        // What needs attention most stands for all.
        self.state = match (self.state, node.state) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (known, other) => known.or(other),
        };
        let sum = |a: Option<u64>, b: Option<u64>| a.map_or(b, |a| Some(a.saturating_add(b.unwrap_or_default())));
        self.bytes = sum(self.bytes, node.bytes);
        self.elements = sum(self.elements, node.elements);
        self.took = match (self.took, node.took) {
            (Some(a), Some(b)) => Some(a.saturating_add(b)),
            (known, other) => known.or(other),
        };
        self.targets.extend(node.targets.iter().cloned());
        self.tags.extend(node.tags.iter().filter(|tag| !self.tags.contains(tag)).cloned().collect::<Vec<_>>());
        self.failure =
            self.failure.take().or_else(|| node.failure.as_ref().map(|failure| format!("{}: {failure}", node.name)));
    }

    /// How many nodes it stands for: one, or those of the group that it is.
    pub fn count(&self) -> u64 {
        if self.kind == ViewKind::Group { self.inner.values().sum() } else { 1 }
    }

    /// States of the nodes that it stands for, with how many there are of each, those that need attention first.
    pub(crate) fn states(&self) -> Vec<(ViewState, u64)> {
        self.inner.iter().filter_map(|(state, count)| Some(((*state)?, *count))).collect()
    }
}
