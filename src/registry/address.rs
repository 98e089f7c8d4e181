//! Where the API of an image's registry is, and whether it may be spoken to in the clear.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::model::ImageRef;

/// Docker Hub's API; its images are named after another host.
const HUB: &str = "registry-1.docker.io";

/// A repository of a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// Host and port of the API.
    pub host: String,
    /// Path of the repository.
    pub repository: String,
}

impl Address {
    /// That of the image's repository.
    pub fn of(image: &ImageRef) -> Self {
        let (registry, repository) = (image.registry(), image.repository());
        let path = repository.strip_prefix(registry).and_then(|rest| rest.strip_prefix('/')).unwrap_or(repository);
        match registry {
            "docker.io" | "index.docker.io" => {
                let official = if path.contains('/') { "" } else { "library/" };
                Self { host: HUB.into(), repository: format!("{official}{path}") }
            }
            host => Self { host: host.into(), repository: path.into() },
        }
    }
}

/// A host without its port, and an IPv6 address without its brackets.
fn name(host: &str) -> &str {
    match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.split_once(':').map_or(host, |(name, _)| name),
    }
}

/// Whether a host is the machine itself, as it is written.
pub(super) fn is_loopback(host: &str) -> bool {
    name(host) == "localhost" || name(host).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether a host may be spoken to without TLS: the machine itself, and what the engine has been told to treat so
/// (`insecure-registries`: hosts and networks).
pub(super) fn may_be_plain(host: &str, insecure: &[String]) -> bool {
    let address = name(host).parse::<IpAddr>().ok();
    let covers = |entry: &String| match entry.parse::<IpNet>() {
        Ok(network) => address.is_some_and(|address| network.contains(&address)),
        Err(_) => entry == host,
    };
    is_loopback(host) || insecure.iter().any(covers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_repository_is() {
        let of = |image: &str| {
            let Address { host, repository } = Address::of(&image.parse().unwrap());
            format!("{host} {repository}")
        };
        assert_eq!(of("nginx:1"), "registry-1.docker.io library/nginx");
        assert_eq!(of("docker.io/nginx"), "registry-1.docker.io library/nginx");
        assert_eq!(of("medianest/backend:v1"), "registry-1.docker.io medianest/backend");
        assert_eq!(of("index.docker.io/medianest/backend"), "registry-1.docker.io medianest/backend");
        assert_eq!(of("ghcr.io/a/b/c:1"), "ghcr.io a/b/c");
        assert_eq!(of("localhost:5000/a"), "localhost:5000 a");
        assert_eq!(of("reg.example/reg.example/a"), "reg.example reg.example/a");
    }

    #[test]
    fn who_may_be_spoken_to_in_the_clear() {
        let insecure = ["reg.lan:5000", "10.1.0.0/16", "::1/128"].map(String::from);
        for host in ["localhost", "localhost:5000", "127.0.0.1", "127.9.9.9:1", "[::1]:5000", "reg.lan:5000", "10.1.2.3:5000"] {
            assert!(may_be_plain(host, &insecure), "{host}");
        }
        for host in ["ghcr.io", "reg.lan", "reg.lan:5001", "10.2.0.1", "localhost.example", "127.0.0.1.example", "[::2]:5000"] {
            assert!(!may_be_plain(host, &insecure), "{host}");
        }
        assert!(is_loopback("127.0.0.1:5000") && is_loopback("[::1]:1") && !is_loopback("10.1.2.3"));
    }
}
