//! Updates and rollbacks under the eyes of visitors: whichever call goes wrong in whichever way, nobody is turned away, and
//! the next command converges.

use std::collections::BTreeSet;
use std::time::Duration;

use medianestctl::engine::Engine;
use medianestctl::engine::fake::{Behaviour, FakeEngine, FakeImage, Reload};

use crate::support::{Fate, Project, Trouble, Watched, assert_settled, good, kind, shop_but, shop_engine, tell};

/// The shop whose api is always brought back by the engine: what is kept for a way back must not be.
fn v1() -> Project {
    shop_but(&[("restart: unless-stopped\n    environment: {LOG", "restart: always\n    environment: {LOG")])
}

fn v2() -> Project {
    v1().var("VERSION", "v2")
}

/// A proxy whose workers take a while to come and to go, as under load.
async fn running() -> FakeEngine {
    let proxy = FakeImage { reload: Reload::Slow(Duration::from_millis(400)), ..good() };
    let engine = shop_engine().with_image("shop/proxy:1", proxy);
    v1().deploy(&engine).await.unwrap();
    engine
}

async fn updated() -> FakeEngine {
    let engine = running().await;
    v2().deploy(&engine).await.unwrap();
    engine
}

/// A command under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Command {
    Update,
    Rollback,
}

impl Command {
    async fn start(self) -> FakeEngine {
        match self {
            Self::Update => running().await,
            Self::Rollback => updated().await,
        }
    }

    async fn run(self, engine: &dyn Engine) -> Result<(), Trouble> {
        match self {
            Self::Update => v2().deploy(engine).await.map(drop),
            Self::Rollback => v2().rollback(engine, Some("v1")).await.map(drop),
        }
    }

    /// The project whose release is current when it is done.
    fn aim(self) -> Project {
        match self {
            Self::Update => v2(),
            Self::Rollback => v1(),
        }
    }

    /// The project whose release was current before.
    fn origin(self) -> Project {
        match self {
            Self::Update => v1(),
            Self::Rollback => v2(),
        }
    }

    /// Again, now that the engine works.
    async fn again(self, engine: &dyn Engine) {
        self.run(engine).await.unwrap_or_else(|error| panic!("the next command fails: {error:?}"));
    }
}

async fn calls(command: Command) -> Vec<(bool, String)> {
    let engine = command.start().await;
    let watched = Watched::shop(&engine);
    command.run(&watched).await.unwrap();
    watched.assert_served();
    assert_settled(&command.aim(), &engine).await;
    watched.calls()
}

/// What a command asks of the engine; whoever asks for more has to say so here. An update waits for its migration, too.
const READING: [&str; 8] = ["container", "containers", "get", "image", "info", "networks", "processes", "volumes"];

/// And what it changes; an update makes what it then removes, and every change rewrites the note.
const CHANGING: [&str; 11] = [
    "create container",
    "create volume",
    "exec",
    "kill",
    "put",
    "remove container",
    "remove volume",
    "rename",
    "set restart",
    "start",
    "stop",
];

async fn each(command: Command, fate: Fate, reading: bool) {
    let calls: Vec<_> = calls(command).await.into_iter().enumerate().filter(|(_, (changes, _))| *changes != reading).collect();
    let kinds: BTreeSet<_> = calls.iter().map(|(_, (_, call))| kind(call)).collect();
    let expected = if reading { &READING[..] } else { &CHANGING[..] };
    let waits = (reading && command == Command::Update).then_some(&"wait");
    let expected = expected.iter().chain(waits).map(|kind| (*kind).to_owned()).collect();
    assert_eq!(kinds, expected, "every kind of call is among them");
    for (n, (_, call)) in &calls {
        let engine = command.start().await;
        let watched = Watched::shop(&engine).fails(*n, fate);
        let outcome = watched.live(command.run(&watched)).await;
        tell(&format!("call {n} `{call}` {fate:?}: {:?}", outcome.map(|o| o.err())));
        assert!(watched.struck());
        watched.look("the end").await;
        watched.assert_served();
        let next = Watched::shop(&engine);
        command.again(&next).await;
        next.assert_served();
        assert_settled(&command.aim(), &engine).await;
    }
    tell(&format!("{} combinations of {command:?} and {fate:?}", calls.len()));
}

#[tokio::test(start_paused = true)]
async fn an_update_that_is_killed() {
    each(Command::Update, Fate::Killed, false).await;
}

#[tokio::test(start_paused = true)]
async fn an_update_with_an_error() {
    each(Command::Update, Fate::Error, false).await;
}

#[tokio::test(start_paused = true)]
async fn an_update_with_a_lost_answer() {
    each(Command::Update, Fate::Lost, false).await;
}

#[tokio::test(start_paused = true)]
async fn an_update_with_a_call_that_hangs() {
    each(Command::Update, Fate::Hang, false).await;
}

#[tokio::test(start_paused = true)]
async fn an_update_that_cannot_look() {
    each(Command::Update, Fate::Error, true).await;
}

#[tokio::test(start_paused = true)]
async fn an_update_that_is_killed_while_it_looks() {
    each(Command::Update, Fate::Killed, true).await;
}

#[tokio::test(start_paused = true)]
async fn an_update_that_waits_in_vain_for_what_it_looks_at() {
    each(Command::Update, Fate::Hang, true).await;
}

#[tokio::test(start_paused = true)]
async fn a_rollback_that_is_killed_while_it_looks() {
    each(Command::Rollback, Fate::Killed, true).await;
}

#[tokio::test(start_paused = true)]
async fn a_rollback_that_waits_in_vain_for_what_it_looks_at() {
    each(Command::Rollback, Fate::Hang, true).await;
}

#[tokio::test(start_paused = true)]
async fn a_rollback_that_is_killed() {
    each(Command::Rollback, Fate::Killed, false).await;
}

#[tokio::test(start_paused = true)]
async fn a_rollback_with_an_error() {
    each(Command::Rollback, Fate::Error, false).await;
}

#[tokio::test(start_paused = true)]
async fn a_rollback_with_a_lost_answer() {
    each(Command::Rollback, Fate::Lost, false).await;
}

#[tokio::test(start_paused = true)]
async fn a_rollback_with_a_call_that_hangs() {
    each(Command::Rollback, Fate::Hang, false).await;
}

#[tokio::test(start_paused = true)]
async fn a_rollback_that_cannot_look() {
    each(Command::Rollback, Fate::Error, true).await;
}

/// Killed before each changing call, and then the operator stays with what there was.
async fn given_up(command: Command) {
    let mut count = 0;
    for (n, (_, call)) in calls(command).await.into_iter().enumerate().filter(|(_, (changes, _))| *changes) {
        let engine = command.start().await;
        let watched = Watched::shop(&engine).fails(n, Fate::Killed);
        assert!(watched.live(command.run(&watched)).await.is_none());
        tell(&format!("killed before call {n} `{call}`, and given up"));
        let next = Watched::shop(&engine);
        next.look("the kill").await;
        command.origin().deploy(&next).await.unwrap();
        next.assert_served();
        assert_settled(&command.origin(), &engine).await;
        count += 1;
    }
    tell(&format!("{count} combinations of {command:?} that are given up"));
}

#[tokio::test(start_paused = true)]
async fn an_update_that_is_killed_and_given_up() {
    given_up(Command::Update).await;
}

#[tokio::test(start_paused = true)]
async fn a_rollback_that_is_killed_and_given_up() {
    given_up(Command::Rollback).await;
}

/// A start whose second replica is never healthy, so that the requests of the first are given back.
async fn doomed() -> FakeEngine {
    running().await.with_script_for("shop-api-2-next", Behaviour::NeverHealthy { output: "no".into() })
}

#[tokio::test(start_paused = true)]
async fn a_taking_back_whose_calls_go_wrong() {
    let mut v2 = v2();
    v2.patience = Some(Duration::from_secs(2));
    let engine = doomed().await;
    let watched = Watched::shop(&engine);
    v2.deploy(&watched).await.unwrap_err().step();
    watched.assert_served();
    let all = watched.calls();
    let begin = all.iter().rposition(|(_, call)| call == "stop shop-api-2-next").unwrap();
    let mut count = 0;
    for fate in [Fate::Killed, Fate::Error, Fate::Lost, Fate::Hang] {
        for (n, (changes, call)) in all.iter().enumerate().skip(begin) {
            if !changes && fate != Fate::Error {
                continue;
            }
            let engine = doomed().await;
            let watched = Watched::shop(&engine).fails(n, fate);
            let outcome = watched.live(v2.deploy(&watched)).await;
            tell(&format!("call {n} `{call}` {fate:?}: {:?}", outcome.map(|o| o.err())));
            assert!(watched.struck());
            watched.look("the end").await;
            watched.assert_served();
            let next = Watched::shop(&engine);
            v1().deploy(&next).await.unwrap();
            next.assert_served();
            assert_settled(&v1(), &engine).await;
            count += 1;
        }
    }
    tell(&format!("{count} combinations of taking back"));
}

#[tokio::test(start_paused = true)]
async fn visitors_notice_what_is_wrong() {
    let engine = running().await;
    let watched = Watched::shop(&engine);
    watched.look("nothing").await;
    watched.assert_served();
    // One is stopped that gets requests.
    engine.stop("shop-api-2", Duration::ZERO).await.unwrap();
    watched.look("a stop").await;
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| watched.assert_served())).is_err());
    // A worker from before a reload still sends requests where nobody is any more.
    let engine = running().await;
    let watched = Watched::shop(&engine);
    watched.look("nothing").await;
    let tar = engine.get_archive("shop-proxy-1", "/etc/proxy/upstreams.conf").await.unwrap().unwrap();
    let (_, text) = medianestctl::state::archive::files(&tar).unwrap().pop().unwrap();
    let text = String::from_utf8(text).unwrap();
    let one = engine.container("shop-api-2").await.unwrap().unwrap().fixed_addresses.into_values().next().unwrap();
    let rest: Vec<_> = text.lines().filter(|line| !line.contains(&format!("server {one}:"))).collect();
    medianestctl::ingress::switch(&engine, "shop-proxy-1", "/etc/proxy/upstreams.conf", &rest.join("\n")).await.unwrap();
    watched.look("a switch").await;
    watched.assert_served();
    engine.stop("shop-api-2", Duration::ZERO).await.unwrap();
    watched.look("a stop without a drain").await;
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| watched.assert_served())).is_err());
}
