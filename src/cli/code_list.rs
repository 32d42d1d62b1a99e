//! What of the functions' code counts, as people read it.

use crate::graph::CodeReport;

/// Hexadecimal digits of a version that people can compare.
const SHOWN: usize = 8;

/// A line for each function, and below it why the whole crate counts, if it does.
pub(crate) fn text(reports: &[CodeReport]) -> String {
    let width = reports.iter().map(|report| report.function.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for CodeReport { function, scope, version, items, fallback, is_whole_program } in reports {
        let version = version.get(..SHOWN).unwrap_or(version);
        let reached = if *items > 0 { format!(", {items} reached") } else { String::new() };
        text.push_str(&format!("{function:width$}  {version}  {scope}{reached}\n"));
        if let Some(reason) = fallback {
            let extent = if *is_whole_program { "program" } else { "crate" };
            text.push_str(&format!("    the whole {extent} counts: {reason}\n"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn a_line_for_each_function_with_the_reasons() {
        let report = |function: &str, scope: &str, items, fallback: Option<&str>| CodeReport {
            function: function.into(),
            scope: scope.into(),
            version: "0123456789abcdef".into(),
            items,
            fallback: fallback.map(str::to_owned),
            is_whole_program: function.ends_with("lost"),
        };
        let reports = [
            report("app::clean", "deep", 12, None),
            report("app::fit", "version 3", 0, None),
            report("app::made", "deep", 40, Some("`made` stands inside of a macro call")),
            report("app::lost", "deep", 0, Some("the source was not found")),
        ];
        expect![[r#"
            app::clean  01234567  deep, 12 reached
            app::fit    01234567  version 3
            app::made   01234567  deep, 40 reached
                the whole crate counts: `made` stands inside of a macro call
            app::lost   01234567  deep
                the whole program counts: the source was not found
        "#]]
        .assert_eq(&text(&reports));
    }
}
