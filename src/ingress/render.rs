//! The text of the upstream file.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use sha2::{Digest as _, Sha256};

use crate::model::{Balance, Maintenance, Route};

/// One server of an upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Address or name, without the port.
    pub address: String,
    /// Its share of the requests beside the others' (nginx's default: 1).
    pub weight: Option<u32>,
}

impl Server {
    /// A server that gets its equal share.
    pub fn new(address: impl Into<String>) -> Self {
        Self { address: address.into(), weight: None }
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

/// How each upstream begins, at the beginning of a line.
const UPSTREAM: &str = "upstream ";

/// nginx's upstream blocks for `routes`; `servers` gives those of each route, in the same order. Before them stand the
/// variables that say whether the site is in maintenance.
///
/// - Two failures within five seconds pass a replica over for five seconds (health-based routing).
/// - Idle connections to the replicas end after four seconds: Node closes its own after five, and a request sent into a
///   connection that is being closed is lost.
pub fn upstreams(routes: &[Route], servers: &[Vec<Server>], maintenance: Option<&Maintenance>) -> String {
    let mut blocks: Vec<String> = Vec::new();
    for (route, servers) in routes.iter().zip(servers) {
        let mut block = format!("{UPSTREAM}{} {{\n", route.upstream);
        match route.balance {
            Balance::RoundRobin => {}
            Balance::LeastConn => block.push_str("    least_conn;\n"),
            Balance::ClientAddress => block.push_str("    hash $remote_addr;\n"),
        }
        for Server { address, weight } in servers {
            let weight = weight.map(|weight| format!(" weight={weight}")).unwrap_or_default();
            let _ = writeln!(block, "    server {address}:{}{weight} max_fails=2 fail_timeout=5s;", route.port);
        }
        block.push_str("    keepalive 32;\n    keepalive_timeout 4s;\n}\n");
        blocks.push(block);
    }
    headed(&blocks.join("\n"), maintenance)
}

/// The same file with maintenance switched on or off: what it sends where stays as it is.
pub fn with_maintenance(file: &str, maintenance: Option<&Maintenance>) -> String {
    let begin = if file.starts_with(UPSTREAM) { Some(0) } else { file.find(&format!("\n{UPSTREAM}")).map(|at| at + 1) };
    headed(begin.map_or("", |begin| &file[begin..]), maintenance)
}

/// The same file without the server at this address; `None` when it names none, or an upstream would be left without any.
pub fn without_server(file: &str, address: Ipv4Addr, maintenance: Option<&Maintenance>) -> Option<String> {
    let server = format!("    server {address}:");
    let begin = if file.starts_with(UPSTREAM) { 0 } else { file.find(&format!("\n{UPSTREAM}"))? + 1 };
    let blocks = &file[begin..];
    let others = |block: &str| block.lines().any(|l| l.starts_with("    server ") && !l.starts_with(&server));
    let mut with_it = blocks.split("\n}").filter(|block| block.contains(&server)).peekable();
    with_it.peek()?;
    if !with_it.all(others) {
        return None;
    }
    let rest: String = blocks.split_inclusive('\n').filter(|line| !line.starts_with(&server)).collect();
    Some(headed(&rest, maintenance))
}

/// What of a file says how requests are sent, wherever the replicas are: two files that differ in this are of different
/// releases.
pub fn without_addresses(file: &str) -> String {
    let begin = if file.starts_with(UPSTREAM) { Some(0) } else { file.find(&format!("\n{UPSTREAM}")).map(|at| at + 1) };
    let blocks = begin.map_or("", |begin| &file[begin..]);
    let line = |line: &str| match line.split_once("    server ") {
        Some((_, server)) => format!("server {}\n", server.split_once(':').map_or("", |(_, rest)| rest)),
        None => format!("{line}\n"),
    };
    blocks.lines().map(line).collect()
}

/// The file of these blocks. Its generation is a hash of all that follows it, so that a person can tell two files apart.
fn headed(blocks: &str, maintenance: Option<&Maintenance>) -> String {
    let (on, retry_after, message) = match maintenance {
        Some(m) => ("1", m.retry_after.to_string(), m.message.as_deref().map(quoted).unwrap_or_default()),
        None => ("0", String::new(), String::new()),
    };
    let variables = format!(
        "map \"\" $medianest_maintenance {{ default {on}; }}\n\
         map \"\" $medianest_retry_after {{ default \"{retry_after}\"; }}\n\
         map \"\" $medianest_message {{ default \"{message}\"; }}\n"
    );
    let body = format!("{variables}\n{blocks}");
    let generation: String = Sha256::digest(&body).iter().take(6).map(|b| format!("{b:02x}")).collect();
    format!("# Written by medianestctl; changes made here are lost.\n# Generation {generation}\n\n{body}")
}

/// A text for people as HTML within nginx's quotes. Whatever means something to either is written as its number; nginx
/// knows no other way to write a `$`.
fn quoted(text: &str) -> String {
    let mut quoted = String::new();
    for c in text.chars() {
        match c {
            '&' | '<' | '>' | '"' | '\'' | '\\' | '$' => {
                let _ = write!(quoted, "&#{};", u32::from(c));
            }
            c if c.is_control() => quoted.push(' '),
            c => quoted.push(c),
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(balance: Balance) -> Route {
        Route { upstream: "web".into(), service: "web".parse().unwrap(), port: 3000, balance }
    }

    #[test]
    fn a_file_without_its_addresses_tells_how_requests_are_sent() {
        let file = |address: &str, balance| upstreams(&[route(balance)], &[vec![Server::new(address)]], None);
        let one = without_addresses(&file("10.0.0.1", Balance::RoundRobin));
        assert!(one.contains("server 3000 max_fails"), "{one}");
        assert_eq!(one, without_addresses(&file("10.0.0.2", Balance::RoundRobin)));
        assert_ne!(one, without_addresses(&file("10.0.0.1", Balance::LeastConn)));
        let closed =
            with_maintenance(&file("10.0.0.1", Balance::RoundRobin), Some(&Maintenance { retry_after: 1, message: None }));
        assert_eq!(one, without_addresses(&closed));
    }

    #[test]
    fn a_server_is_left_out_while_there_are_others() {
        let (a, b) = (Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 11));
        let of = |servers: &[Ipv4Addr]| servers.iter().map(|a| Server::new(a.to_string())).collect::<Vec<_>>();
        let file = |servers: &[Ipv4Addr]| upstreams(&[route(Balance::RoundRobin)], &[of(servers)], None);
        assert_eq!(without_server(&file(&[a, b]), a, None), Some(file(&[b])));
        assert_eq!(without_server(&file(&[a]), a, None), None, "it is the last one");
        assert_eq!(without_server(&file(&[b]), a, None), None, "it is not there");
        let two = |second: &[Ipv4Addr]| {
            upstreams(&[route(Balance::RoundRobin), route(Balance::LeastConn)], &[of(&[a, b]), of(second)], None)
        };
        assert_eq!(without_server(&two(&[a]), a, None), None, "one of two has no other");
        assert_eq!(without_server(&two(&[b]), a, None).unwrap().matches("server 10.0.0.1:").count(), 0);
    }

    #[test]
    fn an_upstream_names_every_server() {
        let heavy = Server { weight: Some(9), ..Server::new("172.20.0.3") };
        let text = upstreams(
            &[route(Balance::LeastConn), route(Balance::ClientAddress)],
            &[vec![Server::new("172.20.0.2"), heavy], vec![Server::new("172.20.0.2")]],
            None,
        );
        insta::assert_snapshot!(text, @r#"
        # Written by medianestctl; changes made here are lost.
        # Generation 1884c912f846

        map "" $medianest_maintenance { default 0; }
        map "" $medianest_retry_after { default ""; }
        map "" $medianest_message { default ""; }

        upstream web {
            least_conn;
            server 172.20.0.2:3000 max_fails=2 fail_timeout=5s;
            server 172.20.0.3:3000 weight=9 max_fails=2 fail_timeout=5s;
            keepalive 32;
            keepalive_timeout 4s;
        }

        upstream web {
            hash $remote_addr;
            server 172.20.0.2:3000 max_fails=2 fail_timeout=5s;
            keepalive 32;
            keepalive_timeout 4s;
        }
        "#);
    }

    #[test]
    fn maintenance_changes_nothing_but_itself() {
        let plain = upstreams(&[route(Balance::RoundRobin)], &[vec![Server::new("172.20.0.2")]], None);
        let on = Maintenance { retry_after: 120, message: Some("Back \"soon\" for $5 \\ <b>\n{".into()) };
        let closed = with_maintenance(&plain, Some(&on));
        assert!(closed.contains("map \"\" $medianest_maintenance { default 1; }\n"), "{closed}");
        assert!(closed.contains("$medianest_retry_after { default \"120\"; }\n"), "{closed}");
        let message = "$medianest_message { default \"Back &#34;soon&#34; for &#36;5 &#92; &#60;b&#62; {\"; }\n";
        assert!(closed.contains(message), "{closed}");
        assert_eq!(closed, upstreams(&[route(Balance::RoundRobin)], &[vec![Server::new("172.20.0.2")]], Some(&on)));
        assert_eq!(with_maintenance(&closed, None), plain);
        let generation = |text: &str| text.lines().nth(1).unwrap().to_owned();
        assert_ne!(generation(&closed), generation(&plain));
        // What a version without these variables wrote.
        let old = "# Written by medianestctl; changes made here are lost.\n\nupstream web {\n}\n";
        assert!(with_maintenance(old, None).ends_with("\n\nupstream web {\n}\n"));
    }

    #[test]
    fn a_share_is_a_share_of_all_requests() {
        let others = [Ipv4Addr::new(10, 0, 0, 2), Ipv4Addr::new(10, 0, 0, 3), Ipv4Addr::new(10, 0, 0, 4)];
        let servers = with_share(&others, Ipv4Addr::new(10, 0, 0, 9), 10);
        let weights: Vec<_> = servers.iter().filter_map(|s| s.weight).collect();
        assert_eq!(weights, [90, 90, 90, 30], "30 of 300 parts");
        let route = Route { upstream: "web".into(), service: "web".parse().unwrap(), port: 80, balance: Balance::RoundRobin };
        assert!(upstreams(&[route], &[servers], None).contains("server 10.0.0.9:80 weight=30 max_fails"));
    }
}
