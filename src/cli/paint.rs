//! Colours, and when to use them.

use clap::ValueEnum;

/// When to colour, as asked on the command line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On terminals, unless the environment says otherwise
    #[default]
    Auto,
    /// Everywhere
    Always,
    /// Nowhere
    Never,
}

/// Colours texts, or leaves them alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    /// Leaves texts as they are.
    Plain,
    /// Adds escape sequences.
    Ansi,
}

impl Paint {
    /// Decides for one stream: the option counts before `NO_COLOR`, this before `CLICOLOR_FORCE`, this before what
    /// the stream is.
    pub(crate) fn choose(choice: ColorChoice, env: impl Fn(&str) -> Option<String>, is_terminal: bool) -> Self {
        let is_set = |name| env(name).is_some_and(|value| !value.is_empty());
        let is_on = |name| env(name).is_some_and(|value| !value.is_empty() && value != "0");
        let is_dumb = || env("TERM").is_some_and(|value| value == "dumb");
        let is_wanted = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto if is_set("NO_COLOR") => false,
            ColorChoice::Auto if is_on("CLICOLOR_FORCE") => true,
            ColorChoice::Auto => is_terminal && !is_dumb(),
        };
        if is_wanted { Self::Ansi } else { Self::Plain }
    }

    /// For what went wrong.
    pub(crate) fn bad(self, text: &str) -> String {
        self.with("1;31", text)
    }

    /// For what people should look at.
    pub(crate) fn warn(self, text: &str) -> String {
        self.with("1;33", text)
    }

    /// For what went well.
    pub(crate) fn good(self, text: &str) -> String {
        self.with("1;32", text)
    }

    /// For advice.
    pub(crate) fn note(self, text: &str) -> String {
        self.with("1;36", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Ansi => format!("\x1b[{code}m{text}\x1b[0m"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(choice: ColorChoice, env: &[(&str, &str)], is_terminal: bool, expected: Paint) {
        let env = |name: &str| env.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        assert_eq!(Paint::choose(choice, env, is_terminal), expected);
    }

    #[test]
    fn the_environment_overrules_the_terminal_and_the_option_overrules_both() {
        check(ColorChoice::Auto, &[], true, Paint::Ansi);
        check(ColorChoice::Auto, &[], false, Paint::Plain);
        check(ColorChoice::Auto, &[("TERM", "dumb")], true, Paint::Plain);
        check(ColorChoice::Auto, &[("NO_COLOR", "1")], true, Paint::Plain);
        check(ColorChoice::Auto, &[("NO_COLOR", "")], true, Paint::Ansi);
        check(ColorChoice::Auto, &[("CLICOLOR_FORCE", "1")], false, Paint::Ansi);
        check(ColorChoice::Auto, &[("CLICOLOR_FORCE", "0")], false, Paint::Plain);
        check(ColorChoice::Auto, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false, Paint::Plain);
        check(ColorChoice::Always, &[("NO_COLOR", "1")], false, Paint::Ansi);
        check(ColorChoice::Never, &[("CLICOLOR_FORCE", "1")], true, Paint::Plain);
    }
}
