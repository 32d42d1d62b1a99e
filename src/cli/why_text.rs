//! Why a node ran, and what was accepted, as people read it.

use crate::cli::act::names;
use crate::cli::console::Console;
use crate::cli::plan_list::label;
use crate::cli::settings::{Chatter, Settings};
use crate::error::Result;
use crate::exec::{Acceptance, Cause, Change, Engine, ItemChange, LastEnd, PlanState, Remark, RunNodeEnd, Why};
use crate::graph::Graph;
use crate::words;
use std::time::SystemTime;

/// Hexadecimal digits of a digest that people can compare.
const SHOWN: usize = 8;

/// Nodes of which it is told why they run; of more it would take long to find out.
const TOLD: usize = 200;
/// Causes in one line.
const CAUSES: usize = 2;

/// With `--verbose`, says of each node that is going to run why it does, in a line.
pub(crate) fn tell_whys(settings: &Settings, engine: &Engine, graph: &Graph, console: &Console) -> Result<()> {
    if settings.chatter == Chatter::Verbose {
        let whys = engine.whys(graph, &names(&settings.targets), TOLD)?;
        whys.iter().for_each(|why| console.line(&reason(why)));
    }
    Ok(())
}

/// Why a node is going to run, in a line.
fn reason(why: &Why) -> String {
    let mut causes: Vec<String> = why
        .causes
        .iter()
        .take(CAUSES)
        .map(|cause| {
            let change = match &cause.change {
                Change::New => "is new".to_owned(),
                Change::Value { .. } => "is another value".to_owned(),
                Change::Inputs { .. } => "reads other nodes".to_owned(),
                Change::Parameters { .. } => "takes other parameters".to_owned(),
                Change::Draw { .. } => "is another draw".to_owned(),
                Change::ResultType { .. } => "gives another type".to_owned(),
                Change::Function { .. } => "is another function".to_owned(),
                Change::Code { items, .. } => match items.as_slice() {
                    [] => "has other code".to_owned(),
                    [item] => format!("has other code (`{}`)", item.name),
                    [item, more @ ..] => format!("has other code (`{}`, +{})", item.name, more.len()),
                },
            };
            if cause.node == why.node { format!("it {change}") } else { format!("{} {change}", cause.node) }
        })
        .collect();
    if let Some(more @ 1..) = why.causes.len().checked_sub(CAUSES) {
        causes.push(format!("+{more}"));
    }
    let causes = match (causes.is_empty(), why.since) {
        (false, _) => causes.join(", "),
        (true, None) => "it never ran before".to_owned(),
        (true, Some(_)) => "nothing changed that is on record".to_owned(),
    };
    let runs = if why.state == PlanState::Run { "runs" } else { "may run" };
    format!("{} {runs}: {causes}", why.node)
}

/// What a run would do with the node, then what changed, causes first; `now` is what ages count from.
pub(crate) fn text(why: &Why, now: SystemTime) -> String {
    let mut text = format!("{}: {}\n", why.node, label(why.state));
    if let Some(LastEnd { at, ended, is_forced, .. }) = &why.last {
        let forced = if *is_forced { ", since somebody wanted it" } else { "" };
        let ended = match ended {
            RunNodeEnd::Executed { took } => Some(format!("executed in {}", words::duration(*took))),
            RunNodeEnd::CutOff => Some("cut off: its inputs were known".to_owned()),
            RunNodeEnd::Known => Some("known".to_owned()),
            RunNodeEnd::Failed(message) => Some(format!("failed: {}", words::block(message, "    ", 3))),
            RunNodeEnd::NoRecord => None,
        };
        text.extend(ended.map(|ended| format!("last run, {}: {ended}{forced}\n", ago(*at, now))));
    }
    match why.evicted {
        Some(at) => text.push_str(&format!("its value is known, but its bytes went {} to save room\n", ago(at, now))),
        None if why.is_gone => text.push_str("its value is known, but its bytes are asked for and were not kept\n"),
        None => {}
    }
    match why.since {
        None => text.push_str("no earlier run in which it was something else\n"),
        Some(since) => {
            text.push_str(&format!("compared with the run that ended {}:\n", ago(since, now)));
            for cause in &why.causes {
                text.push_str(&self::cause(cause));
            }
            if why.causes.is_empty() {
                text.push_str("  nothing that is on record\n");
            }
        }
    }
    if let Some(Acceptance { remark, at, from, to, .. }) = &why.accepted {
        let said = said(remark, *at, now);
        text.push_str(&format!(
            "its value is that of code {} instead of {}, accepted {said}\n",
            short(from),
            short(to)
        ));
    }
    text
}

pub(crate) fn cause(cause: &Cause) -> String {
    let Cause { node, change, .. } = cause;
    match change {
        Change::New => format!("  {node}  is new\n"),
        Change::Value { from, to } => format!("  {node}  is another value: {from} -> {to}\n"),
        Change::Inputs { removed, added } => format!("  {node}  reads other nodes: {}\n", reads(removed, added)),
        Change::Parameters { from, to } => {
            format!("  {node}  takes other parameters: {} -> {}\n", from.join(", "), to.join(", "))
        }
        Change::Draw { from, to } => format!("  {node}  is another draw: {from} -> {to}\n"),
        Change::ResultType { from, to } => format!("  {node}  gives another type: {from} -> {to}\n"),
        Change::Function { from, to } => format!("  {node}  is `{to}`, was `{from}`\n"),
        Change::Code { function, from, to, items } => {
            let mut text = format!("  {node}  code of `{function}`: {} -> {}\n", short(from), short(to));
            for ItemChange { name, from, to } in items {
                let change = match (from, to) {
                    (Some(from), Some(to)) => format!("{} -> {}", short(from), short(to)),
                    (None, Some(_)) => "new".to_owned(),
                    (Some(_), None) => "gone".to_owned(),
                    (None, None) => continue,
                };
                text.push_str(&format!("    {name}  {change}\n"));
            }
            text
        }
    }
}

/// Nodes that are read no more, and those that are read now.
fn reads(removed: &[String], added: &[String]) -> String {
    let parts: Vec<String> = [("no more", removed), ("now", added)]
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(when, names)| format!("{when} {}", names.join(", ")))
        .collect();
    if parts.is_empty() { "the same in another order".to_owned() } else { parts.join("; ") }
}

/// A line or two for each acceptance; `none` when there are none.
pub(crate) fn acceptances(acceptances: &[Acceptance], none: &str, now: SystemTime) -> String {
    if acceptances.is_empty() {
        return format!("{none}\n");
    }
    let mut text = String::new();
    for Acceptance { node, remark, at, from, to, revoked, .. } in acceptances {
        text.push_str(&format!(
            "{node}  {} instead of {}, accepted {}\n",
            short(from),
            short(to),
            said(remark, *at, now)
        ));
        if let Some((remark, at)) = revoked {
            text.push_str(&format!("  taken back {}\n", said(remark, *at, now)));
        }
    }
    text
}

fn said(remark: &Remark, at: SystemTime, now: SystemTime) -> String {
    let Remark { who, because, .. } = remark;
    let because = if because.is_empty() { String::new() } else { format!(": {because}") };
    format!("by {who} {}{because}", ago(at, now))
}

pub(crate) fn ago(at: SystemTime, now: SystemTime) -> String {
    match now.duration_since(at) {
        Ok(age) if age.as_secs() == 0 => "just now".to_owned(),
        Ok(age) => format!("{} ago", words::duration(age)),
        // The clock has been set back since.
        Err(_) => "in the future".to_owned(),
    }
}

/// Digests by their beginning; other values as they are.
fn short(digest: &str) -> &str {
    let is_digest = digest.len() >= 32 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_digest { digest.get(..SHOWN).unwrap_or(digest) } else { digest }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use std::time::Duration;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn accepted() -> Acceptance {
        Acceptance {
            node: "clean".into(),
            remark: Remark::by("maria").because("only a log line"),
            at: at(60),
            from: "ab".repeat(32),
            to: "cd".repeat(32),
            revoked: None,
        }
    }

    #[test]
    fn causes_come_one_a_line_with_the_items_that_changed() {
        let item = |name: &str, from: Option<String>, to: Option<String>| ItemChange { name: name.into(), from, to };
        let code = Change::Code {
            function: "app::clean".into(),
            from: "ab".repeat(32),
            to: "cd".repeat(32),
            items: vec![
                item("app::helper", Some("12".repeat(32)), Some("34".repeat(32))),
                item("app::new", None, Some("34".repeat(32))),
                item("cfg(unix)", Some("holds".into()), Some("does not hold".into())),
            ],
        };
        let cause = |node: &str, change| Cause { node: node.into(), change };
        let why = Why {
            last: None,
            is_gone: false,
            evicted: None,
            node: "report".into(),
            state: PlanState::RunUnlessCutOff,
            since: Some(at(0)),
            causes: vec![
                cause("file:a.csv", Change::Value { from: "0123abcd".into(), to: "4567abcd".into() }),
                cause("clean", code),
                cause("fit", Change::New),
            ],
            accepted: None,
        };
        expect![[r#"
            report: run unless cut off
            compared with the run that ended 2 h 0 min ago:
              file:a.csv  is another value: 0123abcd -> 4567abcd
              clean  code of `app::clean`: abababab -> cdcdcdcd
                app::helper  12121212 -> 34343434
                app::new  new
                cfg(unix)  holds -> does not hold
              fit  is new
        "#]]
        .assert_eq(&text(&why, at(7200)));
        expect!["report may run: file:a.csv is another value, clean has other code (`app::helper`, +2), +1"]
            .assert_eq(&reason(&why));
        let own = Why { causes: vec![Cause { node: "report".into(), change: Change::New }], ..why.clone() };
        expect!["report may run: it is new"].assert_eq(&reason(&own));
        let why = Why { causes: Vec::new(), since: None, accepted: Some(accepted()), ..why };
        expect![[r#"
            report: run unless cut off
            no earlier run in which it was something else
            its value is that of code abababab instead of cdcdcdcd, accepted by maria 1 h 59 min ago: only a log line
        "#]]
        .assert_eq(&text(&why, at(7200)));
        expect!["report may run: it never ran before"].assert_eq(&reason(&why));
    }

    #[test]
    fn acceptances_say_who_when_and_why() {
        let revoked = Acceptance { revoked: Some((Remark::by("jo"), at(120))), ..accepted() };
        expect![[r#"
            clean  abababab instead of cdcdcdcd, accepted by maria 2 min 0 s ago: only a log line
            clean  abababab instead of cdcdcdcd, accepted by maria 2 min 0 s ago: only a log line
              taken back by jo 1 min 0 s ago
        "#]]
        .assert_eq(&acceptances(&[accepted(), revoked], "", at(180)));
        expect![[r#"
            nothing is accepted
        "#]]
        .assert_eq(&acceptances(&[], "nothing is accepted", at(180)));
    }
}
