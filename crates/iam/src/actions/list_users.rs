//! ListUsers: the users of the account, without their tags.

use vmfa_model::{AccountId, names::PathPrefix};
use vmfa_store::{User, UserPage};

use super::prelude::*;

pub(super) static ACTION: Action = Action {
    name: "ListUsers",
    api: Api::Iam,
    doc: "Lists the users of the account by name, without regard to case: all, or those whose \
          path begins as asked. Tags are not told. With a path asked for, a page may hold fewer \
          users than it could, or none, although there are more.",
    access: Access::List,
    concerns: Concerns::Account("user/"),
    input: &Input::SHAPE,
    output: Some(&Output::SHAPE),
    page: Some(Page::of("Users")),
    unwrap: None,
    blob: None,
    sql: &[Sql::select("users", "users_List").also(&[("users", "list_users")])],
    rule: reads!(run),
};

structure! {
    struct Input {
        /// How the paths of the users begin; `/`, which is how all do, by default.
        #[aws = " The path prefix for filtering the results."]
        "PathPrefix" prefix: Option<PathPrefix>,
        /// Where to begin: the `Marker` of the page before.
        "Marker" marker: Option<Marker>,
        /// The most users in the answer, 1 to 1000; 100 by default.
        "MaxItems" limit: Option<MaxItems>,
    }
}

structure! {
    struct Output {
        /// The users.
        "Users" users: Vec<UserShape>,
        /// Whether there are more.
        "IsTruncated" more: bool,
        /// Where the next page begins, if there is one.
        "Marker" marker: Option<String>,
    }
    wire "IsTruncated", "Marker", "Users"
}

fn run(context: &ReadContext<'_>, input: Input) -> Result<Output, Refusal> {
    let account = context.account();
    let prefix = input.prefix.as_ref().map_or(EVERY_PATH, PathPrefix::as_str);
    let pager = Pager::new(context, &[ACTION.name, prefix], input.limit);
    let after = pager.position(input.marker.as_ref())?;
    let after = after.and_then(|name| String::from_utf8(name).ok());
    let found =
        context.read(|view| Search { account, prefix, limit: pager.limit() }.run(view, after))?;
    let marker = found.rest.map(|name| pager.marker(name.as_bytes()));
    let arns = account.arns();
    let users = found.users.iter().map(|user| UserShape::listed(&arns, user));
    Ok(Output { users: users.collect(), more: marker.is_some(), marker })
}

/// A search for one page of users.
struct Search<'a> {
    account: AccountId,
    prefix: &'a str,
    limit: usize,
}

/// A page, and the last name that was looked at where there may be more.
struct Found {
    users: Vec<User>,
    rest: Option<String>,
}

impl Search<'_> {
    /// Users lie in the order of their names, so a path may have to be looked for among many. The
    /// page ends when it is full, or when enough were looked at.
    fn run(&self, view: &dyn Read, mut after: Option<String>) -> Result<Found, Refusal> {
        let mut users = Vec::new();
        let mut looked_at = 0_usize;
        loop {
            let page = UserPage { after: after.as_deref(), limit: self.stride() };
            let stretch = view.users(self.account, &page)?;
            let last = stretch.len() < page.limit;
            looked_at = looked_at.saturating_add(stretch.len());
            for user in stretch {
                let wanted = user.path.starts_with(self.prefix);
                if wanted && users.len() == self.limit {
                    return Ok(Found { users, rest: after });
                }
                after = Some(user.name.clone());
                if wanted {
                    users.push(user);
                }
            }
            if last {
                return Ok(Found { users, rest: None });
            }
            if looked_at >= MOST_LOOKED_AT {
                return Ok(Found { users, rest: after });
            }
        }
    }

    /// How many to read at once: where all are wanted, one more than the page holds.
    fn stride(&self) -> usize {
        if self.prefix == EVERY_PATH { self.limit.saturating_add(1) } else { STRIDE }
    }
}

/// How every path begins.
const EVERY_PATH: &str = "/";
/// Users to read at once in search of a path.
const STRIDE: usize = 1_000;
/// Users to look at for one page, so that none takes long.
const MOST_LOOKED_AT: usize = 2_000;
