//! What the build checks of the members that a row of the action table names: that they exist, and
//! have the type that what reads them expects.

use vmfa_model::{Member, MemberName, Shape, StructureShape};

use crate::{Action, PagedReply, PermissionResource, Reply, SelfService, WrappedReply};

impl Action {
    /// Fails the build where a member is misspelt, or where its type would make a check of
    /// authorisation meaningless: a user that is not read as text is taken for the caller.
    pub(crate) const fn assert_members(&self) {
        self.assert_resource();
        self.assert_self_service();
        self.assert_reply();
        // A marker is bound to a copy of the input that is not wiped.
        let takes_marker = self.input.member(PagedReply::MARKER).is_some();
        assert!(!takes_marker || !has_secret(self.input), "a list must not take secrets");
        let mut methods = self.sql;
        while let [method, rest @ ..] = methods {
            assert_names(self.input, method.required);
            methods = rest;
        }
    }

    const fn assert_resource(&self) {
        match self.resource {
            PermissionResource::Any | PermissionResource::InAccount(_) => {}
            PermissionResource::UserOrCaller(member) => {
                assert!(!text(self.input, member).required, "a user who may be left out");
            }
            PermissionResource::User(member)
            | PermissionResource::KeyLastUsed(member)
            | PermissionResource::Device(member) => {
                assert!(text(self.input, member).required, "the member must be required");
            }
            PermissionResource::NewDevice { path, name } => {
                assert!(!text(self.input, path).required, "the path must be optional");
                assert!(text(self.input, name).required, "the name must be required");
            }
        }
    }

    const fn assert_self_service(&self) {
        match self.self_service {
            SelfService::No | SelfService::Always => return,
            SelfService::OnItself => {
                assert!(self.resource.user_member().is_some(), "the resource must be a user");
            }
            SelfService::OwnKey(member)
            | SelfService::OwnName(member)
            | SelfService::OwnDevice(member)
            | SelfService::OwnDeviceWithMfa(member) => {
                assert!(text(self.input, member).required, "what is the caller's must be required");
            }
        }
        if self.input.member(USER).is_some() {
            let is_resource = matches!(self.resource.user_member(), Some(user) if user.is(USER));
            assert!(is_resource, "the user must be the resource: another one would be ignored");
        }
    }

    #[expect(clippy::panic, reason = "in a const context it fails the build")]
    const fn assert_reply(&self) {
        match self.reply {
            Reply::Nothing | Reply::Whole(_) => {}
            Reply::One(WrappedReply { shape, member, files }) => match find(shape, member).shape {
                Shape::Structure(thing) => assert_names(thing, files),
                _ => assert!(files.is_empty(), "only a structure has members for files"),
            },
            Reply::Page(PagedReply { shape, lists, spared }) => {
                assert_names(shape, lists);
                let [first, ..] = lists else { panic!("a page has no list") };
                match find(shape, shape.named(first)).shape {
                    Shape::List(list) => match list.element {
                        Shape::Structure(element) => assert_names(element, spared),
                        _ => assert!(spared.is_empty(), "only structures are bare"),
                    },
                    _ => panic!("what is paged must be a list"),
                }
            }
        }
    }
}

impl PermissionResource {
    const fn user_member(self) -> Option<MemberName> {
        match self {
            Self::User(member) | Self::UserOrCaller(member) => Some(member),
            _ => None,
        }
    }
}

/// IAM's member for a user.
const USER: &str = "UserName";

#[expect(clippy::panic, reason = "in a const context it fails the build")]
const fn find(shape: &StructureShape, member: MemberName) -> &'static Member {
    match shape.member(member.as_str()) {
        Some(member) => member,
        None => panic!("the structure has no such member"),
    }
}

#[expect(clippy::panic, reason = "in a const context it fails the build")]
const fn text(shape: &StructureShape, member: MemberName) -> &'static Member {
    let member = find(shape, member);
    match member.shape {
        Shape::Text(text) if !text.secret => member,
        _ => panic!("the member must be text that is not secret"),
    }
}

const fn has_secret(shape: &StructureShape) -> bool {
    let mut members = shape.members;
    while let [member, rest @ ..] = members {
        if holds_secret(&member.shape) {
            return true;
        }
        members = rest;
    }
    false
}

const fn holds_secret(shape: &Shape) -> bool {
    match shape {
        Shape::List(list) => holds_secret(&list.element),
        Shape::Structure(shape) => has_secret(shape),
        Shape::Map(value) => holds_secret(value),
        _ => shape.is_secret(),
    }
}

const fn assert_names(shape: &StructureShape, mut names: &[&str]) {
    while let [name, rest @ ..] = names {
        let _ = shape.named(name);
        names = rest;
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use vmfa_model::{Elements, Secret, Structure as _, names::UserName, structure};

    use super::*;
    use crate::{Api, SqlMethod};

    structure! {
        struct Input {
            /// A user.
            "UserName" user: Option<UserName>,
            /// Users.
            "Users" users: Option<Vec<String>>,
            /// A password.
            "Password" password: Option<Secret>,
            /// A device.
            "SerialNumber" serial: String,
            /// A name.
            "Name" name: Option<String>,
        }
    }

    structure! {
        struct ListOfSecrets {
            /// A position.
            "Marker" marker: Option<String>,
            /// Passwords.
            "Passwords" passwords: Vec<Secret>,
        }
    }

    structure! {
        struct Devices {
            /// The serial number of a device.
            "SerialNumber" serial: String,
        }
    }

    structure! {
        struct Output {
            /// A structure.
            "Device" device: Devices,
            /// A list.
            "Devices" devices: Elements<Devices>,
        }
    }

    const ROW: Action = Action::made_up(Api::Iam, "Test", &Input::SHAPE, Reply::Nothing);

    const fn input(member: &str) -> MemberName {
        Input::SHAPE.named(member)
    }

    #[test]
    fn a_row_with_a_wrong_member_fails_the_build() {
        use PermissionResource::{Any, Device, KeyLastUsed, NewDevice, User, UserOrCaller};
        const BY_USER: PermissionResource = UserOrCaller(input("UserName"));
        const RIGHT: &[SqlMethod] = &[SqlMethod::select("r", "m").requires(&["UserName"])];
        const WRONG: &[SqlMethod] = &[SqlMethod::select("r", "m").requires(&["UsrName"])];
        let complete = |row: Action| catch_unwind(move || row.assert_members()).is_ok();
        let resources = [
            (BY_USER, true),
            (Device(input("SerialNumber")), true),
            (NewDevice { path: input("Name"), name: input("SerialNumber") }, true),
            // A list and a secret have no text, so that the caller would be the user.
            (UserOrCaller(input("Users")), false),
            (UserOrCaller(input("Password")), false),
            (UserOrCaller(input("SerialNumber")), false),
            (User(input("UserName")), false),
            (KeyLastUsed(input("Name")), false),
            (Device(Output::SHAPE.named("Device")), false),
            (NewDevice { path: input("Name"), name: input("UserName") }, false),
        ];
        for (resource, expected) in resources {
            assert_eq!(complete(Action { resource, ..ROW }), expected, "{resource:?}");
        }
        let serial = input("SerialNumber");
        let self_service = [
            (BY_USER, SelfService::OnItself, true),
            (BY_USER, SelfService::OwnDevice(serial), true),
            (Any, SelfService::OnItself, false),
            (Any, SelfService::OwnDevice(serial), false),
            (Device(serial), SelfService::OwnDeviceWithMfa(serial), false),
            (UserOrCaller(input("Name")), SelfService::OnItself, false),
            (BY_USER, SelfService::OwnKey(Output::SHAPE.named("Device")), false),
            (BY_USER, SelfService::OwnName(input("Users")), false),
        ];
        for (resource, self_service, expected) in self_service {
            let row = Action { resource, self_service, ..ROW };
            assert_eq!(complete(row), expected, "{resource:?} {self_service:?}");
        }
        let (shape, one) = (&Output::SHAPE, Reply::one(&Output::SHAPE, "Device"));
        let replies = [
            (one.with_files(&["SerialNumber"]), true),
            (one.with_files(&["SeriaNumber"]), false),
            (Reply::page(shape, &["Devices"]).sparing(&["SerialNumber"]), true),
            (Reply::page(shape, &["Devices"]).sparing(&["SeriaNumber"]), false),
            (Reply::page(shape, &["Device"]), false),
            (Reply::page(shape, &["Devces"]), false),
            (Reply::page(shape, &[]), false),
        ];
        for (reply, expected) in replies {
            assert_eq!(complete(Action { reply, ..ROW }), expected, "{reply:?}");
        }
        assert!(!complete(Action { input: &ListOfSecrets::SHAPE, ..ROW }));
        assert!(complete(Action { sql: RIGHT, ..ROW }));
        assert!(!complete(Action { sql: WRONG, ..ROW }));
    }
}
