//! Every action of the table is refused to a user who may not call it, and only to such.
#![expect(clippy::panic, reason = "a test ends at a shape that it does not know")]

mod support;

use support::World;
use vmfa_iam::{Action, Concerns, actions};
use vmfa_model::{Record, Secret, Shape, StructureShape, Value};

/// A value that passes the constraints of its shape, and names what is another's.
fn sample(name: &str, shape: &Shape) -> Value {
    match shape {
        Shape::Text(text) if text.secret => Value::Secret(Secret::new("123456".into())),
        Shape::Text(text) => Value::Text(match (name, text.values.first()) {
            (_, Some(value)) => (*value).to_owned(),
            ("UserName", _) => "bob".to_owned(),
            ("Path" | "PathPrefix" | "NewPath", _) => "/".to_owned(),
            ("SerialNumber", _) => "arn:aws:iam::123456789012:mfa/bob".to_owned(),
            ("PermissionsBoundary", _) => "arn:aws:iam::123456789012:policy/p".to_owned(),
            _ => "abcdefghijklmnopqrst".to_owned(),
        }),
        Shape::Integer(range) => Value::Integer(range.min.max(1)),
        Shape::Boolean => Value::Boolean(true),
        Shape::List(list) => Value::List(vec![sample(name, &list.element)]),
        Shape::Structure(shape) => Value::Structure(required(shape)),
        other => panic!("no input has a member of shape {other:?}"),
    }
}

fn required(shape: &StructureShape) -> Record {
    let wanted = shape.members.iter().filter(|member| {
        // Whose: without it, an action is about the caller.
        member.required || matches!(member.name, "UserName" | "SerialNumber")
    });
    wanted.map(|member| (member.name, sample(member.name, &member.shape))).collect()
}

fn ask(world: &World, action: &'static Action) -> Result<Record, String> {
    let call = vmfa_iam::Call { action, input: required(action.input) };
    let caller = world.user("alice");
    world.service.call(&caller, call, "request").map_err(|fault| fault.to_string())
}

#[test]
fn whoever_is_not_the_root_is_denied_whatever_concerns_others() {
    let world = World::new();
    world.user_with_device("bob");
    world.call("CreateUser", &[("UserName", "alice")]).unwrap();
    let before = format!("{:?}", world.call("GetAccountSummary", &[]).unwrap());
    for action in actions() {
        let answer = ask(&world, action);
        if matches!(action.concerns, Concerns::Caller) {
            // Theirs to call; a serial number that is not theirs is another matter.
            assert!(!format!("{answer:?}").contains("not authorized"), "{}", action.name);
            continue;
        }
        let refused = answer.expect_err(action.name);
        let permission = format!("{}:{}", action.api.name(), action.name);
        assert!(
            refused.starts_with("AccessDenied: User: arn:aws:iam::123456789012:user/alice is not")
                && refused.contains(&permission),
            "{}: {refused}",
            action.name
        );
    }
    let after = format!("{:?}", world.call("GetAccountSummary", &[]).unwrap());
    assert_eq!(before, after, "what was denied changed nothing");
}

#[test]
fn every_action_and_member_is_documented() {
    fn members(shape: &StructureShape, path: &str) {
        for member in shape.members {
            let path = format!("{path}.{}", member.name);
            let doc = member.doc.trim();
            assert!(doc.ends_with('.') && doc.len() > 5, "{path} is not documented: {doc:?}");
            element(&member.shape, &path);
        }
        for name in shape.wire {
            assert!(shape.member(name).is_some(), "{path}: no member is called {name}");
        }
    }
    fn element(shape: &Shape, path: &str) {
        match shape {
            Shape::Structure(shape) => members(shape, path),
            Shape::List(list) => element(&list.element, path),
            _ => {}
        }
    }
    for action in actions() {
        assert!(action.doc.ends_with('.') && action.doc.len() > 20, "{}", action.name);
        members(action.input, action.name);
        if let Some(output) = action.output {
            members(output, action.name);
            if let Some(wrapped) = action.unwrap {
                assert!(output.member(wrapped).is_some(), "{}", action.name);
            }
        }
        if let Some(page) = &action.page {
            let output = action.output.unwrap();
            assert!(matches!(output.member(page.items).unwrap().shape, Shape::List(_)));
            for name in ["Marker", "IsTruncated"] {
                assert!(output.member(name).is_some(), "{}: {name}", action.name);
            }
            for name in ["Marker", "MaxItems"] {
                assert!(action.input.member(name).is_some(), "{}: {name}", action.name);
            }
        }
    }
}

#[test]
fn names_are_told_apart_in_the_api_and_in_sql() {
    let mut names: Vec<_> = actions().map(|action| (action.api.name(), action.name)).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);

    let mut methods: Vec<_> = actions()
        .flat_map(|action| action.sql)
        .flat_map(|sql| {
            let names = sql.also.iter().copied().chain([(sql.resource, sql.method)]);
            names.map(|(resource, method)| (resource, method, format!("{:?}", sql.verb)))
        })
        .collect();
    let count = methods.len();
    methods.sort_unstable();
    methods.dedup();
    assert_eq!(methods.len(), count, "two methods of one resource and verb have the same name");
}
