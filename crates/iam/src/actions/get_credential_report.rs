//! GetCredentialReport: the last credential report.

use vmfa_model::{Fault, FaultKind};

use super::prelude::*;
use crate::credential_report;

pub(super) static ACTION: Action = Action {
    name: "GetCredentialReport",
    doc: "Returns the report that GenerateCredentialReport generated, if that was less than four \
          hours ago.",
    access: Access::Read,
    resource: PermissionResource::Any,
    input: &Input::SHAPE,
    reply: Reply::Whole(&Output::SHAPE),
    sql: &[SqlMethod::select("credential_reports", "credential_reports_Get")
        .also(&[("credential_reports", "get_credential_report")])],
    rule: reads!(run),
    ..Action::IAM
};

structure! {
    struct Input {}
}

structure! {
    struct Output {
        /// The report: CSV, a header and then a line for the root and for each user.
        "Content" content: Option<Blob>,
        /// `text/csv`.
        "ReportFormat" format: Option<String>,
        /// When it was generated.
        "GeneratedTime" generated: Option<Timestamp>,
    }
}

fn run(context: &ReadContext<'_>, Input {}: Input) -> Result<Output, Refusal> {
    let account = context.account();
    let report = context.read(|view| Ok(view.report(account)?))?;
    let report = report.ok_or(Fault::without_message(FaultKind::ReportNotPresent))?;
    if credential_report::is_expired(&report, context.now) {
        return Err(Fault::without_message(FaultKind::ReportExpired).into());
    }
    Ok(Output {
        content: Some(Blob::new(report.content.into_bytes())),
        format: Some("text/csv".to_owned()),
        generated: Some(report.generated),
    })
}
