//! The names of the output formats.
//!
//! Not responsible for where a wish for a format comes from (a flag, the environment, a profile).

use std::str::FromStr;

/// What `--output` chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Indented JSON.
    Json,
    /// Lines of cells with tabs between them.
    Text,
    /// Boxes drawn with ASCII characters.
    Table,
    /// One YAML document for the whole answer.
    Yaml,
    /// One element of a YAML sequence for each page, as it arrives.
    YamlStream,
    /// Nothing.
    Off,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 6] =
        [Self::Json, Self::Text, Self::Table, Self::Yaml, Self::YamlStream, Self::Off];

    /// The word that chooses it.
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

/// No format has this name; says so in the AWS CLI's words.
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
