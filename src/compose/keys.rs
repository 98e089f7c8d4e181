//! Keys of the Compose specification that the loader knows of but does not support yet, and suggestions for keys that
//! nobody knows.
//!
//! A key that becomes supported leaves these lists in the same change.

/// Keys of the whole file.
pub(super) const TOP: &[&str] = &["include", "models"];

/// Keys of a service.
pub(super) const SERVICE: &[&str] = &[
    "annotations",
    "attach",
    "blkio_config",
    "build",
    "cgroup",
    "cgroup_parent",
    "cpu_count",
    "cpu_percent",
    "cpu_period",
    "cpu_quota",
    "cpu_rt_period",
    "cpu_rt_runtime",
    "cpu_shares",
    "cpuset",
    "credential_spec",
    "develop",
    "device_cgroup_rules",
    "devices",
    "dns",
    "dns_opt",
    "dns_search",
    "domainname",
    "extends",
    "external_links",
    "gpus",
    "group_add",
    "ipc",
    "isolation",
    "label_file",
    "links",
    "mac_address",
    "mem_swappiness",
    "memswap_limit",
    "models",
    "network_mode",
    "oom_kill_disable",
    "oom_score_adj",
    "pid",
    "platform",
    "post_start",
    "pre_stop",
    "privileged",
    "provider",
    "pull_refresh_after",
    "runtime",
    "stdin_open",
    "storage_opt",
    "tty",
    "use_api_socket",
    "userns_mode",
    "uts",
    "volumes_from",
];

/// Keys of `deploy`.
pub(super) const DEPLOY: &[&str] = &["endpoint_mode", "labels", "mode", "placement", "restart_policy", "rollback_config"];
/// Keys of `deploy.resources.reservations`.
pub(super) const RESERVATIONS: &[&str] = &["devices", "generic_resources", "pids"];
/// Keys of an environment file.
pub(super) const ENV_FILE: &[&str] = &["format"];
/// Keys of a port in the long syntax.
pub(super) const PORT: &[&str] = &["app_protocol", "name"];
/// Keys of a mount in the long syntax.
pub(super) const MOUNT: &[&str] = &["consistency", "image"];
/// Keys of `volumes[].bind`.
pub(super) const MOUNT_BIND: &[&str] = &["propagation", "recursive", "selinux"];
/// Keys of `volumes[].volume`.
pub(super) const MOUNT_VOLUME: &[&str] = &["labels", "nocopy", "subpath"];
/// Keys of a service's network.
pub(super) const ATTACHMENT: &[&str] = &[
    "driver_opts",
    "gw_priority",
    "interface_name",
    "ipv4_address",
    "ipv6_address",
    "link_local_ips",
    "mac_address",
    "priority",
];
/// Keys of a network.
pub(super) const NETWORK: &[&str] = &["attachable", "enable_ipv4", "enable_ipv6"];
/// Keys of `ipam`.
pub(super) const IPAM: &[&str] = &["driver", "options"];
/// Keys of `ipam.config[]`.
pub(super) const IPAM_CONFIG: &[&str] = &["aux_addresses", "gateway", "ip_range"];
/// Keys of a secret.
pub(super) const SECRET: &[&str] = &["driver", "driver_opts", "environment", "external", "labels", "template_driver"];
/// Keys of a config.
pub(super) const CONFIG: &[&str] = &["driver", "driver_opts", "environment", "external", "labels", "template_driver"];

/// What to do instead of a key that is refused, where there is something to say.
pub(super) fn advice(key: &str) -> Option<&'static str> {
    Some(match key {
        "build" => "build and push the image beforehand, and give its name as `image`",
        "include" => "pass the files one after the other instead: `-f a.yaml -f b.yaml`",
        "extends" => "share settings by an anchor and a merge key instead: `<<: *common`",
        "links" | "external_links" => "services find each other by name on a common network",
        "volumes_from" => "give both services the same named volume",
        "restart_policy" => "use `restart` of the service",
        "platform" => "name an image of the engine's own platform",
        "ipv4_address" => "the tool gives fixed addresses to the services that need them",
        "privileged" => "give the capabilities that are needed with `cap_add`",
        _ => return None,
    })
}

/// The known key that a mistyped one probably stands for.
pub(super) fn suggest<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_ascii_lowercase().replace('-', "_");
    let wanted = plain(typed);
    let limit = (wanted.chars().count() / 3).max(1);
    known.map(|key| (distance(&wanted, key), key)).filter(|(d, _)| *d <= limit).min().map(|(_, key)| key)
}

/// The fewest letters to insert, remove, replace or swap with their neighbour to get from one text to the other.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    // Long keys are nobody's typing mistake, and would take long.
    if a.len().abs_diff(b.len()) > 8 {
        return usize::MAX;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut next = vec![i];
        for j in 1..=b.len() {
            let mut best = (row[j - 1] + usize::from(a[i - 1] != b[j - 1])).min(row[j] + 1).min(next[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistyped_keys_are_recognised() {
        let known = || ["image", "environment", "ports", "depends_on", "restart"].into_iter();
        let cases = [
            ("imgae", Some("image")),
            ("Image", Some("image")),
            ("enviroment", Some("environment")),
            ("port", Some("ports")),
            ("depends-on", Some("depends_on")),
            ("restarts", Some("restart")),
            ("zzz", None),
            ("", None),
        ];
        for (typed, meant) in cases {
            assert_eq!(suggest(typed, known()), meant, "{typed}");
        }
        assert_eq!(suggest(&"x".repeat(100_000), known()), None);
    }
}
