//! `autoupdate`: what it refuses without an engine, and what it says of images that no registry knows.

use rustix::process::Signal;

use crate::support::{Mute, Place, Ran, Running, Site};

const APP: &str = "services: {app: {image: \"example.org/app:1\"}}\n";

/// A service with an image that was built here, and one that is a database by its name.
const KEEPER: &str = "
x-medianest: {version: v1.0.0, autoupdate: {range: <2.0.0, min_age: 24h, window: 00:00-24:00, timezone: utc}}
services:
  keeper:
    image: medianest-demo/redis:7
    command: [sleep, \"600\"]
    tmpfs: [/data]
    init: true
    stop_grace_period: 1s
  other:
    image: medianest-demo/nginx:1
    command: [sleep, \"600\"]
    init: true
    stop_grace_period: 1s
";

#[test]
fn flags_that_do_not_go_together() {
    let place = Place::with_compose(APP);
    for (args, why) in [
        (&["--every", "1s"][..], "a minute at least"),
        (&["--every", "soon"], "a time is a number with a unit"),
        (&["--every", "1h", "--dry-run"], "cannot be used with"),
        (&["--candidate", "a/b"], "a version is an image's tag"),
    ] {
        let ran = place.run(&[&["autoupdate"], args].concat()).exits(2);
        assert!(ran.err.contains(why), "{args:?}: {}", ran.err);
    }
}

#[test]
fn candidates_that_cannot_be_compared_end_it_before_the_engine_is_asked_for_anything() {
    let versioned = format!("x-medianest: {{version: latest}}\n{APP}");
    for (compose, candidate, why) in [
        (APP, "v1.0.0", "do not say which version they are"),
        (versioned.as_str(), "v1.0.0", "`latest` is not a semantic version"),
    ] {
        let mut place = Place::with_compose(compose);
        let mute = Mute::at(place.beside("engine.sock"));
        place = place.at(mute.socket());
        // In a loop that is said at once, and not again and again.
        let ran = place.run(&["autoupdate", "--every", "1h", "--candidate", candidate]).exits(2).one_error();
        assert!(ran.err.contains(why), "{}", ran.err);
        assert_eq!(mute.calls(), 0);
    }
    let broken = Place::with_compose("x-medianest: {autoupdate: {window: noon}}\nservices: {app: {image: x}}\n");
    let ran = broken.run(&["autoupdate", "--every", "1h"]).exits(4);
    assert!(ran.err.contains("is not a time of the day"), "{}", ran.err);
}

#[test]
fn a_loop_tells_what_is_wrong_and_goes_on_until_it_is_told_to_stop() {
    let place = Place::with_compose(APP);
    let mut command = place.command(&["autoupdate", "--every", "1h", "--json"]);
    command.env("DOCKER_HOST", format!("unix://{}", place.beside("absent.sock").display()));
    let mut running = Running::start(command);
    let told: serde_json::Value = serde_json::from_str(&running.line()).unwrap();
    assert_eq!((&told["event"], &told["error"]["code"]), (&"error".into(), &"engine".into()));
    running.signal(Signal::TERM);
    running.end().exits(0);
}

fn site() -> Site {
    let site = Site::with_compose(KEEPER);
    site.engine.needs_images(&["medianest-demo/nginx:1"]);
    site
}

#[test]
fn real_what_no_registry_knows_is_said_and_left_alone() {
    let site = site();
    let findings = |ran: &Ran| {
        let document = ran.document();
        assert_eq!((&document["schema"], &document["window_open"], &document["newer"]), (&1.into(), &true.into(), &false.into()));
        let images = document["images"].as_array().unwrap().clone();
        images.iter().map(|i| (i["image"].to_string(), i["verdict"].to_string())).collect::<Vec<_>>()
    };
    let text = |image: &str, verdict: &str| (format!("\"{image}\""), format!("\"{verdict}\""));
    let before = findings(&site.run(&["autoupdate", "--dry-run", "--json"]).exits(0));
    assert_eq!(before, [text("medianest-demo/nginx:1", "not_deployed"), text("medianest-demo/redis:7", "database")]);
    site.assert_nothing_there();

    site.run(&["deploy"]).exits(0);
    let there = site.engine.inventory(&site.place.project);
    let after = findings(&site.run(&["autoupdate", "--dry-run", "--json"]).exits(0));
    assert_eq!(after, [text("medianest-demo/nginx:1", "built_here"), text("medianest-demo/redis:7", "database")]);
    let ran = site.run(&["autoupdate"]).exits(0);
    for said in [
        "medianest-demo/redis:7  is a database: never updated unasked",
        "medianest-demo/nginx:1  was built here: no registry knows it",
        "note: the Compose files do not follow MEDIANEST_VERSION, so a range finds no newer version",
        "nothing is due; 0 current, 2 never updated unasked",
    ] {
        assert!(ran.err.contains(said), "{said}: {}", ran.err);
    }
    assert_eq!(site.engine.inventory(&site.place.project), there, "nothing was changed");

    // A loop says as much on one line, and ends when it is told to.
    let mut running = Running::start(site.place.command(&["autoupdate", "--every", "1h", "--json"]));
    let told: serde_json::Value = serde_json::from_str(&running.line()).unwrap();
    assert_eq!((&told["event"], &told["images"][0]["verdict"]), (&"autoupdate".into(), &"built_here".into()));
    running.signal(Signal::INT);
    running.end().exits(0);
}
