//! ListServiceSpecificCredentials: none, because there are no such credentials here. Terraform asks
//! before it deletes a user.

use vmfa_model::names::{NewUserName, ServiceName, Status};

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "ListServiceSpecificCredentials",
    doc: "Lists the credentials of a user for a single service. There are none here, so the list \
          is empty; a service that has no such credentials on AWS is refused.",
    access: Access::List,
    resource: PermissionResource::user(&Input::SHAPE, "UserName"),
    input: &Input::SHAPE,
    reply: Reply::Whole(&Output::SHAPE),
    // AWS's model names no paginator for it, although it has the members of one.
    sql: &[SqlMethod::select("service_specific_credentials", "service_specific_credentials_List")
        .also(&[("service_specific_credentials", "list_service_specific_credentials")])],
    rule: reads!(run),
    ..Action::IAM
};

structure! {
    struct Input {
        /// The user; the caller by default.
        #[aws = "The name of the user whose service-specific credentials you want information about."]
        "UserName" user: Option<NewUserName>,
        /// The service of the credentials, without regard to case; any by default.
        #[aws = "Filters the returned results to only those for the specified Amazon Web Services service."]
        "ServiceName" service: Option<ServiceName>,
        /// Whether to list the credentials of all users.
        #[aws = "A flag indicating whether to list service specific credentials for all users."]
        "AllUsers" all: Option<bool>,
        /// Where to begin: the `Marker` of the page before.
        "Marker" marker: Option<Marker>,
        /// The most elements of a page, 1 to 1000; 100 by default.
        "MaxItems" limit: Option<MaxItems>,
    }
}

structure! {
    struct Output {
        /// The credentials.
        "ServiceSpecificCredentials" credentials: Vec<Credential>,
        /// Where the next page begins, if there is one.
        "Marker" marker: Option<String>,
        /// Whether there is another page.
        "IsTruncated" more: bool,
    }
    wire "IsTruncated", "Marker", "ServiceSpecificCredentials"
}

structure! {
    /// A credential for one service, without its secret.
    struct Credential {
        /// The user.
        "UserName" user: String,
        /// `Active` or `Inactive`.
        "Status" status: Status,
        /// The user name to sign in to the service with.
        "ServiceUserName" service_user: Option<String>,
        /// The display name of the credential.
        "ServiceCredentialAlias" alias: Option<String>,
        /// When it was generated.
        "CreateDate" created: Timestamp,
        /// When the credential expires.
        "ExpirationDate" expires: Option<Timestamp>,
        /// The identifier.
        #[min = 20]
        "ServiceSpecificCredentialId" id: String,
        /// The service.
        "ServiceName" service: String,
    }
}

fn run(context: &ReadContext<'_>, input: Input) -> Result<Output, Refusal> {
    let user = input.user.map(UserName::from);
    check_empty_list(context, user.as_ref())?;
    let service = input.service.as_ref().map(ServiceName::as_str).filter(|name| !name.is_empty());
    let unknown = |name: &&str| !SERVICES.iter().any(|known| known.eq_ignore_ascii_case(name));
    if let Some(name) = service.filter(unknown) {
        return Err(refuse::no_such_service(name).into());
    }
    Ok(Output { credentials: Vec::new(), marker: None, more: false })
}

/// The services that AWS was seen to make credentials for, in September 2026.
const SERVICES: [&str; 6] = [
    "aws-external-anthropic.amazonaws.com",
    "bedrock.amazonaws.com",
    "cassandra.amazonaws.com",
    "cloudwatch.amazonaws.com",
    "codecommit.amazonaws.com",
    "logs.amazonaws.com",
];
