//! Every member in the action table states what the command line's skeletons and examples need.

use vmfa_iam::actions;
use vmfa_model::{Member, Shape, StructureShape};

/// Calls `check` with the path of each member, those of elements of lists included.
fn walk(shape: &StructureShape, path: &str, check: &mut dyn FnMut(&str, &Member)) {
    for member in shape.members {
        let path = format!("{path} {}", member.name);
        check(&path, member);
        let inner = match member.shape {
            Shape::List(list) => list.element,
            shape => shape,
        };
        if let Shape::Structure(shape) = inner {
            walk(shape, &path, check);
        }
    }
}

#[test]
fn every_input_member_has_a_sentence_of_aws_and_a_sample_where_required() {
    for action in actions() {
        walk(action.input, action.name, &mut |path, member| {
            let sentence = member.cli.sentence;
            assert!(
                sentence.ends_with('.') && !sentence.contains(". "),
                "{path} needs #[aws = \"…\"]: the first sentence of botocore's service model"
            );
            let by_value = !matches!(member.shape, Shape::Structure(_) | Shape::Boolean);
            assert!(
                !member.required
                    || !by_value
                    || path.matches(' ').count() > 1
                    || !member.cli.sample.is_empty(),
                "{path} needs #[sample = \"…\"], or its type does: a value for examples in help"
            );
        });
    }
}

#[test]
fn every_output_member_states_what_the_stub_of_the_aws_cli_checks() {
    for action in actions() {
        let Some(output) = action.output() else { continue };
        walk(output, action.name, &mut |path, member| match member.shape {
            Shape::Text(_) if member.name.ends_with("Id") || member.name.ends_with("Arn") => {
                assert!(
                    member.cli.min.is_some(),
                    "{path} needs #[min = …]: the shortest length in botocore's service model, or 0"
                );
            }
            Shape::List(list) if matches!(list.element, Shape::Text(_)) => assert!(
                !member.cli.element.is_empty(),
                "{path} needs #[element = \"…\"]: the name of the elements in the service model"
            ),
            Shape::Map(Shape::Text(_)) => assert!(
                member.cli.min.is_some(),
                "{path} needs #[min = …]: the shortest length of its values, or 0"
            ),
            _ => {}
        });
    }
}
