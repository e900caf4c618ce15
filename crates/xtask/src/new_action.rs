//! `new-action`: a skeleton of an action, which compiles and returns nothing, and of its story,
//! which fails until it is written.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    path::PathBuf,
};

use anyhow::{Context as _, ensure};
use vmfa_iam::{Api, find};

use crate::report::line;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Use this name, as AWS writes it, such as `GetAccessKeyInfo`
    name: String,
    /// Create the action in the API of STS instead of IAM's
    #[arg(long)]
    sts: bool,
}

pub(crate) fn run(Arguments { name, sts }: &Arguments) -> anyhow::Result<()> {
    let is_camel_case = name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.chars().all(|character| character.is_ascii_alphanumeric());
    ensure!(is_camel_case, "invalid name `{name}`: write it as AWS does, such as GetAccessKeyInfo");
    let known = Api::ALL.iter().any(|api| find(*api, name).is_some());
    ensure!(!known, "the action `{name}` exists already");

    let module = snake_case(name);
    let table = path(TABLE);
    let text = fs::read_to_string(&table).with_context(|| format!("cannot read `{TABLE}`"))?;
    let registered = register(&text, &module, *sts)?;
    let (action, story) =
        (format!("crates/iam/src/actions/{module}.rs"), format!("crates/iam/tests/{module}.rs"));
    create(&action, &skeleton(name, *sts))?;
    create(&story, &fill(STORY, name))?;
    fs::write(&table, registered).with_context(|| format!("cannot write `{TABLE}`"))?;
    line(fill(NEXT, name));
    Ok(())
}

/// `ListSSHPublicKeys` becomes `list_ssh_public_keys`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    let mut before: Option<char> = None;
    let mut characters = name.chars().peekable();
    while let Some(character) = characters.next() {
        let begins_word = character.is_ascii_uppercase()
            && before.is_some_and(|before| {
                !before.is_ascii_uppercase()
                    || characters.peek().is_some_and(char::is_ascii_lowercase)
            });
        if begins_word {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
        before = Some(character);
    }
    snake
}

/// The table with a line for the module, in alphabetical order among the actions of IAM, which come
/// first, or of STS, which follow.
fn register(table: &str, module: &str, sts: bool) -> anyhow::Result<String> {
    let start =
        table.find(OPENING).with_context(|| format!("no `{}` in `{TABLE}`", OPENING.trim()))?;
    let (head, rows) = table.split_at(start.saturating_add(OPENING.len()));
    let mut length: usize = 0;
    let mut before = "";
    let mut is_sts = false;
    for row in rows.split_inclusive('\n') {
        let Some(listed) = row.trim().strip_suffix(',') else { break };
        if listed < before {
            if is_sts == sts {
                break;
            }
            is_sts = true;
        }
        if is_sts == sts && listed > module {
            break;
        }
        before = listed;
        length = length.saturating_add(row.len());
    }
    let (earlier, later) = rows.split_at(length);
    Ok(format!("{head}{earlier}    {module},\n{later}"))
}

/// The file of an action, by the form that its name suggests.
fn skeleton(name: &str, sts: bool) -> String {
    let verb_length = name.chars().skip(1).take_while(char::is_ascii_lowercase).count();
    let (verb, noun) = name.split_at_checked(verb_length.saturating_add(1)).unwrap_or((name, ""));
    let (form, access, statement) = match verb {
        "List" => (LIST, "List", "select"),
        "Get" => (READ, "Read", "select"),
        "Create" | "Upload" => (WRITE, "Write", "insert"),
        "Delete" | "Remove" => (WRITE, "Write", "delete"),
        "Update" => (WRITE, "Write", "update"),
        "Tag" | "Untag" => (WRITE, "Tagging", "exec"),
        _ => (WRITE, "Write", "exec"),
    };
    let plural = if noun.ends_with('s') { "" } else { "s" };
    let resource = format!("{}{plural}", snake_case(noun));
    let action = form
        .replace("Access::Write", &format!("Access::{access}"))
        .replace("SqlMethod::exec", &format!("SqlMethod::{statement}"))
        .replace("METHOD", &format!("{resource}_{verb}"))
        .replace("RESOURCE", &resource);
    let action = if sts { action.replace("Action::IAM", "Action::STS") } else { action };
    fill(&action, name)
}

fn fill(template: &str, name: &str) -> String {
    template.replace("MODULE", &snake_case(name)).replace("NAME", name)
}

/// Writes a new file.
fn create(name: &str, text: &str) -> anyhow::Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).open(path(name));
    let mut file = file.with_context(|| format!("cannot create `{name}`"))?;
    file.write_all(text.as_bytes()).with_context(|| format!("cannot write `{name}`"))
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(name)
}

const TABLE: &str = "crates/iam/src/actions.rs";
const OPENING: &str = "\ntable! {\n";

// The files are compiled with the tests of `vmfa-iam`, so that they follow the action table.
const READ: &str = include_str!("../../iam/src/actions/skeletons/read.rs");
const LIST: &str = include_str!("../../iam/src/actions/skeletons/list.rs");
const WRITE: &str = include_str!("../../iam/src/actions/skeletons/write.rs");

const STORY: &str = r#"//! NAME.
#![expect(clippy::unwrap_used, reason = "a test fails where set-up fails")]

mod support;

use support::{World, show};

#[test]
fn MODULE() {
    let world = World::new();
    let output = show(&world.call("NAME", &[]).unwrap());
    assert_eq!(output, "TODO: the expected output, each refusal, and what the call changes");
}
"#;

const NEXT: &str = "\
created crates/iam/src/actions/MODULE.rs and crates/iam/tests/MODULE.rs

Next:
1. Write the action: documentation, permission resource, members, SQL names (StackQL's, or `&[]`)
   and rule. A member is `#[aws = \"AWS's sentence\"] \"UserName\" user: Option<UserName>`; see
   get_user.rs (read), list_users.rs (list) and create_user.rs (write).
2. Write its story: cargo nextest run -p vmfa-iam --test MODULE
3. Write the reference page: cargo xtask reference
4. Format its file, which `cargo fmt` misses: rustfmt crates/iam/src/actions/MODULE.rs
   Run all tests: scripts/test cargo
5. State differences from AWS in docs/deviations.md.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_modules() {
        for (name, module) in [
            ("GetUser", "get_user"),
            ("ListSSHPublicKeys", "list_ssh_public_keys"),
            ("GetMFADevice", "get_mfa_device"),
            ("GetOpenIDConnectProvider", "get_open_id_connect_provider"),
        ] {
            assert_eq!(snake_case(name), module);
        }
    }

    #[test]
    fn modules_are_registered_in_order() {
        let table = |rows: &str| format!("x!\n\ntable! {{\n{rows}}}\n");
        let rows = "    create_user,\n    list_users,\n    get_caller_identity,\n";
        for (module, sts, before) in [
            ("add_user", false, "create_user"),
            ("get_user", false, "list_users"),
            ("tag_user", false, "get_caller_identity"),
            ("assume_role", true, "get_caller_identity"),
        ] {
            let expected = rows.replace(before, &format!("{module},\n    {before}"));
            assert_eq!(register(&table(rows), module, sts).unwrap(), table(&expected));
        }
        let last = format!("{rows}    get_session_token,\n");
        assert_eq!(register(&table(rows), "get_session_token", true).unwrap(), table(&last));
        assert!(register("nothing", "get_user", false).is_err());
    }

    #[test]
    fn a_skeleton_is_filled_for_its_action() {
        for (name, sts, parts) in [
            ("GetAccessKeyInfo", true, ["Access::Read", "select(\"access_key_infos\"", "STS"]),
            ("ListGroups", false, ["Access::List", "\"groups_List\"", "Output::REPLY"]),
            ("DeleteGroup", false, ["Access::Write", "delete(\"groups\"", "writes!"]),
            ("TagUser", false, ["Access::Tagging", "exec(\"users\"", "IAM"]),
        ] {
            let skeleton = skeleton(name, sts);
            assert!(skeleton.starts_with(&format!("//! {name}: ")), "{skeleton}");
            for part in parts {
                assert!(skeleton.contains(part), "`{part}` is missing in {skeleton}");
            }
            for placeholder in ["NAME", "METHOD", "RESOURCE"] {
                assert!(!skeleton.contains(placeholder), "`{placeholder}` is left in {skeleton}");
            }
        }
    }

    #[test]
    fn the_table_of_this_repository_can_be_extended() {
        let table = fs::read_to_string(path(TABLE)).unwrap();
        let registered = register(&table, "zzz", false).unwrap();
        let next = registered.split_once("    zzz,\n").unwrap().1;
        let first_of_sts = vmfa_iam::actions().find(|action| action.api == Api::Sts).unwrap();
        let row = format!("    {},", snake_case(first_of_sts.name));
        assert!(next.starts_with(&row), "zzz is not the last of IAM");
    }
}
