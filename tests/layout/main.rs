//! What holds for every picture.
#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "these are tests throughout"
)]

mod dag;

use dag::{Random, Spread, layered_dag};
use mamo::viz::layout::{
    BoxId, Direction, EdgeId, Frame, Graph, GroupId, Options, Picture, Point, Rect, Size, lay_out,
};
use proptest::prelude::*;

const SIZE: Size = Size { width: 80.0, height: 30.0 };
/// Room for rounding.
const EPSILON: f64 = 1e-6;

/// A graph as a test describes it.
#[derive(Clone, Debug, Default)]
struct Sketch {
    /// The parent of each group, a group before it.
    groups: Vec<Option<usize>>,
    /// The group of each box.
    boxes: Vec<Option<usize>>,
    sizes: Vec<Size>,
    edges: Vec<(usize, usize)>,
    right: bool,
}

struct Drawn {
    sketch: Sketch,
    boxes: Vec<BoxId>,
    groups: Vec<GroupId>,
    edges: Vec<EdgeId>,
    picture: Picture,
}

fn flat(n: usize, edges: &[(usize, usize)]) -> Sketch {
    Sketch { boxes: vec![None; n], edges: edges.to_vec(), ..Sketch::default() }
}

fn draw(sketch: Sketch) -> Drawn {
    let mut graph = Graph::new();
    let mut groups: Vec<GroupId> = Vec::new();
    for parent in &sketch.groups {
        groups.push(graph.add_group(parent.map(|parent| groups[parent]), Frame::default()));
    }
    let boxes: Vec<BoxId> = sketch
        .boxes
        .iter()
        .enumerate()
        .map(|(n, group)| graph.add_box(group.map(|group| groups[group]), sketch.sizes.get(n).copied().unwrap_or(SIZE)))
        .collect();
    let edges = sketch.edges.iter().map(|&(from, to)| graph.add_edge(boxes[from], boxes[to])).collect();
    let mut options = Options::default();
    if sketch.right {
        options.direction = Direction::Right;
    }
    let picture = lay_out(&graph, &options);
    Drawn { sketch, boxes, groups, edges, picture }
}

/// Draws, and checks what must hold whatever the graph.
fn check(sketch: Sketch) -> Drawn {
    let drawn = draw(sketch);
    let Drawn { sketch, picture, .. } = &drawn;
    let size = picture.size();
    let whole = Rect { x: 0.0, y: 0.0, width: size.width, height: size.height };
    assert_eq!(picture.boxes().len(), sketch.boxes.len());
    assert_eq!(picture.groups().len(), sketch.groups.len());
    // Children lie within their parent, and brothers and sisters keep apart.
    let mut siblings: Vec<Vec<Rect>> = vec![Vec::new(); sketch.groups.len() + 1];
    let all = sketch.boxes.iter().zip(picture.boxes()).chain(sketch.groups.iter().zip(picture.groups()));
    for (&parent, &rect) in all {
        let outer = parent.map_or(whole, |parent| inside(picture.groups()[parent]));
        assert!(within(rect, outer), "{rect:?} is not within {outer:?}");
        siblings[parent.map_or(0, |parent| parent + 1)].push(rect);
    }
    for rects in &mut siblings {
        no_overlap(rects);
    }
    // Curves join the borders of their boxes, and stay within the picture.
    for (&(from, to), &edge) in sketch.edges.iter().zip(&drawn.edges) {
        let curve = picture.curve_of(edge);
        assert!(curve.len() >= 4 && curve.len() % 3 == 1, "{from} -> {to}: {} points", curve.len());
        assert!(curve.iter().all(|p| p.x.is_finite() && p.y.is_finite()));
        let (start, end) = (curve[0], *curve.last().unwrap());
        assert!(
            on_border(start, picture.boxes()[from]),
            "{from} -> {to} starts at {start:?}, off {:?}",
            picture.boxes()[from]
        );
        assert!(on_border(end, picture.boxes()[to]), "{from} -> {to} ends at {end:?}, off {:?}", picture.boxes()[to]);
        if from != to {
            bends_gently(curve, sketch.right);
            for &p in curve {
                assert!(within(Rect { x: p.x, y: p.y, width: 0.0, height: 0.0 }, whole), "{p:?} is outside {size:?}");
            }
        }
    }
    drawn
}

impl Drawn {
    fn rect(&self, n: usize) -> Rect {
        self.picture.boxes()[n]
    }

    fn middle(&self, n: usize) -> f64 {
        self.rect(n).x + self.rect(n).width / 2.0
    }

    /// No box lies on the line of an edge, save those that it joins.
    fn edges_avoid_boxes(&self) {
        for (n, curve) in self.picture.curves().enumerate() {
            let (from, to) = self.sketch.edges[n];
            let points = flatten(curve);
            let (low, high) = extent(&points);
            for (other, &rect) in self.picture.boxes().iter().enumerate() {
                let far =
                    rect.x > high.x || rect.x + rect.width < low.x || rect.y > high.y || rect.y + rect.height < low.y;
                if other == from || other == to || far {
                    continue;
                }
                for p in &points {
                    let inside = p.x > rect.x + 0.5
                        && p.x < rect.x + rect.width - 0.5
                        && p.y > rect.y + 0.5
                        && p.y < rect.y + rect.height - 0.5;
                    assert!(!inside, "{from} -> {to} runs through {other} at {p:?}");
                }
            }
        }
    }

    /// Every edge leads down.
    fn edges_lead_down(&self) {
        for &(from, to) in &self.sketch.edges {
            let (a, b) = (self.rect(from), self.rect(to));
            assert!(a.y + a.height < b.y, "{from} -> {to}: {a:?} {b:?}");
        }
    }
}

fn flatten(curve: &[Point]) -> Vec<Point> {
    let mut points = vec![curve[0]];
    for piece in curve[1..].chunks_exact(3) {
        let a = *points.last().unwrap();
        for step in 1..=12 {
            let t = f64::from(step) / 12.0;
            let s = 1.0 - t;
            let at = |a: f64, b: f64, c: f64, d: f64| {
                s * s * s * a + 3.0 * s * s * t * b + 3.0 * s * t * t * c + t * t * t * d
            };
            let [b, c, d] = [piece[0], piece[1], piece[2]];
            points.push(Point { x: at(a.x, b.x, c.x, d.x), y: at(a.y, b.y, c.y, d.y) });
        }
    }
    points
}

fn extent(points: &[Point]) -> (Point, Point) {
    let fold = |start: f64, by: fn(f64, f64) -> f64, of: fn(&Point) -> f64| points.iter().map(of).fold(start, by);
    (
        Point { x: fold(f64::MAX, f64::min, |p| p.x), y: fold(f64::MAX, f64::min, |p| p.y) },
        Point { x: fold(f64::MIN, f64::max, |p| p.x), y: fold(f64::MIN, f64::max, |p| p.y) },
    )
}

fn within(inner: Rect, outer: Rect) -> bool {
    inner.x >= outer.x - EPSILON
        && inner.y >= outer.y - EPSILON
        && inner.x + inner.width <= outer.x + outer.width + EPSILON
        && inner.y + inner.height <= outer.y + outer.height + EPSILON
}

/// A group without its frame.
fn inside(r: Rect) -> Rect {
    let Frame { top, right, bottom, left, .. } = Frame::default();
    Rect { x: r.x + left, y: r.y + top, width: r.width - left - right, height: r.height - top - bottom }
}

/// Curves lead along the direction of layout wherever pieces meet; so there is no line across, and no corner.
fn bends_gently(curve: &[Point], right: bool) {
    for n in (0..curve.len()).step_by(3) {
        for other in [n.checked_sub(1), Some(n + 1).filter(|&next| next < curve.len())].into_iter().flatten() {
            let (at, by) = (curve[n], curve[other]);
            let across = if right { at.y - by.y } else { at.x - by.x };
            assert!(across.abs() < 0.02, "a corner at {at:?}: {curve:?}");
        }
    }
}

fn on_border(p: Point, r: Rect) -> bool {
    let near = |a: f64, b: f64| (a - b).abs() < 1e-3;
    let (right, bottom) = (r.x + r.width, r.y + r.height);
    within(
        Rect { x: p.x, y: p.y, width: 0.0, height: 0.0 },
        Rect { x: r.x - 1e-3, y: r.y - 1e-3, width: r.width + 2e-3, height: r.height + 2e-3 },
    ) && (near(p.x, r.x) || near(p.x, right) || near(p.y, r.y) || near(p.y, bottom))
}

/// By a sweep over x.
fn no_overlap(rects: &mut [Rect]) {
    rects.sort_by(|a, b| a.x.total_cmp(&b.x));
    for (n, a) in rects.iter().enumerate() {
        for b in rects[n + 1..].iter().take_while(|b| b.x < a.x + a.width - EPSILON) {
            assert!(b.y >= a.y + a.height - EPSILON || a.y >= b.y + b.height - EPSILON, "{a:?} overlaps {b:?}");
        }
    }
}

#[test]
fn empty_graph_has_a_picture() {
    let drawn = check(Sketch::default());
    assert_eq!(drawn.picture.size(), Size { width: 24.0, height: 24.0 });
}

#[test]
fn empty_groups_have_their_frame() {
    let drawn = check(Sketch { groups: vec![None, Some(0), None], ..Sketch::default() });
    assert_eq!(drawn.picture.groups()[1].height, 48.0);
}

#[test]
fn one_box_stands_in_the_margin() {
    let drawn = check(flat(1, &[]));
    assert_eq!(drawn.rect(0), Rect { x: 12.0, y: 12.0, width: 80.0, height: 30.0 });
}

#[test]
fn parent_stands_over_the_middle_of_its_children() {
    let drawn = check(flat(3, &[(0, 1), (0, 2)]));
    drawn.edges_lead_down();
    assert!((drawn.middle(0) - (drawn.middle(1) + drawn.middle(2)) / 2.0).abs() < 0.5);
    assert!(drawn.rect(1).x < drawn.rect(2).x, "input order");
}

#[test]
fn long_edge_is_straight() {
    let mut edges: Vec<(usize, usize)> = (1..8).map(|n| (n - 1, n)).collect();
    edges.push((0, 7));
    let drawn = check(flat(8, &edges));
    drawn.edges_lead_down();
    drawn.edges_avoid_boxes();
    assert!(drawn.picture.curve_of(drawn.edges[7]).len() <= 10, "two bends and a line");
}

#[test]
fn chain_of_ten_thousand_is_a_line() {
    let edges: Vec<(usize, usize)> = (1..10_000).map(|n| (n - 1, n)).collect();
    let drawn = check(flat(10_000, &edges));
    drawn.edges_lead_down();
    assert_eq!(drawn.picture.size().width, 104.0);
}

/// All shortcuts to the end of a long chain would have 2 million cuts.
#[test]
fn shortcuts_of_a_long_chain_take_the_side() {
    let mut edges: Vec<(usize, usize)> = (1..2_000).map(|n| (n - 1, n)).collect();
    edges.extend((0..1_990).map(|n| (n, 1_999)));
    let drawn = check(flat(2_000, &edges));
    drawn.edges_lead_down();
    drawn.edges_avoid_boxes();
    let n_points: usize = drawn.picture.curves().map(<[Point]>::len).sum();
    assert!(n_points < 20 * edges.len(), "{n_points} points");
}

#[test]
fn fan_of_a_thousand_becomes_a_block() {
    let edges: Vec<(usize, usize)> = (1..=1_000).map(|n| (0, n)).collect();
    let drawn = check(flat(1_001, &edges));
    drawn.edges_lead_down();
    drawn.edges_avoid_boxes();
    let Size { width, height } = drawn.picture.size();
    assert!((0.5..4.0).contains(&(width / height)), "{width} x {height}");
    assert!(drawn.rect(2).x > drawn.rect(1).x, "input order");
}

#[test]
fn elements_between_source_and_gather_become_a_block() {
    let n = 200;
    let mut edges = Vec::new();
    for element in 0..n {
        edges.extend([(0, 2 + element), (2 + element, 2 + n + element), (2 + n + element, 1)]);
    }
    let drawn = check(flat(2 + 2 * n, &edges));
    drawn.edges_lead_down();
    drawn.edges_avoid_boxes();
    assert!(drawn.picture.size().width < 5_000.0);
}

#[test]
fn groups_nest_five_deep() {
    let mut sketch = Sketch { groups: vec![None, Some(0), Some(1), Some(2), Some(3)], ..Sketch::default() };
    sketch.boxes = vec![None, Some(0), Some(0), Some(1), Some(1), Some(2), Some(3), Some(4), Some(4), None];
    sketch.edges = vec![(0, 1), (0, 8), (1, 3), (3, 5), (5, 6), (6, 7), (7, 8), (8, 2), (8, 9), (4, 9), (0, 9)];
    let drawn = check(sketch.clone());
    assert!(drawn.rect(0).y < drawn.rect(8).y && drawn.rect(8).y < drawn.rect(9).y);
    check(Sketch { right: true, ..sketch });
}

#[test]
fn complete_bipartite_graph_stands_in_two_layers() {
    let edges: Vec<(usize, usize)> = (0..30).flat_map(|a| (30..60).map(move |b| (a, b))).collect();
    let drawn = check(flat(60, &edges));
    drawn.edges_lead_down();
    // Whatever the order, every two on one side and two on the other cross.
    assert_eq!(drawn.picture.crossings(), (30 * 29 / 2) * (30 * 29 / 2));
}

#[test]
fn cycles_turn_one_edge_round() {
    let drawn = check(flat(5, &[(0, 1), (1, 2), (2, 3), (3, 4), (4, 0)]));
    let n_up = drawn.sketch.edges.iter().filter(|&&(from, to)| drawn.rect(from).y > drawn.rect(to).y).count();
    assert_eq!(n_up, 1);
}

#[test]
fn groups_in_a_cycle_are_drawn() {
    let sketch = Sketch {
        groups: vec![None, None],
        boxes: vec![Some(0), Some(0), Some(1), Some(1)],
        edges: vec![(0, 2), (2, 1), (1, 3), (3, 0)],
        ..Sketch::default()
    };
    check(sketch);
}

#[test]
fn loops_and_double_edges_are_drawn() {
    let drawn = check(flat(3, &[(0, 0), (0, 0), (0, 1), (0, 1), (1, 1), (1, 2), (2, 1)]));
    assert_eq!(drawn.picture.curve_of(drawn.edges[2]), drawn.picture.curve_of(drawn.edges[3]));
}

#[test]
fn odd_sizes_count_as_nothing() {
    let sizes = [f64::NAN, f64::INFINITY, -5.0].map(|x| Size { width: x, height: x }).to_vec();
    let drawn = check(Sketch { sizes, ..flat(3, &[(0, 1), (1, 2)]) });
    assert_eq!(drawn.rect(0).width, 0.0);
}

#[test]
fn many_single_boxes_are_packed() {
    let drawn = check(flat(500, &[]));
    let Size { width, height } = drawn.picture.size();
    assert!((1.0..3.0).contains(&(width / height)), "{width} x {height}");
}

#[test]
fn to_the_right_is_down_transposed() {
    let edges = layered_dag(40, Spread::Near, 3);
    let square = vec![Size { width: 30.0, height: 30.0 }; 40];
    let down = check(Sketch { sizes: square.clone(), ..flat(40, &edges) });
    let right = check(Sketch { sizes: square, right: true, ..flat(40, &edges) });
    for (a, b) in down.picture.boxes().iter().zip(right.picture.boxes()) {
        assert_eq!((a.x, a.y), (b.y, b.x));
    }
}

#[test]
fn random_dags_lead_down_and_around_boxes() {
    for seed in 0..6 {
        for spread in [Spread::Near, Spread::Uniform] {
            let n = 20 + 40 * seed as usize;
            let edges = layered_dag(n, spread, seed);
            let drawn = check(flat(n, &edges));
            drawn.edges_lead_down();
            drawn.edges_avoid_boxes();
        }
    }
}

#[test]
fn same_graph_gives_the_same_picture() {
    let edges = layered_dag(150, Spread::Near, 11);
    let (a, b) = (draw(flat(150, &edges)), draw(flat(150, &edges)));
    assert_eq!(a.picture.boxes(), b.picture.boxes());
    assert!(a.picture.curves().eq(b.picture.curves()));
}

/// A new node must not turn the picture upside down: of all pairs that shared a layer before and do after, most have kept
/// who is left.
#[test]
fn one_more_node_keeps_most_of_the_order() {
    let (mut kept, mut pairs) = (0, 0);
    for seed in 0..8 {
        let n = 80;
        let mut edges = layered_dag(n, Spread::Near, seed);
        let before = draw(flat(n, &edges));
        let mut random = Random(seed);
        let from = random.below(n);
        edges.push((from, n));
        let after = draw(flat(n + 1, &edges));
        for a in 0..n {
            for b in 0..a {
                let shared = |drawn: &Drawn| drawn.rect(a).y == drawn.rect(b).y;
                if shared(&before) && shared(&after) {
                    pairs += 1;
                    let left = |drawn: &Drawn| drawn.rect(a).x < drawn.rect(b).x;
                    kept += usize::from(left(&before) == left(&after));
                }
            }
        }
    }
    assert!(pairs > 1_000);
    assert!(kept * 100 >= pairs * 85, "{kept} of {pairs} pairs kept their order");
}

fn sketches() -> impl Strategy<Value = Sketch> {
    (0_usize..6, 0_usize..40, any::<bool>()).prop_flat_map(|(n_groups, n_boxes, right)| {
        let groups = (0..n_groups)
            .map(|n| prop::option::of(0..n.max(1)).prop_map(move |parent| parent.filter(|_| n > 0)))
            .collect::<Vec<_>>();
        let of_box = prop::option::of(0..n_groups.max(1)).prop_map(move |group| group.filter(|_| n_groups > 0));
        let boxes = prop::collection::vec(of_box, n_boxes);
        let sizes = prop::collection::vec((1.0..150.0, 1.0..90.0), n_boxes)
            .prop_map(|sizes| sizes.into_iter().map(|(width, height)| Size { width, height }).collect());
        let edges = prop::collection::vec((0..n_boxes.max(1), 0..n_boxes.max(1)), 0..80)
            .prop_map(move |edges| if n_boxes == 0 { Vec::new() } else { edges });
        (groups, boxes, sizes, edges, Just(right)).prop_map(|(groups, boxes, sizes, edges, right)| Sketch {
            groups,
            boxes,
            sizes,
            edges,
            right,
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: std::env::var("PROPTEST_CASES").map_or(300, |n| n.parse().unwrap()), ..ProptestConfig::default() })]

    /// Any groups, any edges: cycles, loops and double edges among them.
    #[test]
    fn whatever_the_graph_the_picture_is_sound(sketch in sketches()) {
        check(sketch);
    }

    /// Without groups and cycles, edges lead down and around boxes.
    #[test]
    fn flat_dags_lead_down(n in 1_usize..60, seed in any::<u64>(), density in 1_usize..4) {
        let mut random = Random(seed);
        let edges: Vec<(usize, usize)> = (0..n * density)
            .map(|_| (random.below(n), random.below(n)))
            .filter(|(a, b)| a != b)
            .map(|(a, b)| (a.min(b), a.max(b)))
            .collect();
        let drawn = check(flat(n, &edges));
        drawn.edges_lead_down();
        drawn.edges_avoid_boxes();
    }
}
