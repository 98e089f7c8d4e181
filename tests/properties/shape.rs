//! Random stacks, as Compose files.

use std::fmt::{self, Write as _};

use proptest::prelude::*;

use crate::support::Project;

/// What a service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Service,
    Job,
    Migration,
}

/// What stays the same over a stack's life.
#[derive(Debug, Clone)]
pub struct Bones {
    /// Services, each with those before it that it depends on: a graph without circles.
    pub services: Vec<(Kind, Vec<bool>)>,
    /// Which services keep data.
    pub data: Vec<bool>,
}

/// What changes from one deploy to the next.
#[derive(Debug, Clone)]
pub struct Flesh {
    pub services: Vec<Form>,
    /// Which services the ingress leads to; it is there when one is.
    pub routed: Vec<bool>,
    pub verify: bool,
    pub secret: u8,
    pub config: u8,
}

/// One service in one deploy.
#[derive(Clone)]
pub struct Form {
    pub replicas: u32,
    pub tag: u8,
    pub setting: u8,
    pub secret: bool,
    pub config: bool,
    pub restarts: bool,
    pub healthy: bool,
    pub update: Update,
}

/// How its replicas are replaced.
#[derive(Debug, Clone, Copy)]
pub struct Update {
    pub order: Option<&'static str>,
    pub parallelism: Option<u8>,
}

/// On one line: a failed case tells of many.
impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { replicas, tag, setting, secret, config, restarts, healthy, update } = self;
        write!(f, "{replicas} x :{tag}, setting {setting}")?;
        if let Some(order) = update.order {
            write!(f, ", {order}")?;
        }
        if let Some(parallelism) = update.parallelism {
            write!(f, ", {parallelism} at once")?;
        }
        for (is, word) in [(secret, "secret"), (config, "config"), (restarts, "restarts"), (healthy, "healthy")] {
            if *is {
                write!(f, ", {word}")?;
            }
        }
        Ok(())
    }
}

const NAMES: [&str; 6] = ["ant", "bee", "cat", "dog", "eel", "fox"];

pub fn bones() -> impl Strategy<Value = Bones> {
    let kind = prop_oneof![4 => Just(Kind::Service), 1 => Just(Kind::Job), 1 => Just(Kind::Migration)];
    let services = prop::collection::vec((kind, prop::collection::vec(any::<bool>(), NAMES.len())), 1..=NAMES.len());
    (services, prop::collection::vec(any::<bool>(), NAMES.len())).prop_map(|(mut services, data)| {
        // Nobody knows that a service is a job but from those that wait for its end.
        let waited = |services: &[(Kind, Vec<bool>)], n: usize| services.iter().skip(n + 1).any(|(_, needs)| needs[n]);
        for n in 0..services.len() {
            if services[n].0 == Kind::Job && !waited(&services, n) {
                services[n].0 = Kind::Service;
            }
        }
        Bones { services, data }
    })
}

pub fn flesh() -> impl Strategy<Value = Flesh> {
    let order = prop_oneof![3 => Just(None), 1 => Just(Some("start-first")), 1 => Just(Some("stop-first"))];
    let parallelism = prop_oneof![2 => Just(None), 1 => (0..=2u8).prop_map(Some)];
    let update = (order, parallelism).prop_map(|(order, parallelism)| Update { order, parallelism });
    let form = (1..=3u32, 1..=2u8, 0..2u8, any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), update).prop_map(
        |(replicas, tag, setting, secret, config, restarts, healthy, update)| Form {
            replicas,
            tag,
            setting,
            secret,
            config,
            restarts,
            healthy,
            update,
        },
    );
    let services = prop::collection::vec(form, NAMES.len());
    let routed = prop_oneof![2 => prop::collection::vec(any::<bool>(), NAMES.len()), 1 => Just(vec![false; NAMES.len()])];
    (services, routed, any::<bool>(), 0..2u8, 0..2u8).prop_map(|(services, routed, verify, secret, config)| Flesh {
        services,
        routed,
        verify,
        secret,
        config,
    })
}

fn service(out: &mut String, bones: &Bones, flesh: &Flesh, n: usize) {
    let ((kind, needs), form) = (&bones.services[n], &flesh.services[n]);
    let _ = writeln!(out, "  {}:\n    image: zoo/{}:{}", NAMES[n], NAMES[n], form.tag);
    let _ = writeln!(out, "    user: '1000:1000'\n    environment: {{SETTING: '{}'}}\n    networks: [net]", form.setting);
    if form.secret {
        let _ = writeln!(out, "    secrets: [token]");
    }
    if form.config {
        let _ = writeln!(out, "    configs: [{{source: settings, target: /etc/zoo/settings}}]");
    }
    if bones.data[n] {
        let _ = writeln!(out, "    volumes: ['data_{n}:/data']");
    }
    if *kind == Kind::Service {
        let order = form.update.order.map(|order| format!("order: {order}, ")).unwrap_or_default();
        let parallelism = form.update.parallelism.map(|n| format!("parallelism: {n}, ")).unwrap_or_default();
        let update = format!("{{{order}{parallelism}monitor: 1s}}");
        let _ = writeln!(out, "    deploy: {{replicas: {}, update_config: {update}}}", form.replicas);
        let _ = writeln!(out, "    healthcheck: {{test: [CMD, ready]}}");
        let _ = writeln!(out, "    restart: {}", if form.restarts { "unless-stopped" } else { "'no'" });
    }
    if *kind == Kind::Migration {
        let verify = if flesh.verify { "verify: [check]" } else { "" };
        let _ = writeln!(out, "    x-medianest: {{migration: {{{verify}}}}}");
    }
    let needs: Vec<_> = (0..n).filter(|m| needs[*m]).collect();
    if !needs.is_empty() {
        let _ = writeln!(out, "    depends_on:");
        for m in needs {
            let (condition, restart) = match bones.services[m].0 {
                Kind::Service if form.healthy => ("service_healthy", form.restarts),
                Kind::Service => ("service_started", form.restarts),
                Kind::Job | Kind::Migration => ("service_completed_successfully", false),
            };
            let _ = writeln!(out, "      {}: {{condition: {condition}, restart: {restart}}}", NAMES[m]);
        }
    }
}

/// The project of a stack at one moment.
pub fn project(bones: &Bones, flesh: &Flesh) -> Project {
    let mut out = format!("name: zoo\nx-medianest: {{version: 'v{}'}}\nservices:\n", flesh.services[0].tag);
    for n in 0..bones.services.len() {
        service(&mut out, bones, flesh, n);
    }
    let is_routed = |n: &usize| flesh.routed[*n] && bones.services[*n].0 == Kind::Service;
    let routed: Vec<_> = (0..bones.services.len()).filter(is_routed).map(|n| NAMES[n]).collect();
    if !routed.is_empty() {
        let routes: Vec<_> = routed.iter().map(|name| format!("{{upstream: {name}, service: {name}, port: 80}}")).collect();
        let _ =
            writeln!(out, "  proxy:\n    image: zoo/proxy:1\n    user: '101:101'\n    networks: [net]\n    ports: ['8080:80']");
        let _ = writeln!(out, "    healthcheck: {{test: [CMD, ready]}}");
        let _ = writeln!(out, "    configs: [{{source: upstreams, target: /etc/proxy/upstreams.conf}}]");
        let _ = writeln!(out, "    x-medianest: {{ingress: {{config: upstreams, routes: [{}]}}}}", routes.join(", "));
    }
    out.push_str("networks: {net: {x-medianest: {subnet: auto}}}\n");
    let data: Vec<_> = (0..bones.services.len()).filter(|n| bones.data[*n]).map(|n| format!("data_{n}: {{}}")).collect();
    let _ = writeln!(out, "volumes: {{{}}}", data.join(", "));
    out.push_str("secrets: {token: {file: token}}\n");
    out.push_str("configs: {settings: {file: settings}, upstreams: {file: upstreams}}\n");
    Project::new(&out)
        .secret("token", &format!("open sesame {}", flesh.secret))
        .file("settings", format!("{}", flesh.config))
        .file("upstreams", "")
}
