//! Health as the engine's own checks tell it.

use std::time::Duration;

use medianestctl::model::{Health, HealthTest, Healthcheck};

use crate::support::{Lab, Program, words};

fn check(test: HealthTest, interval: Duration) -> Option<Healthcheck> {
    Some(Healthcheck {
        test: Some(test),
        interval: Some(interval),
        timeout: Some(Duration::from_secs(10)),
        retries: Some(2),
        start_period: None,
        start_interval: None,
    })
}

fn shell(script: &str) -> HealthTest {
    HealthTest::Shell(script.into())
}

const OFTEN: Duration = Duration::from_secs(1);
const SELDOM: Duration = Duration::from_secs(600);

pub(crate) async fn without_a_check_there_is_no_health(lab: &Lab) {
    let mut spec = lab.spec(Program::Serve);
    lab.run(&spec).await;
    let seen = lab.inspect(&spec.name).await;
    assert_eq!((seen.health, seen.healthcheck), (Health::NoCheck, None));
    spec = lab.spec(Program::Serve);
    spec.healthcheck = check(HealthTest::Disabled, OFTEN);
    lab.run(&spec).await;
    let seen = lab.inspect(&spec.name).await;
    assert_eq!((seen.health, seen.healthcheck), (Health::NoCheck, None));
}

pub(crate) async fn the_engines_check_speaks_after_its_interval(lab: &Lab) {
    let mut slow = lab.spec(Program::Serve);
    slow.healthcheck = check(shell("exit 0"), SELDOM);
    lab.run(&slow).await;
    let mut quick = lab.spec(Program::Serve);
    quick.healthcheck = check(shell("exit 0"), OFTEN);
    lab.run(&quick).await;
    assert_eq!(lab.inspect(&quick.name).await.health, Health::Starting);
    lab.until(&quick.name, |c| c.health == Health::Healthy).await;
    assert_eq!(lab.inspect(&slow.name).await.health, Health::Starting, "its first check is ten minutes away");
    // Asking by oneself does not wait for that.
    let argv = shell("exit 0").argv().unwrap();
    assert_eq!(lab.engine().exec(&slow.name, &argv, Duration::from_secs(10)).await.unwrap().code, 0);
}

pub(crate) async fn a_failing_check_is_unhealthy_after_its_retries(lab: &Lab) {
    let mut spec = lab.spec(Program::Sick);
    spec.healthcheck = check(shell("echo sick; exit 1"), OFTEN);
    lab.run(&spec).await;
    assert_eq!(lab.inspect(&spec.name).await.health, Health::Starting);
    lab.until(&spec.name, |c| c.health == Health::Unhealthy).await;
    let argv = shell("echo sick; exit 1").argv().unwrap();
    let asked = lab.engine().exec(&spec.name, &argv, Duration::from_secs(10)).await.unwrap();
    assert_eq!((asked.code, asked.text().as_str()), (1, "sick"));
}

pub(crate) async fn health_does_not_outlive_a_restart(lab: &Lab) {
    let mut spec = lab.spec(Program::Serve);
    spec.healthcheck = check(shell("exit 0"), OFTEN);
    lab.run(&spec).await;
    lab.until(&spec.name, |c| c.health == Health::Healthy).await;
    lab.engine().stop(&spec.name, Duration::from_secs(20)).await.unwrap();
    assert_ne!(lab.inspect(&spec.name).await.health, Health::Healthy, "what does not run is not healthy");
    lab.engine().start(&spec.name).await.unwrap();
    assert_eq!(lab.inspect(&spec.name).await.health, Health::Starting);
    lab.until(&spec.name, |c| c.health == Health::Healthy).await;
}

pub(crate) async fn the_check_in_force_is_shown(lab: &Lab) {
    let mut spec = lab.spec(Program::Serve);
    let mut check = Healthcheck {
        start_period: Some(Duration::from_secs(20)),
        start_interval: Some(Duration::from_millis(500)),
        ..check(HealthTest::Exec(words(&["/bin/cat", "/etc/image"])), SELDOM).unwrap()
    };
    spec.healthcheck = Some(check.clone());
    lab.run(&spec).await;
    let quick = lab.engine().info().await.unwrap().api >= (1, 44);
    if !quick {
        // Older engines know nothing of it, and check after the interval only.
        check.start_interval = None;
    }
    assert_eq!(lab.inspect(&spec.name).await.healthcheck, Some(check));
    if quick {
        lab.until(&spec.name, |c| c.health == Health::Healthy).await;
    }
}
