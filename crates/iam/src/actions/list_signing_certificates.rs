//! ListSigningCertificates: none, because there are no certificates here. Terraform calls it before it
//! deletes a user.

use vmfa_model::names::Status;

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "ListSigningCertificates",
    doc: "Lists the signing certificates of a user. There are none here, so the list is empty.",
    access: Access::List,
    resource: PermissionResource::user(&Input::SHAPE, "UserName"),
    input: &Input::SHAPE,
    reply: Output::REPLY,
    sql: &[SqlMethod::select("signing_certificates", "signing_certificates_List")
        .also(&[("signing_certificates", "list_signing_certificates")])],
    rule: reads!(run),
    ..Action::IAM
};

paged! {
    struct Input {
        /// The user; the caller by default.
        #[aws = "The name of the IAM user whose signing certificates you want to examine."]
        "UserName" user: Option<UserName>,
    }
    struct Output {
        /// The certificates.
        "Certificates" certificates: [Certificate],
    }
}

structure! {
    /// A signing certificate.
    struct Certificate {
        /// The user.
        "UserName" user: String,
        /// The identifier.
        #[min = 24]
        "CertificateId" id: String,
        /// The certificate in PEM.
        "CertificateBody" body: String,
        /// `Active` or `Inactive`.
        "Status" status: Status,
        /// When it was uploaded.
        "UploadDate" uploaded: Option<Timestamp>,
    }
}

fn run(context: &ReadContext<'_>, input: Input) -> Result<Output, Refusal> {
    check_empty_list(context, input.user.as_ref())?;
    Ok(Output::new(Elements::default(), None))
}
