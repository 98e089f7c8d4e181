//! The dump before a migration: of which container, or why there is none; and what its script leaves in the data directory.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use medianestctl::engine::Engine as _;
use medianestctl::engine::fake::FakeEngine;
use medianestctl::event::Event;
use medianestctl::plan::{Action, Plan};

use crate::support::{Operator, Project, assert_settled, good, shop, shop_but, shop_engine};

/// The shop with a database that the tool can dump.
fn sql() -> Project {
    shop_but(&[("shop/db:${DB_TAG:-1}", "postgres:${DB_TAG:-16}")])
}

fn v2() -> Project {
    sql().var("VERSION", "v2")
}

async fn running() -> FakeEngine {
    let engine = shop_engine().with_image("postgres:16", good()).with_image("postgres:17", good());
    sql().deploy(&engine).await.unwrap();
    engine
}

/// The container and the command of the plan's dump.
fn dump(plan: &Plan) -> Option<(String, Vec<String>)> {
    plan.steps.iter().find_map(|step| match &step.action {
        Action::Dump { container, command, .. } => Some((container.clone(), command.clone())),
        _ => None,
    })
}

#[tokio::test(start_paused = true)]
async fn a_database_that_is_replaced_is_dumped_where_it_runs_by_then() {
    let (engine, next) = (running().await, v2().var("DB_TAG", "17"));
    let plan = next.plan(&engine).await.unwrap();
    assert_eq!(dump(&plan).unwrap().0, "shop-db-1-next", "{}", plan.to_text());
    next.deploy(&engine).await.unwrap();
    assert_settled(&next, &engine).await;
}

#[tokio::test(start_paused = true)]
async fn a_database_that_the_plan_starts_is_dumped_too() {
    let engine = running().await;
    engine.stop("shop-db-1", Duration::ZERO).await.unwrap();
    let plan = v2().plan(&engine).await.unwrap();
    assert_eq!(dump(&plan).unwrap().0, "shop-db-1", "{}", plan.to_text());
    v2().deploy(&engine).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn that_there_is_no_dump_is_said() {
    let engine = running().await;
    assert_eq!(v2().plan(&engine).await.unwrap().notes, []);
    let other = shop().var("VERSION", "v2");
    let plan = other.plan(&engine).await.unwrap();
    let told: Vec<_> = plan.notes.iter().map(|note| note.message.as_str()).collect();
    assert_eq!(dump(&plan), None);
    assert_eq!(
        told,
        ["the migration `migrate` runs without a dump before it: no PostgreSQL of this stack will be running by then"]
    );
    // Nobody is told what they have said themselves.
    let engine = shop_engine();
    shop().deploy(&engine).await.unwrap();
    let mut operator = Operator::new(&other, &engine);
    operator.no_backup = true;
    assert_eq!(operator.plan().await.unwrap().notes, []);
    // A way back and a first deploy migrate nothing that was there.
    assert_eq!(shop().plan(&shop_engine()).await.unwrap().notes, []);
}

#[tokio::test(start_paused = true)]
async fn a_dump_that_is_kept_from_an_earlier_attempt_is_told() {
    let kept = medianestctl::engine::fake::ExecScript::new(|_, argv| {
        let dump = argv.first().is_some_and(|program| program == "sh");
        dump.then(|| medianestctl::engine::ExecOutput { code: 3, output: b"one is there".to_vec() })
    });
    let image = medianestctl::engine::fake::FakeImage { exec: Some(kept), ..good() };
    let engine = shop_engine().with_image("postgres:16", image);
    sql().deploy(&engine).await.unwrap();
    let next = v2();
    let operator = Operator::new(&next, &engine);
    operator.deploy().await.unwrap();
    let events = operator.events.lock().unwrap();
    let told = events.iter().find_map(|event| match event {
        Event::StepWarning { message, hint, .. } => Some((message.as_str(), hint.as_str())),
        _ => None,
    });
    assert_eq!(told, Some(("one is there", "delete it first to have a new one made by the next attempt")));
}

/// A data directory, and programs as the image of PostgreSQL has them.
struct Place(tempfile::TempDir);

impl Place {
    /// A database of that size with so much room beside it, in KiB; `pg_dump` writes its name, or fails half-way.
    fn new(size: u64, free: u64) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(place.0.path().join("data")).unwrap();
        place.program("psql", &format!("echo {}", size * 1024));
        place.program("df", &format!("echo Filesystem; echo 'disk 9 9 {free} 1% /x'"));
        place.program("pg_dump", "for a; do case $a in --file=*) echo whole >\"${a#--file=}\";; esac; done");
        place
    }

    fn program(&self, name: &str, script: &str) {
        let path = self.0.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
    }

    fn data(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join("data").join(name)
    }

    /// Dumps for that release; the exit code and what was printed.
    fn dump(&self, command: &[String], release: u64) -> (Option<i32>, String) {
        let Some(([program, rest @ ..], number)) = command.split_last().map(|(last, all)| (all, last)) else {
            panic!("{command:?}")
        };
        assert_eq!(number, "1", "the release that is current");
        let path = format!("{}:{}", self.0.path().display(), std::env::var("PATH").unwrap());
        let mut ran = Command::new(program);
        ran.args(rest).arg(release.to_string()).env("PATH", path).env("PGDATA", self.data("")).env_remove("POSTGRES_DB");
        let output = ran.output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    }

    /// What lies in the data directory.
    fn files(&self) -> BTreeMap<String, String> {
        let entries = std::fs::read_dir(self.data("")).unwrap().map(Result::unwrap);
        let read = |path: &Path| std::fs::read_to_string(path).unwrap().trim().to_owned();
        entries.map(|e| (e.file_name().into_string().unwrap(), read(&e.path()))).collect()
    }
}

async fn command() -> Vec<String> {
    dump(&v2().plan(&running().await).await.unwrap()).unwrap().1
}

fn names(place: &Place) -> Vec<String> {
    place.files().into_keys().collect()
}

#[tokio::test(start_paused = true)]
async fn the_dump_of_a_release_is_not_made_again_and_two_are_kept() {
    let (place, command) = (Place::new(1000, 1 << 20), command().await);
    for release in [4, 7] {
        assert_eq!(place.dump(&command, release), (Some(0), String::new()));
    }
    // Two updates at one time of day could not be told apart by their age.
    let old = std::fs::File::options().write(true).open(place.data("medianestctl-before-update-4.dump")).unwrap();
    old.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    place.program("pg_dump", "for a; do case $a in --file=*) echo half-migrated >\"${a#--file=}\";; esac; done");
    let (code, told) = place.dump(&command, 7);
    assert!(code == Some(3) && told.contains("release 7"), "{code:?} {told}");
    assert_eq!(place.files()["medianestctl-before-update-7.dump"], "whole");
    assert_eq!(place.dump(&command, 10).0, Some(0));
    assert_eq!(names(&place), ["medianestctl-before-update-10.dump", "medianestctl-before-update-7.dump"]);
    let mode = std::fs::metadata(place.data("medianestctl-before-update-10.dump")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test(start_paused = true)]
async fn without_room_no_dump_is_begun() {
    let command = command().await;
    // 100 MiB of data, a tenth more, and 64 MiB for the database itself.
    let place = Place::new(102_400, 178_175);
    let (code, told) = place.dump(&command, 1);
    assert_eq!(code, Some(1));
    assert!(told.contains("173 MiB are free, and it may need 174 MiB"), "{told}");
    assert_eq!(names(&place), [""; 0]);
    assert_eq!(Place::new(102_400, 178_176).dump(&command, 1).0, Some(0));
}

#[tokio::test(start_paused = true)]
async fn a_dump_that_breaks_off_leaves_nothing_and_neither_does_one_that_was_killed() {
    let (place, command) = (Place::new(1000, 1 << 20), command().await);
    place.program("pg_dump", "for a; do case $a in --file=*) echo half >\"${a#--file=}\";; esac; done; exit 1");
    assert_eq!(place.dump(&command, 1).0, Some(1));
    assert_eq!(names(&place), [""; 0]);
    std::fs::write(place.data("medianestctl-before-update-1.dump.part.77"), "half").unwrap();
    assert_eq!(place.dump(&command, 1).0, Some(1));
    assert_eq!(names(&place), [""; 0]);
}
