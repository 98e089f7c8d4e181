//! What holds after every good command, whatever went wrong before it.

use std::{collections::BTreeSet, net::SocketAddr};

use medianestctl::{
    engine::{self, ConnectOptions},
    state::Store,
};
use serde_json::Value;

use super::{shop::Shop, visitor::page};

/// What does not hold; nothing when all is well.
pub fn problems(shop: &Shop, release: &str, site: SocketAddr) -> Vec<String> {
    let mut found = Vec::new();
    told(shop, release, &mut found);
    containers(shop, release, &mut found);
    volumes(shop, &mut found);
    recorded(shop, release, &mut found);
    let networks = shop.engine.networks(&shop.place.project).len();
    if networks != 1 {
        found.push(format!("there are {networks} networks"));
    }
    match page(site) {
        Ok(answer) if answer.contains(release) => {}
        Ok(answer) => found.push(format!("the site does not answer as {release}: {answer}")),
        Err(error) => found.push(format!("the site does not answer: {error}")),
    }
    found
}

/// What the tool says: healthy, and nothing left to do.
fn told(shop: &Shop, release: &str, found: &mut Vec<String>) {
    let status = shop.run(&["status", "--json"]);
    let document: Value = serde_json::from_str(&status.out).unwrap_or_default();
    if status.code != 0 || document["healthy"] != true || document["version"] != release {
        found.push(format!("status ends with {}: {}{}", status.code, status.out, status.err));
    }
    let plan = shop.run(&["plan", release, "--exit-code"]);
    if plan.code != 0 {
        found.push(format!("there is something left to do: {}{}", plan.out, plan.err));
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Exactly those containers that are wanted, each in the state in which it is wanted. What is kept of the release before
/// stands still.
fn containers(shop: &Shop, release: &str, found: &mut Vec<String>) {
    let image = format!("medianest/frontend:{release}");
    let wanted = [
        ("web-1", "running", image.as_str()),
        ("web-2", "running", &image),
        ("proxy-1", "running", "medianest-demo/nginx:1"),
        ("migrate-1", "exited", &image),
        ("migrate-verify", "exited", &image),
    ];
    let there = shop.engine.containers(&shop.place.project);
    let name = |c: &Value| text(&c["Name"]).trim_start_matches('/').to_owned();
    for (short, state, image) in wanted {
        let full = format!("{}-{short}", shop.place.project);
        let Some(container) = there.iter().find(|c| name(c) == full) else {
            found.push(format!("{short} is missing"));
            continue;
        };
        let is = (text(&container["State"]["Status"]), text(&container["Config"]["Image"]));
        if is != (state, image) || container["State"]["ExitCode"] != 0 {
            found.push(format!("{short} is {is:?}, exit code {}", container["State"]["ExitCode"]));
        }
    }
    let known: BTreeSet<_> = wanted.iter().map(|(short, ..)| *short).chain(["medianestctl-state"]).collect();
    for container in &there {
        let full = name(container);
        let short = full.strip_prefix(&format!("{}-", shop.place.project)).unwrap_or(&full);
        let kept = short.ends_with("-previous") && container["State"]["Running"] == false;
        if !known.contains(short) && !kept {
            found.push(format!("{short} is left over, {}", text(&container["State"]["Status"])));
        }
    }
}

/// A volume that no container mounts is left over, but for those that the tool keeps its own things in.
fn volumes(shop: &Shop, found: &mut Vec<String>) {
    let project = &shop.place.project;
    let mounts: Vec<_> =
        shop.engine.containers(project).iter().filter_map(|c| c["Mounts"].as_array().cloned()).flatten().collect();
    let mounted: BTreeSet<_> = mounts.iter().map(|m| text(&m["Name"]).to_owned()).collect();
    for volume in shop.engine.volumes(project) {
        let name = text(&volume["Name"]);
        let own = ["medianestctl", "medianestctl-note"].iter().any(|own| name == format!("{project}_{own}"));
        if !own && !mounted.contains(name) {
            found.push(format!("the volume {name} is left over"));
        }
    }
}

/// One release is current in the records, and it is this one.
fn recorded(shop: &Shop, release: &str, found: &mut Vec<String>) {
    let options = ConnectOptions { docker_host: shop.place.host.clone(), ..ConnectOptions::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let opened = runtime.block_on(async {
        let engine = engine::connect(&options).await.map_err(|e| e.to_string())?;
        let project = shop.place.project.parse().map_err(|e| format!("{e}"))?;
        Store::new(&engine, project).open().await.map_err(|e| e.to_string())
    });
    match opened {
        Ok(Some(opened)) if opened.head.release.is_some() && opened.head.version.as_deref() == Some(release) => {}
        Ok(Some(opened)) => {
            found.push(format!("the records say that {:?} ({:?}) is current", opened.head.version, opened.head.release));
        }
        Ok(None) => found.push("there are no records".into()),
        Err(error) => found.push(format!("the records cannot be read: {error}")),
    }
}
