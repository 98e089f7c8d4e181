//! The text of the upstream file.

use std::fmt::Write as _;

use crate::model::{Balance, Route};

/// One server of an upstream: an address or a name, without the port.
pub type Server = String;

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
            let _ = writeln!(text, "    server {server}:{} max_fails=2 fail_timeout=5s;", route.port);
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
            &[vec!["172.20.0.2".into(), "172.20.0.3".into()], vec!["172.20.0.2".into()]],
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
}
