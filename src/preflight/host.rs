//! The machine that the tool runs on, asked through `/proc`, `statvfs` and by listening for an instant. Linux only;
//! elsewhere the answers are "not known". Refuses to judge.

use std::{
    fs, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener, UdpSocket},
    path::Path,
};

use chrono::{DateTime, Utc};

use super::facts::{Disk, Holder, HostFacts, PortUse};
use crate::model::{Bytes, Protocol};

/// This machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct LocalHost;

impl HostFacts for LocalHost {
    fn cpus(&self) -> Option<u64> {
        std::thread::available_parallelism().ok().map(|count| count.get() as u64)
    }

    fn memory(&self) -> Option<Bytes> {
        memory_total(&fs::read_to_string("/proc/meminfo").ok()?)
    }

    fn disk(&self, path: &Path) -> io::Result<Disk> {
        let found = rustix::fs::statvfs(path)?;
        Ok(Disk {
            free: Bytes(found.f_bavail.saturating_mul(found.f_frsize)),
            // File systems that create inodes as they go (btrfs) report none at all.
            free_inodes: (found.f_files > 0).then_some(found.f_favail),
        })
    }

    fn port(&self, address: Option<IpAddr>, port: u16, protocol: Protocol) -> PortUse {
        let addresses = match address {
            Some(address) => vec![address],
            // What the engine listens on when no address is given.
            None => vec![Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()],
        };
        for tried in addresses {
            match listen(tried, port, protocol).map_err(|error| error.kind()) {
                Err(io::ErrorKind::AddrInUse) => return PortUse::Taken(holder(tried, port, protocol)),
                Err(io::ErrorKind::AddrNotAvailable) if address.is_some() => return PortUse::NoSuchAddress,
                // Only the administrator may listen below 1024; the kernel's table tells who does.
                Err(io::ErrorKind::PermissionDenied) if !listeners(tried, port, protocol).is_empty() => {
                    return PortUse::Taken(holder(tried, port, protocol));
                }
                // Free, or a family of addresses that this machine does not have.
                Ok(()) | Err(_) => {}
            }
        }
        PortUse::Free
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn writable(&self, path: &Path) -> bool {
        rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok()
    }

    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// Listens for an instant. The standard library allows the address to be reused, as the engine does: connections that
/// are only being wound down are no obstacle.
fn listen(address: IpAddr, port: u16, protocol: Protocol) -> io::Result<()> {
    match protocol {
        Protocol::Tcp => TcpListener::bind((address, port)).map(drop),
        Protocol::Udp => UdpSocket::bind((address, port)).map(drop),
    }
}

fn memory_total(meminfo: &str) -> Option<Bytes> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(Bytes(kibibytes << 10))
}

/// Who listens on a port that is known to be taken.
fn holder(address: IpAddr, port: u16, protocol: Protocol) -> Holder {
    let inodes = listeners(address, port, protocol);
    let Some(pid) = process_with_socket(&inodes) else { return Holder::Unknown };
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim().to_owned();
    match name.as_str() {
        "docker-proxy" => {
            let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            Holder::Container { address: proxied_address(&command) }
        }
        // Newer engines, and those without the proxy, hold the ports of containers themselves.
        "dockerd" => Holder::Container { address: None },
        _ => Holder::Process { pid, name },
    }
}

/// The container's address among the arguments of docker-proxy, which are separated by zero bytes.
fn proxied_address(command: &[u8]) -> Option<String> {
    let mut arguments = command.split(|byte| *byte == 0);
    arguments.find(|argument| *argument == b"-container-ip")?;
    Some(String::from_utf8_lossy(arguments.next()?).into_owned())
}

/// The inodes of the sockets that stand in the way of listening on this address and port.
fn listeners(address: IpAddr, port: u16, protocol: Protocol) -> Vec<u64> {
    let tables = match protocol {
        Protocol::Tcp => ["/proc/net/tcp", "/proc/net/tcp6"],
        Protocol::Udp => ["/proc/net/udp", "/proc/net/udp6"],
    };
    let text: Vec<_> = tables.into_iter().filter_map(|table| fs::read_to_string(table).ok()).collect();
    text.iter().flat_map(|table| listening_sockets(table, address, port, protocol)).collect()
}

/// Reads a table of sockets (`/proc/net/tcp`, proc(5)): `sl local rem st tx:rx tr:when retrnsmt uid timeout inode …`.
fn listening_sockets(table: &str, address: IpAddr, port: u16, protocol: Protocol) -> Vec<u64> {
    // TCP_LISTEN; an unconnected UDP socket is in the state TCP_CLOSE.
    let state = if protocol == Protocol::Tcp { "0A" } else { "07" };
    let socket = |line: &str| {
        let mut fields = line.split_whitespace().skip(1);
        let (local_address, local_port) = fields.next()?.split_once(':')?;
        let local = parse_address(local_address)?;
        let overlaps = local.is_unspecified() || address.is_unspecified() || local.to_canonical() == address.to_canonical();
        let fits = u16::from_str_radix(local_port, 16).ok()? == port && overlaps && fields.nth(1)? == state;
        fields.nth(5)?.parse().ok().filter(|_| fits)
    };
    table.lines().skip(1).filter_map(socket).collect()
}

/// An address as the kernel prints it: 32-bit words in the machine's byte order, as hexadecimal digits.
fn parse_address(text: &str) -> Option<IpAddr> {
    let word = |at: usize| u32::from_str_radix(text.get(at..at + 8)?, 16).ok().map(u32::to_ne_bytes);
    match text.len() {
        8 => Some(Ipv4Addr::from(word(0)?).into()),
        32 => {
            let mut bytes = [0; 16];
            for (index, part) in bytes.chunks_exact_mut(4).enumerate() {
                part.copy_from_slice(&word(index * 8)?);
            }
            Some(Ipv6Addr::from(bytes).into())
        }
        _ => None,
    }
}

/// The first process that holds one of these sockets, as far as this user may look.
fn process_with_socket(inodes: &[u64]) -> Option<u32> {
    let wanted: Vec<_> = inodes.iter().map(|inode| format!("socket:[{inode}]")).collect();
    let processes = fs::read_dir("/proc").ok()?.flatten();
    processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).find(|pid: &u32| {
        let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
        let links = descriptors.flatten().filter_map(|descriptor| fs::read_link(descriptor.path()).ok());
        links.into_iter().any(|link| wanted.iter().any(|wanted| link.as_os_str() == wanted.as_str()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn a_listening_port_is_taken_by_this_process_and_free_again_afterwards() {
        let listener = TcpListener::bind((LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let holder = PortUse::Taken(Holder::Process {
            pid: std::process::id(),
            name: fs::read_to_string("/proc/self/comm").unwrap().trim().to_owned(),
        });
        assert_eq!(LocalHost.port(Some(LOCALHOST), port, Protocol::Tcp), holder);
        assert_eq!(LocalHost.port(None, port, Protocol::Tcp), holder, "all addresses include this one");
        assert_eq!(LocalHost.port(Some(LOCALHOST), port, Protocol::Udp), PortUse::Free);
        drop(listener);
        assert_eq!(LocalHost.port(Some(LOCALHOST), port, Protocol::Tcp), PortUse::Free);
    }

    #[test]
    fn datagram_ports_and_foreign_addresses() {
        let socket = UdpSocket::bind((LOCALHOST, 0)).unwrap();
        let port = socket.local_addr().unwrap().port();
        assert!(matches!(LocalHost.port(Some(LOCALHOST), port, Protocol::Udp), PortUse::Taken(Holder::Process { .. })));
        // 192.0.2.0/24 is for documentation (RFC 5737): no host has it.
        let foreign = Some("192.0.2.1".parse().unwrap());
        assert_eq!(LocalHost.port(foreign, 8080, Protocol::Tcp), PortUse::NoSuchAddress);
    }

    #[test]
    fn this_machine_answers() {
        assert!(LocalHost.cpus().unwrap() > 0 && LocalHost.memory().unwrap() > Bytes::mib(64));
        let place = tempfile::tempdir().unwrap();
        assert!(LocalHost.disk(place.path()).is_ok() && LocalHost.writable(place.path()) && LocalHost.exists(place.path()));
        let absent = place.path().join("absent");
        assert!(LocalHost.disk(&absent).is_err() && !LocalHost.writable(&absent) && !LocalHost.exists(&absent));
    }

    #[test]
    fn the_kernels_tables_are_read() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
            \x20  0: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 0 100 0\n\
            \x20  1: 0100007F:0050 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 12 1 0 100 0\n\
            \x20  2: 00000000:0051 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 13 1 0 100 0\n";
        let found = |address: &str, port| listening_sockets(table, address.parse().unwrap(), port, Protocol::Tcp);
        if cfg!(target_endian = "little") {
            assert_eq!((found("127.0.0.1", 80), found("0.0.0.0", 80), found("10.0.0.1", 80)), (vec![11], vec![11], vec![]));
            assert_eq!((found("10.0.0.1", 81), found("::ffff:127.0.0.1", 80)), (vec![13], vec![11]));
            assert_eq!(parse_address("00000000000000000000000001000000"), Some(Ipv6Addr::LOCALHOST.into()));
        }
        assert_eq!(memory_total("MemTotal:       16384 kB\nMemFree: 1 kB\n"), Some(Bytes::mib(16)));
        assert_eq!(parse_address("0100007"), None);
    }

    #[test]
    fn the_proxy_tells_the_containers_address() {
        let command = "/usr/bin/docker-proxy -proto tcp -host-port 80 -container-ip 172.17.0.2 -container-port 80 ";
        let command = command.replace(' ', "\0");
        assert_eq!(proxied_address(command.as_bytes()).as_deref(), Some("172.17.0.2"));
        assert_eq!(proxied_address(b"docker-proxy\0-proto\0"), None);
    }
}
