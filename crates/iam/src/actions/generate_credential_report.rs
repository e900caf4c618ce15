//! GenerateCredentialReport: generates a report unless one is current.

use super::prelude::*;
use crate::credential_report;

pub(super) static ACTION: Action = Action {
    name: "GenerateCredentialReport",
    doc: "Generates a report of the credentials of the root user and of every user, for \
          GetCredentialReport. A report is current for four hours, in which no other is \
          generated.",
    // AWS counts it among those that read, but it keeps what it makes.
    access: Access::Read,
    resource: PermissionResource::Any,
    input: &Input::SHAPE,
    reply: Reply::Whole(&Output::SHAPE),
    sql: &[SqlMethod::exec("credential_reports", "credential_reports_Generate")
        .also(&[("credential_reports", "generate_credential_report")])],
    reads_all_users: true,
    rule: writes!(run),
    ..Action::IAM
};

structure! {
    struct Input {}
}

structure! {
    struct Output {
        /// `STARTED` if a report was generated now, `COMPLETE` if there was a current one.
        "State" state: Option<String>,
        /// The state in words.
        "Description" description: Option<String>,
    }
}

fn run(context: &WriteContext<'_>, Input {}: Input) -> Result<Change<Output>, Refusal> {
    let account = context.account();
    let present = context.read(|view| Ok(view.report(account)?))?;
    if present.is_some_and(|report| credential_report::is_fresh(&report, context.now)) {
        return Ok(Change::None(Output { state: Some("COMPLETE".to_owned()), description: None }));
    }
    // Read outside the writer, since there may be many users. Who asks at the same time makes
    // another, which is as good.
    let report = credential_report::make(context)?;
    let change = Change::transaction(move |tx| Ok(tx.set_report(account, &report)?));
    let description = "No report exists. Starting a new report generation task".to_owned();
    Ok(change
        .then(|()| Output { state: Some("STARTED".to_owned()), description: Some(description) }))
}
