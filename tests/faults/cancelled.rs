//! The operator asks to stop: once in good order, twice at once.

use std::time::Duration;

use medianestctl::engine::Engine;
use medianestctl::engine::fake::{Behaviour, FakeEngine, FakeImage, Fault};
use medianestctl::event::Event;
use medianestctl::execute::{StepError, Undone};
use tokio::{
    join,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use crate::support::{Operator, Project, assert_settled, ids, shop, shop_engine, tell};

fn v2() -> Project {
    shop().var("VERSION", "v2")
}

async fn running() -> FakeEngine {
    let engine = shop_engine();
    shop().deploy(&engine).await.unwrap();
    engine
}

/// An operator who presses Ctrl-C when a step begins.
fn operator<'a>(project: &'a Project, engine: &'a FakeEngine, verb: &'static str, object: &'static str) -> Operator<'a> {
    let mut operator = Operator::new(project, engine);
    let cancel = operator.cancel.clone();
    operator.on_event = Box::new(move |event| press(&cancel, event, verb, object));
    operator
}

fn press(token: &CancellationToken, event: &Event, wanted: &str, what: &str) {
    if let Event::StepStarted { verb, object, .. } = event
        && (*verb, object.as_str()) == (wanted, what)
    {
        token.cancel();
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_in_the_middle_of_an_update_takes_it_back() {
    for (verb, object) in [
        ("create", "container shop-api-1-next"),
        ("stop", "container shop-api-1"),
        ("start", "container shop-api-1-next"),
        ("wait for", "container shop-api-1-next"),
        ("stop", "container shop-api-2"),
        ("wait for", "container shop-api-2-next"),
    ] {
        tell(&format!("stopped at: {verb} {object}"));
        let (engine, project) = (running().await, v2());
        let before = ids(&engine, &shop().stack()).await;
        let failure = operator(&project, &engine, verb, object).deploy().await.unwrap_err().step();
        assert!(matches!(failure.error, StepError::Cancelled), "{failure:?}");
        assert!(matches!(failure.undone, Undone::Completely(_)), "{failure:?}");
        for name in ["shop-db-1", "shop-api-1", "shop-api-2", "shop-proxy-1"] {
            let now = engine.container(name).await.unwrap().unwrap();
            assert_eq!((Some(&now.id), now.state.is_running()), (before.get(name), true), "{name}");
        }
        project.deploy(&engine).await.unwrap();
        assert_settled(&project, &engine).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_while_tidying_takes_nothing_back() {
    let (engine, project) = (running().await, v2());
    let failure =
        operator(&project, &engine, "rename", "container shop-api-1 to shop-api-1-previous").deploy().await.unwrap_err().step();
    assert_eq!(failure.undone, Undone::Nothing, "the new version serves");
    assert!(engine.container("shop-api-1-next").await.unwrap().unwrap().state.is_running());
    project.deploy(&engine).await.unwrap();
    assert_settled(&project, &engine).await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_does_not_wait_for_a_pull() {
    let image = "reg.example/web:1";
    let engine = FakeEngine::new().with_registry_image(image, FakeImage::default()).fail_on("pull", Fault::Hang);
    let project = Project::new(&format!("{{name: shop, services: {{web: {{image: '{image}'}}}}}}"));
    let (operator, began, second) = (Operator::new(&project, &engine), Instant::now(), Duration::from_secs(1));
    let press = async {
        sleep(second).await;
        operator.cancel.cancel();
    };
    let (outcome, ()) = join!(operator.deploy(), press);
    let failure = outcome.unwrap_err().step();
    assert!(matches!(failure.error, StepError::Cancelled), "{failure:?}");
    assert_eq!((&failure.undone, failure.done, failure.touched), (&Undone::Nothing, 0, false));
    assert_eq!(began.elapsed(), second);
    project.deploy(&engine).await.unwrap();
    assert_settled(&project, &engine).await;
}

#[tokio::test(start_paused = true)]
async fn an_attempt_of_a_migration_is_not_cut_short() {
    let (engine, project) = (running().await, v2());
    let failure = operator(&project, &engine, "run", "container shop-migrate-1-next").deploy().await.unwrap_err().step();
    assert!(matches!(failure.error, StepError::Cancelled));
    assert_eq!(engine.wait("shop-migrate-1").await.unwrap(), 0, "it has come to its end");
}

#[tokio::test(start_paused = true)]
async fn a_stop_of_a_first_deploy_leaves_what_was_made() {
    let (engine, project) = (shop_engine(), shop());
    let failure = operator(&project, &engine, "wait for", "container shop-db-1").deploy().await.unwrap_err().step();
    assert_eq!(failure.undone, Undone::Nothing);
    project.deploy(&engine).await.unwrap();
    assert_settled(&project, &engine).await;
}

#[tokio::test(start_paused = true)]
async fn asking_twice_leaves_everything_where_it_is() {
    let never = Behaviour::NeverHealthy { output: String::new() };
    let engine = running().await.with_image("shop/api:v2", FakeImage::unchecked(never));
    let project = v2();
    let mut operator = Operator::new(&project, &engine);
    let (cancel, abandon) = (operator.cancel.clone(), operator.abandon.clone());
    operator.on_event = Box::new(move |event| {
        press(&cancel, event, "wait for", "container shop-api-1-next");
        press(&abandon, event, "wait for", "container shop-api-1-next");
    });
    let failure = operator.deploy().await.unwrap_err().step();
    assert!(matches!(&failure.undone, Undone::Failed(why) if why.contains("at your request")), "{failure:?}");
    assert!(engine.container("shop-api-1-next").await.unwrap().unwrap().state.is_running());
    shop().deploy(&engine).await.unwrap();
    assert_settled(&shop(), &engine).await;
}

#[tokio::test(start_paused = true)]
async fn asking_again_while_it_is_taken_back_says_what_is_left() {
    let (engine, project) = (running().await, v2());
    let mut operator = Operator::new(&project, &engine);
    let (cancel, abandon) = (operator.cancel.clone(), operator.abandon.clone());
    operator.on_event = Box::new(move |event| {
        press(&cancel, event, "wait for", "container shop-api-2-next");
        if matches!(event, Event::Undoing { verb: "wait for", .. }) {
            abandon.cancel();
        }
    });
    let failure = operator.deploy().await.unwrap_err().step();
    assert!(matches!(&failure.undone, Undone::Failed(what) if what.contains("wait for container shop-api-1")), "{failure:?}");
    project.deploy(&engine).await.unwrap();
    assert_settled(&project, &engine).await;
}
