//! Why a node ran, and what was accepted, as people read it.

use crate::cli::plan_list::label;
use crate::cli::words;
use crate::exec::{Acceptance, Cause, Change, ItemChange, Remark, Why};
use std::time::SystemTime;

/// Hexadecimal digits of a digest that people can compare.
const SHOWN: usize = 8;

/// What a run would do with the node, then what changed, causes first; `now` is what ages count from.
pub(crate) fn text(why: &Why, now: SystemTime) -> String {
    let mut text = format!("{}: {}\n", why.node, label(why.state));
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
    if let Some(acceptance) = &why.accepted {
        text.push_str(&format!(
            "accepted {}, so its present code is not executed at these inputs:\n",
            said(&acceptance.remark, acceptance.at, now)
        ));
        text.push_str(&format!(
            "  the value is that of code {} instead of {}\n",
            short(&acceptance.from),
            short(&acceptance.to)
        ));
    }
    text
}

fn cause(cause: &Cause) -> String {
    let Cause { node, change, .. } = cause;
    match change {
        Change::New => format!("  {node}  is new\n"),
        Change::Value => format!("  {node}  is another value\n"),
        Change::Inputs => format!("  {node}  reads other nodes\n"),
        Change::Parameters => format!("  {node}  takes other parameters\n"),
        Change::Result => format!("  {node}  gives another type\n"),
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

/// A line or two for each acceptance.
pub(crate) fn acceptances(acceptances: &[Acceptance], now: SystemTime) -> String {
    if acceptances.is_empty() {
        return "nothing is accepted\n".to_owned();
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

fn ago(at: SystemTime, now: SystemTime) -> String {
    now.duration_since(at).map_or_else(|_| "in the future".to_owned(), |age| format!("{} ago", words::duration(age)))
}

/// Digests by their beginning; other values as they are.
fn short(digest: &str) -> &str {
    let is_digest = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_digest { digest.get(..SHOWN).unwrap_or(digest) } else { digest }
}
