//! The output formats and their names.

use std::str::FromStr;

/// The values of `--output`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Indented JSON.
    Json,
    /// Lines of cells with tabs between them.
    Text,
    /// Boxes drawn with ASCII characters.
    Table,
    /// One YAML document for the whole response.
    Yaml,
    /// One element of a YAML sequence for each page, as it arrives.
    YamlStream,
    /// No output.
    Off,
}

impl Format {
    /// All formats, in the order of the AWS CLI's help.
    pub const ALL: [Self; 6] =
        [Self::Json, Self::Text, Self::Table, Self::Yaml, Self::YamlStream, Self::Off];

    /// The value of `--output`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Text => "text",
            Self::Table => "table",
            Self::Yaml => "yaml",
            Self::YamlStream => "yaml-stream",
            Self::Off => "off",
        }
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(word: &str) -> Result<Self, UnknownFormat> {
        Self::ALL
            .into_iter()
            .find(|format| format.name() == word)
            .ok_or_else(|| UnknownFormat(word.to_owned()))
    }
}

/// A format that does not exist; displays as the AWS CLI's message.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Unknown output type: {0}")]
pub struct UnknownFormat(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for format in Format::ALL {
            assert_eq!(format.name().parse(), Ok(format));
        }
        let refusal = "JSON".parse::<Format>().unwrap_err();
        assert_eq!(refusal.to_string(), "Unknown output type: JSON");
    }
}
