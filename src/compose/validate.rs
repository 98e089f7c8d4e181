//! What must hold between the services of a stack, and within one beyond the form of its keys.
//!
//! Refuses what the engine would only refuse in the middle of a deploy, and what can never become healthy. References
//! were checked when they were read.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::diagnostic::{Report, Spot};
use super::document::Node;
use super::lower::locate;
use crate::model::{DependencyCondition, FileOrigin, HealthTest, Port, Protocol, RestartPolicy, Service, ServiceName, Stack};

/// Checks a stack. `root` is the merged document that it came from.
pub(super) fn validate(report: &mut Report, root: &Node, stack: &Stack) {
    let mut checker = Checker { report, root, stack };
    checker.cycles();
    checker.host_ports();
    checker.container_names();
    for service in stack.services.values() {
        checker.replicas(service);
        checker.dependencies(service);
        checker.job(service);
        checker.targets(service);
        checker.ingress(service);
        checker.smoke(service);
    }
}

struct Checker<'a, 'r> {
    report: &'r mut Report,
    root: &'a Node,
    stack: &'a Stack,
}

impl Checker<'_, '_> {
    /// The place and dotted path of a key of a service.
    fn at(&self, service: &Service, path: &[&str]) -> (Option<Spot>, String) {
        let full: Vec<&str> = ["services", service.name.as_str()].into_iter().chain(path.iter().copied()).collect();
        (Some(locate(self.root, &full)), full.join("."))
    }

    fn error(&mut self, service: &Service, path: &[&str], message: String, hint: &str) {
        let (spot, key) = self.at(service, path);
        self.report.error_hint(spot, &key, message, hint);
    }

    /// Services that wait for each other, in a circle.
    fn cycles(&mut self) {
        let mut done: BTreeSet<&ServiceName> = BTreeSet::new();
        for start in self.stack.services.keys() {
            // The way from the start to where the search stands: a service, and its dependencies still to visit.
            let mut way: Vec<(&ServiceName, Vec<&ServiceName>)> = Vec::new();
            let mut next = Some(start);
            loop {
                if let Some(name) = next.take() {
                    if let Some(from) = way.iter().position(|(on_way, _)| *on_way == name) {
                        self.cycle(&way[from..].iter().map(|(name, _)| *name).collect::<Vec<_>>());
                    } else if let Some(service) = self.stack.services.get(name)
                        && !done.contains(name)
                    {
                        way.push((name, service.depends_on.keys().rev().collect()));
                    }
                }
                let Some((name, left)) = way.last_mut() else { break };
                match left.pop() {
                    Some(dependency) => next = Some(dependency),
                    None => {
                        done.insert(*name);
                        way.pop();
                    }
                }
            }
        }
    }

    fn cycle(&mut self, members: &[&ServiceName]) {
        let (Some(first), Some(last)) = (members.first(), members.last()) else { return };
        let way: Vec<&str> = members.iter().chain([first]).map(|name| name.as_str()).collect();
        if let Some(service) = self.stack.services.get(*last) {
            let message = format!("services wait for each other: {}", way.join(" -> "));
            self.error(service, &["depends_on", first.as_str()], message, "remove one of these dependencies");
        }
    }

    /// Two services that want the same port of the host.
    fn host_ports(&mut self) {
        let mut taken: BTreeMap<(Option<u16>, Protocol), Vec<Publisher<'_>>> = BTreeMap::new();
        for service in self.stack.services.values().filter(|service| service.replicas > 0) {
            for port in service.ports.iter().filter(|port| port.published.is_some()) {
                let same = taken.entry((port.published, port.protocol)).or_default();
                match same.iter().find(|(_, other)| collide(port.host_ip, other.host_ip)) {
                    None => same.push((service, port)),
                    Some((other, _)) => {
                        let number = port.published.unwrap_or_default();
                        let who =
                            if other.name == service.name { "this service".to_owned() } else { format!("`{}`", other.name) };
                        let message =
                            format!("the host's port {number}/{} is published by {who} already", port.protocol.as_str());
                        self.error(service, &["ports"], message, "choose another port of the host");
                    }
                }
            }
        }
    }

    fn container_names(&mut self) {
        let mut owners: BTreeMap<&str, &ServiceName> = BTreeMap::new();
        for service in self.stack.services.values() {
            let Some(name) = &service.container_name else { continue };
            if let Some(owner) = owners.insert(name, &service.name) {
                let message = format!("the service `{owner}` has the container name `{name}` already");
                self.error(service, &["container_name"], message, "choose another name, or leave it to the tool");
            }
        }
    }

    /// What can be there once only, with several replicas.
    fn replicas(&mut self, service: &Service) {
        let count = service.replicas;
        if count <= 1 {
            return;
        }
        if let Some(name) = &service.container_name {
            let message = format!("{count} replicas cannot all have the name `{name}`");
            self.error(service, &["container_name"], message, "remove `container_name`: the tool numbers the replicas");
        }
        if let Some(port) = service.ports.iter().find_map(|port| port.published) {
            let message = format!("{count} replicas cannot all listen on the host's port {port}");
            self.error(service, &["ports"], message, "publish the port of an ingress only, or run one replica");
        }
    }

    /// Whether what is waited for can happen.
    fn dependencies(&mut self, service: &Service) {
        for (name, dependency) in &service.depends_on {
            let Some(other) = self.stack.services.get(name) else { continue };
            if dependency.condition != DependencyCondition::Healthy {
                continue;
            }
            let path = ["depends_on", name.as_str()];
            match other.healthcheck.as_ref().map(|check| &check.test) {
                Some(Some(HealthTest::Disabled)) => {
                    let message = format!("the health check of `{name}` is switched off, so it never becomes healthy");
                    self.error(service, &path, message, "wait for `service_started`, or give it a health check");
                }
                Some(_) => {}
                None => {
                    let (spot, key) = self.at(service, &path);
                    let message = format!("`{name}` declares no health check; without one in its image it never becomes healthy");
                    self.report.warning(spot, &key, message, Some("give it a `healthcheck`"));
                }
            }
        }
    }

    /// A service whose containers are meant to end.
    fn job(&mut self, service: &Service) {
        if !service.is_job(self.stack) {
            return;
        }
        if service.restart != RestartPolicy::No {
            let message = "its completion is waited for, so it must not be restarted".to_owned();
            self.error(service, &["restart"], message, "remove `restart`, or say `restart: \"no\"`");
        }
        if service.replicas > 1 {
            let message = format!("its completion is waited for, so {} replicas make no sense", service.replicas);
            self.error(service, &[], message, "run one");
        }
    }

    /// Two mounts at the same place.
    fn targets(&mut self, service: &Service) {
        let mounts = service.mounts.iter().map(|mount| (mount.target.as_str(), "volumes"));
        let memory = service.tmpfs.iter().map(|tmpfs| (tmpfs.target.as_str(), "tmpfs"));
        let files = service.files.iter().map(|file| {
            let key = if matches!(file.origin, FileOrigin::Secret(_)) { "secrets" } else { "configs" };
            (file.target.as_str(), key)
        });
        let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
        for (target, key) in mounts.chain(memory).chain(files) {
            let target = if target.len() > 1 { target.trim_end_matches('/') } else { target };
            if let Some(other) = taken.insert(target, key) {
                let message = format!("`{target}` is a target in `{other}` too");
                self.error(service, &[key], message, "choose another target for one of the two");
            }
        }
    }

    /// Whether an ingress sees its configuration and its routes' services.
    fn ingress(&mut self, service: &Service) {
        let Some(ingress) = &service.ingress else { return };
        let granted =
            |file: &crate::model::FileEntry| matches!(&file.origin, FileOrigin::Config(name) if *name == ingress.config);
        if !service.files.iter().any(granted) {
            let message = format!("the config `{}` is not granted to this service", ingress.config);
            self.error(service, &["x-medianest", "ingress", "config"], message, "add it to `configs` of the service");
        }
        for route in &ingress.routes {
            let Some(other) = self.stack.services.get(&route.service) else { continue };
            let path = ["x-medianest", "ingress", "routes", route.service.as_str()];
            if other.name == service.name {
                self.error(service, &path, "an ingress cannot be its own route".to_owned(), "name the service behind it");
            } else if !other.networks.keys().any(|network| service.networks.contains_key(network)) {
                let message = format!("`{}` is on no network of this service", route.service);
                self.error(service, &path, message, "put both on one network");
            }
        }
    }

    /// Whether a smoke test has somebody to ask: it goes the ingress's way, to the port of the route.
    fn smoke(&mut self, service: &Service) {
        let routes = self.stack.services.values().filter_map(|s| s.ingress.as_ref()).flat_map(|i| &i.routes);
        if !service.smoke.is_empty() && routes.filter(|route| route.service == service.name).count() == 0 {
            let message = "no ingress has a route to this service, so nobody knows which port to ask".to_owned();
            self.error(service, &["x-medianest", "smoke"], message, "give the ingress a route to it, or remove `smoke`");
        }
    }
}

/// A service with a port of the host that it publishes.
type Publisher<'a> = (&'a Service, &'a Port);

/// Whether two addresses of the host, of the same port, are in each other's way.
fn collide(a: Option<IpAddr>, b: Option<IpAddr>) -> bool {
    let all = |ip: Option<IpAddr>| ip.is_none_or(|ip| ip.is_unspecified());
    let same_family = a.zip(b).is_none_or(|(a, b)| a.is_ipv4() == b.is_ipv4());
    a == b || ((all(a) || all(b)) && same_family)
}
