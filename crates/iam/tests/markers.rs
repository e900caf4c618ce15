//! Markers (pagination tokens) are bound to their action and its filters.
#![expect(clippy::unwrap_used, reason = "a test ends where set-up fails")]

mod support;

use support::World;
use vmfa_iam::{Action, actions};

const REFUSED: &str = "ValidationError: Invalid Marker.";
const SERIAL: &str = "arn:aws:iam::123456789012:mfa/d1";

type Filters = &'static [(&'static str, &'static str)];

/// Lists with more than one element, each with other filters that its marker must not fit.
const LISTS: [(&str, Filters, &[Filters]); 6] = [
    ("ListAccessKeys", &[("UserName", "alice")], &[&[("UserName", "bob")]]),
    (
        "ListMFADeviceTags",
        &[("SerialNumber", SERIAL)],
        &[&[("SerialNumber", "arn:aws:iam::123456789012:mfa/d2")]],
    ),
    ("ListMFADevices", &[("UserName", "alice")], &[&[("UserName", "bob")]]),
    ("ListUserTags", &[("UserName", "alice")], &[&[("UserName", "bob")]]),
    ("ListUsers", &[("PathPrefix", "/")], &[&[], &[("PathPrefix", "/a/")]]),
    (
        "ListVirtualMFADevices",
        &[("AssignmentStatus", "Assigned")],
        &[&[], &[("AssignmentStatus", "Unassigned")], &[("AssignmentStatus", "Any")]],
    ),
];

/// A world in which every list has two elements, and the marker of each one's second page.
fn world_with_markers() -> (World, Vec<(&'static str, String)>) {
    let world = World::new();
    for user in ["alice", "bob"] {
        world.call("CreateUser", &[("UserName", user), ("Tags", "a=1,b=2")]).unwrap();
        world.call("CreateAccessKey", &[("UserName", user)]).unwrap();
        world.call("CreateAccessKey", &[("UserName", user)]).unwrap();
    }
    for (name, user) in [("d1", "alice"), ("d2", "alice"), ("d3", "bob"), ("d4", "bob")] {
        let device = world.device(name);
        world.enable(user, &device).unwrap();
        let tags = [("SerialNumber", &*device.serial), ("Tags", "a=1,b=2")];
        world.call("TagMFADevice", &tags).unwrap();
    }
    let markers = LISTS.map(|(action, members, _)| {
        let members: Vec<_> = members.iter().copied().chain([("MaxItems", "1")]).collect();
        let page = world.call(action, &members).unwrap();
        (action, page.text("Marker").unwrap().to_owned())
    });
    (world, markers.to_vec())
}

/// The actions that page, by their input.
fn paging() -> impl Iterator<Item = &'static Action> {
    actions().filter(|action| action.input.member("Marker").is_some())
}

#[test]
fn a_marker_is_refused_by_every_other_action() {
    let (world, markers) = world_with_markers();
    assert!(paging().count() > LISTS.len());
    for action in paging() {
        for (of, marker) in &markers {
            let known = LISTS.iter().find(|(name, ..)| *name == action.name);
            let members: Vec<_> = match known {
                Some((_, members, _)) => members.to_vec(),
                None if action.input.member("UserName").is_some() => vec![("UserName", "alice")],
                None => Vec::new(),
            };
            let members: Vec<_> = members.into_iter().chain([("Marker", &**marker)]).collect();
            let outcome = world.call(action.name, &members);
            match outcome {
                Ok(_) => assert_eq!(action.name, *of),
                Err(refusal) => {
                    assert_eq!(refusal, REFUSED, "{}", action.name);
                    assert_ne!(action.name, *of);
                }
            }
        }
    }
}

#[test]
fn a_marker_is_refused_with_every_other_filter() {
    let (world, markers) = world_with_markers();
    for ((action, members, others), (_, marker)) in LISTS.iter().zip(&markers) {
        let call = |members: &[(&str, &str)]| {
            let members: Vec<_> = members.iter().copied().chain([("Marker", &**marker)]).collect();
            world.call(action, &members)
        };
        call(members).unwrap();
        for other in *others {
            assert_eq!(call(other).unwrap_err(), REFUSED, "{action} {other:?}");
        }
    }
}
