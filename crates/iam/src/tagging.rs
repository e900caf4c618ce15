//! The rules of tags, the same for every resource that has them.

use vmfa_model::{
    Fault,
    names::{Tag, TagKey, Tags},
};

use crate::refuse;

/// How tag keys are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum TagKeyCase {
    /// For users.
    IgnoringCase,
    /// For devices.
    Exact,
}

/// The tags of a new resource. The refusals are AWS's.
pub(crate) fn new(tags: Option<Tags>, keys: TagKeyCase, most: u64) -> Result<Vec<Tag>, Fault> {
    let Some(tags) = tags else { return Ok(Vec::new()) };
    merged(Vec::new(), &checked(tags, keys)?, keys, most)
}

/// Refuses tags that no resource may get.
pub(crate) fn checked(tags: Tags, keys: TagKeyCase) -> Result<Vec<Tag>, Fault> {
    if tags.0.is_empty() {
        return Err(refuse::empty_list());
    }
    let reserved = |tag: &Tag| {
        tag.key.as_str().get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:"))
    };
    if tags.0.iter().any(reserved) {
        return Err(refuse::reserved_tag());
    }
    let mut seen: Vec<String> = tags.0.iter().map(|tag| keys.folded(tag.key.as_str())).collect();
    seen.sort_unstable();
    if seen.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err(match keys {
            TagKeyCase::IgnoringCase => refuse::duplicate_tag_ignoring_case(),
            TagKeyCase::Exact => refuse::duplicate_tag(),
        });
    }
    Ok(tags.0)
}

/// The tags with others set: an existing key keeps its position.
pub(crate) fn merged(
    mut present: Vec<Tag>,
    tags: &[Tag],
    keys: TagKeyCase,
    most: u64,
) -> Result<Vec<Tag>, Fault> {
    for Tag { key, value } in tags {
        let folded = keys.folded(key.as_str());
        let same = present.iter_mut().find(|tag| keys.folded(tag.key.as_str()) == folded);
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

/// The tags without some; absent keys are ignored.
pub(crate) fn without(mut present: Vec<Tag>, unwanted: &[TagKey], keys: TagKeyCase) -> Vec<Tag> {
    let unwanted: Vec<String> = unwanted.iter().map(|key| keys.folded(key.as_str())).collect();
    present.retain(|tag| !unwanted.contains(&keys.folded(tag.key.as_str())));
    present
}

impl TagKeyCase {
    fn folded(self, key: &str) -> String {
        match self {
            Self::IgnoringCase => key.to_lowercase(),
            Self::Exact => key.to_owned(),
        }
    }
}
