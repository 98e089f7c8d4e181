//! Two operators at once, and operators who do not live any more.

use medianestctl::engine::fake::{FakeEngine, Fault};
use medianestctl::engine::{ContainerSpec, Engine};
use medianestctl::model::Labels;
use medianestctl::state::{Holder, Lock, LockError};
use tokio::join;

use crate::support::{Operator, Trouble, assert_settled, shop, shop_engine};

const LOCK: &str = "shop-medianestctl-lock";
const PROCESS: &str = "io.medianest.lock.process";
const MACHINE: &str = "io.medianest.lock.machine";

/// The labels of a lock that this process would take.
async fn labels(engine: &FakeEngine) -> Labels {
    let holder = Holder::this_process("bob@ci".into(), "deploy", chrono::Utc::now());
    let project = shop().stack().project;
    let lock = Lock::acquire(engine, &project, &holder).await.unwrap();
    let labels = engine.container(LOCK).await.unwrap().unwrap().labels;
    lock.release(engine).await.unwrap();
    labels
}

async fn lock_with(engine: &FakeEngine, labels: Labels) {
    let image = medianestctl::model::HOLDER_IMAGE.to_owned();
    engine.create_container(&ContainerSpec::holder(LOCK.into(), image, labels, Vec::new())).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn of_two_operators_one_deploys_and_the_other_learns_who() {
    let (engine, project) = (shop_engine(), shop());
    let ann = Operator::new(&project, &engine);
    let mut bob = Operator::new(&project, &engine);
    bob.who = "bob@ci".into();
    let outcomes = match join!(ann.deploy(), bob.deploy()) {
        (Ok(_), Err(refused)) => ("ann@laptop", refused),
        (Err(refused), Ok(_)) => ("bob@ci", refused),
        other => panic!("{other:?}"),
    };
    let (winner, Trouble::Lock(LockError::Held { holder, .. })) = outcomes else { panic!("{outcomes:?}") };
    assert_eq!((holder.who.as_str(), holder.command.as_str()), (winner, "deploy"));
    assert_settled(&project, &engine).await;
}

#[tokio::test(start_paused = true)]
async fn the_lock_of_a_dead_process_is_taken_over() {
    let engine = shop_engine();
    let mut dead = labels(&engine).await;
    // No process has this number: it is beyond the largest that Linux gives.
    dead.insert(PROCESS.into(), "4194305:1".into());
    lock_with(&engine, dead).await;
    shop().deploy(&engine).await.unwrap();
    assert_settled(&shop(), &engine).await;
}

#[tokio::test(start_paused = true)]
async fn the_lock_of_another_machine_is_respected() {
    let engine = shop_engine();
    let mut elsewhere = labels(&engine).await;
    elsewhere.insert(PROCESS.into(), "4194305:1".into());
    elsewhere.insert(MACHINE.into(), "another boot".into());
    lock_with(&engine, elsewhere).await;
    let changes = engine.changes().len();
    let refused = shop().deploy(&engine).await.unwrap_err();
    assert!(matches!(&refused, Trouble::Lock(LockError::Held { holder, .. }) if holder.who == "bob@ci"), "{refused:?}");
    assert_eq!(engine.changes().len(), changes + 1, "but for the attempt at the lock nothing is touched");
}

#[tokio::test(start_paused = true)]
async fn a_plan_without_steps_needs_no_lock() {
    let engine = shop_engine();
    shop().deploy(&engine).await.unwrap();
    let somebody = labels(&engine).await;
    lock_with(&engine, somebody).await;
    assert!(shop().deploy(&engine).await.unwrap().finished.is_none());
}

#[tokio::test(start_paused = true)]
async fn the_lock_is_given_back_after_a_failure() {
    let engine = shop_engine().fail_on("start shop-db-1", Fault::Error);
    shop().deploy(&engine).await.unwrap_err().step();
    assert!(engine.container(LOCK).await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_lock_whose_answer_was_lost_is_ours_all_the_same() {
    let engine = shop_engine();
    labels(&engine).await;
    let engine = engine.fail_on(&format!("create container {LOCK}"), Fault::LoseAnswer);
    shop().deploy(&engine).await.unwrap();
    assert_settled(&shop(), &engine).await;
}

#[tokio::test(start_paused = true)]
async fn giving_the_lock_back_is_tried_twice() {
    let engine = shop_engine();
    let holder = Holder::this_process("ann@laptop".into(), "deploy", chrono::Utc::now());
    let lock = Lock::acquire(&engine, &shop().stack().project, &holder).await.unwrap();
    let engine = engine.fail_on("remove container", Fault::Error);
    lock.release(&engine).await.unwrap();
    assert!(engine.container(LOCK).await.unwrap().is_none());
}
