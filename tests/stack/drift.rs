//! What people do to the containers of the bundled stack with the docker command line, and what becomes of it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{ByHand, Site, get};

/// Identifier and start of every container of the project's services, by name.
fn replicas(site: &Site) -> BTreeMap<String, [String; 2]> {
    let all = ["backend", "frontend", "nginx", "postgres", "redis"].map(|service| site.identities(service));
    all.into_iter().flatten().map(|[name, id, start]| (name.trim_start_matches('/').to_owned(), [id, start])).collect()
}

/// What `status` finds: kind and container.
fn drift(site: &Site) -> Vec<(String, String)> {
    let document = site.run(&["status", "--json"]).document();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    document["drift"].as_array().unwrap().iter().map(|d| (text(&d["kind"]), text(&d["container"]))).collect()
}

#[test]
fn real_what_was_done_by_hand_is_told_and_mended_and_nothing_else() {
    let site = Site::bundled();
    site.run(&["deploy"]).exits(0);
    assert_eq!(drift(&site), []);
    let (project, engine) = (site.place.project.as_str(), &site.engine);
    let before = replicas(&site);
    let [edited, removed] = ["backend-1", "backend-2"].map(|name| site.name(name));
    let (disconnected, policy) = (site.name("frontend-2"), site.name("redis-1"));

    let debug = ByHand::started(engine, &site.name("debug"), &json!({"com.docker.compose.project": project}));
    let other_project = format!("{project}-other");
    let labels = json!({"com.docker.compose.project": other_project, "com.docker.compose.service": "backend"});
    let other = ByHand::started(engine, &format!("{other_project}-backend-1"), &labels);
    engine.post(&format!("/containers/{edited}/update"), &json!({"Memory": 200 << 20}));
    engine.post(&format!("/containers/{policy}/update"), &json!({"RestartPolicy": {"Name": "no"}}));
    let networks = engine.container(&disconnected)["NetworkSettings"]["Networks"].clone();
    let network = networks.as_object().unwrap().keys().next().unwrap().clone();
    engine.post(&format!("/networks/{network}/disconnect"), &json!({"Container": disconnected, "Force": true}));
    engine.remove_container(&removed);

    let expected = [("edited", &edited), ("removed", &removed), ("orphan", &debug.name), ("disconnected", &disconnected)];
    let mut expected: Vec<_> = expected.into_iter().chain([("edited", &policy)]).collect();
    expected.sort_by_key(|(_, container)| (*container).clone());
    let expected: Vec<_> = expected.into_iter().map(|(kind, name)| (kind.to_owned(), name.clone())).collect();
    assert_eq!(drift(&site), expected);
    let shown = site.run(&["status"]).exits(1).out;
    assert!(shown.contains("\nDRIFT ") && shown.contains(" to 200 MiB"), "{shown}");

    let plan = site.run(&["plan", "--exit-code"]).exits(10).out;
    for cause in [
        " to 200 MiB".to_owned(),
        format!("it is not in network {network}"),
        "its restart policy was changed by hand from unless-stopped to no".into(),
        format!("note: container {} belongs to this project", debug.name),
    ] {
        assert!(plan.contains(&cause), "no `{cause}` in {plan}");
    }

    let ran = site.run(&["deploy"]).exits(0);
    assert!(ran.err.contains(&debug.name) && ran.err.contains("deploy --remove-orphans"), "{}", ran.err);
    assert_eq!(drift(&site), [("orphan".to_owned(), debug.name.clone())]);
    let after = replicas(&site);
    let mended = [&edited, &removed, &disconnected];
    for (name, identity) in &before {
        assert_eq!(after.get(name) != Some(identity), mended.contains(&name), "{name}");
    }
    assert_eq!(after.len(), before.len(), "{after:?}");
    assert_eq!(engine.container(&policy)["HostConfig"]["RestartPolicy"]["Name"], "unless-stopped");
    for path in ["/", "/api/health"] {
        assert_eq!(get(site.port, path).status, 200);
    }
    site.run(&["plan", "--exit-code", "-q"]).exits(0);
    let releases = site.run(&["releases", "--json"]).exits(0).document();
    assert_eq!(releases["releases"].as_array().unwrap().len(), 1, "mending is no new release: {releases}");

    // Orphans go by consent, and what is of others stays.
    site.run(&["deploy", "--remove-orphans", "--dry-run"]).exits(0);
    let asked = site.run(&["deploy", "--remove-orphans"]).exits(9);
    assert!(asked.err.contains(&debug.name) && asked.err.contains("--yes") && debug.runs(), "{}", asked.err);
    site.run(&["deploy", "--remove-orphans", "--yes"]).exits(0);
    assert!(engine.container(&debug.id).is_null() && other.runs());
    assert_eq!((drift(&site), replicas(&site)), (Vec::new(), after));
}
