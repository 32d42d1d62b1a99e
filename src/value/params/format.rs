//! Which format a parameter file has, and whether this build reads it.

#[cfg(feature = "json")]
use crate::value::params::from_json;
#[cfg(feature = "toml")]
use crate::value::params::from_toml;
#[cfg(feature = "yaml")]
use crate::value::params::from_yaml;
use crate::value::params::item::{Item, Syntax};
use crate::value::params::mistake::{ParamsError, Place};
use std::path::Path;

/// A format of parameter files.
#[derive(Clone, Copy, Debug)]
enum Format {
    Toml,
    Json,
    Yaml,
}

/// Reads a file's text by the file's extension.
///
/// # Errors
/// When the extension is of no format, the format's feature is off, or the text is none of the format.
pub(super) fn parse(path: &Path, text: &str) -> Result<Item, ParamsError> {
    let format = Format::of(path).ok_or_else(|| ParamsError::NoFormat { path: path.to_path_buf() })?;
    match format {
        #[cfg(feature = "toml")]
        Format::Toml => from_toml::parse(text).map_err(|error| no_such(path, "TOML", error)),
        #[cfg(not(feature = "toml"))]
        Format::Toml => Err(off(path, "TOML", "toml")),
        #[cfg(feature = "json")]
        Format::Json => from_json::parse(text).map_err(|error| no_such(path, "JSON", error)),
        #[cfg(not(feature = "json"))]
        Format::Json => Err(off(path, "JSON", "json")),
        #[cfg(feature = "yaml")]
        Format::Yaml => from_yaml::parse(text).map_err(|error| no_such(path, "YAML", error)),
        #[cfg(not(feature = "yaml"))]
        Format::Yaml => Err(off(path, "YAML", "yaml")),
    }
}

fn no_such(path: &Path, format: &'static str, error: Syntax) -> ParamsError {
    let Syntax { message, line } = error;
    ParamsError::Syntax { place: Place { path: path.to_path_buf(), line }, format, message }
}

#[cfg(not(all(feature = "toml", feature = "json", feature = "yaml")))]
fn off(path: &Path, format: &'static str, feature: &'static str) -> ParamsError {
    ParamsError::Off { path: path.to_path_buf(), format, feature }
}

impl Format {
    fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "toml" => Some(Self::Toml),
            "json" => Some(Self::Json),
            "yaml" | "yml" => Some(Self::Yaml),
            _ => None,
        }
    }
}
