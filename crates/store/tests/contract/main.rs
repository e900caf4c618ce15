//! What every implementation of [`Store`] promises, as tests that are generic over how a store is
//! opened. Another backend implements [`Backend`] and adds itself to the macro at the end.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests fail tests by panicking"
)]

mod devices;
mod fixtures;
mod isolation;
mod keys;
mod transactions;
mod users;

use std::sync::Arc;

use vmfa_store::{Error, Read, Store, sqlite::Sqlite};

/// A store that is empty at first, and can be opened again after it was dropped.
trait Backend {
    fn open(&self) -> Arc<dyn Store>;

    /// Reads what is committed, through a connection of its own.
    fn read_committed(&self, look: &mut dyn FnMut(&dyn Read) -> Result<(), Error>);
}

struct SqliteBackend(tempfile::TempDir);

impl SqliteBackend {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self) -> std::path::PathBuf {
        self.0.path().join("db")
    }
}

impl Backend for SqliteBackend {
    fn open(&self) -> Arc<dyn Store> {
        Arc::new(Sqlite::open(&self.file()).unwrap())
    }

    fn read_committed(&self, look: &mut dyn FnMut(&dyn Read) -> Result<(), Error>) {
        Sqlite::peek(&self.file(), |view| look(view)).unwrap().unwrap();
    }
}

macro_rules! contract {
    ($($module:ident: $($test:ident)+;)+) => {
        mod sqlite {
            $(mod $module {
                $(#[test]
                fn $test() {
                    crate::$module::$test(&crate::SqliteBackend::new());
                })+
            })+
        }
    };
}

contract! {
    transactions:
        a_transaction_reads_its_own_writes_and_a_commit_shows_them
        a_read_view_is_one_snapshot
        a_refused_job_is_rolled_back_alone
        a_failed_job_is_rolled_back_with_its_error
        a_panicking_job_is_rolled_back_alone
        a_swallowed_error_fails_the_job
        a_job_cannot_write_to_another_account
        jobs_of_an_account_run_in_order
        a_completion_is_called_once_after_the_commit
        a_panicking_completion_harms_no_other_job
        jobs_queued_before_the_store_is_dropped_are_completed
        a_callback_that_is_shown_rows_must_not_query
        the_key_check_is_kept
        what_does_not_exist_is_none;
    isolation:
        a_job_that_names_another_account_fails
        a_job_changes_no_rows_of_another_account;
    devices:
        the_quota_holds_under_64_writers
        one_of_64_writers_gets_a_name
        a_step_is_used_once_under_racing_writers
        steps_only_rise_and_drift_changes_with_them
        lists_are_in_the_order_of_creation_page_by_page
        filters_and_owners_are_those_of_the_present
        numbers_of_devices_are_never_reused
        attempts_outlive_their_device
        a_device_is_stored_whole;
    users:
        users_are_listed_by_name_without_regard_to_case
        names_are_unique_without_regard_to_case
        a_renamed_user_keeps_all_but_its_name_and_path
        tags_keep_their_order
        counts_follow_what_they_count;
    keys:
        keys_are_listed_by_owner_oldest_first
        a_key_is_found_without_its_account
        an_identifier_of_a_key_is_unique
        uses_are_noted_for_keys_of_that_account_alone
        changes_of_credentials_raise_the_revision
        an_account_has_one_report;
}
