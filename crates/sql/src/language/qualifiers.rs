//! The last part of a resource's name, as what its columns are called by: `users.UserName`.
//!
//! To SQLite a resource has one name. Where the statement has not given it another one, and has
//! given its last part to nothing else, that part stands for the whole.
//!
//! Not here: the whole name before a column, which is read like any other.

use std::collections::HashMap;

use super::{
    lexer::Token,
    sqlite::quoted_name,
    tables::{Place, defined, places},
};
use crate::catalog::{PROVIDER, Resource, catalog};

/// What is written for the tokens that are such parts. `around` is a resource that stands outside
/// of the tokens.
pub(crate) fn qualifiers(
    tokens: &[Token<'_>],
    around: Option<&'static Resource>,
) -> HashMap<usize, String> {
    let places = places(tokens);
    let mut resources: Vec<&'static Resource> = around.into_iter().collect();
    let mut taken = defined(tokens);
    for Place { names, alias, .. } in &places {
        match (names.as_slice(), alias) {
            (_, Some(alias)) => taken.push(alias.clone()),
            ([name], None) => taken.push(name.clone()),
            ([provider, service, resource], None) if provider.eq_ignore_ascii_case(PROVIDER) => {
                resources.extend(catalog().find([provider, service, resource]));
            }
            _ => {}
        }
    }
    resources.retain(|resource| !taken.iter().any(|name| name.eq_ignore_ascii_case(resource.name)));
    let mut found = HashMap::new();
    if resources.is_empty() {
        return found;
    }
    let said = || tokens.iter().enumerate().filter(|(_, token)| !token.is_blank());
    let before = std::iter::once(None).chain(said().map(|(_, token)| Some(token)));
    for ((before, (at, token)), (_, dot)) in before.zip(said()).zip(said().skip(1)) {
        let begins = dot.is_symbol(".") && !before.is_some_and(|before| before.is_symbol("."));
        let Some(name) = token.name().filter(|_| begins) else { continue };
        let resource = resources.iter().find(|known| known.name.eq_ignore_ascii_case(&name));
        if let Some(resource) = resource.filter(|_| !places.iter().any(|place| place.at == at)) {
            found.insert(at, quoted_name(&resource.path));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{super::lexer::lex, *};

    #[test]
    fn the_last_part_of_a_name_stands_for_the_whole() {
        let told = |text: &str| {
            let tokens = lex(text).unwrap();
            let mut found: Vec<_> = qualifiers(&tokens, None).into_iter().collect();
            found.sort_unstable();
            let told = found.iter().map(|(at, name)| format!("{at} {name}"));
            told.collect::<Vec<_>>().join(", ")
        };
        let users = "\"aws.iam.users\"";
        assert_eq!(
            told("select users.a, Users . \"b\" from aws.iam_api.USERS where users.c = x.users.d"),
            format!("2 {users}, 7 {users}, 23 {users}")
        );
        for text in [
            "select users.a from aws.iam.users u",
            "select users.a from aws.iam.users u, aws.iam.mfa_devices users",
            "with users as (select 1 a) select users.a from users, aws.iam.users",
            "select users.a from aws.iam.users, users",
            "select users from aws.iam.users",
        ] {
            assert_eq!(told(text), "", "{text}");
        }
    }
}
