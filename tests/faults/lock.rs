//! Two operators at once, operators who do not live any more, and operators whose lock is taken away.

use std::time::Duration;

use futures_util::future::join_all;
use medianestctl::engine::fake::{Behaviour, FakeEngine, FakeImage, Fault};
use medianestctl::engine::{ContainerSpec, Engine, ErrorKind};
use medianestctl::execute::{StepError, Undone};
use medianestctl::model::Labels;
use medianestctl::state::{Death, Holder, LEASE, Lock, LockError, LockLost, MARGIN, RENEWAL, Standing};
use tokio::{
    join,
    time::{Instant, advance, sleep},
};

use crate::support::{Mortal, Operator, Trouble, assert_settled, clock, containers, shop, shop_but, shop_engine};

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
    let (winner, Trouble::Lock(LockError::Held { by, .. })) = outcomes else { panic!("{outcomes:?}") };
    assert_eq!((by.holder.who.as_str(), by.command(), by.dead), (winner, "deploy", None));
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
    assert!(matches!(&refused, Trouble::Lock(LockError::Held { by, .. }) if by.holder.who == "bob@ci"), "{refused:?}");
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

async fn acquire(engine: &dyn Engine, who: &str) -> Result<Lock, LockError> {
    let holder = Holder::this_process(who.into(), "deploy", chrono::Utc::now());
    Lock::acquire_by(clock, engine, &shop().stack().project, &holder).await
}

/// The lock that somebody else has.
#[track_caller]
fn held(outcome: Result<Lock, LockError>) -> Standing {
    match outcome {
        Err(LockError::Held { by, .. }) => *by,
        other => panic!("not held: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn of_twenty_one_gets_the_lock_and_the_others_learn_who() {
    let engine = shop_engine();
    let names: Vec<_> = (0..20).map(|n| format!("operator-{n}@ci")).collect();
    let outcomes = join_all(names.iter().map(|name| acquire(&engine, name))).await;
    let winners: Vec<_> = names.iter().zip(&outcomes).filter(|(_, o)| o.is_ok()).map(|(name, _)| name.clone()).collect();
    assert_eq!(winners.len(), 1, "{winners:?}");
    let losers: Vec<_> = outcomes.into_iter().filter(Result::is_err).map(held).collect();
    assert_eq!(losers.len(), 19);
    assert!(losers.iter().all(|by| by.holder.who == winners[0]));
}

#[tokio::test(start_paused = true)]
async fn of_twenty_that_find_a_dead_one_one_takes_over() {
    let engine = shop_engine();
    let mut dead = labels(&engine).await;
    dead.insert(PROCESS.into(), "4194305:1".into());
    lock_with(&engine, dead).await;
    let names: Vec<_> = (0..20).map(|n| format!("operator-{n}@ci")).collect();
    let outcomes = join_all(names.iter().map(|name| acquire(&engine, name))).await;
    let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 19));
    let taken_from = won.into_iter().next().unwrap().unwrap().taken_from().cloned().expect("the winner knows whom it follows");
    assert_eq!((taken_from.holder.who.as_str(), taken_from.dead), ("bob@ci", Some(Death::ProcessGone)));
}

#[tokio::test(start_paused = true)]
async fn a_holder_on_another_machine_is_dead_when_its_lease_is_over() {
    let engine = shop_engine();
    let mut elsewhere = labels(&engine).await;
    elsewhere.insert(MACHINE.into(), "another boot".into());
    lock_with(&engine, elsewhere).await;
    advance(LEASE).await;
    let by = held(acquire(&engine, "ann@laptop").await);
    assert_eq!((by.silent, by.dead), (Some(LEASE), None), "until the last second it is respected");
    advance(Duration::from_secs(1)).await;
    let lock = acquire(&engine, "ann@laptop").await.unwrap();
    let dead = lock.taken_from().unwrap();
    assert_eq!((dead.holder.who.as_str(), dead.dead), ("bob@ci", Some(Death::LeaseOver)));
}

#[tokio::test(start_paused = true)]
async fn a_holder_that_is_at_work_keeps_its_lock() {
    let engine = shop_engine();
    let lock = acquire(&engine, "ann@laptop").await.unwrap();
    let work = async {
        for _ in 0..40 {
            sleep(Duration::from_secs(17)).await;
            let by = held(acquire(&engine, "bob@ci").await);
            assert!(by.silent.unwrap() <= RENEWAL, "{by:?}");
            lock.fence().check().unwrap();
        }
    };
    lock.keep(&engine, work).await;
    lock.release(&engine).await.unwrap();
    assert!(acquire(&engine, "bob@ci").await.unwrap().taken_from().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_sign_of_life_that_is_lost_is_made_up_for() {
    for fault in [Fault::Error, Fault::Hang, Fault::LoseAnswer] {
        let engine = shop_engine();
        let lock = acquire(&engine, "ann@laptop").await.unwrap();
        let id = engine.container(LOCK).await.unwrap().unwrap().id;
        let engine = engine.fail_on(&format!("put {id}"), fault);
        lock.keep(&engine, sleep(LEASE * 2)).await;
        lock.fence().check().unwrap();
        assert!(held(acquire(&engine, "bob@ci").await).silent.unwrap() <= RENEWAL);
    }
}

#[tokio::test(start_paused = true)]
async fn a_holder_that_cannot_reach_the_engine_stops_before_others_may_begin() {
    let mut engine = shop_engine();
    let lock = acquire(&engine, "ann@laptop").await.unwrap();
    let id = engine.container(LOCK).await.unwrap().unwrap().id;
    for _ in 0..100 {
        engine = engine.fail_on(&format!("put {id}"), Fault::Error);
    }
    let (begin, lost) = (Instant::now(), lock.fence().lost());
    lock.keep(&engine, lost).await;
    assert_eq!(begin.elapsed().as_secs(), (LEASE - MARGIN).as_secs());
    assert!(matches!(lock.fence().check(), Err(LockLost::Silent(_))));
    assert_eq!(held(acquire(&engine, "bob@ci").await).holder.who, "ann@laptop", "the others wait for the lease to end");
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_lock_is_taken_away_begins_nothing_more_and_takes_nothing_back() {
    let never = Behaviour::NeverHealthy { output: String::new() };
    let engine = shop_engine().with_image("shop/api:v2", FakeImage::unchecked(never));
    shop().deploy(&engine).await.unwrap();
    let mut v2 = shop().var("VERSION", "v2");
    v2.patience = Some(Duration::from_secs(600));
    let project = shop().stack().project;
    let ann = Operator::new(&v2, &engine);
    let thief = async {
        while engine.container("shop-api-1-next").await.unwrap().is_none_or(|c| !c.state.is_running()) {
            sleep(Duration::from_millis(100)).await;
        }
        sleep(Duration::from_secs(3)).await;
        let standing = Standing::find(&engine, &project).await.unwrap().unwrap();
        let doing = standing.progress.clone().unwrap().now();
        assert_eq!(doing.as_deref(), Some("wait for container shop-api-1-next"), "the journal tells what goes on");
        standing.remove(&engine).await.unwrap();
        let lock = acquire(&engine, "bob@ci").await.unwrap();
        (lock, standing, engine.changes().len(), Instant::now())
    };
    let (outcome, (lock, former, changes, stolen)) = join!(ann.deploy(), thief);
    let failure = outcome.unwrap_err().step();
    assert!(matches!(failure.error, StepError::LockLost(LockLost::Gone)), "{failure:?}");
    assert_eq!((&failure.undone, failure.touched), (&Undone::Nothing, true));
    assert!(stolen.elapsed() <= RENEWAL + Duration::from_secs(1), "it notices at its next sign of life");
    let more: Vec<_> = engine.changes().split_off(changes);
    let theirs = |line: &String| {
        let probe = line.starts_with("exec shop-api-1-next");
        probe
            || line.starts_with("put ") && !line.starts_with("put shop-")
            || line.starts_with("remove container") && !line.contains("shop-")
    };
    assert!(more.iter().all(theirs), "{more:#?}");
    assert_ne!(former.holder.who, "bob@ci");
    assert!(engine.container(LOCK).await.unwrap().is_some(), "the thief's lock is not touched");
    lock.release(&engine).await.unwrap();
    shop().deploy(&engine).await.unwrap();
    assert_settled(&shop(), &engine).await;
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_lock_is_taken_away_stops_taking_back() {
    let never = FakeImage::unchecked(Behaviour::NeverHealthy { output: String::new() });
    let slow = FakeImage::unchecked(Behaviour::Healthy { after: Duration::from_secs(60) });
    let engine = shop_engine().with_image("shop/api:v1", slow).with_image("shop/api:v2", never);
    let patient = |version: &str| {
        // Only what was stopped first is waited for when it is taken back.
        let order = ("deploy: {replicas:", "deploy: {update_config: {order: stop-first}, replicas:");
        let mut project = shop_but(&[order]).var("VERSION", version);
        project.patience = Some(Duration::from_secs(100));
        project
    };
    patient("v1").deploy(&engine).await.unwrap();
    let (v2, project) = (patient("v2"), shop().stack().project);
    let ann = Operator::new(&v2, &engine);
    let thief = async {
        loop {
            sleep(Duration::from_millis(100)).await;
            let standing = Standing::find(&engine, &project).await.unwrap();
            let Some(standing) = standing else { continue };
            let taking_back = standing.progress.as_ref().and_then(|p| p.taking_back.clone());
            if taking_back.is_some_and(|what| what.starts_with("wait for container shop-api-1")) {
                return standing.remove(&engine).await.unwrap();
            }
        }
    };
    let (outcome, ()) = join!(ann.deploy(), thief);
    let failure = outcome.unwrap_err().step();
    assert!(matches!(failure.error, StepError::LockLost(_)), "it is not this run that goes on: {failure:?}");
    assert!(failure.others.iter().any(|other| other.contains("did not become healthy")), "{failure:?}");
    assert!(matches!(&failure.undone, Undone::Failed(why) if why.contains("the lock was lost")), "{failure:?}");
    assert_eq!(ann.history().await.releases.len(), 1, "whose lock it is writes");
    patient("v1").deploy(&engine).await.unwrap();
    assert_settled(&patient("v1"), &engine).await;
}

#[tokio::test(start_paused = true)]
async fn a_lock_that_was_stolen_is_free_when_its_holder_begins_nothing_more() {
    let never = Behaviour::NeverHealthy { output: String::new() };
    let engine = shop_engine().with_image("shop/api:v2", FakeImage::unchecked(never));
    shop().deploy(&engine).await.unwrap();
    let mut v2 = shop().var("VERSION", "v2");
    v2.patience = Some(Duration::from_secs(600));
    let (ann, project) = (Operator::new(&v2, &engine), shop().stack().project);
    let at_work = std::cell::Cell::new(true);
    let work = async {
        let outcome = ann.deploy().await;
        at_work.set(false);
        outcome
    };
    let thief = async {
        while engine.container("shop-api-1-next").await.unwrap().is_none_or(|c| !c.state.is_running()) {
            sleep(Duration::from_millis(100)).await;
        }
        let standing = Standing::find(&engine, &project).await.unwrap().unwrap();
        let thief = Holder::this_process("eve@home".into(), "lock steal", chrono::Utc::now());
        let lock = standing.take(&engine, &project, &thief).await.unwrap();
        assert!(at_work.get(), "the holder has not noticed yet");
        let others = async {
            while at_work.get() {
                assert_eq!(held(acquire(&engine, "bob@ci").await).holder.who, "eve@home");
                sleep(Duration::from_secs(1)).await;
            }
        };
        join!(lock.keep(&engine, standing.settled()), others);
        assert!(!at_work.get());
        lock.release(&engine).await.unwrap();
        acquire(&engine, "bob@ci").await.unwrap().release(&engine).await.unwrap();
    };
    let (outcome, ()) = join!(work, thief);
    let failure = outcome.unwrap_err().step();
    assert!(matches!(failure.error, StepError::LockLost(LockLost::Gone)), "{failure:?}");
}

#[tokio::test(start_paused = true)]
async fn who_may_be_asleep_is_waited_for_until_its_lease_is_over() {
    let engine = shop_engine();
    let mut elsewhere = labels(&engine).await;
    elsewhere.insert(MACHINE.into(), "another boot".into());
    lock_with(&engine, elsewhere).await;
    let notices = async || Standing::find(&engine, &shop().stack().project).await.unwrap().unwrap().notices_within().as_secs();
    assert_eq!(notices().await, 20, "it was heard of just now");
    advance(Duration::from_secs(25)).await;
    assert_eq!(notices().await, LEASE.as_secs() - 25);
    advance(LEASE).await;
    assert_eq!(notices().await, 0, "a dead one notices nothing");
}

/// A machine that slept in the middle of a step wakes up with a lock that others may have taken over meanwhile.
#[tokio::test(start_paused = true)]
async fn a_step_under_way_goes_on_no_more_once_the_lock_is_lost() {
    let engine = shop_engine();
    shop().deploy(&engine).await.unwrap();
    let fails_once = Behaviour::JobExits { codes: vec![7, 0], after: Duration::ZERO };
    let engine = engine.with_script_for("shop-migrate-1-next", fails_once);
    let v2 = shop().var("VERSION", "v2");
    let ann = Operator::new(&v2, &engine);
    let starts = || engine.changes().iter().filter(|line| *line == "start shop-migrate-1-next").count();
    let sleep = async {
        while starts() == 0 {
            sleep(Duration::from_millis(100)).await;
        }
        // In the pause before the second attempt.
        advance(LEASE * 2).await;
    };
    let (outcome, ()) = join!(ann.deploy(), sleep);
    let failure = outcome.unwrap_err().step();
    assert!(matches!(failure.error, StepError::LockLost(LockLost::Silent(_))), "{failure:?}");
    assert_eq!((failure.others.len(), &failure.undone), (0, &Undone::Nothing), "{failure:?}");
    assert_eq!(starts(), 1, "no second attempt is begun");
    v2.deploy(&engine).await.unwrap();
    assert_settled(&v2, &engine).await;
}

#[tokio::test(start_paused = true)]
async fn whoever_takes_over_is_told_what_was_under_way() {
    let engine = shop_engine();
    shop().deploy(&engine).await.unwrap();
    let v2 = shop().var("VERSION", "v2");
    let mortal = Mortal::before(&engine, "stop shop-api-2");
    let steps = v2.plan(&engine).await.unwrap().steps.len();
    assert!(mortal.live(Operator::new(&v2, &mortal).deploy()).await.is_none());
    let lock = acquire(&engine, "bob@ci").await.unwrap();
    let told = lock.taken_from().unwrap().obituary();
    assert!(told.starts_with("`deploy` by ann@laptop ended after step "), "{told}");
    // The journal is written once a second: it was waiting for the second of the two.
    assert!(told.contains(&format!(" of {steps}, during: ")) && told.contains("container shop-api-2-next"), "{told}");
    lock.release(&engine).await.unwrap();
    v2.deploy(&engine).await.unwrap();
    assert_settled(&v2, &engine).await;
}

#[tokio::test(start_paused = true)]
async fn what_only_has_the_name_of_a_lock_is_left_alone() {
    let engine = shop_engine();
    labels(&engine).await;
    lock_with(&engine, Labels::new()).await;
    advance(LEASE * 2).await;
    match acquire(&engine, "ann@laptop").await {
        Err(LockError::Engine(e)) => assert_eq!(e.kind, ErrorKind::Conflict),
        other => panic!("{other:?}"),
    }
    assert!(engine.container(LOCK).await.unwrap().is_some());
    assert!(containers(&engine, &shop().stack()).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn keeping_the_lock_costs_a_deploy_no_time() {
    let engine = shop_engine();
    let (begin, done) = (Instant::now(), shop().deploy(&engine).await.unwrap());
    let took = done.finished.unwrap().took;
    assert_eq!(begin.elapsed(), took, "outside of its steps nothing takes time");
    let signs = engine.changes().iter().filter(|line| line.starts_with("put ") && !line.starts_with("put shop-")).count();
    assert!((1..=took.as_secs() as usize + 1).contains(&signs), "{signs} signs of life in {took:?}");
}
