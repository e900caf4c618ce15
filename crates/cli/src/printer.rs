//! Makes a call and prints the response with the formatters of the AWS CLI, which treat the pages
//! of a list differently.
//!
//! JSON, YAML and tables print the whole list as one document. Text and YAML streams print each
//! page as it arrives, so that memory holds one page and a closed reader ends the paging.

use std::io::{ErrorKind, Write};

use serde_json::{Map, Value, json};
use vmfa_client::Calls;
use vmfa_iam::{Action, Call};
use vmfa_jmespath::Expression;
use vmfa_model::json::{self, TimeFormat};
use vmfa_render::{Format, TableStyle, UnknownFormat};

use crate::{
    error::{CliError, Result},
    outfile::Outfile,
    pager,
    pages::{self, Pages, PagingOptions},
};

pub(crate) struct PrintOptions {
    /// The format. An unknown one is reported only when there is output: before the first request
    /// of a list, but after any other call.
    pub(crate) format: Result<Format, UnknownFormat>,
    pub(crate) query: Option<Expression>,
    pub(crate) screen: TableStyle,
    pub(crate) times: TimeFormat,
}

/// Makes a call, or follows the pages of a list, and prints the responses. A closed reader ends it
/// silently.
pub(crate) fn show(
    calls: &dyn Calls,
    call: Call,
    paging: &PagingOptions,
    printing: &PrintOptions,
    outfile: Option<Outfile>,
    out: &mut dyn Write,
) -> Result<()> {
    let action = call.action;
    let mut printer = Printer { title: action.name, printing, out };
    if let Some(pages) = Pages::of(calls, &call, paging)? {
        return quietly(printer.pages(action, pages));
    }
    let mut answer = pages::one(calls, call)?;
    if let Some(outfile) = outfile {
        answer = outfile.keep(action, answer)?;
    }
    let document = json::document(&answer, printing.times);
    quietly(printer.whole(document))
}

/// Prints a document as the response of an action.
pub(crate) fn print(
    action: &Action,
    document: Value,
    printing: &PrintOptions,
    out: &mut dyn Write,
) -> Result<()> {
    quietly(Printer { title: action.name, printing, out }.whole(document))
}

struct Printer<'p> {
    title: &'p str,
    printing: &'p PrintOptions,
    out: &'p mut dyn Write,
}

enum PrintError {
    /// The reader of standard output closed it.
    ReaderGone,
    Failed(CliError),
}

impl Printer<'_> {
    fn whole(&mut self, document: Value) -> Result<(), PrintError> {
        let format = self.format()?;
        let document = if format == Format::Off { document } else { self.queried(document)? };
        let text = match format {
            Format::Json => Ok(vmfa_render::json(&document)),
            Format::Yaml => Ok(vmfa_render::yaml(&document)),
            Format::YamlStream => Ok(vmfa_render::yaml_stream(&document)),
            Format::Text => vmfa_render::text(&document),
            Format::Table => vmfa_render::table(self.title, &document, &self.printing.screen),
            Format::Off => Ok(String::new()),
        };
        text.or_else(|error| {
            self.write(error.printed())?;
            Err(CliError::Other(error.to_string()).into())
        })
        .and_then(|text| self.write(&text))
    }

    fn pages(&mut self, action: &Action, pages: Pages<'_>) -> Result<(), PrintError> {
        match self.format()? {
            Format::Text => self.text(action, pages),
            Format::YamlStream => self.stream(pages),
            Format::Json | Format::Yaml | Format::Table => {
                let document = self.merged(action, pages)?;
                self.whole(document)
            }
            Format::Off => Ok(exhaust(pages)?),
        }
    }

    /// Prints the items of each page, and at the end the `NextToken`, each through the query.
    fn text(&mut self, action: &Action, mut pages: Pages<'_>) -> Result<(), PrintError> {
        let lists = action.paged().map_or(&[][..], |page| page.lists);
        while let Some(answer) = pages.next()? {
            let mut page = json::document(&answer, self.printing.times);
            let listed = lists.iter().map(|list| {
                let elements = page.get_mut(*list).map_or(Value::Null, Value::take);
                ((*list).to_owned(), elements)
            });
            let listed = listed.collect();
            self.whole(Value::Object(listed))?;
        }
        match pages.resume {
            Some(token) => self.whole(json!({ "NextToken": { "NextToken": token } })),
            None => Ok(()),
        }
    }

    /// Prints each page as an element of a YAML stream.
    fn stream(&mut self, mut pages: Pages<'_>) -> Result<(), PrintError> {
        while let Some(answer) = pages.next()? {
            let page = self.queried(json::document(&answer, self.printing.times))?;
            // An empty response prints nothing, but an empty page is an element.
            let element = vmfa_render::yaml_stream(&page);
            let element = if is_empty(&page) { "- {}\n" } else { &element };
            self.write(element)?;
        }
        Ok(())
    }

    /// Merges the lists of all pages, with the `NextToken`.
    fn merged(&self, action: &Action, pages: Pages<'_>) -> Result<Value, PrintError> {
        let mut merged = Map::new();
        let lists = action.paged().map_or(&[][..], |page| page.lists);
        let resume = pages.each(|answer| {
            let mut page = json::document(&answer, self.printing.times);
            for list in lists {
                let Some(Value::Array(listed)) = page.get_mut(*list).map(Value::take) else {
                    continue;
                };
                match merged.get_mut(*list) {
                    Some(Value::Array(all)) => all.extend(listed),
                    _ => drop(merged.insert((*list).to_owned(), Value::Array(listed))),
                }
            }
        })?;
        if let Some(token) = resume {
            merged.insert("NextToken".to_owned(), Value::String(token));
        }
        Ok(Value::Object(merged))
    }

    fn format(&self) -> Result<Format> {
        self.printing
            .format
            .as_ref()
            .copied()
            .map_err(|unknown| CliError::Other(unknown.to_string()))
    }

    fn queried(&self, document: Value) -> Result<Value> {
        let Some(query) = &self.printing.query else { return Ok(document) };
        query.search(&document).map_err(|error| CliError::Other(error.to_string()))
    }

    fn write(&mut self, text: &str) -> Result<(), PrintError> {
        if text.is_empty() {
            // A pager starts with the first byte.
            return Ok(());
        }
        self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()).map_err(|error| {
            match error.kind() {
                ErrorKind::BrokenPipe => PrintError::ReaderGone,
                _ => PrintError::Failed(pager::unwritten(&error)),
            }
        })
    }
}

/// Requests all pages and prints nothing.
fn exhaust(mut pages: Pages<'_>) -> Result<()> {
    while pages.next()?.is_some() {}
    Ok(())
}

impl From<CliError> for PrintError {
    fn from(failure: CliError) -> Self {
        Self::Failed(failure)
    }
}

fn quietly(shown: Result<(), PrintError>) -> Result<()> {
    match shown {
        Ok(()) | Err(PrintError::ReaderGone) => Ok(()),
        Err(PrintError::Failed(failure)) => Err(failure),
    }
}

fn is_empty(document: &Value) -> bool {
    document.as_object().is_some_and(Map::is_empty)
}

#[cfg(test)]
mod tests;
