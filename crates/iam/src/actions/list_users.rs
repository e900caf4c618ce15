//! ListUsers: the users of the account, without their tags.

use vmfa_model::names::PathPrefix;
use vmfa_store::UserPage;

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "ListUsers",
    doc: "Lists the users of the account by name, without regard to case: all, or those whose \
          path has a prefix. Tags are not included. With a prefix, a page may hold fewer users \
          than its limit, or none, although there is another page.",
    access: Access::List,
    resource: PermissionResource::InAccount("user/"),
    input: &Input::SHAPE,
    reply: Output::REPLY,
    sql: &[SqlMethod::select("users", "users_List").also(&[("users", "list_users")])],
    rule: reads!(run),
    ..Action::IAM
};

paged! {
    struct Input {
        /// The prefix of the users' paths; `/`, the prefix of all, by default.
        #[aws = " The path prefix for filtering the results."]
        "PathPrefix" prefix: Option<PathPrefix>,
    }
    struct Output {
        /// The users.
        "Users" users: [UserShape],
    }
}

fn run(context: &ReadContext<'_>, input: Input) -> Result<Output, Refusal> {
    let account = context.account();
    let prefix = input.prefix.as_ref().map_or(EVERY_PATH, PathPrefix::as_str);
    let pager = context.pager::<UserName>()?;
    let rows = if prefix == EVERY_PATH { pager.rows() } else { STRIDE };
    let arns = account.arns();
    let mut page = pager.page();
    let mut after = pager.after().cloned();
    let mut looked_at = 0_usize;
    // Users lie in the order of their names, so a path may have to be searched among many.
    context.read(|view| {
        loop {
            let mut users =
                view.users(account, &UserPage { after: after.as_ref(), limit: rows })?;
            for user in &users {
                if user.path.as_str().starts_with(prefix) {
                    page.add(user.name.clone(), || UserShape::listed(&arns, user));
                } else {
                    page.pass(user.name.clone());
                }
            }
            looked_at = looked_at.saturating_add(users.len());
            if page.has_ended() || users.len() < rows {
                return Ok(());
            }
            if looked_at >= MOST_LOOKED_AT {
                page.end();
                return Ok(());
            }
            after = users.pop().map(|user| user.name);
        }
    })?;
    let (users, marker) = page.finish();
    Ok(Output::new(users, marker))
}

/// How every path begins.
const EVERY_PATH: &str = "/";
/// Users to read at once in search of a path.
const STRIDE: usize = 1_000;
/// Users to look at for one page, so that none takes long.
const MOST_LOOKED_AT: usize = 2_000;
