//! What holds for every row of the action table.

use vmfa_iam::actions;
use vmfa_model::{Shape, StructureShape};

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
        if let Some(output) = action.output() {
            members(output, action.name);
        }
        if let Some(reply) = action.wrapped() {
            let wrapped = reply.shape.member(reply.member.as_str()).unwrap().shape;
            for name in reply.files {
                let Shape::Structure(wrapped) = wrapped else { panic!("{}", action.name) };
                assert!(wrapped.member(name).is_some(), "{}: {name}", action.name);
            }
        }
        if let Some(page) = action.paged() {
            let output = page.shape;
            for list in page.lists {
                assert!(matches!(output.member(list).unwrap().shape, Shape::List(_)));
            }
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
fn names_are_unique_in_each_api_and_in_sql() {
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
