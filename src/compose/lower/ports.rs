//! Published and exposed ports (Compose specification, `ports` and `expose`).
//!
//! Refuses a range of host ports for one container port: which of them it would be is not known before the start.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::Context;
use super::fields::At;
use crate::compose::keys;
use crate::model::{Port, Protocol};

const PROTOCOLS: &[(&str, Protocol)] = &[("tcp", Protocol::Tcp), ("udp", Protocol::Udp)];
/// Most published ports of a service: ranges make it easy to ask for more than any host has.
const MAX_PORTS: usize = 65_536;
const RANGE_FOR_ONE: &str = "a range of host ports for one port of the container is not supported yet";

/// The published ports of a service.
pub(super) fn ports(cx: &mut Context<'_>, at: &At<'_>) -> Vec<Port> {
    let (mut ports, mut seen) = (Vec::new(), BTreeSet::new());
    for item in at.items(cx.report).unwrap_or_default() {
        let found = if item.node.as_map().is_some() {
            long(cx, &item).into_iter().collect()
        } else {
            let Some(text) = item.scalar(cx.report) else { continue };
            match short(&text) {
                Ok(ports) => ports,
                Err(why) => {
                    let hint = "a port is `[address:][host port:]container port[/tcp|udp]`, best in quotes";
                    item.error_hint(cx.report, format!("`{text}`: {why}"), hint);
                    continue;
                }
            }
        };
        ports.extend(found.into_iter().filter(|port| seen.insert(*port)));
        if ports.len() > MAX_PORTS {
            at.error(cx.report, format!("more than {MAX_PORTS} ports"));
            break;
        }
    }
    ports
}

/// Reads the short syntax. A range gives several ports.
fn short(text: &str) -> Result<Vec<Port>, &'static str> {
    let (body, protocol) = match text.split_once('/') {
        None => (text, Protocol::Tcp),
        Some((body, "tcp" | "TCP")) => (body, Protocol::Tcp),
        Some((body, "udp" | "UDP")) => (body, Protocol::Udp),
        Some(_) => return Err("the protocol is neither `tcp` nor `udp`"),
    };
    let (rest, target) = body.rsplit_once(':').map_or((None, body), |(rest, target)| (Some(rest), target));
    let (address, published) = match rest {
        None => (None, None),
        Some(rest) => match rest.rsplit_once(':') {
            None => (None, Some(rest)),
            Some((address, published)) => (Some(address), Some(published)),
        },
    };
    let host_ip = address.map(host_address).transpose()?;
    let targets = range(target)?;
    if targets.0 == 0 {
        return Err("a port of the container is a number from 1 to 65535");
    }
    let published = published.filter(|p| !p.is_empty()).map(range).transpose()?;
    if let Some((first, last)) = published
        && last - first != targets.1 - targets.0
    {
        return Err(if targets.0 == targets.1 { RANGE_FOR_ONE } else { "the two ranges do not have the same length" });
    }
    let port = |i: u16| {
        let published = published.map(|(first, _)| first + i).filter(|p| *p > 0);
        Port { host_ip, published, target: targets.0 + i, protocol }
    };
    Ok((0..=targets.1 - targets.0).map(port).collect())
}

fn host_address(text: &str) -> Result<IpAddr, &'static str> {
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    bare.parse().map_err(|_| "the host's address is not an IP address")
}

/// `80` or `80-82`.
fn range(text: &str) -> Result<(u16, u16), &'static str> {
    let number = |text: &str| match text.parse::<u16>() {
        Ok(number) if text.bytes().all(|b| b.is_ascii_digit()) => Ok(number),
        _ => Err("a port is a number from 1 to 65535"),
    };
    let (first, last) = text.split_once('-').map_or((text, text), |range| range);
    let (first, last) = (number(first)?, number(last)?);
    if first > last { Err("the range ends before it begins") } else { Ok((first, last)) }
}

fn long(cx: &mut Context<'_>, at: &At<'_>) -> Option<Port> {
    let mut fields = at.fields(cx.report)?;
    let target = fields.require(cx.report, "target").and_then(|v| v.integer::<u16>(cx.report).map(|n| (v, n)));
    if let Some((at, 0)) = &target {
        at.error(cx.report, "a port of the container is a number from 1 to 65535");
    }
    let published = fields.take("published").and_then(|v| {
        let text = v.scalar(cx.report).filter(|text| !text.is_empty())?;
        match range(&text) {
            Ok((first, last)) if first == last => return Some(first).filter(|p| *p > 0),
            Ok(_) => v.error(cx.report, RANGE_FOR_ONE),
            Err(why) => v.error(cx.report, format!("`{text}`: {why}")),
        }
        None
    });
    let host_ip = fields.take("host_ip").and_then(|v| {
        let text = v.text(cx.report)?;
        let address = host_address(&text);
        if let Err(why) = address {
            v.error(cx.report, format!("`{text}`: {why}"));
        }
        address.ok()
    });
    let protocol = fields.take("protocol").map_or(Some(Protocol::Tcp), |v| v.word(cx.report, PROTOCOLS));
    if let Some(mode) = fields.take("mode") {
        // The two differ in swarm mode only.
        mode.word(cx.report, &[("host", ()), ("ingress", ())]);
    }
    fields.finish(cx.report, keys::PORT, false);
    Some(Port { host_ip, published, target: target?.1, protocol: protocol? })
}

/// The exposed ports of a service, each with its protocol.
pub(super) fn expose(cx: &mut Context<'_>, at: &At<'_>) -> Vec<String> {
    let (mut list, mut seen) = (Vec::new(), BTreeSet::new());
    for item in at.items(cx.report).unwrap_or_default() {
        let Some(text) = item.scalar(cx.report) else { continue };
        let (numbers, protocol) = text.split_once('/').unwrap_or((&text, "tcp"));
        let range = range(numbers).ok().filter(|(first, _)| *first > 0 && matches!(protocol, "tcp" | "udp"));
        let Some((first, last)) = range else {
            item.error(cx.report, format!("`{text}` is not a port such as `80` or `53/udp`"));
            continue;
        };
        for port in first..=last {
            if seen.insert((port, protocol == "udp")) {
                list.push(format!("{port}/{protocol}"));
            }
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(port: &Port) -> String {
        let ip = port.host_ip.map(|ip| format!("{ip} ")).unwrap_or_default();
        let published = port.published.map_or("-".to_owned(), |p| p.to_string());
        format!("{ip}{published}>{}/{}", port.target, port.protocol.as_str())
    }

    #[test]
    fn short_syntax() {
        let cases: [(&str, &[&str]); 16] = [
            ("80", &["->80/tcp"]),
            ("8080:80", &["8080>80/tcp"]),
            ("8080:80/udp", &["8080>80/udp"]),
            ("80/UDP", &["->80/udp"]),
            ("127.0.0.1:8080:80", &["127.0.0.1 8080>80/tcp"]),
            ("127.0.0.1::80", &["127.0.0.1 ->80/tcp"]),
            ("0.0.0.0:80:80", &["0.0.0.0 80>80/tcp"]),
            ("[::1]:8080:80", &["::1 8080>80/tcp"]),
            ("[::]:8080:80/udp", &[":: 8080>80/udp"]),
            ("::1:8080:80", &["::1 8080>80/tcp"]),
            (":80", &["->80/tcp"]),
            ("0:80", &["->80/tcp"]),
            ("3000-3001", &["->3000/tcp", "->3001/tcp"]),
            ("9000-9001:90-91", &["9000>90/tcp", "9001>91/tcp"]),
            ("127.0.0.1:9000-9001:90-91/udp", &["127.0.0.1 9000>90/udp", "127.0.0.1 9001>91/udp"]),
            ("65535:65535", &["65535>65535/tcp"]),
        ];
        for (input, ports) in cases {
            assert_eq!(short(input).unwrap().iter().map(text).collect::<Vec<_>>(), ports, "{input}");
        }
    }

    #[test]
    fn what_is_no_port() {
        let bad = [
            "",
            ":",
            "a",
            "0",
            "65536",
            "80:",
            "80:a",
            "-1",
            "+80",
            "80/sctp",
            "80/",
            "90-80",
            "1-2-3",
            "8000-8002:80-81",
            "8000-8002:80",
            "256.0.0.1:80:80",
            "localhost:80:80",
            "80:80:80",
            "[::1:80:80",
            "1.5",
            " 80",
        ];
        for text in bad {
            assert!(short(text).is_err(), "{text}");
        }
    }
}
