//! One operator at a time at a real engine: who waits for whom, what is told of them, and how a lock is taken over or away.

use std::process::Command;

use rustix::process::Signal;
use serde_json::Value;

use crate::support::{LIMIT, Ran, Relay, Running, Site, until};

/// A service that is healthy once the test says so.
const ASKED: &str = "
services:
  keeper:
    image: medianest-demo/redis:7
    command: [sleep, \"600\"]
    init: true
    stop_grace_period: 1s
    tmpfs: [/data]
    healthcheck: {test: [CMD-SHELL, \"[ -f /tmp/ready ]\"], interval: 1s}
";
/// Its deploy, as long as the test likes.
const DEPLOY: [&str; 4] = ["deploy", "--json", "--wait-timeout", "600"];

fn start(site: &Site) -> Running {
    Running::start(site.place.command(&DEPLOY))
}

/// Lets the service be healthy, once it runs.
fn make_healthy(site: &Site) {
    let name = site.name("keeper-1");
    until("the service runs", || site.engine.container(&name)["State"]["Running"] == true);
    assert_eq!(site.engine.exec(&name, "0", &["touch", "/tmp/ready"]).0, 0);
}

fn status(site: &Site) -> Value {
    site.run(&["lock", "status", "--json"]).exits(0).document()
}

/// A deploy that waits for its service, and has written so into its journal.
fn waiting(site: &Site, command: Command) -> Running {
    let deploy = Running::start(command);
    let what = format!("wait for container {}", site.name("keeper-1"));
    until("the journal says what is under way", || {
        let holder = &status(site)["holder"];
        holder["dead"].is_null() && holder["progress"]["under_way"].as_array().is_some_and(|u| u.contains(&what.as_str().into()))
    });
    deploy
}

/// The error of a run that found the lock taken.
#[track_caller]
fn refusal(ran: &Ran) -> String {
    let error = ran.json_error();
    assert_eq!(error["code"], "locked", "{error}");
    assert!(error["hints"][0].as_str().unwrap().contains(" lock steal`"), "{error}");
    error["message"].as_str().unwrap().to_owned()
}

#[test]
fn real_of_twenty_deploys_one_proceeds_and_the_others_name_it() {
    let site = Site::with_compose(ASKED);
    let deploys: Vec<_> = (0..20).map(|_| start(&site)).collect();
    let lock = site.name("medianestctl-lock");
    until("somebody has the lock", || !site.engine.container(&lock).is_null());
    let labels = &site.engine.container(&lock)["Config"]["Labels"];
    let label = |name: &str| labels[format!("io.medianest.lock.{name}")].as_str().unwrap().to_owned();
    let process: u32 = label("process").split(':').next().unwrap().parse().unwrap();
    let (mut winner, losers): (Vec<_>, Vec<_>) = deploys.into_iter().partition(|deploy| deploy.pid() == process);
    assert_eq!((winner.len(), losers.len()), (1, 19));
    for loser in losers {
        let message = refusal(&loser.end().exits(5));
        assert!(message.starts_with(&format!("{} is at work on `{}` (deploy)", label("who"), site.place.project)), "{message}");
    }
    make_healthy(&site);
    winner.remove(0).end().exits(0);
    assert_eq!(site.of_role("service").len(), 1);
    assert_eq!(status(&site)["held"], false, "the lock is given back");

    let relay = Relay::new(site.place.beside("engine.sock"), site.engine.socket());
    let host = format!("unix://{}", relay.socket().display());
    site.run(&["-H", &host, "deploy"]).exits(0);
    let calls = relay.take();
    assert!(!calls.is_empty() && calls.iter().all(|c| c.starts_with("GET ") || c.starts_with("HEAD ")), "{calls:#?}");
}

#[test]
fn real_the_lock_of_a_killed_deploy_is_taken_over_at_once() {
    let site = Site::with_compose(ASKED);
    let deploy = waiting(&site, site.place.command(&DEPLOY));
    let told = site.run(&["lock", "status"]).exits(0).out;
    for part in
        ["held by ", "command:      deploy", "since:        ", " steps done, now: wait for container ", "state:        at work"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    let message = refusal(&site.run(&DEPLOY).exits(5));
    assert!(message.contains("steps done, now: wait for container") && message.contains("last sign of life"), "{message}");

    deploy.signal(Signal::KILL);
    deploy.end().exits(-1);
    let left = status(&site);
    assert_eq!((&left["held"], &left["holder"]["dead"]), (&false.into(), &"process_gone".into()), "{left}");
    let mut next = start(&site);
    let event: Value = serde_json::from_str(&next.line()).unwrap();
    assert_eq!((&event["event"], &event["holder"]["dead"]), (&"lock_taken_over".into(), &"process_gone".into()), "{event}");
    drop(next);

    let deploy = waiting(&site, site.place.command(&DEPLOY));
    deploy.signal(Signal::KILL);
    deploy.end().exits(-1);
    make_healthy(&site);
    let ran = site.run(&["deploy"]).exits(0);
    let during = format!(", during: wait for container {}; going on from what is there", site.name("keeper-1"));
    assert!(ran.err.contains("note: `deploy` by ") && ran.err.contains(" ended after step "), "{}", ran.err);
    assert!(ran.err.contains(&during), "{}", ran.err);
    assert_eq!(status(&site)["holder"], Value::Null);
    assert!(site.run(&["lock", "status"]).exits(0).out.ends_with(": nobody is at work\n"));
}

#[test]
fn real_a_lock_is_taken_away_by_consent_only_and_its_holder_stops() {
    let site = Site::with_compose(ASKED);
    let deploy = waiting(&site, site.place.command(&DEPLOY));
    let ran = site.run(&["lock", "steal"]).exits(9).one_error();
    assert!(ran.err.contains("held by ") && ran.err.contains("begins nothing more and takes nothing back"), "{}", ran.err);
    assert_eq!(status(&site)["held"], true);

    for (answer, code) in [("why?\n", 9), ("\n", 9), ("no way\n", 9)] {
        let ran = at_terminal(&site.place.command(&["lock", "steal"]), answer).exits(code);
        assert!(ran.out.contains("away from") && ran.out.contains("not confirmed"), "{answer}: {}", ran.out);
        assert_eq!(status(&site)["held"], true, "{answer}");
    }

    let mut deploy = deploy;
    let ran = at_terminal(&site.place.command(&["lock", "steal"]), "Yes\n").exits(0);
    assert!(ran.out.contains("away from"), "{}", ran.out);
    let ran = site.run(&["lock", "steal", "--yes", "--json"]).exits(0);
    assert_eq!(ran.events().pop().unwrap()["changed"], false, "it is taken already");
    assert!(deploy.has_ended(), "the lock is free only when its holder begins nothing more");
    assert_eq!(status(&site)["held"], false);
    let error = deploy.end().exits(5).json_error();
    assert_eq!(error["code"], "lock_lost", "{error}");
    assert!(error["notes"][0].as_str().unwrap().contains("nothing was taken back"), "{error}");
    assert_eq!(site.of_role("service").len(), 1, "what was made is still there");

    let ran = site.run(&["lock", "steal"]).exits(0);
    assert!(ran.err.contains("there is no lock to take"), "{}", ran.err);
    make_healthy(&site);
    site.run(&["deploy"]).exits(0);
}

/// The same command at a terminal at which somebody types `answer`.
fn at_terminal(command: &Command, answer: &str) -> Ran {
    let words = std::iter::once(command.get_program()).chain(command.get_args()).map(|word| word.to_str().unwrap());
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &shell_words::join(words), "/dev/null"]);
    script.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = assert_cmd::Command::from_std(script).timeout(LIMIT).write_stdin(answer).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ran { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

/// The same command as a process of which others know nothing: with process numbers of its own, as on another machine.
fn elsewhere(command: &Command) -> Command {
    let mut elsewhere = Command::new("unshare");
    elsewhere.args(["--pid", "--fork", "--kill-child"]).arg(command.get_program()).args(command.get_args());
    elsewhere.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    elsewhere
}

#[test]
fn real_the_lock_of_a_deploy_that_was_killed_elsewhere_is_taken_over_after_the_lease() {
    let site = Site::with_compose(ASKED);
    let deploy = waiting(&site, elsewhere(&site.place.command(&DEPLOY)));
    deploy.signal(Signal::KILL);
    deploy.end().exits(-1);
    make_healthy(&site);
    refusal(&site.run(&DEPLOY).exits(5));
    until("the lease is over", || status(&site)["holder"]["dead"] == "lease_over");
    let ran = site.run(&["deploy"]).exits(0);
    assert!(ran.err.contains(" has given no sign of life for too long after step "), "{}", ran.err);
    assert_eq!(site.of_role("service").len(), 1);
}
