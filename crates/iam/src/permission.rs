//! What permission a call needs: an action of AWS's, on a resource.
//!
//! This stays when policies come. What is allowed without any is in `self_service`.

use vmfa_model::{Fault, MemberName, Record, StructureShape};

use crate::{Action, Api, Caller, UserIdentity, refuse};

/// The resource on which a permission is checked, and which `AccessDenied` names.
#[derive(Clone, Copy, Debug)]
pub enum PermissionResource {
    /// `*`, for actions without a resource of their own.
    Any,
    /// All resources of the account with that prefix, such as `user/`.
    InAccount(&'static str),
    /// The user whom the member names.
    User(MemberName),
    /// The user whom the optional member names, or else the caller.
    UserOrCaller(MemberName),
    /// The access key of `GetAccessKeyLastUsed`, which AWS refuses with a message of its own.
    KeyLastUsed(MemberName),
    /// A device that does not exist yet.
    NewDevice {
        /// The optional member for its path, `/` by default.
        path: MemberName,
        /// The member for its name.
        name: MemberName,
    },
    /// The device whose serial number, which is its ARN, the member holds.
    Device(MemberName),
}

/// An action of AWS's, as policies name it.
#[derive(Clone, Copy, Debug)]
pub struct AwsAction {
    /// Never [`Api::Vmfa`].
    pub api: Api,
    /// Such as `UpdateUser`.
    pub name: &'static str,
}

impl PermissionResource {
    /// The user whom that member of the input names, or, only where the member is optional, else
    /// the caller.
    pub(crate) const fn user(input: &StructureShape, member: &str) -> Self {
        let name = input.named(member);
        if input.requires(name) { Self::User(name) } else { Self::UserOrCaller(name) }
    }

    /// The member for a user, and the user's name, where the resource is one. The name is absent
    /// where the caller, who is then the root, must have named a user.
    pub(crate) fn named_user<'n>(
        self,
        caller: &'n Caller,
        input: &'n Record,
    ) -> Option<(MemberName, Option<&'n str>)> {
        match self {
            Self::User(member) => Some((member, input.text(member.as_str()))),
            Self::UserOrCaller(member) => {
                let own = caller.user().map(|user| user.name.as_str());
                Some((member, input.text(member.as_str()).or(own)))
            }
            _ => None,
        }
    }

    /// The refusal of a call by that user.
    pub(crate) fn denial(
        self,
        caller: &Caller,
        user: &UserIdentity,
        action: &Action,
        input: &Record,
    ) -> Fault {
        let account = caller.account;
        let text = |member: MemberName| input.text(member.as_str()).unwrap_or_default();
        let resource = match self {
            Self::KeyLastUsed(member) => {
                return refuse::not_authorized_for_key(caller, text(member));
            }
            Self::Any => "*".to_owned(),
            Self::InAccount(resource) => account.arn(resource),
            Self::UserOrCaller(member) if input.get(member.as_str()).is_none() => {
                account.user_arn(user.path.as_str(), user.name.as_str())
            }
            Self::User(member) | Self::UserOrCaller(member) => {
                if text(member).eq_ignore_ascii_case(user.name.as_str()) {
                    account.user_arn(user.path.as_str(), user.name.as_str())
                } else {
                    account.user_arn("/", text(member))
                }
            }
            Self::NewDevice { path, name } => {
                let path = input.text(path.as_str()).unwrap_or("/");
                account.arn(&format!("mfa{path}{}", text(name)))
            }
            Self::Device(member) => text(member).to_owned(),
        };
        refuse::not_authorized(caller, action, &resource)
    }
}

impl Action {
    /// What policies call the permission to call it, such as `iam:CreateUser`.
    pub fn permission(&self) -> String {
        let itself = AwsAction { api: self.api, name: self.name };
        let AwsAction { api, name } = self.authorized_as.unwrap_or(itself);
        format!("{}:{name}", api.name())
    }
}
