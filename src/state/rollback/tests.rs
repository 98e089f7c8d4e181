//! Which release a way back leads to, and when the database forbids it.

use chrono::DateTime;

use super::super::{Outcome, ReleaseService, Unreadable};
use super::*;
use crate::model::{Health, ImageId, Labels, Resources, RestartPolicy, label};

fn form(version: &str) -> MigrationForm {
    MigrationForm { config_hash: "1".into(), image_id: ImageId(format!("sha256:{version}")) }
}

fn release(number: u64, version: &str, head: Option<&str>) -> Release {
    Release {
        schema: 2,
        number,
        version: Some(version.into()),
        at: DateTime::UNIX_EPOCH,
        by: "ann@laptop".into(),
        command: "deploy".into(),
        files: Vec::new(),
        services: Default::default(),
        secrets: Default::default(),
        configs: Default::default(),
        schema_head: head.map(Into::into),
        migration: Some(form(version)),
        backward_compatible: None,
        stack: None,
        outcome: Outcome::Deployed,
        culprits: Default::default(),
        rollback_of: None,
        took_ms: None,
    }
}

fn history(releases: Vec<Release>) -> History {
    History { releases, unreadable: Vec::new() }
}

#[test]
fn a_version_or_a_number_or_the_one_before() {
    let mut failed = release(3, "v2.0.0", None);
    failed.outcome = Outcome::Failed { why: "no".into() };
    let history = history(vec![release(1, "v1.0.0", None), release(2, "v1.1.0", None), failed, release(4, "v1.2.0", None)]);
    let number = |current, wanted| target(&history, current, wanted, &[], false).map(|r| r.number);
    assert_eq!(number(Some(4), None), Ok(2), "an attempt that failed is nothing to return to");
    assert_eq!(number(Some(4), Some("v1.0.0")), Ok(1));
    assert_eq!(number(Some(4), Some("2")), Ok(2));
    assert_eq!(number(Some(4), Some("v1.2.0")), Ok(4), "what there is to do for the current one, the plan knows");
    assert_eq!(number(Some(4), Some("3")), Err(RollbackError::NoSuchRelease { wanted: "3".into() }));
    assert_eq!(number(Some(1), None), Err(RollbackError::NoneBefore { current: 1 }));
    assert_eq!(number(None, None), Err(RollbackError::NothingDeployed));
}

#[test]
fn migrations_in_between_must_be_declared() {
    let releases = vec![release(1, "v1.0.0", Some("4")), release(2, "v1.1.0", Some("5")), release(3, "v2.0.0", Some("6"))];
    let history = history(releases);
    let check = |current, to: usize, range| {
        let history = history.clone().up_to(current);
        check_migrations(&history, current, &history.releases[to - 1], range, [].iter())
    };
    assert_eq!(check(2, 1, Some("<2.0.0")), Ok(()));
    assert_eq!(check(3, 2, Some("<2.0.0")), refused(2, &["v2.0.0"]));
    assert_eq!(check(3, 1, Some("<2.0.0")), refused(1, &["v2.0.0"]));
    assert_eq!(check(3, 1, None), refused(1, &["v1.1.0", "v2.0.0"]));
    assert_eq!(check(3, 1, Some("<3")), Ok(()));
}

#[test]
fn the_same_schema_needs_no_word() {
    let history = history(vec![release(1, "v1.0.0", Some("4")), release(2, "v1.1.0", Some("4"))]);
    assert_eq!(check_migrations(&history, 2, &history.releases[0], None, [].iter()), Ok(()));
}

fn refused(target: u64, versions: &[&str]) -> Result<(), RollbackError> {
    Err(RollbackError::Migrations { target, versions: versions.iter().map(ToString::to_string).collect() })
}

#[test]
fn a_target_whose_own_migration_is_not_known_is_held_to_those_after_it() {
    let mut back = release(2, "v1.0.0", Some("4"));
    back.migration = None;
    let history = history(vec![release(1, "v1.0.0", Some("4")), back, release(3, "v2.0.0", Some("5"))]);
    let check = |range| check_migrations(&history, 3, &history.releases[1], range, [].iter());
    assert_eq!(check(None), refused(2, &["v2.0.0"]));
    assert_eq!(check(Some("*")), Ok(()));
}

#[test]
fn attempts_that_migrated_count_whenever_they_were_made() {
    let attempt = |number, began: bool, own: Option<&str>| {
        let mut attempt = release(number, "v2.0.0", None);
        attempt.outcome = Outcome::RolledBack { why: "no".into() };
        attempt.migration = attempt.migration.filter(|_| began);
        attempt.backward_compatible = own.map(Into::into);
        attempt
    };
    let check = |attempt: Release| {
        let history = history(vec![release(1, "v1.0.0", Some("4")), release(2, "v1.1.0", Some("4")), attempt]);
        let to = |n: usize| check_migrations(&history, 2, &history.releases[n], Some("<2.0.0"), [].iter());
        assert_eq!(to(0), to(1).map_err(|_| refused(1, &["v2.0.0"]).unwrap_err()));
        to(1)
    };
    assert_eq!(check(attempt(3, true, None)), refused(2, &["v2.0.0"]), "the same schema was that of before");
    assert_eq!(check(attempt(3, true, Some("<3.0.0"))), Ok(()), "it said so itself");
    assert_eq!(check(attempt(3, false, None)), Ok(()), "it had not come so far");
    let between = history(vec![release(1, "v1.0.0", Some("4")), attempt(2, true, None), release(3, "v1.1.0", None)]);
    assert_eq!(check_migrations(&between, 3, &between.releases[0], Some("<2.0.0"), [].iter()), refused(1, &["v2.0.0"]));
}

#[test]
fn a_record_that_cannot_be_read_may_be_one_of_a_migration() {
    let unreadable = |number: u64| Unreadable { file: format!("releases/{number:06}.json"), why: "no".into() };
    let releases = vec![release(1, "v1.0.0", Some("4")), release(4, "v1.2.0", Some("6"))];
    let check = |number, head: &str| {
        let mut history = History { releases: releases.clone(), unreadable: vec![unreadable(number)] };
        history.releases[0].schema_head = Some(head.into());
        check_migrations(&history, 4, &history.releases[0], Some("*"), [].iter())
    };
    assert_eq!(check(3, "4"), refused(1, &["release 3 (its record cannot be read)"]));
    assert_eq!(check(3, "6"), Ok(()), "the same schema, whatever it was");
    assert_eq!(check(5, "6"), refused(1, &["release 5 (its record cannot be read)"]), "after the schema was asked for");
}

fn container(name: &str, role: &str, version: &str, state: ContainerState) -> ObservedContainer {
    let labels = [(label::PROJECT, "shop"), (label::ROLE, role), (label::COMPOSE_SERVICE, "api"), (label::CONFIG_HASH, "1")];
    ObservedContainer {
        name: name.into(),
        image: format!("shop/api:{version}"),
        image_id: ImageId(format!("sha256:{version}")),
        labels: labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect::<Labels>(),
        state,
        id: name.into(),
        health: Health::NoCheck,
        healthcheck: None,
        stop_timeout: None,
        created_at: None,
        started_at: None,
        restart: RestartPolicy::No,
        resources: Resources::default(),
        restart_count: 0,
        networks: Default::default(),
        fixed_addresses: Default::default(),
        ports: Vec::new(),
        volumes: Default::default(),
    }
}

#[test]
fn a_migration_that_left_nothing_but_its_container_counts() {
    let history = history(vec![release(1, "v1.0.0", Some("4")), release(2, "v1.1.0", Some("4"))]);
    let check = |version, role, state, range| {
        let job = container("shop-migrate-1-next", role, version, state);
        check_migrations(&history, 2, &history.releases[1], range, [job].iter())
    };
    let ended = || ContainerState::Exited { exit_code: 1, oom_killed: false };
    assert_eq!(check("v2.0.0", "job", ended(), Some("<2.0.0")), refused(2, &["v2.0.0"]));
    assert_eq!(check("v2.0.0", "job", ended(), Some("<3.0.0")), Ok(()));
    assert_eq!(check("v2.0.0", "job", ContainerState::Created, None), Ok(()), "it never ran");
    assert_eq!(check("v1.0.0", "job", ended(), None), Ok(()), "it is recorded");
}

#[test]
fn what_an_update_left_running_makes_the_current_release_the_one_to_return_to() {
    let mut history = history(vec![release(1, "v1.0.0", None), release(2, "v1.1.0", None)]);
    let service = |version: &str| ReleaseService {
        image: format!("shop/api:{version}"),
        image_id: Some(ImageId(format!("sha256:{version}"))),
        digests: Vec::new(),
        replicas: 1,
        config_hashes: [(1, "1".to_owned())].into(),
        environment: None,
        volumes: Default::default(),
    };
    for release in &mut history.releases {
        release.services.insert("api".parse().unwrap(), service(release.version.as_deref().unwrap()));
    }
    let running = |version| container("shop-api-1", "service", version, ContainerState::Running { paused: false });
    let number = |version, wanted| target(&history, Some(2), wanted, &[running(version)], false).map(|r| r.number);
    assert_eq!((number("v1.1.0", None), number("v2.0.0", None)), (Ok(1), Ok(2)));
    assert_eq!((number("v2.0.0", Some("1")), number("v2.0.0", Some("v1.1.0"))), (Ok(1), Ok(2)));
    let stopped = container("shop-api-1", "service", "v2.0.0", ContainerState::Exited { exit_code: 0, oom_killed: false });
    let aside = [running("v1.1.0"), stopped];
    assert_eq!(target(&history, Some(2), None, &aside, false).map(|r| r.number), Ok(1), "what is stopped serves nobody");
    let left = |wanted| target(&history, Some(2), wanted, &aside, true).map(|r| r.number);
    assert_eq!((left(None), left(Some("1"))), (Ok(2), Ok(1)), "a run has left something, whatever serves");
    let project = "shop".parse().unwrap();
    let waiting = |name: &str| is_left(&container(name, "service", "v2", ContainerState::Created), &project);
    assert!(waiting("shop-api-1-next") && waiting("shop-api-1-next-2"));
    assert!(!waiting("shop-api-1") && !waiting("shop-api-1-previous") && !waiting("shop-api-1-failed"));
}

#[test]
fn a_release_that_is_ahead_of_the_database_is_no_way_back() {
    // The data of before v2.0.0 was brought back by hand, and v1.0.0 deployed on it.
    let releases = vec![release(1, "v1.0.0", Some("4")), release(2, "v2.0.0", Some("5")), release(3, "v1.0.0", Some("4"))];
    let refused = Err(RollbackError::SetBack { target: 2, version: Some("v2.0.0".into()) });
    let set_back = history(releases);
    assert_eq!(check_migrations(&set_back, 3, &set_back.releases[1], Some("*"), [].iter()), refused);
    assert_eq!(check_migrations(&set_back, 3, &set_back.releases[0], None, [].iter()), Ok(()));
    // A way back leaves the schema as it is.
    let releases = vec![release(1, "v1.0.0", Some("4")), release(2, "v1.1.0", Some("5")), release(3, "v1.0.0", Some("5"))];
    let returned = history(releases);
    assert_eq!(check_migrations(&returned, 3, &returned.releases[1], None, [].iter()), Ok(()));
}

#[test]
fn tags_as_versions() {
    let semantic = |tag| super::semantic(tag).map(|v| v.to_string());
    assert_eq!(semantic("v1.2.3"), Some("1.2.3".into()));
    assert_eq!(semantic("2"), Some("2.0.0".into()));
    assert_eq!(semantic("v1.2-rc.1"), Some("1.2.0-rc.1".into()));
    assert_eq!((semantic("latest"), semantic("1.2.3.4")), (None, None));
}
