//! Connections of a network namespace, as Linux lists them in `/proc/net/tcp`.
//!
//! Pure. Counts those that may carry a request to one of some addresses; refuses to guess where a line makes no sense.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// States of a connection that may carry a request (include/net/tcp_states.h): established, and being opened.
const CARRYING: [&str; 2] = ["01", "02"];

/// The command that lists the connections to `addresses`, and few others. The whole list may be longer than an answer can
/// be: a busy proxy has thousands of connections that are over and not forgotten yet.
pub(super) fn command(addresses: &[Ipv4Addr]) -> Vec<String> {
    let list: Vec<_> = addresses.iter().map(|address| hex(*address)).collect();
    let pattern = format!(" ({}):[0-9A-F]+ ({}) ", list.join("|"), CARRYING.join("|"));
    ["grep", "-E", &pattern, "/proc/net/tcp"].map(str::to_owned).into()
}

/// The address as the kernel of a little-endian machine prints it, which is what engines run on.
fn hex(address: Ipv4Addr) -> String {
    format!("{:08X}", u32::from_le_bytes(address.octets()))
}

/// How many connections of the list may carry a request to one of `addresses`.
pub(super) fn carrying(list: &str, addresses: &[Ipv4Addr]) -> usize {
    let wanted: BTreeSet<String> = addresses.iter().map(|address| hex(*address)).collect();
    // `sl local_address rem_address st …`, addresses as `HHHHHHHH:PPPP`.
    let carries = |line: &&str| {
        let mut fields = line.split_ascii_whitespace().skip(2);
        let remote = fields.next().and_then(|remote| remote.split_once(':'));
        let state = fields.next();
        remote.is_some_and(|(address, _)| wanted.contains(address)) && state.is_some_and(|state| CARRYING.contains(&state))
    };
    list.lines().filter(carries).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101        0 1001 1 0 100 0 0 10 0
   1: 0300140A:9C40 0500140A:0FA0 01 00000000:00000000 00:00000000 00000000   101        0 1002 1 0 20 4 30 10 -1
   2: 0300140A:9C41 0500140A:0FA0 06 00000000:00000000 03:00000F00 00000000     0        0 0 3 0
   3: 0300140A:9C42 0600140A:0FA0 02 00000001:00000000 01:00000010 00000000   101        0 1003 2 0 200 0 0 1 7
   4: 0500140A:0050 0100140A:9000 01 00000000:00000000 00:00000000 00000000   101        0 1004 1 0 20 4 30 10 -1
";

    #[test]
    fn what_may_carry_a_request_is_counted() {
        let address = |last| Ipv4Addr::new(10, 0x14, 0, last);
        assert_eq!(carrying(LIST, &[address(5)]), 1, "one that is over does not count, nor does one from there");
        assert_eq!(carrying(LIST, &[address(6)]), 1, "one that is being opened counts");
        assert_eq!(carrying(LIST, &[address(5), address(6), address(9)]), 2);
        assert_eq!(carrying(LIST, &[address(9)]), 0);
        assert_eq!(carrying(LIST, &[]), 0);
        assert_eq!(carrying("grep: no\nsense 1 2", &[address(5)]), 0);
    }

    #[test]
    fn the_command_asks_for_these_addresses() {
        let command = command(&[Ipv4Addr::new(172, 20, 0, 2), Ipv4Addr::new(172, 20, 0, 3)]);
        assert_eq!(command, ["grep", "-E", " (020014AC|030014AC):[0-9A-F]+ (01|02) ", "/proc/net/tcp"]);
    }
}
