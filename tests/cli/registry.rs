//! `autoupdate` with a real registry: tags that move, and versions that come.

use std::{collections::BTreeSet, fs};

use chrono::{SecondsFormat, Timelike as _, Utc};
use serde_json::{Value, json};

use crate::support::{Engine, Ran, Registry, Site};

const WEB: &str = "medianest/frontend:v1.0.0";
const REDIS: &str = "medianest-demo/redis:7";
const LONG_AGO: &str = "2020-01-01T00:00:00Z";

/// Two replicas that are healthy by what they answer, and a database.
const TAGGED: &str = r#"
x-medianest:
  version: v1.0.0
  autoupdate: {min_age: "${MIN_AGE:-0s}", window: "${WINDOW:-00:00-24:00}", timezone: utc}
services:
  db:
    image: ${REGISTRY}/shop/redis:7
    command: [sleep, "600"]
    init: true
    tmpfs: [/data]
    stop_grace_period: 1s
  web:
    image: ${REGISTRY}/shop/web:stable
    environment: {HOSTNAME: 0.0.0.0, PORT: "3000", NEXTAUTH_URL: "http://localhost", NEXTAUTH_SECRET: of-no-use-to-anybody}
    stop_grace_period: 2s
    healthcheck: {test: [CMD, wget, -q, --spider, "http://localhost:3000/api/health"], interval: 30s, retries: 3}
    deploy:
      replicas: 2
      update_config: {monitor: 500ms}
"#;

/// Two services whose images' tags name the version, one of them with more than that; and a database.
const VERSIONED: &str = r#"
x-medianest:
  version: "${MEDIANEST_VERSION}"
  autoupdate: {range: "${RANGE}"}
x-keeper: &keeper {command: [sleep, "600"], init: true, tmpfs: [/data], stop_grace_period: 1s}
services:
  db: {<<: *keeper, image: "${REGISTRY}/shop/redis:${MEDIANEST_VERSION}"}
  api: {<<: *keeper, image: "${REGISTRY}/shop/api:${MEDIANEST_VERSION}"}
  web: {<<: *keeper, image: "${REGISTRY}/shop/web:${MEDIANEST_VERSION}-slim"}
"#;

fn site(compose: &str) -> Site {
    let site = Site::with_compose(compose);
    site.engine.needs_images(&[WEB, REDIS]);
    site
}

fn ids(site: &Site, service: &str) -> BTreeSet<String> {
    site.identities(service).into_iter().filter(|[name, ..]| !name.ends_with("-failed")).map(|[_, id, _]| id).collect()
}

/// The images that a service's containers run.
fn runs(site: &Site, service: &str) -> BTreeSet<String> {
    let image = |id: String| site.engine.container(&id)["Image"].as_str().unwrap().to_owned();
    ids(site, service).into_iter().map(image).collect()
}

fn now() -> Value {
    Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true).into()
}

#[track_caller]
fn says(ran: &Ran, texts: &[&str]) {
    for text in texts {
        assert!(ran.err.contains(text), "no `{text}` in {}", ran.err);
    }
}

#[test]
fn real_a_tag_that_moves_is_followed_as_the_settings_allow() {
    let registry = Registry::open(&Engine::local());
    registry.push(WEB, "shop/web", "pushed");
    registry.push(REDIS, "shop/redis", "7");
    let first = registry.retag("shop/web", "pushed", "stable", |config| config["created"] = LONG_AGO.into());
    let site = site(TAGGED);
    let set = |variables: &str| site.place.write(".env", &format!("REGISTRY={}\n{variables}", registry.host()));
    set("");
    site.run(&["deploy"]).exits(0);
    assert_eq!(runs(&site, "web"), BTreeSet::from([first]));
    says(&site.run(&["autoupdate"]).exits(0), &["nothing is due; 1 current, 1 never updated unasked"]);

    // A new image, and one of the database, which nobody asked for.
    let second = registry.retag("shop/web", "pushed", "stable", |config| config["created"] = now());
    registry.retag("shop/redis", "7", "7", |config| config["created"] = LONG_AGO.into());
    let before = (ids(&site, "web"), ids(&site, "db"));
    let unchanged = |what: &str| assert_eq!((ids(&site, "web"), ids(&site, "db")), before, "{what}");

    set("MIN_AGE=24h\n");
    says(&site.run(&["autoupdate"]).exits(0), &["/shop/web:stable  waits until 2", "and must be 24.0 h old", "nothing is due"]);
    unchanged("too young");
    site.run(&["plan", "--exit-code", "-q"]).exits(0);

    let closed = (Utc::now().hour() + 6) % 24;
    set(&format!("WINDOW={closed:02}:00-{closed:02}:30\n"));
    says(&site.run(&["autoupdate"]).exits(0), &["/shop/web:stable  is due", "outside the window", "so nothing is changed"]);
    unchanged("outside the window");

    set("");
    let shown = site.run(&["autoupdate", "--dry-run"]).exits(0).out;
    assert!(shown.contains("/shop/web:stable  is due") && shown.contains("/shop/redis:7     is a database"), "{shown}");
    unchanged("only shown");
    site.run(&["autoupdate"]).exits(0);
    assert_eq!(runs(&site, "web"), BTreeSet::from([second]));
    assert_eq!((ids(&site, "web").len(), ids(&site, "db")), (2, before.1.clone()), "the database is the same container");
    assert!(ids(&site, "web").is_disjoint(&before.0));
    says(&site.run(&["autoupdate"]).exits(0), &["nothing is due; 1 current"]);
    site.run(&["plan", "--exit-code", "-q"]).exits(0);

    // One that does not work.
    registry.retag("shop/web", "pushed", "stable", |config| {
        config["created"] = LONG_AGO.into();
        config["config"]["Env"].as_array_mut().unwrap().push("FAULT_NEVER_HEALTHY=1".into());
    });
    let before = (ids(&site, "web"), ids(&site, "db"));
    let ran = site.run(&["autoupdate", "--wait-timeout", "10"]).exits(6);
    says(&ran, &["did not become healthy within 10 s", "note: what ran before runs again", "kept for inspection"]);
    assert_eq!((ids(&site, "web"), ids(&site, "db")), before, "the same containers as before");
    site.run(&["status", "-q"]).exits(0);
    let releases = site.run(&["releases", "--json"]).exits(0).document();
    assert_eq!(releases["releases"].as_array().unwrap().len(), 3, "a deploy, an update, an attempt: {releases}");
    site.run(&["down", "--volumes", "--yes"]).exits(0);
}

#[test]
fn real_the_newest_version_in_the_range_is_found_and_brought_about() {
    let registry = Registry::closed(&Engine::local());
    for (repository, suffix, versions) in [
        ("shop/api", "", &["v1.0.0", "v1.0.1", "v1.1.0", "v1.2.0", "v2.0.0", "latest"][..]),
        ("shop/web", "-slim", &["v1.0.0", "v1.0.1", "v1.1.0", "v2.0.0", "v2.1.0-rc.1"]),
        ("shop/redis", "", &["v1.0.0", "v1.0.1", "v1.1.0"]),
    ] {
        registry.push(REDIS, repository, "pushed");
        for version in versions {
            registry.retag(repository, "pushed", &format!("{version}{suffix}"), |config| {
                config["config"]["Labels"]["test.version"] = (*version).into();
            });
        }
    }
    let site = site(VERSIONED);
    let config = site.place.beside("home/.docker/config.json");
    fs::create_dir_all(config.parent().unwrap()).unwrap();
    fs::write(&config, registry.login()).unwrap();
    let set = |version: &str, range: &str| {
        let text = format!("REGISTRY={}\nRANGE=\"{range}\"\nMEDIANEST_VERSION={version}\n", registry.host());
        site.place.write(".env", &text);
    };
    let version = || {
        let of = |service: &str| {
            let all = site.identities(service).into_iter().map(|[_, id, _]| site.engine.container(&id));
            all.map(|c| c["Config"]["Labels"]["test.version"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        ["api", "web", "db"].map(|service| of(service).join(" "))
    };
    set("v1.0.0", "~1.0");
    site.run(&["deploy"]).exits(0);

    let shown = site.run(&["autoupdate", "--dry-run", "--json"]).exits(0).document();
    let listed = ["shop/api", "shop/web"].map(|path| format!("{}/{path}", registry.host()));
    assert_eq!((&shown["version"], &shown["newer"]), (&json!("v1.0.1"), &json!(true)), "{shown}");
    assert_eq!((&shown["listed"], &shown["not_listed"]), (&json!(listed), &json!([])), "a database is not asked for: {shown}");
    site.run(&["autoupdate"]).exits(0);
    assert_eq!(version(), ["v1.0.1", "v1.0.1", "v1.0.0"]);
    assert!(site.place.read(".env").contains("MEDIANEST_VERSION=v1.0.1\n"));
    says(&site.run(&["autoupdate"]).exits(0), &["nothing is due"]);

    set("v1.0.1", ">=1.0, <2");
    site.run(&["autoupdate"]).exits(0);
    assert_eq!(version(), ["v1.1.0", "v1.1.0", "v1.0.0"], "v1.2.0 is there for one image alone");
    says(&site.run(&["autoupdate"]).exits(0), &["nothing is due"]);

    // Who may not ask is told so, and nothing happens.
    fs::remove_file(&config).unwrap();
    let ran = site.run(&["autoupdate"]).exits(1);
    says(&ran, &["it wants a name and a password, and there are none", &format!("docker login {}", registry.host())]);
    assert_eq!(version(), ["v1.1.0", "v1.1.0", "v1.0.0"]);
    site.run(&["down", "--volumes", "--yes"]).exits(0);
}
