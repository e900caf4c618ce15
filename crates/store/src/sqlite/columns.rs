//! Values of columns that several tables have.

use rusqlite::Row;
use vmfa_model::{
    AccountId, Timestamp,
    names::{Tag, TagKey, TagValue},
};

use crate::Error;

/// The value of an account's column.
pub(super) fn account_column(account: AccountId) -> Result<i64, Error> {
    i64::try_from(account.get()).map_err(|_| Error::Inconsistent("account"))
}

pub(super) fn account_id(column: i64, table: &'static str) -> Result<AccountId, Error> {
    let id = u64::try_from(column).ok().and_then(AccountId::new);
    id.ok_or(Error::Inconsistent(table))
}

pub(super) fn text<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r str, Error> {
    row.get_ref(column)?.as_str().map_err(|_| Error::Inconsistent("text"))
}

/// Tags are stored as a JSON list of pairs of key and value.
pub(super) fn tags(column: Option<String>) -> Result<Vec<Tag>, Error> {
    let Some(json) = column else { return Ok(Vec::new()) };
    let pairs: Vec<(String, String)> =
        serde_json::from_str(&json).map_err(|_| Error::Inconsistent("tags"))?;
    let tag = |(key, value)| {
        let (key, value) = (TagKey::try_from(key).ok()?, TagValue::try_from(value).ok()?);
        Some(Tag { key, value })
    };
    pairs.into_iter().map(|pair| tag(pair).ok_or(Error::Inconsistent("tags"))).collect()
}

pub(super) fn tags_column(tags: &[Tag]) -> Result<Option<String>, Error> {
    if tags.is_empty() {
        return Ok(None);
    }
    let pairs: Vec<_> = tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect();
    serde_json::to_string(&pairs).map(Some).map_err(|_| Error::Inconsistent("tags"))
}

/// A name that satisfies the constraints of its type.
pub(super) fn name<T: TryFrom<String>>(column: String, table: &'static str) -> Result<T, Error> {
    T::try_from(column).map_err(|_| Error::Inconsistent(table))
}

pub(super) fn optional<T: TryFrom<String>>(
    column: Option<String>,
    table: &'static str,
) -> Result<Option<T>, Error> {
    column.map(|column| name(column, table)).transpose()
}

pub(super) fn time(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds)
}

pub(super) fn count(column: i64) -> Result<u64, Error> {
    u64::try_from(column).map_err(|_| Error::Inconsistent("count"))
}

pub(super) fn bound(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
