//! Who may call which action: walks the action table as a user without permissions, as a user
//! about itself, and as the root.
//!
//! The resource that a denial names follows here from the members of the input, as AWS's service
//! authorization reference lists it, and not from the action's row in the table.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where set-up fails")]

mod support;

use support::{Authenticator, World, show};
use vmfa_iam::{Action, Caller, actions};
use vmfa_model::{Shape, Value};

const NEEDS_MFA: &str = "AccessDenied: To complete this action, please ensure that you are \
                         authenticated with an MFA device that is enabled for this user.";
const IN_USE: &str = "DeleteConflict: MFA VirtualDevice in use. Must deactivate first.";
const HAS_ONE: &str = "EntityAlreadyExists: MFA Device for user alice already exists.";
const WRONG_CODE: &str = "InvalidAuthenticationCode: Authentication code for device is not valid.";
const BY_SESSION: &str = "AccessDenied: Cannot call GetSessionToken with session credentials";

/// What a user without permissions may call on what is its own. By access key, and by a session
/// with MFA: the refusal that follows authorization, or `OK`.
const SELF_SERVICE: [(&str, &str, &str); 17] = [
    ("CreateAccessKey", OK, OK),
    ("CreateVirtualMFADevice", OK, OK),
    ("DeactivateMFADevice", NEEDS_MFA, OK),
    ("DeleteAccessKey", OK, OK),
    ("DeleteVirtualMFADevice", IN_USE, IN_USE),
    ("EnableMFADevice", NEEDS_MFA, HAS_ONE),
    ("GetAccessKeyLastUsed", OK, OK),
    ("GetCallerIdentity", OK, OK),
    ("GetMFADevice", FIDO_ONLY, FIDO_ONLY),
    ("GetSessionToken", OK, BY_SESSION),
    ("ListAccessKeys", OK, OK),
    ("ListMFADeviceTags", OK, OK),
    ("ListMFADevices", OK, OK),
    ("ResyncMFADevice", WRONG_CODE, WRONG_CODE),
    ("TagMFADevice", OK, OK),
    ("UntagMFADevice", OK, OK),
    ("UpdateAccessKey", OK, OK),
];
const OK: &str = "OK";
const FIDO_ONLY: &str = "ValidationError: The MFA device serial number sent in the request is \
                         invalid or not supported by this API. Currently, only hardware FIDO \
                         security keys are supported. Please use the compatible device or API.";

/// What needs no permission: these concern no one but the caller.
const FREE: [&str; 2] = ["GetCallerIdentity", "GetSessionToken"];

/// A user, and what it has.
struct Person {
    name: &'static str,
    key: String,
    device: Authenticator,
}

/// `/team/alice`, who calls, and `/bob`; each has a device and an access key.
struct Company {
    world: World,
    alice: Person,
    bob: Person,
}

impl Company {
    fn new() -> Self {
        let world = World::new();
        world.call("CreateUser", &[("UserName", "alice"), ("Path", "/team/")]).unwrap();
        world.call("CreateUser", &[("UserName", "bob")]).unwrap();
        let (alice, bob) = (Person::new(&world, "alice", "phone"), Person::new(&world, "bob", "b"));
        Self { world, alice, bob }
    }

    /// Alice by her access key, and by a session with MFA.
    fn callers(&self) -> [Caller; 2] {
        [self.world.user("alice"), self.world.user_with_mfa("alice")]
    }

    fn outcome(&self, caller: &Caller, action: &Action, members: &[(&str, &str)]) -> String {
        let answer = self.world.call_as(caller, action.name, members);
        answer.map_or_else(|refusal| refusal, |_| OK.to_owned())
    }

    /// All that the root can list of the account and of both users.
    fn everything(&self) -> String {
        let account = ["GetAccountSummary", "ListAccountAliases", "ListUsers"];
        let account =
            account.into_iter().chain(["ListVirtualMFADevices"]).map(|action| (action, None));
        let of_users = ["GetUser", "ListUserTags", "ListAccessKeys", "ListMFADevices"];
        let of_users = of_users.into_iter().flat_map(|action| {
            [&self.alice, &self.bob].map(|person| (action, Some(("UserName", person.name))))
        });
        let of_devices = [&self.alice, &self.bob]
            .map(|person| ("ListMFADeviceTags", Some(("SerialNumber", &*person.device.serial))));
        let calls = account.chain(of_users).chain(of_devices);
        let listed = calls.map(|(action, member)| {
            let members: Vec<_> = member.into_iter().collect();
            show(&self.world.call(action, &members).unwrap())
        });
        let report = self.world.call("GetCredentialReport", &[]).unwrap_err();
        listed.chain([report]).collect::<Vec<_>>().join("\n")
    }
}

impl Person {
    fn new(world: &World, name: &'static str, device: &str) -> Self {
        let device = world.device(device);
        world.enable(name, &device).unwrap();
        let answer = world.call("CreateAccessKey", &[("UserName", name)]).unwrap();
        let Some(Value::Structure(key)) = answer.get("AccessKey") else { panic!("no key") };
        Self { name, key: key.text("AccessKeyId").unwrap().to_owned(), device }
    }

    /// The required members of an action, about this user; `name` is the optional `UserName`.
    fn members<'m>(
        &'m self,
        action: &Action,
        name: Option<&'m str>,
    ) -> Vec<(&'static str, &'m str)> {
        let members = action.input.members.iter();
        let wanted = members.filter(|m| m.required || (m.name == "UserName" && name.is_some()));
        wanted.map(|member| (member.name, self.sample(member.name, &member.shape, name))).collect()
    }

    fn sample<'m>(&'m self, member: &str, shape: &Shape, name: Option<&'m str>) -> &'m str {
        match (member, shape) {
            ("UserName", _) => name.unwrap_or(self.name),
            ("VirtualMFADeviceName", _) => self.name,
            ("SerialNumber", _) => &self.device.serial,
            ("AccessKeyId", _) => &self.key,
            ("Tags", _) => "a=b",
            (_, Shape::Text(text)) if text.secret => "123456",
            (_, Shape::Text(text)) => text.values.first().unwrap_or(&"abcdefghijklmnopqrst"),
            (_, Shape::List(_)) => "a",
            (_, Shape::Integer(_)) => "1",
            (_, Shape::Boolean) => "true",
            (name, shape) => panic!("no sample for {name}: {shape:?}"),
        }
    }
}

/// A user name, and the serial number of a device.
type Target<'t> = (&'t str, &'t str);

/// AWS's denial of a call by alice.
fn denial(action: &Action, members: &[(&str, &str)]) -> String {
    let named = |member| members.iter().find(|(name, _)| *name == member).map(|(_, text)| *text);
    let account = "arn:aws:iam::123456789012";
    let alice = format!("{account}:user/team/alice");
    if action.name == "GetAccessKeyLastUsed" {
        let key = named("AccessKeyId").unwrap();
        return format!(
            "AccessDenied: User: {alice} is not authorized to perform iam:GetAccessKeyLastUsed on \
             resource: access key {key}"
        );
    }
    let takes = |member| action.input.member(member).is_some();
    let resource = if takes("UserName") {
        let other = named("UserName").filter(|name| !name.eq_ignore_ascii_case("alice"));
        other.map_or_else(|| alice.clone(), |name| format!("{account}:user/{name}"))
    } else if let Some(serial) = named("SerialNumber") {
        serial.to_owned()
    } else if let Some(name) = named("VirtualMFADeviceName") {
        format!("{account}:mfa/{name}")
    } else {
        match action.name {
            "ListUsers" => format!("{account}:user/"),
            "ListVirtualMFADevices" => format!("{account}:mfa/*"),
            // AWS has no narrower resource for the rest.
            _ => "*".to_owned(),
        }
    };
    let permission = format!("{}:{}", action.api.name(), action.name);
    format!(
        "AccessDenied: User: {alice} is not authorized to perform: {permission} on resource: \
         {resource} because no identity-based policy allows the {permission} action"
    )
}

fn self_service(action: &Action) -> Option<[&'static str; 2]> {
    let row = SELF_SERVICE.iter().find(|(name, ..)| *name == action.name);
    row.map(|(_, by_key, by_session)| [*by_key, *by_session])
}

#[test]
fn a_user_is_denied_every_action_on_what_is_anothers() {
    let company = Company::new();
    let before = company.everything();
    let [by_key, by_session] = company.callers();
    for action in actions().filter(|action| !FREE.contains(&action.name)) {
        let members = company.bob.members(action, Some("bob"));
        let expected = denial(action, &members);
        assert_eq!(company.outcome(&by_key, action, &members), expected);
        assert_eq!(company.outcome(&by_session, action, &members), expected);
    }
    assert_eq!(company.everything(), before, "denied calls change nothing");
}

#[test]
fn the_denial_of_a_new_device_names_its_path() {
    let company = Company::new();
    let members = [("VirtualMFADeviceName", "phone"), ("Path", "/x/y/")];
    let [by_key, _] = company.callers();
    let refusal = company.world.call_as(&by_key, "CreateVirtualMFADevice", &members).unwrap_err();
    let resource = "on resource: arn:aws:iam::123456789012:mfa/x/y/phone because";
    assert!(refusal.contains(resource), "{refusal}");
}

#[test]
fn the_root_is_denied_no_action() {
    let company = Company::new();
    let ends = |action: &&Action| action.name.starts_with("De");
    // What deletes comes last, so that the others find what they are about.
    for action in actions().filter(|a| !ends(a)).chain(actions().filter(ends)) {
        let members = company.bob.members(action, Some("bob"));
        let outcome = company.outcome(&World::root(), action, &members);
        let (code, _) = outcome.split_once(": ").unwrap_or((&outcome, ""));
        let own = ["NoSuchEntity", "DeleteConflict", "EntityAlreadyExists"];
        let own = own.contains(&code) || [WRONG_CODE, FIDO_ONLY].contains(&&*outcome);
        assert!(outcome == OK || own, "{}: {outcome}", action.name);
    }
}

#[test]
fn a_user_may_call_exactly_the_self_service_actions_on_what_is_its_own() {
    let denying = Company::new();
    let before = denying.everything();
    let mut allowed = Vec::new();
    for action in actions() {
        for name in [None, Some("ALICE")] {
            let Some(outcomes) = self_service(action) else {
                let members = denying.alice.members(action, name);
                for caller in denying.callers() {
                    let outcome = denying.outcome(&caller, action, &members);
                    assert_eq!(outcome, denial(action, &members));
                }
                continue;
            };
            if name.is_some() && action.input.member("UserName").is_none() {
                continue;
            }
            for (n, expected) in outcomes.into_iter().enumerate() {
                let company = Company::new();
                let members = company.alice.members(action, name);
                let outcome = company.outcome(&company.callers()[n], action, &members);
                assert_eq!(outcome, expected, "{}{members:?}", action.name);
            }
            allowed.push(action.name);
        }
    }
    allowed.dedup();
    let listed: Vec<_> = SELF_SERVICE.iter().map(|(name, ..)| *name).collect();
    allowed.sort_unstable();
    assert_eq!(allowed, listed, "each row of SELF_SERVICE is an action");
    assert_eq!(denying.everything(), before, "denied calls change nothing");
}

#[test]
fn a_device_is_its_owners_and_a_free_one_the_users_of_that_name() {
    let account = "arn:aws:iam::123456789012:mfa";
    let own =
        ["phone", "alice", "path/alice", "absent/alice"].map(|name| format!("{account}/{name}"));
    let others = ["b", "bobs/alice", "spare", "absent"].map(|name| format!("{account}/{name}"));
    let foreign = "arn:aws:iam::999999999999:mfa/alice";
    let company = || {
        let company = Company::new();
        let create = |path: &str, name: &str| {
            let members = [("Path", path), ("VirtualMFADeviceName", name)];
            Authenticator::of(&company.world.call("CreateVirtualMFADevice", &members).unwrap())
        };
        create("/", "alice");
        create("/path/", "alice");
        create("/", "spare");
        let bobs = create("/bobs/", "alice");
        company.world.enable("bob", &bobs).unwrap();
        company
    };
    let takes_a_device =
        |action: &&Action| action.input.member("SerialNumber").is_some_and(|m| m.required);
    let outcome = |company: &Company, caller: &Caller, action: &Action, target: Target<'_>| {
        let (user, serial) = target;
        let members = company.alice.members(action, Some(user)).into_iter();
        let members = members.filter(|(name, _)| *name != "SerialNumber");
        let members: Vec<_> = members.chain([("SerialNumber", serial)]).collect();
        (company.outcome(caller, action, &members), denial(action, &members))
    };
    let shared = company();
    let session = &shared.callers()[1];
    let before = shared.everything();
    assert!(actions().filter(takes_a_device).count() >= 8);
    for action in actions().filter(takes_a_device) {
        let mut denied: Vec<Target<'_>> =
            others.iter().map(|serial| ("alice", &**serial)).collect();
        denied.push(("alice", foreign));
        if action.input.member("UserName").is_some() {
            denied.extend(own.iter().map(|serial| ("bob", &**serial)));
        }
        for target in denied {
            let (outcome, denial) = outcome(&shared, session, action, target);
            assert_eq!(outcome, denial, "{target:?}");
        }
        let (alices, roots) = (company(), company());
        for serial in &own {
            let target = ("alice", &**serial);
            let (by_alice, denial) = outcome(&alices, &alices.callers()[1], action, target);
            let (by_root, _) = outcome(&roots, &World::root(), action, target);
            assert_ne!(by_alice, denial);
            assert_eq!(by_alice, by_root, "{} {serial}: as the root", action.name);
        }
    }
    assert_eq!(shared.everything(), before, "denied calls change nothing");
}
