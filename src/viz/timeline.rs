//! What each thread of a run did when, as SVG: a row for each thread, a bar for each node and element.

use crate::exec::Doing;
use crate::viz::drawing::{FACTS, width};
use crate::viz::svg::{class, legend_entry_width, number};
use crate::viz::{View, ViewSpan, ViewState, escape};
use crate::words;
use std::collections::BTreeSet;
use std::time::Duration;

/// Sizes in pixels: of the whole, the names of rows, a row, a bar in it, the title and the axis above, the legend below.
const WIDE: f64 = 1200.0;
const LEFT: f64 = 78.0;
const ROW: f64 = 26.0;
const BAR: f64 = 20.0;
const TOP: f64 = 52.0;
const LEGEND: f64 = 30.0;
/// Bars that are narrower are drawn as wide as this, and those hidden behind others not at all.
const NARROWEST: f64 = 0.8;
/// A bar this wide has its name in it.
const NAMED: f64 = 34.0;

/// The axis: how much time how wide.
struct Axis {
    seconds: f64,
}

impl Axis {
    fn at(&self, time: Duration) -> f64 {
        LEFT + time.as_secs_f64() / self.seconds * (WIDE - LEFT - 10.0)
    }

    /// Where lines stand: one, two or five of a power of ten, about a hundred pixels from each other.
    fn marks(&self) -> Vec<Duration> {
        let least = self.seconds / 10.0;
        let power = 10_f64.powf(least.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|n| n * power).find(|step| *step >= least).unwrap_or(least);
        let marks = std::iter::successors(Some(0.0), |mark| Some(mark + step));
        marks.take_while(|mark| *mark <= self.seconds).map(Duration::from_secs_f64).collect()
    }
}

impl View {
    /// What each thread of the run did when, as SVG: bars of functions in the colours of their nodes' states, thin ones below for
    /// reading values back, encoding them and handing them to the store; a line above what is on the critical path.
    ///
    /// Without [`View::spans`] it says so.
    pub fn timeline(&self) -> String {
        let rows = self.workers().max(1);
        let end = self.spans.iter().map(|span| span.start + span.took).max().unwrap_or_default();
        let end = end.max(self.run.as_ref().map(|run| run.took).unwrap_or_default()).max(Duration::from_micros(1));
        let axis = Axis { seconds: end.as_secs_f64() };
        let bottom = TOP + f64::from(rows) * ROW;
        let high = number(bottom + LEGEND);
        let title = self.heading();
        let mut text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDE}\" height=\"{high}\" viewBox=\"0 0 {WIDE} {high}\" role=\"img\" \
             aria-label=\"{0}\">\n<style>{1}</style>\n<text class=\"title\" x=\"12\" y=\"20\">{0}</text>\n",
            escape::xml(&title),
            self.timeline_style(),
        );
        for mark in axis.marks() {
            let x = number(axis.at(mark));
            let label = if mark.is_zero() { "0".to_owned() } else { words::duration(mark) };
            text.push_str(&format!(
                "<path class=\"l\" d=\"M{x} 34V{}\"/><text class=\"f\" x=\"{}\" y=\"42\">{label}</text>\n",
                number(bottom),
                number(axis.at(mark) + 4.0)
            ));
        }
        for row in 0..rows {
            let y = number(TOP + f64::from(row) * ROW + BAR / 2.0 + 3.5);
            text.push_str(&format!("<text class=\"f\" x=\"12\" y=\"{y}\">worker {}</text>\n", row + 1));
        }
        if self.spans.is_empty() {
            let y = number(TOP + BAR / 2.0 + 3.5);
            text.push_str(&format!("<text class=\"n\" x=\"{LEFT}\" y=\"{y}\">nothing was noted in this run</text>\n"));
        }
        self.bars(&axis, &mut text);
        self.timeline_legend(bottom + 20.0, &mut text);
        text.push_str("</svg>\n");
        text
    }

    /// What the picture tells of.
    fn heading(&self) -> String {
        let name = if self.title.is_empty() { "timeline" } else { &self.title };
        match &self.run {
            Some(run) => {
                let executed = words::count(run.counts.executed, "node");
                format!("{name}: {executed} executed in {}", words::duration(run.took))
            }
            None => name.to_owned(),
        }
    }

    fn bars(&self, axis: &Axis, text: &mut String) {
        let critical: BTreeSet<usize> = self.critical_path().into_iter().collect();
        // Up to where something wide is drawn in this row, for bars and for thin ones.
        let mut drawn = [(u32::MAX, 0.0), (u32::MAX, 0.0)];
        for span in &self.spans {
            let (from, to) = (axis.at(span.start), axis.at(span.start + span.took));
            let is_thin = !span.doing.is_execution();
            let [bars, thin] = &mut drawn;
            let until = if is_thin { thin } else { bars };
            let to = to.max(from + NARROWEST);
            if until.0 == span.worker && to <= until.1 {
                continue;
            }
            *until = (span.worker, to);
            let y = TOP + f64::from(span.worker) * ROW;
            let is_critical = span.node.is_some_and(|node| critical.contains(&node)) && !is_thin;
            self.bar(span, (from, to, y), is_critical, text);
        }
    }

    fn bar(&self, span: &ViewSpan, (from, to, y): (f64, f64, f64), is_critical: bool, text: &mut String) {
        let node = span.node.and_then(|node| self.nodes.get(node));
        let (class, y, high) = match span.doing {
            Doing::Executing => (class(node.and_then(|node| node.state)), y, BAR),
            Doing::Failing => (class(Some(ViewState::Failed)), y, BAR),
            Doing::Loading => ("loading", y + BAR + 1.0, 3.0),
            Doing::Encoding => ("encoding", y + BAR + 1.0, 3.0),
            Doing::Storing => ("storing", y + BAR + 1.0, 3.0),
        };
        let tip = format!(
            "{}{} {}",
            span.title(self).map(|title| format!("{title}: ")).unwrap_or_default(),
            span.doing.name(),
            words::duration(span.took)
        );
        text.push_str(&format!(
            "<g><title>{}</title><rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
            escape::xml(&tip),
            number(from),
            number(y),
            number(to - from),
            number(high)
        ));
        if is_critical {
            text.push_str(&format!("<path class=\"c\" d=\"M{} {}H{}\"/>", number(from), number(y - 1.5), number(to)));
        }
        if let (Some(title), true) = (span.title(self), high > 10.0 && to - from >= NAMED) {
            let em =
                (width(&title, FACTS) / f64::from(u32::try_from(title.chars().count()).unwrap_or(1).max(1))).max(1.0);
            #[expect(
                clippy::as_conversions,
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "few letters"
            )]
            let letters = ((to - from - 8.0) / em) as usize;
            text.push_str(&format!(
                "<text class=\"b\" x=\"{}\" y=\"{}\">{}</text>",
                number(from + 4.0),
                number(y + 14.0),
                escape::xml(&escape::cut(&title, letters.max(1)))
            ));
        }
        text.push_str("</g>\n");
    }

    fn timeline_legend(&self, y: f64, text: &mut String) {
        let mut x = LEFT;
        let mut entry = |class: &str, words: &str| {
            text.push_str(&format!(
                "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"10\" height=\"10\"/><text class=\"f\" x=\"{}\" y=\"{}\">{words}</text>\n",
                number(x),
                number(y - 9.0),
                number(x + 15.0),
                number(y)
            ));
            x += legend_entry_width(words);
        };
        for state in self.states_of_spans() {
            entry(state.name(), &format!("{} {}", state.sign(), state.words()));
        }
        let done: BTreeSet<Doing> = self.spans.iter().map(|span| span.doing).collect();
        for doing in [Doing::Loading, Doing::Encoding, Doing::Storing].into_iter().filter(|doing| done.contains(doing))
        {
            entry(doing.name(), doing.name());
        }
        if !self.critical_path().is_empty() && !self.spans.is_empty() {
            entry("critical", "on the critical path");
        }
    }

    fn states_of_spans(&self) -> BTreeSet<ViewState> {
        let state = |span: &ViewSpan| match span.doing {
            Doing::Failing => Some(ViewState::Failed),
            Doing::Executing => self.nodes.get(span.node?)?.state,
            Doing::Loading | Doing::Encoding | Doing::Storing => None,
        };
        self.spans.iter().filter_map(state).collect()
    }

    fn timeline_style(&self) -> String {
        let rule = |(state, (fill, line)): (ViewState, (&str, &str))| {
            format!(".{}{{fill:{fill};stroke:{line}}}", class(Some(state)))
        };
        let states = self.states_of_spans();
        let light: String = states.iter().map(|state| rule((*state, state.colours()))).collect();
        let dark: String = states.iter().map(|state| rule((*state, state.dark_colours()))).collect();
        format!(
            "text{{font-family:system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;fill:#1c1c1a}}.title{{font-size:15px;font-weight:600}}\
             .n{{font-size:12px}}.f,.b{{font-size:{FACTS}px}}.f{{fill:#5c5c57}}.l{{stroke:#80807a;stroke-opacity:.3}}rect{{stroke-width:.8}}\
             .plain{{fill:#ddd}}.loading{{fill:#8f6fb0}}.encoding{{fill:#b98a4a}}.storing{{fill:#7d7d78}}.c{{stroke:#d55e00;stroke-width:2}}\
             .critical{{fill:#d55e00}}{light}@media (prefers-color-scheme:dark){{text{{fill:#eeeeea}}.f{{fill:#b5b5af}}.plain{{fill:#444}}{dark}}}"
        )
    }
}

impl ViewSpan {
    /// The node with the element, or whatever part it is.
    pub(crate) fn title(&self, view: &View) -> Option<String> {
        let node = view.nodes.get(self.node?)?;
        Some(match &self.part {
            Some(part) => format!("{}[{part}]", node.label),
            None => node.label.clone(),
        })
    }
}
