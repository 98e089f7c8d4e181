//! What must hold between services.

use super::{mistakes, warnings};

fn one(text: &str, message: &str) {
    assert_eq!(mistakes(text), [format!("compose.yaml:{message}")], "{text}");
}

#[test]
fn circles() {
    one(
        "services:\n  a: {image: x, depends_on: [b]}\n  b: {image: x, depends_on: [c]}\n  c:\n    image: x\n    depends_on: \
         [a]\n",
        "6:18: services.c.depends_on.a: services wait for each other: a -> b -> c -> a (hint: remove one of these dependencies)",
    );
    one(
        "services:\n  a: {image: x, depends_on: [a]}\n",
        "2:30: services.a.depends_on.a: services wait for each other: a -> a (hint: remove one of these dependencies)",
    );
    // The way into a circle is not part of it, and one circle is one mistake.
    one(
        "services:\n  a: {image: x, depends_on: [b, c]}\n  b: {image: x, depends_on: [c]}\n  c: {image: x, depends_on: {b: \
         {condition: service_started}}}\n",
        "4:33: services.c.depends_on.b: services wait for each other: b -> c -> b (hint: remove one of these dependencies)",
    );
    assert!(
        mistakes("services:\n  a: {image: x, depends_on: [b, c]}\n  b: {image: x, depends_on: [c]}\n  c: {image: x}\n")
            .is_empty()
    );
}

#[test]
fn ports_of_the_host() {
    let two = |a: &str, b: &str| {
        mistakes(&format!("services:\n  a: {{image: x, ports: ['{a}']}}\n  b: {{image: x, ports: ['{b}']}}\n"))
    };
    assert_eq!(
        two("80:80", "80:8080"),
        ["compose.yaml:3:24: services.b.ports: the host's port 80/tcp is published by `a` already (hint: choose another \
             port of the host)"]
    );
    for (a, b, collide) in [
        ("80:80", "81:80", false),
        ("80:80", "80:80/udp", false),
        ("80", "80", false),
        ("127.0.0.1:80:80", "80:80", true),
        ("127.0.0.1:80:80", "0.0.0.0:80:80", true),
        ("127.0.0.1:80:80", "127.0.0.2:80:80", false),
        ("127.0.0.1:80:80", "[::]:80:80", false),
        ("[::1]:80:80", "[::]:80:80", true),
        ("8000-8002:80-82", "8002:80", true),
    ] {
        assert_eq!(!two(a, b).is_empty(), collide, "{a} {b}");
    }
    one(
        "services:\n  a: {image: x, ports: ['80:80', '80:81']}\n",
        "2:24: services.a.ports: the host's port 80/tcp is published by this service already (hint: choose another port of \
         the host)",
    );
}

#[test]
fn replicas() {
    one(
        "services:\n  a: {image: x, scale: 2, ports: ['80:80']}\n",
        "2:34: services.a.ports: 2 replicas cannot all listen on the host's port 80 (hint: publish the port of an ingress \
         only, or run one replica)",
    );
    one(
        "services:\n  a: {image: x, scale: 2, container_name: web}\n",
        "2:43: services.a.container_name: 2 replicas cannot all have the name `web` (hint: remove `container_name`: the tool \
         numbers the replicas)",
    );
    one(
        "services:\n  a: {image: x, container_name: web}\n  b: {image: x, container_name: web}\n",
        "3:33: services.b.container_name: the service `a` has the container name `web` already (hint: choose another name, or \
         leave it to the tool)",
    );
    assert!(mistakes("services:\n  a: {image: x, scale: 2, ports: ['80']}\n").is_empty());
}

#[test]
fn waiting_for_what_cannot_happen() {
    let text = |health: &str| {
        format!(
            "services:\n  a:\n    image: x\n    depends_on: {{b: {{condition: service_healthy}}}}\n  b: {{image: x{health}}}\n"
        )
    };
    assert_eq!(
        warnings(&text("")),
        ["compose.yaml:4:21: services.a.depends_on.b: `b` declares no health check; without one in its image it never \
             becomes healthy (hint: give it a `healthcheck`)"]
    );
    assert!(warnings(&text(", healthcheck: {test: x}")).is_empty());
    assert!(warnings(&text(", healthcheck: {interval: 5s}")).is_empty());
    one(
        &text(", healthcheck: {disable: true}"),
        "4:21: services.a.depends_on.b: the health check of `b` is switched off, so it never becomes healthy \
         (hint: wait for `service_started`, or give it a health check)",
    );
}

#[test]
fn jobs() {
    let text = |keys: &str| {
        format!(
            "services:\n  a: {{image: x, depends_on: {{job: {{condition: service_completed_successfully}}}}}}\n  job: \
             {{image: x{keys}}}\n"
        )
    };
    assert!(mistakes(&text(", restart: 'no'")).is_empty());
    one(
        &text(", restart: always"),
        "3:28: services.job.restart: its completion is waited for, so it must not be restarted (hint: remove `restart`, or \
         say `restart: \"no\"`)",
    );
    one(&text(", scale: 2"), "3:8: services.job: its completion is waited for, so 2 replicas make no sense (hint: run one)");
    let migration = "services:\n  m: {image: x, restart: on-failure, x-medianest: {migration: {}}}\n";
    assert_eq!(mistakes(migration).len(), 1);
}

#[test]
fn targets() {
    one(
        "services:\n  a: {image: x, tmpfs: /run/, volumes: ['/run']}\n",
        "2:24: services.a.tmpfs: `/run` is a target in `volumes` too (hint: choose another target for one of the two)",
    );
    one(
        "services:\n  a: {image: x, secrets: [s], configs: [{source: c, target: /run/secrets/s}]}\nsecrets: {s: {file: \
         s}}\nconfigs: {c: {content: x}}\n",
        "2:40: services.a.configs: `/run/secrets/s` is a target in `secrets` too (hint: choose another target for one of the \
         two)",
    );
}

#[test]
fn ingresses() {
    let text = |configs: &str, route: &str, app: &str| {
        format!(
            "services:\n  web:\n    image: x\n    configs: [{configs}]\n    x-medianest:\n      ingress:\n        config: \
             up\n        routes:\n        \
             - {{upstream: u, service: {route}, port: 80}}\n  app: {{image: x{app}}}\nconfigs: {{up: {{content: \
             x}}}}\nnetworks: {{n: }}\n"
        )
    };
    assert!(mistakes(&text("up", "app", "")).is_empty());
    one(
        &text("", "app", ""),
        "7:17: services.web.x-medianest.ingress.config: the config `up` is not granted to this service (hint: add it to \
         `configs` of the service)",
    );
    one(
        &text("up", "web", ""),
        "9:11: services.web.x-medianest.ingress.routes.web: an ingress cannot be its own route (hint: name the service behind \
         it)",
    );
    one(
        &text("up", "app", ", networks: [n]"),
        "9:11: services.web.x-medianest.ingress.routes.app: `app` is on no network of this service (hint: put both on one \
         network)",
    );
    one(
        &text("up", "app", ", profiles: [p]"),
        "9:11: services.web.x-medianest.ingress.routes[0].service: the service `app` belongs to a profile that is not active \
         (hint: activate it with `--profile p`)",
    );
}
