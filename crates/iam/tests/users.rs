//! Users: created, found ignoring case, renamed, tagged, listed by page, deleted.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where an answer is not so")]

mod support;

use support::{World, show};
use vmfa_iam::{Caller, Quotas, Settings};
use vmfa_model::{AccountId, Record, Value};

const NO_BOB: &str = "NoSuchEntity: The user with name bob cannot be found.";

/// The identifier of a user, which is random.
fn id_of(world: &World, name: &str) -> String {
    let answer = world.call("GetUser", &[("UserName", name)]).unwrap();
    let Some(Value::Structure(user)) = answer.get("User") else { panic!("no user") };
    user.text("UserId").unwrap().to_owned()
}

fn names(answer: &Record) -> Vec<String> {
    let Some(Value::List(users)) = answer.get("Users") else { panic!("no list") };
    let name = |user: &Value| match user {
        Value::Structure(user) => user.text("UserName").unwrap().to_owned(),
        other => panic!("{other:?}"),
    };
    users.iter().map(name).collect()
}

#[test]
fn a_user_is_created_shown_renamed_and_deleted() {
    let world = World::new();
    let members = [("UserName", "Alice"), ("Path", "/ops/"), ("Tags", "team=ops,Cost=1")];
    let made = show(&world.call("CreateUser", &members).unwrap());
    let id = id_of(&world, "alice");
    assert!(id.starts_with("AIDA") && id.len() == 21, "{id}");
    let user = format!(
        "Path: /ops/, UserName: Alice, UserId: {id}, \
         Arn: arn:aws:iam::123456789012:user/ops/Alice, CreateDate: 2023-11-14T22:13:30Z"
    );
    let tags = "Tags: [{Key: team, Value: ops}, {Key: Cost, Value: 1}]";
    assert_eq!(made, format!("{{User: {{{user}, {tags}}}}}"));
    let shown = world.call("GetUser", &[("UserName", "ALICE")]).unwrap();
    assert_eq!(show(&shown), made);
    let listed = world.call("ListUsers", &[]).unwrap();
    assert_eq!(show(&listed), format!("{{Users: [{{{user}}}], IsTruncated: false}}"));

    let members = [("UserName", "alice"), ("NewUserName", "ally"), ("NewPath", "/")];
    assert!(world.call("UpdateUser", &members).unwrap().is_empty());
    let shown = show(&world.call("GetUser", &[("UserName", "ally")]).unwrap());
    assert_eq!(
        shown,
        format!(
            "{{User: {{Path: /, UserName: ally, UserId: {id}, \
             Arn: arn:aws:iam::123456789012:user/ally, CreateDate: 2023-11-14T22:13:30Z, {tags}}}}}"
        )
    );
    assert!(world.call("DeleteUser", &[("UserName", "ALLY")]).unwrap().is_empty());
    assert_eq!(
        world.call("GetUser", &[("UserName", "ally")]).unwrap_err(),
        "NoSuchEntity: The user with name ally cannot be found."
    );
    // The name is free again, and the next user has another identifier.
    world.call("CreateUser", &[("UserName", "ally")]).unwrap();
    assert_ne!(id_of(&world, "ally"), id);
}

#[test]
fn a_user_without_tags_shows_none() {
    let world = World::new();
    let made = show(&world.call("CreateUser", &[("UserName", "bob")]).unwrap());
    assert!(!made.contains("Tags"), "{made}");
    let shown = show(&world.call("GetUser", &[("UserName", "bob")]).unwrap());
    assert_eq!(shown, made);
}

#[test]
fn user_names_are_unique_ignoring_case() {
    let world = World::new();
    world.call("CreateUser", &[("UserName", "Alice")]).unwrap();
    world.call("CreateUser", &[("UserName", "bob")]).unwrap();
    assert_eq!(
        world.call("CreateUser", &[("UserName", "aLICE")]).unwrap_err(),
        "EntityAlreadyExists: User with name aLICE already exists."
    );
    assert_eq!(
        world.call("UpdateUser", &[("UserName", "bob"), ("NewUserName", "ALICE")]).unwrap_err(),
        "EntityAlreadyExists: User with name ALICE already exists."
    );
    world.call("UpdateUser", &[("UserName", "alice"), ("NewUserName", "ALICE")]).unwrap();
    assert_eq!(names(&world.call("ListUsers", &[]).unwrap()), ["ALICE", "bob"]);
    // A call without changes succeeds.
    world.call("UpdateUser", &[("UserName", "bob")]).unwrap();
}

#[test]
fn every_user_action_names_a_missing_user() {
    let world = World::new();
    let whose = ("UserName", "bob");
    for (action, more) in [
        ("GetUser", None),
        ("UpdateUser", Some(("NewUserName", "carol"))),
        ("DeleteUser", None),
        ("TagUser", Some(("Tags", "a=b"))),
        ("UntagUser", Some(("TagKeys", "a"))),
        ("ListUserTags", None),
    ] {
        let members: Vec<_> = [whose].into_iter().chain(more).collect();
        assert_eq!(world.call(action, &members).unwrap_err(), NO_BOB, "{action}");
    }
}

#[test]
fn create_user_refuses_invalid_members() {
    let world = World::new();
    let refusal = |member| world.call("CreateUser", &[("UserName", "bob"), member]).unwrap_err();
    assert_eq!(
        refusal(("PermissionsBoundary", "arn:aws:iam::aws:policy/ReadOnlyAccess")),
        "NoSuchEntity: Policy arn:aws:iam::aws:policy/ReadOnlyAccess does not exist or is not \
         attachable."
    );
    assert_eq!(
        refusal(("PermissionsBoundary", "arn:aws:iam::1:p")),
        "ValidationError: 1 validation error detected: Value at 'permissionsBoundary' failed to \
         satisfy constraint: Member must have length greater than or equal to 20"
    );
    assert_eq!(
        refusal(("Path", "/ops")),
        "ValidationError: The specified value for path is invalid. It must begin and end with / \
         and contain only alphanumeric characters and/or / characters."
    );
    assert_eq!(
        refusal(("Tags", "Team=a,tEAM=b")),
        "InvalidInput: Duplicate tag keys found. Please note that Tag keys are case insensitive."
    );
    assert_eq!(
        refusal(("Tags", "aws:x=1")),
        "InvalidInput: Tag keys beginning with aws: are reserved for system use."
    );
    assert_eq!(refusal(("Tags", "!")), "InvalidInput: Error occurred while validating input. ");
    let long = "x".repeat(65);
    assert_eq!(
        world.call("CreateUser", &[("UserName", &long)]).unwrap_err(),
        "ValidationError: 1 validation error detected: Value at 'userName' failed to satisfy \
         constraint: Member must have length less than or equal to 64"
    );
    assert_eq!(
        world.call("CreateUser", &[("UserName", "b b")]).unwrap_err(),
        "ValidationError: The specified value for userName is invalid. It must contain only \
         alphanumeric characters and/or the following: +=,.@_-"
    );
    assert_eq!(show(&world.call("ListUsers", &[]).unwrap()), "{Users: [], IsTruncated: false}");
}

#[test]
fn concurrent_calls_stop_at_the_user_quota() {
    let mut settings = Settings::default();
    settings.quotas.users = 5;
    let world = World::with(settings);
    let refused: Vec<String> = std::thread::scope(|scope| {
        let makers: Vec<_> = (0..16)
            .map(|n| {
                let world = &world;
                scope.spawn(move || world.call("CreateUser", &[("UserName", &format!("u{n}"))]))
            })
            .collect();
        makers.into_iter().filter_map(|maker| maker.join().unwrap().err()).collect()
    });
    assert_eq!(refused.len(), 11);
    for refusal in refused {
        assert_eq!(refusal, "LimitExceeded: Cannot exceed quota for UsersPerAccount: 5");
    }
    // A name that is taken is refused before the quota.
    let listed = world.call("ListUsers", &[]).unwrap();
    let taken = &names(&listed)[0];
    assert_eq!(
        world.call("CreateUser", &[("UserName", taken)]).unwrap_err(),
        format!("EntityAlreadyExists: User with name {taken} already exists.")
    );
    // Deleting a user makes room.
    world.call("DeleteUser", &[("UserName", taken)]).unwrap();
    world.call("CreateUser", &[("UserName", "newcomer")]).unwrap();
    assert_eq!(Quotas::default().users, 5_000);
}

#[test]
fn concurrent_creations_of_one_name_succeed_once() {
    let world = World::new();
    let refused: Vec<_> = std::thread::scope(|scope| {
        let makers: Vec<_> = (0..16)
            .map(|n| {
                let world = &world;
                let name = if n % 2 == 0 { "alice" } else { "ALICE" };
                scope.spawn(move || world.call("CreateUser", &[("UserName", name)]))
            })
            .collect();
        makers.into_iter().filter_map(|maker| maker.join().unwrap().err()).collect()
    });
    assert_eq!(refused.len(), 15);
    for refusal in refused {
        let expected = "EntityAlreadyExists: User with name alice already exists.";
        assert!(refusal.eq_ignore_ascii_case(expected), "{refusal}");
    }
    assert_eq!(names(&world.call("ListUsers", &[]).unwrap()).len(), 1);
}

#[test]
fn a_user_is_deleted_only_after_its_devices_and_keys() {
    let world = World::new();
    let device = world.user_with_device("alice");
    let whose = [("UserName", "alice")];
    let key = world.call("CreateAccessKey", &whose).unwrap();
    let Some(Value::Structure(key)) = key.get("AccessKey") else { panic!("no key") };
    assert_eq!(
        world.call("DeleteUser", &whose).unwrap_err(),
        "DeleteConflict: Cannot delete entity, must remove tokens from principal first."
    );
    let members = [("UserName", "alice"), ("SerialNumber", &*device.serial)];
    world.call("DeactivateMFADevice", &members).unwrap();
    assert_eq!(
        world.call("DeleteUser", &whose).unwrap_err(),
        "DeleteConflict: Cannot delete entity, must delete access keys first."
    );
    let members = [("UserName", "alice"), ("AccessKeyId", key.text("AccessKeyId").unwrap())];
    world.call("DeleteAccessKey", &members).unwrap();
    world.call("DeleteUser", &whose).unwrap();
}

#[test]
fn a_renamed_user_keeps_its_devices_and_keys() {
    let world = World::new();
    let device = world.user_with_device("alice");
    world.call("CreateAccessKey", &[("UserName", "alice")]).unwrap();
    world.call("UpdateUser", &[("UserName", "alice"), ("NewUserName", "ally")]).unwrap();
    let whose = [("UserName", "ally")];
    assert_eq!(
        show(&world.call("ListMFADevices", &whose).unwrap()),
        format!(
            "{{MFADevices: [{{UserName: ally, SerialNumber: {}, \
             EnableDate: 2023-11-14T22:13:30Z}}], IsTruncated: false}}",
            device.serial
        )
    );
    let keys = show(&world.call("ListAccessKeys", &whose).unwrap());
    assert!(keys.starts_with("{AccessKeyMetadata: [{UserName: ally, AccessKeyId: AKIA"), "{keys}");
}

#[test]
fn get_user_without_a_name_shows_the_root() {
    let world = World::new();
    assert_eq!(
        show(&world.call("GetUser", &[]).unwrap()),
        "{User: {UserId: 123456789012, Arn: arn:aws:iam::123456789012:root, \
         CreateDate: 2023-11-14T22:13:30Z}}"
    );
}

#[test]
fn a_denial_does_not_reveal_whether_a_user_exists() {
    let world = World::new();
    world.call("CreateUser", &[("UserName", "alice")]).unwrap();
    world.call("CreateUser", &[("UserName", "bob")]).unwrap();
    let alice = world.user("alice");
    let refusal = |name| world.call_as(&alice, "DeleteUser", &[("UserName", name)]).unwrap_err();
    assert_eq!(refusal("carol").replace("carol", "bob"), refusal("bob"));
}

#[test]
fn tags_are_set_listed_by_key_and_removed() {
    let world = World::new();
    let whose = ("UserName", "bob");
    world.call("CreateUser", &[whose, ("Tags", "team=ops")]).unwrap();
    assert!(world.call("TagUser", &[whose, ("Tags", "TEAM=dev,cost=1")]).unwrap().is_empty());
    assert_eq!(
        show(&world.call("ListUserTags", &[whose]).unwrap()),
        "{Tags: [{Key: TEAM, Value: dev}, {Key: cost, Value: 1}], IsTruncated: false}"
    );
    world.call("TagUser", &[whose, ("Tags", "a=1,b=2,c=")]).unwrap();
    let page = world.call("ListUserTags", &[whose, ("MaxItems", "3")]).unwrap();
    let marker = page.text("Marker").unwrap().to_owned();
    assert_eq!(
        show(&page),
        format!(
            "{{Tags: [{{Key: TEAM, Value: dev}}, {{Key: a, Value: 1}}, {{Key: b, Value: 2}}], \
             IsTruncated: true, Marker: {marker}}}"
        )
    );
    let rest = [("UserName", "BOB"), ("Marker", &*marker)];
    assert_eq!(
        show(&world.call("ListUserTags", &rest).unwrap()),
        "{Tags: [{Key: c, Value: }, {Key: cost, Value: 1}], IsTruncated: false}"
    );
    world.call("UntagUser", &[whose, ("TagKeys", "Team,A,absent,COST")]).unwrap();
    assert_eq!(
        show(&world.call("ListUserTags", &[whose]).unwrap()),
        "{Tags: [{Key: b, Value: 2}, {Key: c, Value: }], IsTruncated: false}"
    );
}

#[test]
fn invalid_tags_are_refused_and_change_nothing() {
    let world = World::new();
    let whose = ("UserName", "bob");
    world.call("CreateUser", &[whose]).unwrap();
    let refusal = |tags: &str| world.call("TagUser", &[whose, ("Tags", tags)]).unwrap_err();
    let fifty = (0..50).map(|n| format!("k{n}=v")).collect::<Vec<_>>().join(",");
    world.call("TagUser", &[whose, ("Tags", &fifty)]).unwrap();
    assert_eq!(
        refusal("one=more"),
        "LimitExceeded: The number of tags has reached the maximum limit."
    );
    // Replacing a tag does not add one.
    world.call("TagUser", &[whose, ("Tags", "K7=other")]).unwrap();
    assert_eq!(refusal("!"), "InvalidInput: Error occurred while validating input. ");
    assert_eq!(
        refusal("AWS:x=1"),
        "InvalidInput: Tag keys beginning with aws: are reserved for system use."
    );
    assert_eq!(
        refusal("é=1,É=2"),
        "InvalidInput: Duplicate tag keys found. Please note that Tag keys are case insensitive."
    );
    assert_eq!(
        refusal(&format!("{fifty},x=1")),
        "ValidationError: 1 validation error detected: Value at 'tags' failed to satisfy \
         constraint: Member must have length less than or equal to 50"
    );
    world.call("UntagUser", &[whose, ("TagKeys", "!")]).unwrap();
    let listed = world.call("ListUserTags", &[whose]).unwrap();
    let Some(Value::List(tags)) = listed.get("Tags") else { panic!("no tags") };
    assert_eq!(tags.len(), 50);
}

/// The names on every page from the first to the last.
fn pages(world: &World, members: &[(&str, &str)]) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut marker: Option<String> = None;
    loop {
        let at = marker.as_ref().map(|marker| ("Marker", marker.as_str()));
        let members: Vec<_> = members.iter().copied().chain(at).collect();
        let answer = world.call("ListUsers", &members).unwrap();
        pages.push(names(&answer));
        assert!(pages.len() < 100, "the list does not end");
        let more = matches!(answer.get("IsTruncated"), Some(Value::Boolean(true)));
        assert_eq!(answer.get("Marker").is_some(), more);
        match answer.text("Marker") {
            Some(next) => marker = Some(next.to_owned()),
            None => return pages,
        }
    }
}

#[test]
fn user_pages_are_ordered_by_name_and_markers_are_bound_to_their_list() {
    let world = World::new();
    for name in ["delta", "Bravo", "alfa", "Charlie", "echo"] {
        let path = if name == "delta" { "/ops/" } else { "/" };
        world.call("CreateUser", &[("UserName", name), ("Path", path)]).unwrap();
    }
    assert_eq!(
        pages(&world, &[("MaxItems", "2")]),
        [vec!["alfa", "Bravo"], vec!["Charlie", "delta"], vec!["echo"]]
    );
    assert_eq!(pages(&world, &[("MaxItems", "5")]).len(), 1);
    assert_eq!(pages(&world, &[("PathPrefix", "/ops/")]), [vec!["delta"]]);
    assert_eq!(pages(&world, &[("PathPrefix", "/o")]), [vec!["delta"]]);
    assert_eq!(pages(&world, &[("PathPrefix", "/dev/")]), [Vec::<String>::new()]);

    let first = world.call("ListUsers", &[("MaxItems", "2")]).unwrap();
    let marker = ("Marker", first.text("Marker").unwrap());
    assert!(marker.1.len() <= 320);
    // The last user of a page may be deleted, and the page size may change.
    world.call("DeleteUser", &[("UserName", "bravo")]).unwrap();
    let next = world.call("ListUsers", &[marker, ("MaxItems", "1")]).unwrap();
    assert_eq!(names(&next), ["Charlie"]);
    let refused = "ValidationError: Invalid Marker.";
    let call = |action, members: &[(&str, &str)]| world.call(action, members).unwrap_err();
    assert_eq!(call("ListUsers", &[marker, ("PathPrefix", "/ops/")]), refused);
    assert_eq!(call("ListUsers", &[("Marker", "made up")]), refused);
    // Another position under the same hash, and another account.
    let moved = if marker.1.starts_with('A') { "B" } else { "A" }.to_owned() + &marker.1[1..];
    assert_eq!(call("ListUsers", &[("Marker", &moved)]), refused);
    let stranger = Caller::local(AccountId::parse("999999999999").unwrap());
    assert_eq!(world.call_as(&stranger, "ListUsers", &[marker]).unwrap_err(), refused);
    assert_eq!(call("ListUserTags", &[marker, ("UserName", "alfa")]), refused);
}

#[test]
fn a_page_without_a_limit_has_a_hundred_elements() {
    let world = World::new();
    world.insert_users(101, |_| "/");
    assert_eq!(pages(&world, &[]).iter().map(Vec::len).collect::<Vec<_>>(), [100, 1]);
}

#[test]
fn a_filtered_page_ends_after_two_thousand_users() {
    const MANY: usize = 5_000;
    let world = World::new();
    world.insert_users(MANY, |n| if [0, 2_400, MANY - 1].contains(&n) { "/rare/" } else { "/" });
    let pages = pages(&world, &[("PathPrefix", "/rare/")]);
    assert_eq!(pages.concat(), ["u00000", "u02400", "u04999"]);
    assert_eq!(pages.len(), 3, "two thousand users a page: {pages:?}");
}

#[test]
fn the_page_after_a_full_filtered_one_begins_after_its_last_user() {
    let world = World::new();
    world.insert_users(3_000, |n| if n % 2 == 0 { "/rare/" } else { "/" });
    let pages = pages(&world, &[("PathPrefix", "/rare/"), ("MaxItems", "700")]);
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [700, 700, 100]);
    let expected: Vec<_> = (0..3_000).step_by(2).map(|n| format!("u{n:05}")).collect();
    assert_eq!(pages.concat(), expected);
}
