//! Virtual MFA devices: created, enabled with two codes, resynced, deactivated, deleted.

mod support;

use support::{START, World, pair, show};
use vmfa_iam::{Call, Detail, Quotas, Settings};
use vmfa_model::{Record, Value};
use vmfa_otp::{Seed, qr, uri};

const CANNOT_VALIDATE: &str = "AccessDenied: MultiFactorAuthentication failed, unable to validate MFA code.  Please verify \
     your MFA serial number is valid and associated with this user.";
const WRONG_FOR_SESSION: &str =
    "AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code. ";
const WRONG: &str = "InvalidAuthenticationCode: Authentication code for device is not valid.";

#[test]
fn a_device_is_created_enabled_deactivated_and_deleted() {
    let world = World::new();
    world.call("CreateUser", &[("UserName", "alice")]).unwrap();
    let device = world.device("phone");
    assert_eq!(device.serial, "arn:aws:iam::123456789012:mfa/phone");
    insta::assert_debug_snapshot!(
        world.call("ListVirtualMFADevices", &[]).unwrap(),
        @r#"
    Record(
        [
            (
                "VirtualMFADevices",
                List(
                    [
                        Structure(
                            Record(
                                [
                                    (
                                        "SerialNumber",
                                        Text(
                                            "arn:aws:iam::123456789012:mfa/phone",
                                        ),
                                    ),
                                ],
                            ),
                        ),
                    ],
                ),
            ),
            (
                "IsTruncated",
                Boolean(
                    false,
                ),
            ),
        ],
    )
    "#
    );
    world.enable("alice", &device).unwrap();
    let serial = [("SerialNumber", &*device.serial)];
    assert_eq!(
        world.call("DeleteVirtualMFADevice", &serial).unwrap_err(),
        "DeleteConflict: MFA VirtualDevice in use. Must deactivate first."
    );
    let whose = [("UserName", "alice"), ("SerialNumber", &*device.serial)];
    world.call("DeactivateMFADevice", &whose).unwrap();
    assert_eq!(
        world.call("DeactivateMFADevice", &whose).unwrap_err(),
        "NoSuchEntity: MFA Device invalid for user."
    );
    world.call("DeleteVirtualMFADevice", &serial).unwrap();
    assert_eq!(
        world.call("DeleteVirtualMFADevice", &serial).unwrap_err(),
        "NoSuchEntity: MFA Device with serial number arn:aws:iam::123456789012:mfa/phone does not \
         exist."
    );
}

#[test]
fn device_names_are_unique_and_invalid_ones_are_refused_in_aws_words() {
    let world = World::new();
    world.device("a");
    let create = |members: &[(&str, &str)]| world.call("CreateVirtualMFADevice", members);
    let name = |name| create(&[("VirtualMFADeviceName", name)]).unwrap_err();
    assert_eq!(name("a"), "EntityAlreadyExists: MFA device already exists.");
    assert_eq!(
        name("a b"),
        "ValidationError: The specified value for virtualMFADeviceName is invalid. It must \
         contain only alphanumeric characters and/or the following: +=,.@_-"
    );
    assert_eq!(
        create(&[("VirtualMFADeviceName", "b"), ("Path", "/x")]).unwrap_err(),
        "ValidationError: The specified value for path is invalid. It must begin and end with / \
         and contain only alphanumeric characters and/or / characters."
    );
    create(&[("VirtualMFADeviceName", "a"), ("Path", "/test//double/")]).unwrap();
    // Device names are case-sensitive.
    create(&[("VirtualMFADeviceName", "A")]).unwrap();
    // The serial number has at most 256 characters, 30 of them before the name.
    create(&[("VirtualMFADeviceName", &"n".repeat(226))]).unwrap();
    assert_eq!(
        name(&"m".repeat(227)),
        "ValidationError: 1 validation error detected: Value at 'serialNumber' failed to satisfy \
         constraint: Member must have length less than or equal to 256"
    );
}

#[test]
fn enable_refuses_in_aws_order() {
    let world = World::new();
    let enable = |user: &str, serial: &str| {
        let codes = [("AuthenticationCode1", "000000"), ("AuthenticationCode2", "000000")];
        let members = [("UserName", user), ("SerialNumber", serial), codes[0], codes[1]];
        world.call("EnableMFADevice", &members).unwrap_err()
    };
    let absent = "arn:aws:iam::123456789012:mfa/none";
    assert_eq!(
        enable("absent", absent),
        "NoSuchEntity: The user with name absent cannot be found."
    );
    let alice = world.user_with_device("alice");
    world.call("CreateUser", &[("UserName", "bob")]).unwrap();
    assert_eq!(
        enable("bob", absent),
        format!("NoSuchEntity: MFA Device with serial number {absent} does not exist.")
    );
    assert_eq!(
        enable("alice", &alice.serial),
        "EntityAlreadyExists: MFA Device for user alice already exists."
    );
    assert_eq!(enable("bob", &alice.serial), "EntityAlreadyExists: MFA Device is already in use.");
}

#[test]
fn codes_must_be_correct_consecutive_ordered_and_within_the_window() {
    let world = World::new();
    world.call("CreateUser", &[("UserName", "alice")]).unwrap();
    let device = world.device("alice");
    let at = |steps: i64| device.code(START + 30 * steps);
    let other = world.device("other");
    for (first, second) in [
        (at(0), at(0)),
        (at(0), at(-1)),
        (at(-2), at(0)),
        (at(-1000), at(-999)),
        (at(1000), at(1001)),
        (other.code(START - 30), other.code(START)),
    ] {
        let refused = world.enable_with("alice", &device, &first, &second).unwrap_err();
        assert_eq!(refused, WRONG, "{first} {second}");
    }
    for not_six_digits in ["12345", "1234567", "12345a", "１２３４５６", " 12345"] {
        let refused = world.enable_with("alice", &device, not_six_digits, "123456").unwrap_err();
        let expected = "ValidationError: 1 validation error detected: Value at \
                        'authenticationCode1' failed to satisfy constraint: ";
        assert!(refused.starts_with(expected), "{refused}");
        assert!(!refused.contains(not_six_digits), "codes are not echoed: {refused}");
    }
    world.enable_with("alice", &device, &at(999), &at(1000)).unwrap();
    let earliest = world.device("earliest");
    let at = |steps: i64| earliest.code(START + 30 * steps);
    world.enable_with("alice", &earliest, &at(-999), &at(-998)).unwrap();
}

#[test]
fn used_codes_stay_used_across_deactivation_and_restart() {
    let mut world = World::new();
    let device = world.user_with_device("alice");
    let (before, now) = (device.code(START - 30), device.code(START));
    let release = [("UserName", "alice"), ("SerialNumber", &*device.serial)];
    world.call("DeactivateMFADevice", &release).unwrap();
    assert_eq!(world.enable_with("alice", &device, &before, &now).unwrap_err(), WRONG);
    world.restart();
    assert_eq!(world.enable_with("alice", &device, &before, &now).unwrap_err(), WRONG);
    // A pair that shares one step with the used pair is refused too.
    let next = device.code(START + 30);
    assert_eq!(world.enable_with("alice", &device, &now, &next).unwrap_err(), WRONG);
    let after = device.code(START + 60);
    world.enable_with("alice", &device, &next, &after).unwrap();
}

#[test]
fn drift_is_learnt_stored_and_applied() {
    let world = World::new();
    world.call("CreateUser", &[("UserName", "alice")]).unwrap();
    let device = world.device("alice");
    // The clock of the device is 500 steps ahead.
    let shown = |world: &World, steps: i64| device.code(world.now() + 30 * (500 + steps));
    world.enable_with("alice", &device, &shown(&world, -1), &shown(&world, 0)).unwrap();
    world.advance(3600);
    let user = world.user("alice");
    let session = |code: &str| {
        let members = [("SerialNumber", &*device.serial), ("TokenCode", code)];
        world.call_as(&user, "GetSessionToken", &members)
    };
    let refused = session(&device.code(world.now())).unwrap_err();
    assert_eq!(refused, WRONG_FOR_SESSION, "by our clock the code is wrong");
    session(&shown(&world, 0)).unwrap();
    world.advance(300);
    // The clock of the device is corrected; resync searches around the stored drift.
    let (first, second) = (device.code(world.now() - 30), device.code(world.now()));
    // These steps are older than the last one used, and stay refused.
    let refused = world.call("ResyncMFADevice", &pair("alice", &device, &first, &second));
    assert_eq!(refused.unwrap_err(), WRONG);
    world.advance(500 * 30);
    let (first, second) = (device.code(world.now() - 30), device.code(world.now()));
    world.call("ResyncMFADevice", &pair("alice", &device, &first, &second)).unwrap();
    world.advance(60);
    session(&device.code(world.now())).unwrap();
}

#[test]
fn resync_checks_the_owner_before_the_codes() {
    let world = World::new();
    let device = world.user_with_device("alice");
    world.call("CreateUser", &[("UserName", "bob")]).unwrap();
    let resync = |user: &str| {
        world.call("ResyncMFADevice", &pair(user, &device, "000000", "000000")).unwrap_err()
    };
    assert_eq!(resync("bob"), "NoSuchEntity: MFA Device invalid for user.");
    assert_eq!(resync("alice"), WRONG);
    let free = world.device("free");
    let refused = world.call("ResyncMFADevice", &pair("alice", &free, "000000", "000000"));
    assert_eq!(refused.unwrap_err(), "NoSuchEntity: MFA Device invalid for user.");
}

#[test]
fn the_tenth_attempt_in_three_minutes_is_refused_even_with_correct_codes() {
    let mut world = World::new();
    world.call("CreateUser", &[("UserName", "alice")]).unwrap();
    let device = world.device("alice");
    for _ in 0..9 {
        let refused = world.enable_with("alice", &device, "000000", "000000");
        assert_eq!(refused.unwrap_err(), WRONG);
    }
    assert_eq!(world.enable("alice", &device).unwrap_err(), WRONG);
    world.restart();
    assert_eq!(world.enable("alice", &device).unwrap_err(), WRONG);
    // Attempts are counted per device.
    let sibling = world.device("sibling");
    world.enable("alice", &sibling).unwrap();

    // Attempts outlive the device.
    world.call("DeleteVirtualMFADevice", &[("SerialNumber", &device.serial)]).unwrap();
    let again = world.device("alice");
    assert_eq!(world.enable("alice", &again).unwrap_err(), WRONG);
    world.advance(180);
    world.enable("alice", &again).unwrap();
}

#[test]
fn concurrent_enables_stop_at_eight_devices_per_user() {
    let world = World::new();
    world.call("CreateUser", &[("UserName", "alice")]).unwrap();
    let devices: Vec<_> = (0..16).map(|n| world.device(&format!("d{n}"))).collect();
    let refusals: Vec<_> = std::thread::scope(|scope| {
        let racers: Vec<_> =
            devices.iter().map(|device| scope.spawn(|| world.enable("alice", device))).collect();
        racers.into_iter().filter_map(|racer| racer.join().unwrap().err()).collect()
    });
    assert_eq!(refusals, vec!["LimitExceeded: Cannot exceed quota for MFADevicesPerUser: 8"; 8]);
}

#[test]
fn of_64_concurrent_uses_of_one_code_one_succeeds() {
    let world = World::with(Settings {
        quotas: Quotas { attempts: 1_000, ..Quotas::default() },
        ..Settings::default()
    });
    let device = world.user_with_device("alice");
    let user = world.user("alice");
    for _ in 0..3 {
        world.advance(60);
        let code = device.code(world.now());
        let refused: Vec<_> = std::thread::scope(|scope| {
            let racers: Vec<_> = (0..64)
                .map(|_| {
                    scope.spawn(|| {
                        let members = [("SerialNumber", &*device.serial), ("TokenCode", &*code)];
                        world.call_as(&user, "GetSessionToken", &members)
                    })
                })
                .collect();
            racers.into_iter().filter_map(|racer| racer.join().unwrap().err()).collect()
        });
        assert_eq!(refused.len(), 63);
        // From the tenth failure in a row the device is throttled.
        for refusal in refused {
            assert!([WRONG_FOR_SESSION, CANNOT_VALIDATE].contains(&&*refusal), "{refusal}");
        }
        // The longest wait of the throttle.
        world.advance(3600);
        let code = device.code(world.now());
        let members = [("SerialNumber", &*device.serial), ("TokenCode", &*code)];
        world.call_as(&user, "GetSessionToken", &members).unwrap();
    }
}

#[test]
fn concurrent_calls_stop_at_the_device_quota() {
    let quotas = Quotas { devices: 3, ..Quotas::default() };
    let world = World::with(Settings { quotas, ..Settings::default() });
    let refused: Vec<_> = std::thread::scope(|scope| {
        let makers: Vec<_> = (0..8)
            .map(|n| {
                let world = &world;
                scope.spawn(move || {
                    let name = format!("d{n}");
                    world.call("CreateVirtualMFADevice", &[("VirtualMFADeviceName", &name)])
                })
            })
            .collect();
        makers.into_iter().filter_map(|maker| maker.join().unwrap().err()).collect()
    });
    let expected = "LimitExceeded: Cannot exceed quota for VirtualMFADevicesPerAccount: 3";
    assert_eq!(refused, [expected; 5]);
}

#[test]
fn device_pages_cover_the_list_once_and_markers_are_bound_to_it() {
    let world = World::new();
    for n in 0..25 {
        world.device(&format!("d{n}"));
    }
    let mut seen = Vec::new();
    let mut marker: Option<String> = None;
    loop {
        let mut members = vec![("MaxItems", "10"), ("AssignmentStatus", "Unassigned")];
        members.extend(marker.as_deref().map(|marker| ("Marker", marker)));
        let page = world.call("ListVirtualMFADevices", &members).unwrap();
        let Some(Value::List(devices)) = page.get("VirtualMFADevices") else { panic!("no list") };
        seen.extend(devices.iter().map(|device| {
            let Value::Structure(device) = device else { panic!("no device") };
            device.text("SerialNumber").unwrap().to_owned()
        }));
        let Some(next) = page.text("Marker") else { break };
        assert!(seen.len() < 100, "the list does not end");
        assert!(next.len() <= 320);
        // Deleting a device does not shift the pages.
        if marker.is_none() {
            world.call("DeleteVirtualMFADevice", &[("SerialNumber", &seen[9])]).unwrap();
        }
        marker = Some(next.to_owned());
    }
    let expected: Vec<_> = (0..25).map(|n| format!("arn:aws:iam::123456789012:mfa/d{n}")).collect();
    assert_eq!(seen, expected);

    let marker = marker.unwrap();
    let forged = format!("{}A", &marker[..marker.len() - 1]);
    for members in [
        [("Marker", &*marker), ("AssignmentStatus", "Any")],
        [("Marker", &*forged), ("AssignmentStatus", "Unassigned")],
        [("Marker", "nonsense"), ("AssignmentStatus", "Unassigned")],
    ] {
        let refused = world.call("ListVirtualMFADevices", &members).unwrap_err();
        assert_eq!(refused, "ValidationError: Invalid Marker.");
    }
}

#[test]
fn bare_lists_omit_only_the_spared_members() {
    let world = World::new();
    world.user_with_device("alice");
    world.device("spare");
    let mut compared = 0;
    for action in vmfa_iam::actions() {
        let Some(page) = action.paged().filter(|page| !page.spared.is_empty()) else { continue };
        let list = |detail| {
            let call = Call { action, input: Record::new() };
            let mut answer =
                world.service.call_for(&World::root(), call, detail, "request").unwrap();
            let Some(Value::List(elements)) = answer.take(page.only_list().unwrap()) else {
                panic!("no list")
            };
            let shown = |mut element: Record, spared: &[&str]| {
                let there = spared.iter().filter(|name| element.take(name).is_some()).count();
                (show(&element), there)
            };
            let elements = elements.into_iter().map(|element| match element {
                Value::Structure(element) => shown(element, page.spared),
                other => panic!("{other:?}"),
            });
            elements.unzip::<_, _, Vec<_>, Vec<_>>()
        };
        let (whole, spared_there) = list(Detail::Whole);
        let (bare, spared_left) = list(Detail::Bare);
        assert_eq!(whole, bare, "{}", action.name);
        assert!(spared_there.contains(&page.spared.len()), "{}", action.name);
        assert!(spared_left.iter().all(|left| *left == 0), "{}", action.name);
        compared += 1;
    }
    assert_ne!(compared, 0);
}

#[test]
fn device_tags_are_replaced_removed_and_paged() {
    let world = World::new();
    let members = [("VirtualMFADeviceName", "d"), ("Tags", "team=ops,Team=dev")];
    let answer = world.call("CreateVirtualMFADevice", &members).unwrap();
    let tags = "Tags: [{Key: team, Value: ops}, {Key: Team, Value: dev}]}}";
    assert!(show(&answer).ends_with(tags), "{}", show(&answer));
    let serial = "arn:aws:iam::123456789012:mfa/d";
    let tag = |tags: &str| world.call("TagMFADevice", &[("SerialNumber", serial), ("Tags", tags)]);
    tag("team=qa,new=1").unwrap();
    assert_eq!(tag("a=1,a=2").unwrap_err(), "InvalidInput: Duplicate tag keys found.");
    assert_eq!(
        tag("aws:x=1").unwrap_err(),
        "InvalidInput: Tag keys beginning with aws: are reserved for system use."
    );
    assert_eq!(tag("!").unwrap_err(), "InvalidInput: Error occurred while validating input. ");
    let many: Vec<_> = (0..48).map(|n| format!("k{n}=v")).collect();
    assert_eq!(
        tag(&many.join(",")).unwrap_err(),
        "LimitExceeded: The number of tags has reached the maximum limit."
    );
    let untag = [("SerialNumber", serial), ("TagKeys", "Team,absent")];
    world.call("UntagMFADevice", &untag).unwrap();

    let mut pages = Vec::new();
    let mut marker: Option<String> = None;
    loop {
        let mut members = vec![("SerialNumber", serial), ("MaxItems", "1")];
        members.extend(marker.as_deref().map(|marker| ("Marker", marker)));
        let page = world.call("ListMFADeviceTags", &members).unwrap();
        pages.push(show(&page));
        assert!(pages.len() < 100, "the list does not end");
        match page.text("Marker") {
            Some(next) => marker = Some(next.to_owned()),
            None => break,
        }
    }
    let [first, second] = &pages[..] else { panic!("{pages:?}") };
    let expected = "{Tags: [{Key: new, Value: 1}], IsTruncated: true, Marker: ";
    assert!(first.starts_with(expected), "sorted by key: {first}");
    assert_eq!(second, "{Tags: [{Key: team, Value: qa}], IsTruncated: false}");
}

#[test]
fn get_mfa_device_shows_security_keys_only() {
    let world = World::new();
    let device = world.user_with_device("alice");
    let refused = world.call("GetMFADevice", &[("SerialNumber", &*device.serial)]).unwrap_err();
    assert_eq!(
        refused,
        "ValidationError: The MFA device serial number sent in the request is invalid or not \
         supported by this API. Currently, only hardware FIDO security keys are supported. Please \
         use the compatible device or API."
    );
    let fido = "arn:aws:iam::123456789012:u2f/user/alice/key-ABCDEFGHIJKLMNOP";
    assert_eq!(
        world.call("GetMFADevice", &[("SerialNumber", fido)]).unwrap_err(),
        format!("NoSuchEntity: MFA Device with serial number {fido} does not exist.")
    );
}

#[test]
fn the_qr_code_has_the_alias_and_the_issuer() {
    let qr_code_says = |world: &World, label: &str, issuer: Option<&str>, prefix: &str| {
        let members = [("VirtualMFADeviceName", "d"), ("Path", "/x/")];
        let answer = world.call("CreateVirtualMFADevice", &members).unwrap();
        let Some(Value::Structure(device)) = answer.get("VirtualMFADevice") else { panic!() };
        let Some(Value::Blob(seed)) = device.get("Base32StringSeed") else { panic!() };
        let Some(Value::Blob(png)) = device.get("QRCodePNG") else { panic!() };
        let seed = Seed::parse_base32(std::str::from_utf8(seed.expose()).unwrap()).unwrap();
        let uri = uri::key_uri("d", label, issuer, &seed);
        assert!(uri.starts_with(prefix), "{prefix}");
        assert!(png.expose() == qr::png(&uri).unwrap().as_slice(), "another QR code");
    };
    let plain = World::new();
    qr_code_says(&plain, support::ACCOUNT, None, "otpauth://totp/d@123456789012?secret=");
    let world = World::with(Settings { issuer: Some("vmfa".into()), ..Settings::default() });
    world.call("CreateAccountAlias", &[("AccountAlias", "example-corp")]).unwrap();
    let prefix = "otpauth://totp/vmfa:d@example-corp?secret=";
    qr_code_says(&world, "example-corp", Some("vmfa"), prefix);
}
