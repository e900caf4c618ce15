//! What a user may do with its own devices: by access key, and only by a session with MFA.

mod support;

use support::World;

const NEEDS_MFA: &str = "AccessDenied: To complete this action, please ensure that you are \
                         authenticated with an MFA device that is enabled for this user.";

#[test]
fn a_user_enrols_itself_and_then_needs_mfa_to_change_devices() {
    let world = World::new();
    world.call("CreateUser", &[("UserName", "alice")]).unwrap();
    let key = world.user("alice");
    let create = [("VirtualMFADeviceName", "alice")];
    let answer = world.call_as(&key, "CreateVirtualMFADevice", &create).unwrap();
    let device = support::Authenticator::of(&answer);
    let codes = |world: &World| (device.code(world.now() - 30), device.code(world.now()));

    let (first, second) = codes(&world);
    let enable = support::pair("alice", &device, &first, &second);
    world.call_as(&key, "EnableMFADevice", &enable).unwrap();
    assert_eq!(world.call_as(&key, "EnableMFADevice", &enable).unwrap_err(), NEEDS_MFA);

    let deactivate = [("SerialNumber", &*device.serial)];
    assert_eq!(world.call_as(&key, "DeactivateMFADevice", &deactivate).unwrap_err(), NEEDS_MFA);
    // The same for a device that does not exist.
    let absent = [("SerialNumber", "arn:aws:iam::123456789012:mfa/none")];
    assert_eq!(world.call_as(&key, "DeactivateMFADevice", &absent).unwrap_err(), NEEDS_MFA);

    // An access key is enough to resync.
    world.advance(90);
    let (first, second) = codes(&world);
    let resync = support::pair("alice", &device, &first, &second);
    world.call_as(&key, "ResyncMFADevice", &resync).unwrap();

    let session = world.user_with_mfa("alice");
    world.call_as(&session, "DeactivateMFADevice", &deactivate).unwrap();
    // Without a device, the key alone may enrol again.
    world.advance(90);
    let (first, second) = codes(&world);
    let enable = support::pair("alice", &device, &first, &second);
    world.call_as(&key, "EnableMFADevice", &enable).unwrap();
}

#[test]
fn a_denied_enable_uses_up_no_codes() {
    let world = World::new();
    world.call("CreateUser", &[("UserName", "alice")]).unwrap();
    let alice = world.user("alice");
    let free = world.device("free");
    let (first, second) = (free.code(world.now() - 30), free.code(world.now()));
    let pair = support::pair("alice", &free, &first, &second);
    assert_eq!(
        world.call_as(&alice, "EnableMFADevice", &pair).unwrap_err(),
        "AccessDenied: User: arn:aws:iam::123456789012:user/alice is not authorized to perform: \
         iam:EnableMFADevice on resource: arn:aws:iam::123456789012:user/alice because no \
         identity-based policy allows the iam:EnableMFADevice action"
    );
    world.call("EnableMFADevice", &pair).unwrap();
}

#[test]
fn get_session_token_refuses_in_aws_words() {
    let world = World::new();
    let device = world.user_with_device("alice");
    let other = world.user_with_device("bob");
    let alice = world.user("alice");
    let session = |serial: &str, code: &str| {
        let members = [("SerialNumber", serial), ("TokenCode", code)];
        world.call_as(&alice, "GetSessionToken", &members).map(|_| ())
    };
    let cannot = "AccessDenied: MultiFactorAuthentication failed, unable to validate MFA code.  \
                  Please verify your MFA serial number is valid and associated with this user.";
    let wrong =
        "AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code. ";
    let now = world.now();
    assert_eq!(session(&other.serial, &other.code(now + 30)).unwrap_err(), cannot);
    assert_eq!(session("arn:aws:iam::123456789012:mfa/no", "123456").unwrap_err(), cannot);
    assert_eq!(session(&device.serial, &device.code(now)).unwrap_err(), wrong, "used to enable");
    session(&device.serial, &device.code(now + 30)).unwrap();
    assert_eq!(session(&device.serial, &device.code(now + 30)).unwrap_err(), wrong);
    session(&device.serial, &device.code(now + 60)).unwrap();
    assert_eq!(session(&device.serial, &device.code(now + 90)).unwrap_err(), wrong, "too early");
    world.advance(60);
    assert_eq!(session(&device.serial, &device.code(now + 30)).unwrap_err(), wrong, "older");
    session(&device.serial, &device.code(now + 90)).unwrap();
    // The enabling pair and seven codes make eight attempts; the ninth is the last one counted.
    session(&device.serial, &device.code(now + 120)).unwrap();
    assert_eq!(session(&device.serial, &device.code(now + 120)).unwrap_err(), cannot);

    let only = |member: (&str, &str)| {
        world.call_as(&alice, "GetSessionToken", &[member]).map(|_| ()).unwrap_err()
    };
    let together = "AccessDenied: MultiFactorAuthentication failed, must provide both MFA serial \
                    number and one time pass code.";
    assert_eq!(only(("SerialNumber", &device.serial)), together);
    assert_eq!(only(("TokenCode", "123456")), together);
    assert_eq!(
        only(("DurationSeconds", "899")),
        "ValidationError: 1 validation error detected: Value '899' at 'durationSeconds' failed to \
         satisfy constraint: Member must have value greater than or equal to 900"
    );
    let again = world.call_as(&world.user_with_mfa("alice"), "GetSessionToken", &[]);
    assert_eq!(
        again.map(|_| ()).unwrap_err(),
        "AccessDenied: Cannot call GetSessionToken with session credentials"
    );
}

#[test]
fn session_durations_are_those_of_aws() {
    let world = World::new();
    world.call("CreateUser", &[("UserName", "alice")]).unwrap();
    let alice = world.user("alice");
    let lasts = |caller: &vmfa_iam::Caller, members: &[(&str, &str)]| {
        let answer = world.call_as(caller, "GetSessionToken", members).unwrap();
        let Some(vmfa_model::Value::Structure(credentials)) = answer.get("Credentials") else {
            panic!("no credentials")
        };
        assert!(credentials.text("AccessKeyId").unwrap().starts_with("ASIA"));
        match credentials.get("Expiration") {
            Some(vmfa_model::Value::Time(time)) => time.unix() - world.now(),
            _ => panic!("no end"),
        }
    };
    assert_eq!(lasts(&alice, &[]), 43_200);
    assert_eq!(lasts(&alice, &[("DurationSeconds", "129600")]), 129_600);
    assert_eq!(lasts(&World::root(), &[]), 3_600);
    assert_eq!(lasts(&World::root(), &[("DurationSeconds", "129600")]), 3_600);
}
