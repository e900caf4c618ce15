//! The rules of tags, the same for every resource that has them.

use vmfa_model::{
    Fault,
    names::{Tag, TagKey, Tags},
};

use crate::refuse;

/// How keys are told apart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    /// As users' are.
    IgnoringCase,
    /// As devices' are.
    Exact,
}

/// The tags of a new resource. The refusals are AWS's.
pub(crate) fn new(tags: Option<Tags>, keys: Keys, most: u64) -> Result<Vec<Tag>, Fault> {
    let Some(tags) = tags else { return Ok(Vec::new()) };
    merged(Vec::new(), &checked(tags, keys)?, keys, most)
}

/// Refuses tags that no resource may get.
pub(crate) fn checked(tags: Tags, keys: Keys) -> Result<Vec<Tag>, Fault> {
    if tags.0.is_empty() {
        return Err(refuse::empty_list());
    }
    let reserved = |tag: &Tag| {
        tag.key.as_str().get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:"))
    };
    if tags.0.iter().any(reserved) {
        return Err(refuse::reserved_tag());
    }
    let mut seen: Vec<String> =
        tags.0.iter().map(|tag| keys.told_apart(tag.key.as_str())).collect();
    seen.sort_unstable();
    if seen.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err(match keys {
            Keys::IgnoringCase => refuse::duplicate_tag_ignoring_case(),
            Keys::Exact => refuse::duplicate_tag(),
        });
    }
    Ok(tags.0)
}

/// The tags with others set over them: a key that is there keeps its place.
pub(crate) fn merged(
    mut present: Vec<Tag>,
    tags: &[Tag],
    keys: Keys,
    most: u64,
) -> Result<Vec<Tag>, Fault> {
    for Tag { key, value } in tags {
        let told_apart = keys.told_apart(key.as_str());
        let same = present.iter_mut().find(|tag| keys.told_apart(tag.key.as_str()) == told_apart);
        let new = Tag { key: key.clone(), value: value.clone() };
        match same {
            Some(tag) => *tag = new,
            None => present.push(new),
        }
    }
    if u64::try_from(present.len()).is_ok_and(|count| count > most) {
        return Err(refuse::too_many_tags());
    }
    Ok(present)
}

/// The tags without some; keys that are not there are no trouble.
pub(crate) fn without(mut present: Vec<Tag>, unwanted: &[TagKey], keys: Keys) -> Vec<Tag> {
    let unwanted: Vec<String> = unwanted.iter().map(|key| keys.told_apart(key.as_str())).collect();
    present.retain(|tag| !unwanted.contains(&keys.told_apart(tag.key.as_str())));
    present
}

impl Keys {
    fn told_apart(self, key: &str) -> String {
        match self {
            Self::IgnoringCase => key.to_lowercase(),
            Self::Exact => key.to_owned(),
        }
    }
}
