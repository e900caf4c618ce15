//! GenerateCredentialReport: makes a report of everybody's credentials.

use super::prelude::*;
use crate::credential_report;

pub(super) static ACTION: Action = Action {
    name: "GenerateCredentialReport",
    api: Api::Iam,
    doc: "Makes a report of the credentials of the root and of every user, which \
          GetCredentialReport tells. A report is good for four hours; until then no other is made.",
    // AWS counts it among those that read, but it keeps what it makes.
    access: Access::Write,
    concerns: Concerns::Account("*"),
    input: &Input::SHAPE,
    output: Some(&Output::SHAPE),
    page: None,
    unwrap: None,
    blob: None,
    sql: &[Sql::exec("credential_reports", "credential_reports_Generate")
        .also(&[("credential_reports", "generate_credential_report")])],
    run: rule!(run),
};

structure! {
    struct Input {}
}

structure! {
    struct Output {
        /// `STARTED` where a report was made now, `COMPLETE` where there was one.
        "State" state: Option<String>,
        /// What was begun.
        "Description" description: Option<String>,
    }
}

fn run(scene: Scene<'_>, Input {}: Input) -> Result<Output, Refusal> {
    let account = scene.account();
    let present = scene.read(|view| Ok(view.report(account)?))?;
    if present.is_some_and(|report| credential_report::is_fresh(&report, scene.now)) {
        return Ok(Output { state: Some("COMPLETE".to_owned()), description: None });
    }
    // Read outside the writer, since there may be many users. Who asks at the same time makes
    // another, which is as good.
    let report = credential_report::make(&scene)?;
    scene.write(move |tx| Ok(tx.set_report(account, &report)?))?;
    let description = "No report exists. Starting a new report generation task".to_owned();
    Ok(Output { state: Some("STARTED".to_owned()), description: Some(description) })
}
