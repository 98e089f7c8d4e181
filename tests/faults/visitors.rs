//! Updates and rollbacks under the eyes of visitors: whichever call goes wrong in whichever way, nobody is turned away, and
//! the next command converges.

use std::time::Duration;

use medianestctl::engine::fake::{FakeEngine, FakeImage, Reload};
use medianestctl::state::rollback::RollbackError;

use crate::support::{Fate, Project, Trouble, Watched, assert_settled, good, shop, shop_engine, tell};

fn v2() -> Project {
    shop().var("VERSION", "v2")
}

/// A proxy whose workers take a while to come and to go, as under load.
async fn running() -> FakeEngine {
    let proxy = FakeImage { reload: Reload::Slow(Duration::from_millis(400)), ..good() };
    let engine = shop_engine().with_image("shop/proxy:1", proxy);
    shop().deploy(&engine).await.unwrap();
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

    async fn run(self, engine: &dyn medianestctl::engine::Engine) -> Result<(), Trouble> {
        match self {
            Self::Update => v2().deploy(engine).await.map(drop),
            Self::Rollback => v2().rollback(engine, Some("v1")).await.map(drop),
        }
    }

    /// The project whose release is current when it is done.
    fn aim(self) -> Project {
        match self {
            Self::Update => v2(),
            Self::Rollback => shop(),
        }
    }

    /// Again, now that the engine works; a rollback may have been done but for its answer.
    async fn again(self, engine: &dyn medianestctl::engine::Engine) {
        match self.run(engine).await {
            Ok(()) | Err(Trouble::Rollback(RollbackError::IsCurrent { .. })) => {}
            Err(other) => panic!("the next command fails: {other:?}"),
        }
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

async fn each(command: Command, fate: Fate, reading: bool) {
    let mut count = 0;
    for (n, (changes, call)) in calls(command).await.into_iter().enumerate() {
        if changes == reading {
            continue;
        }
        let engine = command.start().await;
        let watched = Watched::shop(&engine).fails(n, fate);
        let outcome = watched.live(command.run(&watched)).await;
        tell(&format!("call {n} `{call}` {fate:?}: {:?}", outcome.map(|o| o.err())));
        assert!(watched.struck());
        watched.look("the end").await;
        watched.assert_served();
        let next = Watched::shop(&engine);
        command.again(&next).await;
        next.assert_served();
        assert_settled(&command.aim(), &engine).await;
        count += 1;
    }
    tell(&format!("{count} combinations of {command:?} and {fate:?}"));
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
