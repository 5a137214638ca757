//! One suite for every backend: what a store promises, as small cases. A backend implements [`Backend`] and expands
//! [`conformance_tests!`](crate::conformance_tests) to one `#[test]` for each case.
//!
//! Deliberately absent: an async runtime. The cases drive futures with [`block_on`].

#![expect(
    clippy::unwrap_used,
    reason = "tests that live outside `cfg(test)`, so that every backend can run them"
)]

mod audits;
mod commits;
pub(crate) mod fixture;
mod functions;
mod lists;
mod reads;
mod registry;
mod secrets;
mod subscriptions;

pub use fixture::{Bench, block_on, definition_id, id, row};

use crate::traits::Store;

/// A store under test.
pub trait Backend {
    /// The store.
    fn store(&self) -> &dyn Store;

    /// Closes the store and opens it again, where it outlives its process.
    fn reopen(&mut self);
}

/// The memory store as a backend: there is nothing to reopen.
#[derive(Debug, Default)]
pub struct Memory(crate::memory::MemoryStore);

impl Backend for Memory {
    fn store(&self) -> &dyn Store {
        &self.0
    }

    fn reopen(&mut self) {}
}

/// A case: it panics when the promise in its name is broken.
pub type Case = fn(&mut Bench<'_>);

/// Runs one case on a fresh store.
pub fn run(case: Case, backend: &mut dyn Backend) {
    case(&mut Bench::new(backend));
}

macro_rules! cases {
    ($dollar:tt $($module:ident { $($case:ident),+ $(,)? })+) => {
        /// Every case by its name.
        pub const CASES: &[(&str, Case)] = &[$($((stringify!($case), $module::$case)),+),+];

        /// Expands to one `#[test]` for each case; the argument makes a [`Backend`](crate::conformance::Backend).
        #[macro_export]
        macro_rules! conformance_tests {
            ($dollar make:expr) => {
                $($(
                    #[test]
                    fn $case() {
                        let name = stringify!($case);
                        let case = $crate::conformance::CASES.iter().find(|(case, _)| *case == name);
                        let (_, case) = case.expect("the list has every case");
                        let mut backend = $dollar make;
                        $crate::conformance::run(*case, &mut backend);
                    }
                )+)+
            };
        }
    };
}

cases! { $
    commits {
        acquired_epochs_only_grow,
        acquired_epochs_survive_a_restart,
        a_commit_under_the_current_epoch_is_durable,
        a_commit_under_an_old_epoch_is_fenced_and_writes_nothing,
        a_commit_with_one_old_lease_of_several_is_fenced,
        a_commit_without_a_lease_for_an_execution_is_fenced,
        a_lease_of_an_unknown_shard_is_fenced,
        a_history_starts_at_one,
        a_gap_in_a_history_is_a_conflict_and_writes_nothing,
        an_append_that_is_there_already_is_a_conflict,
        appends_of_one_commit_follow_each_other,
        an_append_without_an_execution_is_a_conflict,
        an_append_under_another_tenant_is_a_conflict,
        an_append_without_events_is_refused,
        a_row_whose_status_is_another_is_a_conflict,
        a_row_that_is_there_is_not_new,
        a_row_that_is_not_there_cannot_change,
        a_row_cannot_change_its_tenant,
        a_row_may_change_twice_in_a_commit,
        a_refused_commit_leaves_no_trace,
        commits_of_one_execution_keep_their_order,
        many_executions_share_a_commit,
        what_was_committed_survives_a_restart,
        an_empty_commit_is_accepted,
        a_history_has_a_limit,
        a_key_of_an_open_execution_is_taken,
        a_key_is_free_once_its_execution_has_ended,
        a_key_may_pass_on_within_a_commit,
        an_execution_that_opens_again_needs_its_key,
        a_key_belongs_to_one_definition_and_tenant,
    }
    reads {
        what_is_not_there_is_none,
        a_history_is_read_in_pieces,
        a_long_history_comes_back_whole,
        load_many_skips_what_is_not_there,
        rows_and_histories_of_another_tenant_do_not_exist,
        open_executions_are_those_with_something_under_way,
        executions_that_owe_something_are_open_whatever_their_status,
        open_executions_come_in_pages_by_id,
        due_executions_come_in_order_up_to_an_instant,
        due_executions_come_in_pages,
        due_follows_the_newest_row,
        the_holder_of_a_key_is_found,
        the_latest_ended_holder_of_a_key_is_found,
        ended_executions_are_deleted_the_earliest_first,
        deleted_executions_leave_lists_counts_keys_and_due,
        deletion_spares_other_tenants_and_open_executions,
        named_executions_are_deleted_when_they_have_ended,
        deletions_survive_a_restart,
        a_deleted_id_may_live_again,
        an_id_that_lives_again_elsewhere_is_not_shown_to_its_old_tenant,
        every_field_of_a_row_comes_back,
        payloads_come_back_byte_for_byte,
    }
    lists {
        a_list_is_ordered_by_start_and_id,
        a_list_shows_one_tenant,
        pages_follow_each_other_without_gaps,
        pages_are_stable_while_executions_start,
        a_change_between_pages_shows_an_execution_once,
        page_sizes_are_capped,
        an_empty_page_has_no_next,
        every_condition_filters,
        executions_under_a_limit_are_found,
        the_children_of_an_execution_are_listed,
        a_filter_of_several_statuses_merges_in_order,
        a_list_shows_the_newest_state,
        counts_follow_every_change,
        counts_with_other_conditions_look_at_rows,
        counts_show_one_tenant,
        counts_survive_a_restart,
    }
    registry {
        a_definition_is_registered_once,
        other_content_under_a_taken_version_is_refused,
        a_definition_belongs_to_its_tenant,
        the_latest_definition_is_the_highest_release,
        a_disabled_definition_is_not_the_latest,
        a_deleted_definition_is_found_by_its_digest_only,
        a_deleted_definition_comes_back_when_it_is_registered_again,
        acts_on_what_is_not_there_write_nothing,
        definitions_are_listed_in_pages_by_version,
        definitions_are_filtered_by_name,
        definitions_are_found_by_the_events_that_start_them,
        tenants_are_put_and_listed,
        definitions_and_tenants_survive_a_restart,
        the_tenant_view_refuses_records_of_others,
    }
    subscriptions {
        who_waits_is_found_by_kind_filter_and_correlation,
        one_of_many_is_found_by_its_correlation,
        a_filter_for_any_type_is_named_for_every_type,
        a_new_set_takes_the_place_of_the_old_one,
        an_empty_set_ends_the_wait,
        one_execution_may_wait_for_several_things,
        filters_come_in_pages,
        subscribers_come_in_pages_by_id,
        who_waits_in_another_tenant_is_not_found,
        a_subscription_is_found_as_soon_as_its_commit_is_durable,
        subscriptions_survive_a_restart,
        ended_subscriptions_stay_ended_after_a_restart,
        deleted_executions_wait_for_nothing,
        a_deleted_id_that_lives_again_waits_for_its_own,
        subscriptions_of_what_is_not_there_are_a_conflict,
        subscriptions_need_the_lease_and_the_tenant_of_their_execution,
        impossible_subscriptions_are_refused,
    }
    functions {
        a_function_is_put_once,
        a_function_belongs_to_its_tenant,
        a_deleted_function_comes_back_only_as_what_it_was,
        acts_on_functions_are_audited_once_they_change_something,
        functions_are_listed_in_pages_by_version,
        functions_survive_a_restart,
    }
    secrets {
        each_write_of_a_secret_is_a_version,
        a_secret_belongs_to_its_tenant,
        secrets_are_listed_in_pages_by_name,
        a_deleted_secret_is_gone,
        acts_on_secrets_are_audited,
        secrets_survive_a_restart,
        a_tenant_has_so_many_secrets,
        only_the_newest_versions_are_remembered,
    }
    audits {
        an_audit_is_written_with_its_act,
        a_refused_commit_is_not_audited,
        an_audit_chain_verifies_across_commits_and_restarts,
        each_tenant_has_its_own_chain,
        an_altered_record_breaks_the_chain,
        a_removed_record_breaks_the_chain,
        audits_are_read_in_pages,
        audits_of_one_resource_are_found,
        refusals_are_audited_without_an_act,
        acts_on_definitions_are_audited,
        an_answer_is_kept_with_its_commit,
        an_answer_under_a_used_key_refuses_the_commit,
        an_expired_answer_does_not_count,
        expired_answers_are_swept,
        answers_belong_to_their_tenant,
        stats_count_commits_and_refusals,
    }
}

#[cfg(test)]
mod memory {
    conformance_tests!(super::Memory::default());
}
