//! A backup that is killed while it holds the application still.

use rustix::process::{Pid, Signal, kill_process};

use crate::{
    shop::Shop,
    support::{Relay, Running, until},
};

/// A backup that is stuck while it holds the application still: its engine does not answer to `unpause`.
fn stuck(shop: &Shop, name: &str) -> (Relay, Running) {
    let relay = Relay::new(shop.site.place.beside(name), shop.site.engine.socket());
    relay.hold_back("/unpause");
    let host = format!("unix://{}", relay.socket().display());
    let running = Running::start(shop.site.place.command(&["-H", &host, "backup", "create", "--json", "--no-encrypt"]));
    until("the application is paused, and to go on", || relay.holds() > 0);
    assert_eq!(shop.state("app"), "paused");
    (relay, running)
}

/// The process that watches over a backup.
fn watcher(backup: u32) -> Pid {
    let threads = std::fs::read_dir(format!("/proc/{backup}/task")).unwrap();
    let children = threads.map(|thread| std::fs::read_to_string(thread.unwrap().path().join("children")).unwrap_or_default());
    let children: String = children.collect::<Vec<_>>().join(" ");
    let child: i32 = children.split_whitespace().next().expect("somebody watches").parse().unwrap();
    Pid::from_raw(child).unwrap()
}

#[test]
fn real_the_application_goes_on_when_the_backup_is_killed() {
    let shop = Shop::deployed("");
    let (relay, running) = stuck(&shop, "first.sock");
    running.signal(Signal::KILL);
    running.end();
    relay.let_go();
    shop.assert_goes_on();
    assert!(shop.sets("backups").iter().all(|(_, whole)| !whole), "nothing is listed as a backup");

    // The lock of the dead goes, so that it is not in the way of what follows.
    shop.site.run(&["backup", "create", "--only", "config"]).exits(0);

    // The one who watches is killed too, and first: the next command finds what was held still.
    let (relay, running) = stuck(&shop, "second.sock");
    let watcher = watcher(running.pid());
    kill_process(watcher, Signal::KILL).unwrap();
    running.signal(Signal::KILL);
    running.end();
    relay.let_go();
    assert_eq!(shop.state("app"), "paused");
    let ran = shop.site.run(&["backup", "create", "--only", "config"]).exits(0);
    assert!(ran.err.contains("1 containers that it held still go on again"), "{}", ran.err);
    shop.assert_goes_on();
}

#[test]
fn real_a_backup_that_is_interrupted_leaves_nothing() {
    let shop = Shop::deployed("");
    let mut running = Running::start(shop.site.place.command(&["backup", "create", "--json"]));
    running.wait_for("step_started", "back up", "redis.rdb.zst.age");
    running.signal(Signal::INT);
    let ran = running.end();
    assert!(matches!(ran.code, 0 | 130), "{}", crate::shop::told(&ran));
    if ran.code == 130 {
        assert_eq!(shop.sets("backups"), []);
        assert_eq!(ran.json_error()["code"], "backup");
    }
    shop.assert_goes_on();
    assert!(shop.site.engine.container(&shop.site.name("medianestctl-lock")).is_null(), "the lock is free");
}
