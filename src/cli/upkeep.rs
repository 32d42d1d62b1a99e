//! Keeping the store in order: names, garbage, damage.

use crate::cli::act::{Program, Stage, names, quiet_engine, write, write_line};
use crate::cli::exit_codes;
use crate::cli::settings::{Results, Settings};
use crate::cli::upkeep_args::{TagsArguments, Upkeep};
use crate::cli::{transfer_json, transfer_text, upkeep_json, upkeep_text};
use crate::error::Result;
use crate::exec::{Engine, Forgotten, Tag};
use std::time::SystemTime;

/// What there is to be told.
struct Told {
    text: String,
    json: String,
    code: u8,
}

/// Does it, and tells of it.
pub(crate) fn upkeep(
    settings: &Settings,
    upkeep: &Upkeep,
    program: &mut dyn Program,
    stage: &mut Stage<'_>,
) -> Result<u8> {
    let names_nodes = matches!(upkeep, Upkeep::Tag(_) | Upkeep::Pin(_) | Upkeep::Forget(_) | Upkeep::Export(_));
    // Before the store: a graph with mistakes is told first.
    let graph = if names_nodes && program.has_pipeline() { Some(program.build()?) } else { None };
    let engine = quiet_engine(settings, stage)?;
    let told = match (upkeep, &graph) {
        // Refused before, by the name of the command.
        (Upkeep::Export(_), None) => return Ok(exit_codes::USAGE),
        (Upkeep::Tag(tag), Some(graph)) => tags(&engine.tag(graph, &names(&tag.nodes), &tag.tag)?, "tagged"),
        (Upkeep::Tag(tag), None) => tags(&engine.on_record().tag(&names(&tag.nodes), &tag.tag)?, "tagged"),
        (Upkeep::Pin(pin), Some(graph)) => tags(&engine.pin(graph, &names(&pin.nodes))?, "pinned"),
        (Upkeep::Pin(pin), None) => tags(&engine.on_record().pin(&names(&pin.nodes))?, "pinned"),
        (Upkeep::Untag(untag), _) => tags(&engine.untag(&untag.tag, &names(&untag.nodes))?, "no longer tagged"),
        (Upkeep::Unpin(unpin), _) => tags(&engine.unpin(&names(&unpin.nodes))?, "no longer pinned"),
        (Upkeep::Tags(of), _) => list(&engine, of)?,
        (Upkeep::Forget(forget), graph) => {
            let nodes = names(&forget.nodes);
            forgotten(&match graph {
                Some(graph) => engine.forget(graph, &nodes, forget.downstream)?,
                None => engine.on_record().forget(&nodes, forget.downstream)?,
            })
        }
        (Upkeep::Export(to), Some(graph)) => {
            let exported = engine.export(graph, &names(&to.nodes), &to.output)?;
            Told::done(transfer_text::exported(&exported, &to.output), transfer_json::exported(&exported))
        }
        (Upkeep::Import(from), _) => {
            let imported = engine.import(&from.file)?;
            Told::done(transfer_text::imported(&imported), transfer_json::imported(&imported))
        }
        (Upkeep::Flush(_), _) => {
            let bytes = engine.flush()?;
            Told::done(upkeep_text::flushed(bytes), upkeep_json::flushed(bytes))
        }
        (Upkeep::Revoke(revoke), _) => {
            let revoked = engine.revoke(&revoke.executable()?, revoke.dry_run)?;
            Told::done(upkeep_text::revoked(&revoked), upkeep_json::revoked(&revoked))
        }
        (Upkeep::Gc(gc), _) => {
            let report = engine.gc(&gc.rules())?;
            let code = if report.is_within { exit_codes::DONE } else { exit_codes::OTHER };
            Told { text: upkeep_text::gc(&report), json: upkeep_json::gc(&report), code }
        }
        (Upkeep::Verify, _) => {
            let found = engine.verify()?;
            let code = if found.is_sound() { exit_codes::DONE } else { exit_codes::STORE };
            Told { text: upkeep_text::verified(&found, false), json: upkeep_json::verified(&found), code }
        }
        (Upkeep::Repair, _) => {
            let found = engine.repair()?;
            Told::done(upkeep_text::verified(&found, true), upkeep_json::verified(&found))
        }
    };
    match settings.results {
        Results::Json => write_line(stage, &told.json)?,
        Results::Text => write(stage, &told.text)?,
    }
    Ok(told.code)
}

impl Told {
    fn done(text: String, json: String) -> Self {
        Self { text, json, code: exit_codes::DONE }
    }
}

fn tags(tags: &[Tag], what: &str) -> Told {
    Told::done(upkeep_text::changed(tags, what), upkeep_json::tags(tags))
}

/// Both ways: the nodes of a name, and the names of a node.
fn list(engine: &Engine, TagsArguments { of }: &TagsArguments) -> Result<Told> {
    let is_meant = |tag: &Tag| of.as_ref().is_none_or(|of| tag.name.as_ref() == Some(of) || tag.node == *of);
    let listed: Vec<Tag> = engine.tags()?.into_iter().filter(is_meant).collect();
    Ok(Told::done(upkeep_text::tags(&listed, SystemTime::now()), upkeep_json::tags(&listed)))
}

fn forgotten(forgotten: &[Forgotten]) -> Told {
    Told::done(upkeep_text::forgotten(forgotten), upkeep_json::forgotten(forgotten))
}
