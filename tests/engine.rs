//! The contract of an engine: one suite for the fake in memory and for a real Docker Engine, with the same assertions.
//!
//! What the fake promises and the real one does not keep would make every other test worthless. Each case is one
//! function over a [`support::Lab`]; the list at the end makes two tests of it. The real ones need an engine that can be
//! reached (`DOCKER_HOST` or the default socket) and no registry: `cargo nextest run -E 'test(real_)'`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed expectation is a failed test")]

#[path = "engine/containers.rs"]
mod containers;
#[path = "engine/exec.rs"]
mod exec;
#[path = "engine/files.rs"]
mod files;
#[path = "engine/health.rs"]
mod health;
#[path = "engine/images.rs"]
mod images;
#[path = "engine/lifecycle.rs"]
mod lifecycle;
#[path = "engine/logs.rs"]
mod logs;
#[path = "engine/networks.rs"]
mod networks;
#[path = "engine/only_fake.rs"]
mod only_fake;
#[path = "engine/only_real.rs"]
mod only_real;
#[path = "engine/run.rs"]
mod run;
#[path = "engine/support/mod.rs"]
mod support;

macro_rules! contract {
    ($($module:ident { $($case:ident),* $(,)? })*) => {
        mod fake_engine {
            $($(
                #[tokio::test(start_paused = true)]
                async fn $case() {
                    crate::support::on_fake(|lab| Box::pin(crate::$module::$case(lab))).await;
                }
            )*)*
        }

        mod real_engine {
            $($(
                #[tokio::test]
                async fn $case() {
                    crate::support::on_real(|lab| Box::pin(crate::$module::$case(lab))).await;
                }
            )*)*
        }
    };
}

contract! {
    containers {
        a_name_is_taken_once,
        a_name_has_two_characters,
        what_a_container_needs_must_exist,
        values_of_the_environment_stay_secret,
        labels_come_back,
        a_project_lists_its_containers,
        names_and_identifiers_find_a_container,
        a_name_can_be_given_away,
        removing_again_is_fine,
        a_running_container_is_removed_by_force,
        a_container_without_a_command_does_not_start,
    }
    lifecycle {
        starting_again_is_fine,
        stopping_again_is_fine,
        a_handler_decides_the_exit_code,
        who_ignores_the_signal_is_killed_after_the_grace_period,
        waiting_gives_the_exit_code,
        waiting_lasts_until_the_end,
        a_frozen_container_goes_on_when_it_is_let,
        a_signal_needs_a_running_container,
        too_much_memory_is_told_apart,
        failures_are_restarted_and_counted,
        a_stop_ends_the_restarts,
        each_start_has_its_time,
        a_running_container_has_processes,
        restarts_can_be_stopped_and_allowed,
    }
    health {
        without_a_check_there_is_no_health,
        the_engines_check_speaks_after_its_interval,
        a_failing_check_is_unhealthy_after_its_retries,
        health_does_not_outlive_a_restart,
        the_check_in_force_is_shown,
    }
    networks {
        a_network_is_made_once,
        subnets_do_not_overlap,
        a_network_in_use_stays,
        no_network_is_no_network,
        a_missing_network_fails_the_start,
        a_fixed_address_is_kept,
        a_fixed_address_is_held_by_one,
        a_fixed_address_is_one_of_the_subnet,
        other_addresses_come_from_the_range,
        a_container_has_two_networks,
        a_host_port_is_held_by_one,
        a_free_host_port_is_found,
    }
    files {
        a_volume_is_shared_by_archives,
        archives_have_the_directorys_name,
        what_is_not_there,
        a_file_is_no_place_to_unpack,
        a_read_only_root_takes_files_in_volumes_only,
        the_root_of_a_volume_gets_an_owner,
        a_new_volume_gets_the_images_content,
        a_volume_in_use_stays,
        a_volume_is_made_once,
        anonymous_volumes_outlive_their_container,
        large_archives_go_round,
        archives_go_through_in_pieces,
        an_archive_whose_source_fails_is_no_success,
        running_containers_take_files,
    }
    exec {
        a_command_gives_output_and_exit_code,
        a_command_that_does_not_end_times_out,
        a_command_needs_a_running_container,
        an_unknown_command_is_an_exit_code,
        long_output_is_cut,
    }
    run {
        the_exit_code_comes_last,
        standard_error_stands_apart,
        what_goes_in_comes_out,
        much_goes_through_without_loss,
        a_variable_reaches_the_command,
        a_command_has_its_user,
        an_unknown_program_is_an_exit_code,
        a_stream_needs_a_running_container,
        the_end_of_the_container_is_no_success,
        silence_is_given_up,
        whoever_reads_slowly_is_waited_for,
        a_dropped_stream_leaves_the_command,
        an_input_that_fails_is_no_success,
    }
    logs {
        output_is_kept_by_stream,
        the_tail_and_the_time,
        following_ends_with_the_container,
        following_ends_at_the_limit,
        without_a_container_there_are_no_logs,
    }
    images {
        an_absent_image_is_none,
        an_import_can_be_used,
        an_unknown_image_is_unavailable,
        an_unknown_image_has_no_digest,
        the_engine_tells_of_itself,
    }
}
