//! The text of the upstream file.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use crate::model::{Balance, Route};

/// One server of an upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// An address or a name, without the port.
    pub address: String,
    /// Its part of the requests, against the sum of all parts; `None` where all have the same.
    pub weight: Option<u32>,
}

impl Server {
    /// One that gets as much as the others.
    pub fn equal(address: impl ToString) -> Self {
        Self { address: address.to_string(), weight: None }
    }
}

/// Servers of which `new` gets `percent` of the requests, and the others the rest in equal parts.
pub fn with_share(others: &[Ipv4Addr], new: Ipv4Addr, percent: u8) -> Vec<Server> {
    let percent = u32::from(percent.clamp(1, 99));
    let count = u32::try_from(others.len()).unwrap_or(1).max(1);
    let part = |address: &Ipv4Addr, weight| Server { address: address.to_string(), weight: Some(weight) };
    let others = others.iter().map(|address| part(address, 100 - percent));
    others.chain([part(&new, percent * count)]).collect()
}

/// nginx's upstream blocks for `routes`; `servers` gives those of each route, in the same order.
///
/// - Two failures within five seconds pass a replica over for five seconds (health-based routing).
/// - Idle connections to the replicas end after four seconds: Node closes its own after five, and a request sent into a
///   connection that is being closed is lost.
pub fn upstreams(routes: &[Route], servers: &[Vec<Server>]) -> String {
    let mut text = String::from("# Written by medianestctl; changes made here are lost.\n");
    for (route, servers) in routes.iter().zip(servers) {
        let _ = writeln!(text, "\nupstream {} {{", route.upstream);
        match route.balance {
            Balance::RoundRobin => {}
            Balance::LeastConn => text.push_str("    least_conn;\n"),
            Balance::ClientAddress => text.push_str("    hash $remote_addr;\n"),
        }
        for server in servers {
            let weight = server.weight.map(|weight| format!(" weight={weight}")).unwrap_or_default();
            let _ = writeln!(text, "    server {}:{}{weight} max_fails=2 fail_timeout=5s;", server.address, route.port);
        }
        text.push_str("    keepalive 32;\n    keepalive_timeout 4s;\n}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upstream_names_every_server() {
        let route = |balance| Route { upstream: "web".into(), service: "web".parse().unwrap(), port: 3000, balance };
        let text = upstreams(
            &[route(Balance::LeastConn), route(Balance::ClientAddress)],
            &[vec![Server::equal("172.20.0.2"), Server::equal("172.20.0.3")], vec![Server::equal("172.20.0.2")]],
        );
        insta::assert_snapshot!(text, @r"
        # Written by medianestctl; changes made here are lost.

        upstream web {
            least_conn;
            server 172.20.0.2:3000 max_fails=2 fail_timeout=5s;
            server 172.20.0.3:3000 max_fails=2 fail_timeout=5s;
            keepalive 32;
            keepalive_timeout 4s;
        }

        upstream web {
            hash $remote_addr;
            server 172.20.0.2:3000 max_fails=2 fail_timeout=5s;
            keepalive 32;
            keepalive_timeout 4s;
        }
        ");
    }

    #[test]
    fn a_share_is_a_share_of_all_requests() {
        let others = [Ipv4Addr::new(10, 0, 0, 2), Ipv4Addr::new(10, 0, 0, 3), Ipv4Addr::new(10, 0, 0, 4)];
        let servers = with_share(&others, Ipv4Addr::new(10, 0, 0, 9), 10);
        let weights: Vec<_> = servers.iter().filter_map(|s| s.weight).collect();
        assert_eq!(weights, [90, 90, 90, 30], "30 of 300 parts");
        let route = Route { upstream: "web".into(), service: "web".parse().unwrap(), port: 80, balance: Balance::RoundRobin };
        assert!(upstreams(&[route], &[servers]).contains("server 10.0.0.9:80 weight=30 max_fails"));
    }
}
