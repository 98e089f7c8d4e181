//! Can the stack's ports be published? Refuses to judge ports that the engine picks, and ports of another machine.

use std::net::{IpAddr, SocketAddr};

use async_trait::async_trait;

use crate::model::{Port, Service};
use crate::preflight::{Check, Facts, Finding, Holder, PortUse};

/// Fixed ports of the host.
pub(super) struct Ports;

#[async_trait]
impl Check for Ports {
    fn id(&self) -> &'static str {
        "host.ports"
    }

    fn title(&self) -> &'static str {
        "Published ports are free"
    }

    async fn run(&self, facts: &Facts<'_>) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut free = Vec::new();
        for service in facts.services() {
            for port in &service.ports {
                let Some(published) = port.published else { continue };
                if !facts.engine_is_local {
                    // Looking here would answer for the wrong machine.
                    continue;
                }
                match facts.host.port(port.host_ip, published, port.protocol) {
                    PortUse::Taken(holder) if !facts.is_own(port, published) => {
                        found.push(self.taken(service, port, published, &holder));
                    }
                    PortUse::NoSuchAddress => found.push(self.no_address(service, port, published)),
                    PortUse::Free | PortUse::Taken(_) => free.push(shown(port, published)),
                }
            }
        }
        if found.is_empty() && !free.is_empty() {
            found.push(Finding::ok(self.id(), format!("free or our own: {}", free.join(", "))));
        }
        found
    }
}

impl Ports {
    fn taken(&self, service: &Service, port: &Port, published: u16, holder: &Holder) -> Finding {
        let (who, command) = match holder {
            Holder::Process { pid, name } => (format!("process {pid} ({name})"), format!("ps -fp {pid}")),
            Holder::Container { address } => {
                let at = address.as_ref().map(|address| format!(" at {address}")).unwrap_or_default();
                (format!("another container{at}"), format!("docker ps --filter publish={published}"))
            }
            Holder::Unknown => ("another process".to_owned(), {
                let table = if port.protocol == crate::model::Protocol::Udp { 'u' } else { 't' };
                format!("sudo ss -l{table}np 'sport = :{published}'")
            }),
        };
        let message = format!("port {} of service `{}` is held by {who}", shown(port, published), service.name);
        Finding::failure(self.id(), message)
            .hint(format!("{command}   # stop it, or give `{}` another host port in the Compose file or .env", service.name))
    }

    fn no_address(&self, service: &Service, port: &Port, published: u16) -> Finding {
        let message =
            format!("service `{}` publishes {}, but this host has no such address", service.name, shown(port, published));
        Finding::failure(self.id(), message).hint("ip -brief address")
    }
}

fn shown(port: &Port, published: u16) -> String {
    let protocol = port.protocol.as_str();
    match port.host_ip {
        Some(address @ (IpAddr::V4(_) | IpAddr::V6(_))) => format!("{}/{protocol}", SocketAddr::new(address, published)),
        None => format!("{published}/{protocol}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Protocol, PublishedPort, Stack};
    use crate::preflight::{
        Severity,
        testing::{self, FakeHost, facts, findings, severities},
    };

    fn publishing(ports: Vec<Port>) -> Stack {
        let mut service = testing::service("web");
        service.ports = ports;
        testing::stack(vec![service])
    }

    fn taken(holder: Holder) -> FakeHost {
        FakeHost { ports: [(80, PortUse::Taken(holder))].into(), ..FakeHost::default() }
    }

    #[tokio::test]
    async fn free_ports_are_well_and_ports_of_the_engines_choice_are_no_question() {
        let host = FakeHost::default();
        let stack = publishing(vec![testing::port(None, 80), testing::port(Some("127.0.0.1"), 9090)]);
        let found = findings(&Ports, &Facts { stack: Some(&stack), ..facts(&host) }).await;
        assert_eq!((found[0].severity, found[0].message.as_str()), (Severity::Ok, "free or our own: 80/tcp, 127.0.0.1:9090/tcp"));
        let stack = publishing(vec![Port { published: None, ..testing::port(None, 80) }]);
        assert_eq!(severities(&Ports, &Facts { stack: Some(&stack), ..facts(&host) }).await, []);
    }

    #[tokio::test]
    async fn a_taken_port_names_its_holder_and_how_to_look() {
        let stack = publishing(vec![testing::port(None, 80)]);
        let cases = [
            (Holder::Process { pid: 7, name: "apache2".into() }, "process 7 (apache2)", "ps -fp 7 "),
            (Holder::Container { address: Some("172.17.0.2".into()) }, "container at 172.17.0.2", "publish=80 "),
            (Holder::Container { address: None }, "another container", "publish=80 "),
            (Holder::Unknown, "another process", "sudo ss -ltnp 'sport = :80' "),
        ];
        for (holder, who, command) in cases {
            let host = taken(holder);
            let found = findings(&Ports, &Facts { stack: Some(&stack), ..facts(&host) }).await;
            assert_eq!((found.len(), found[0].severity), (1, Severity::Failure));
            assert!(found[0].message.contains(who) && found[0].message.contains("`web`"), "{found:?}");
            assert!(found[0].hint.as_ref().unwrap().contains(command), "{found:?}");
        }
    }

    #[tokio::test]
    async fn a_port_that_our_own_container_holds_is_no_conflict() {
        let host = taken(Holder::Container { address: None });
        let own = |address: Option<&str>, protocol| PublishedPort {
            host_ip: address.map(|address| address.parse().unwrap()),
            published: 80,
            target: 80,
            protocol,
        };
        let cases = [
            (None, own(Some("0.0.0.0"), Protocol::Tcp), Severity::Ok),
            (Some("127.0.0.1"), own(None, Protocol::Tcp), Severity::Ok),
            (Some("127.0.0.1"), own(Some("127.0.0.1"), Protocol::Tcp), Severity::Ok),
            (Some("127.0.0.1"), own(Some("10.0.0.1"), Protocol::Tcp), Severity::Failure),
            (None, own(None, Protocol::Udp), Severity::Failure),
        ];
        for (address, own, want) in cases {
            let stack = publishing(vec![testing::port(address, 80)]);
            let facts = Facts { stack: Some(&stack), own_ports: vec![own], ..facts(&host) };
            assert_eq!(severities(&Ports, &facts).await, [want], "{:?}", facts.own_ports);
        }
    }

    #[tokio::test]
    async fn an_address_that_the_host_lacks_is_a_failure_and_another_machine_is_not_looked_at() {
        let host = FakeHost { ports: [(80, PortUse::NoSuchAddress)].into(), ..FakeHost::default() };
        let stack = publishing(vec![testing::port(Some("10.9.9.9"), 80)]);
        assert_eq!(severities(&Ports, &Facts { stack: Some(&stack), ..facts(&host) }).await, [Severity::Failure]);
        let elsewhere = Facts { stack: Some(&stack), engine_is_local: false, ..facts(&host) };
        assert_eq!(severities(&Ports, &elsewhere).await, []);
    }
}
