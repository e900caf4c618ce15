//! `configure import`: access keys from a CSV file of the AWS web console.

use super::{ConfigureContext, options, writer};
use crate::{
    arguments::Flag,
    error::{CliError, Result},
    paramfile::{self, FileContent},
};

pub(super) fn run(rest: Vec<String>, task: &mut ConfigureContext<'_, '_>) -> Result<()> {
    let flags = [Flag::one("--csv"), Flag::switch("--skip-invalid"), Flag::one("--profile-prefix")];
    let skips = rest.iter().any(|word| word == "--skip-invalid");
    let [table, _, prefix] = options(rest, &flags)?;
    let table = table
        .ok_or_else(|| CliError::Usage("the following arguments are required: --csv".to_owned()))?;
    let loaded = paramfile::load(&table, task.context);
    let loaded = loaded.map_err(|problem| {
        CliError::ParamValidation(format!("Error parsing parameter '--csv': {problem}"))
    })?;
    let table = match loaded {
        Some(FileContent::Text(text)) => text,
        Some(FileContent::Bytes(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
        None => table,
    };
    let keys = keys(&table, skips)?;
    let file = task.configuration.credentials_file();
    for [user, id, secret] in &keys {
        let profile = format!("{}{user}", prefix.as_deref().unwrap_or_default());
        let settings = [
            writer::SettingChange::Text("aws_access_key_id", id),
            writer::SettingChange::Text("aws_secret_access_key", secret),
        ];
        writer::update(file, writer::SectionHeader::Name(&profile), &settings, task.context)?;
    }
    writer::warn_if_open(file, task.context);
    let text = format!("Successfully imported {} profile(s)\n", keys.len());
    task.print(&text)
}

/// User name, access key ID and secret of each row.
fn keys(table: &str, skips: bool) -> Result<Vec<[String; 3]>> {
    let failed = |problem: String| CliError::Other(problem);
    if table.trim().is_empty() {
        return Err(failed("Provided CSV contains no contents".to_owned()));
    }
    let mut lines = table.lines();
    let head = lines.next().unwrap_or_default().trim_start_matches('\u{feff}');
    let head: Vec<String> = head.split(',').map(|name| name.trim().to_lowercase()).collect();
    let mut columns = [0; 3];
    for (column, name) in columns.iter_mut().zip(HEADERS) {
        let at = head.iter().position(|known| *known == name.to_lowercase());
        *column = at.ok_or_else(|| failed(format!("Expected header \"{name}\" not found")))?;
    }
    let mut keys = Vec::new();
    for (number, line) in (1_u32..).zip(lines) {
        let row: Vec<&str> = line.split(',').map(str::trim).collect();
        let values = columns.map(|column| row.get(column).copied().unwrap_or_default());
        match HEADERS.into_iter().zip(values).find(|(_, value)| value.is_empty()) {
            None => keys.push(values.map(str::to_owned)),
            Some(_) if skips => {}
            Some((name, _)) => {
                return Err(failed(format!(
                    "Failed to parse entry #{number}: Row missing value for header \"{name}\""
                )));
            }
        }
    }
    Ok(keys)
}

const HEADERS: [&str; 3] = ["User Name", "Access Key ID", "Secret Access key"];
