//! What this machine reaches by which network, so that a new network is not put in the way of a VPN or a LAN.

use std::{fs, net::Ipv4Addr};

use ipnet::Ipv4Net;

/// The subnets that this machine has routes to, the default route left out; none where the system does not tell.
pub fn local_routes() -> Vec<Ipv4Net> {
    parse(&fs::read_to_string("/proc/net/route").unwrap_or_default())
}

/// Lines of /proc/net/route: columns 2 and 8 are destination and mask, hexadecimal in the machine's byte order.
fn parse(table: &str) -> Vec<Ipv4Net> {
    let address = |hex: &str| Some(Ipv4Addr::from(u32::from_str_radix(hex, 16).ok()?.to_ne_bytes()));
    let route = |line: &str| {
        let columns: Vec<_> = line.split_whitespace().collect();
        let (destination, mask) = (address(columns.get(1)?)?, address(columns.get(7)?)?);
        Ipv4Net::with_netmask(destination, mask).ok().filter(|net| net.prefix_len() > 0)
    };
    table.lines().skip(1).filter_map(route).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn destinations_and_masks_are_read() {
        let table = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n\
            eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\n\
            tun0\t000014AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\nbroken\n";
        assert_eq!(parse(table), ["172.20.0.0/16".parse::<Ipv4Net>().unwrap()]);
    }
}
