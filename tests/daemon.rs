//! What becomes of an update when the engine itself is hit: each test has an engine of its own, and needs root's rights.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "kill/mod.rs"]
mod kill;
#[path = "daemon/private.rs"]
mod private;
#[path = "daemon/registry.rs"]
mod registry;
#[path = "cli/support/mod.rs"]
mod support;

use std::{
    fs::{self, File, OpenOptions},
    io::Write as _,
    process::{Child, Stdio},
};

use kill::shop::{RELEASES, Shop};
use private::Private;
use registry::Dying;
use support::{Running, until};

/// A private engine with the first release on it.
fn running(live_restore: bool) -> (Private, Shop) {
    let private = Private::start(live_restore);
    let shop = Shop::at(private.engine());
    shop.place.run(&["deploy", RELEASES[0]]).exits(0);
    (private, shop)
}

/// The ingress's address in the engine's networks.
fn address_of(shop: &Shop) -> String {
    let proxy = shop.engine.container(&format!("{}-proxy-1", shop.place.project));
    let networks = proxy["NetworkSettings"]["Networks"].as_object().unwrap();
    networks.values().find_map(|n| n["IPAddress"].as_str().map(str::to_owned)).unwrap()
}

/// One page of the site; the status, and empty when nobody answered.
fn ask(private: &Private, address: &str) -> (String, String) {
    let mut command = private.within("curl");
    let output = command.args(["-s", "-m", "15", "-w", "\n%{http_code}", &format!("http://{address}/")]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (body, status) = text.rsplit_once('\n').unwrap_or_default();
    (status.to_owned(), body.to_owned())
}

/// Somebody who asks all the time, from where the containers are.
struct Inside {
    child: Child,
    answers: std::path::PathBuf,
}

impl Inside {
    fn begin(private: &Private, shop: &Shop) -> Self {
        let answers = shop.place.beside("answers");
        let (mut command, out) = (private.within("sh"), File::create(&answers).unwrap());
        let ask = format!("curl -s -m 15 -o /dev/null -w '%{{http_code}}\\n' http://{}/", address_of(shop));
        command.args(["-c", &format!("while :; do {ask}; sleep 0.02; done")]).stdout(out).stderr(Stdio::null());
        Self { child: command.spawn().unwrap(), answers }
    }

    /// How many answers there were, and those that were none.
    fn end(mut self) -> (usize, Vec<String>) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let text = fs::read_to_string(&self.answers).unwrap();
        // The last line may be half a line.
        let lines: Vec<_> = text.split_inclusive('\n').filter(|line| line.ends_with('\n')).map(str::trim).collect();
        (lines.len(), lines.iter().filter(|line| **line != "200").map(|line| (*line).to_owned()).collect())
    }
}

/// An update, up to where the first new container has been started.
fn updating(shop: &Shop) -> Running {
    let mut deploy = Running::start(shop.place.command(&["deploy", RELEASES[1], "--json"]));
    deploy.wait_for("step_started", "wait for", &format!("container {}-web-1-next", shop.place.project));
    deploy
}

/// The next command brings the new release about, and all is as it should be.
fn converges(private: &Private, shop: &Shop) {
    shop.place.run(&["deploy", RELEASES[1]]).exits(0);
    let status = shop.place.run(&["status", "--json"]).exits(0).document();
    assert_eq!((&status["healthy"], &status["version"]), (&true.into(), &RELEASES[1].into()), "{status}");
    shop.place.run(&["plan", RELEASES[1], "--exit-code", "-q"]).exits(0);
    let (code, body) = ask(private, &address_of(shop));
    assert!(code == "200" && body.contains(RELEASES[1]), "{code}: {body}");
    let left: Vec<_> = shop.engine.inventory(&shop.place.project);
    let over = |name: &&String| ["-next", "-lock", "-stage", "-failed"].iter().any(|end| name.ends_with(end));
    assert_eq!(left.iter().find(over), None, "{left:?}");
    shop.place.run(&["down", "--volumes", "--yes"]).exits(0);
    assert_eq!(shop.engine.inventory(&shop.place.project), Vec::<String>::new());
}

#[test]
fn real_the_daemon_is_restarted_and_containers_outlive_it() {
    let (mut private, shop) = running(true);
    let visitor = Inside::begin(&private, &shop);
    let deploy = updating(&shop);
    private.down();
    let ran = deploy.end();
    private.up();
    let (asked, failed) = visitor.end();
    assert!(ran.code > 0 && ran.code < 70, "the update tells that the engine is gone: {ran:?}");
    assert!(asked > 0 && failed.is_empty(), "{} of {asked} failed: {failed:?}", failed.len());
    converges(&private, &shop);
}

#[test]
fn real_the_daemon_is_restarted_and_takes_its_containers_along() {
    let (mut private, shop) = running(false);
    let deploy = updating(&shop);
    private.down();
    let ran = deploy.end();
    assert!(ran.code > 0 && ran.code < 70, "the update tells that the engine is gone: {ran:?}");
    private.up();
    let address = || std::panic::catch_unwind(|| address_of(&shop)).unwrap_or_default();
    until("the site serves again, unaided", || ask(&private, &address()).0 == "200");
    converges(&private, &shop);
}

#[test]
fn real_the_disk_is_full_in_mid_update() {
    let (private, shop) = running(true);
    let visitor = Inside::begin(&private, &shop);
    let mut deploy = Running::start(shop.place.command(&["deploy", RELEASES[1], "--json"]));
    deploy.wait_for("step_started", "create", &format!("container {}-migrate-1-next", shop.place.project));
    let filler = private.mount().join("filler");
    let mut file = OpenOptions::new().append(true).create(true).open(&filler).unwrap();
    let free = rustix::fs::statvfs(private.mount()).unwrap();
    // At once as much as there is, then whatever is left in small pieces.
    let _ = rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, free.f_bavail * free.f_frsize);
    while file.write_all(&[0; 4096]).is_ok() {}
    let ran = deploy.end();
    let (asked, failed) = visitor.end();
    drop(file);
    fs::remove_file(&filler).unwrap();
    assert!(ran.code == 0 || ran.all().contains("no space left on device"), "done, or told why not: {ran:?}");
    assert!(asked > 0 && failed.is_empty(), "{} of {asked} failed: {failed:?}", failed.len());
    converges(&private, &shop);
}

#[test]
fn real_the_registry_dies_in_mid_pull() {
    let (private, shop) = running(true);
    let registry = Dying::before(&private);
    let image = format!("127.0.0.1:{}/shop/web:v1.1.0", registry.port);
    let identities = || -> Vec<_> {
        let containers = shop.engine.containers(&shop.place.project).into_iter();
        containers.map(|c| [c["Name"].clone(), c["Id"].clone(), c["State"]["StartedAt"].clone()]).collect()
    };
    let before = (identities(), shop.engine.inventory(&shop.place.project));
    shop.place.write("compose.override.yaml", &format!("services: {{web: {{image: \"{image}\"}}}}\n"));
    let visitor = Inside::begin(&private, &shop);
    let ran = shop.place.run(&["deploy", RELEASES[1]]).exits(3);
    let (asked, failed) = visitor.end();
    assert!(registry.is_dead(), "it was asked for the layer: {ran:?}");
    for text in [&format!("error: cannot pull image {image}\n"), "connection refused", "note: nothing was changed\n", "hint: "] {
        assert!(ran.err.contains(text), "no `{text}` in {}", ran.err);
    }
    assert_eq!((identities(), shop.engine.inventory(&shop.place.project)), before, "nothing is touched");
    assert!(asked > 0 && failed.is_empty(), "{} of {asked} failed: {failed:?}", failed.len());
    shop.place.write("compose.override.yaml", "services: {}\n");
    converges(&private, &shop);
}
