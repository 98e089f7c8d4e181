//! What a container runs and may do: command line, restart, limits of the kernel, hosts (Compose specification,
//! "Services top-level element").

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::fields::At;
use super::{Context, words};
use crate::compose::document::Value;
use crate::compose::keys;
use crate::model::{ImageRef, Logging, PullPolicy, RestartPolicy, Ulimit};

/// The image. An empty text counts as none.
pub(super) fn image(cx: &mut Context<'_>, at: &At<'_>) -> Option<ImageRef> {
    if at.node.value == Value::String(String::new()) {
        at.error_hint(cx.report, "the service has no image", "give the name of one");
        return None;
    }
    at.parse(cx.report)
}

/// `command` and `entrypoint`: a list, or a text that is cut into arguments. Null leaves the image's.
pub(super) fn command(cx: &mut Context<'_>, at: &At<'_>) -> Option<Vec<String>> {
    match &at.node.value {
        Value::Null => None,
        Value::String(text) => match words::split(text) {
            Ok(words) => Some(words),
            Err(why) => {
                at.error_hint(cx.report, why, "write a list, such as `[\"sh\", \"-c\", \"…\"]` for a shell");
                None
            }
        },
        _ => {
            let items = at.items_or_one(cx.report)?;
            Some(items.iter().filter_map(|item| item.text(cx.report)).collect())
        }
    }
}

/// `restart`.
pub(super) fn restart(cx: &mut Context<'_>, at: &At<'_>) -> Option<RestartPolicy> {
    let text = at.text(cx.report)?;
    if let Some(count) = text.strip_prefix("on-failure:") {
        let count = count.parse().ok();
        if count.is_none() {
            at.error(cx.report, format!("`{text}`: after `on-failure:` comes the number of attempts"));
        }
        return count.map(|count| RestartPolicy::OnFailure(Some(count)));
    }
    at.word(
        cx.report,
        &[
            ("no", RestartPolicy::No),
            ("always", RestartPolicy::Always),
            ("on-failure", RestartPolicy::OnFailure(None)),
            ("unless-stopped", RestartPolicy::UnlessStopped),
        ],
    )
}

/// `pull_policy`.
pub(super) fn pull_policy(cx: &mut Context<'_>, at: &At<'_>) -> Option<PullPolicy> {
    let text = at.text(cx.report)?;
    if matches!(text.as_str(), "build" | "daily" | "weekly") || text.starts_with("every_") {
        at.error(cx.report, format!("the pull policy `{text}` is not supported yet"));
        return None;
    }
    at.word(
        cx.report,
        &[
            ("missing", PullPolicy::Missing),
            ("if_not_present", PullPolicy::Missing),
            ("always", PullPolicy::Always),
            ("never", PullPolicy::Never),
        ],
    )
}

/// `container_name`, by the engine's rule for names.
pub(super) fn container_name(cx: &mut Context<'_>, at: &At<'_>) -> Option<String> {
    let name = at.text(cx.report)?;
    let valid = name.len() > 1
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
    if !valid {
        let rule = "it takes two or more letters, digits, `_`, `.` and `-`, and starts with a letter or digit";
        at.error(cx.report, format!("`{name}` is not a container name: {rule}"));
    }
    valid.then_some(name)
}

/// `ulimits`: one number for both limits, or `soft` and `hard`.
pub(super) fn ulimits(cx: &mut Context<'_>, at: &At<'_>) -> BTreeMap<String, Ulimit> {
    let mut limits = BTreeMap::new();
    for (entry, value) in at.entries(cx.report).unwrap_or_default() {
        let limit = if value.node.as_map().is_some() {
            let Some(mut fields) = value.fields(cx.report) else { continue };
            let soft = fields.require(cx.report, "soft").and_then(|v| v.integer(cx.report));
            let hard = fields.require(cx.report, "hard").and_then(|v| v.integer(cx.report));
            fields.finish(cx.report, &[], false);
            soft.zip(hard).map(|(soft, hard)| Ulimit { soft, hard })
        } else {
            value.integer(cx.report).map(|both| Ulimit { soft: both, hard: both })
        };
        if let Some(limit) = limit {
            if limit.soft > limit.hard && limit.hard >= 0 {
                value.error(cx.report, format!("the soft limit {} is above the hard limit {}", limit.soft, limit.hard));
            }
            limits.insert(entry.key.clone(), limit);
        }
    }
    limits
}

/// `sysctls`.
pub(super) fn sysctls(cx: &mut Context<'_>, at: &At<'_>) -> BTreeMap<String, String> {
    let pairs = at.pairs(cx.report).unwrap_or_default();
    pairs.into_iter().map(|(key, value)| (key, value.unwrap_or_default())).collect()
}

/// `extra_hosts` as `name:address`.
pub(super) fn extra_hosts(cx: &mut Context<'_>, at: &At<'_>) -> Vec<String> {
    let mut hosts: Vec<String> = Vec::new();
    let mut add = |cx: &mut Context<'_>, at: &At<'_>, name: &str, address: &str| {
        let bare = address.strip_prefix('[').and_then(|a| a.strip_suffix(']')).unwrap_or(address);
        if name.is_empty() || (bare != "host-gateway" && bare.parse::<IpAddr>().is_err()) {
            at.error(cx.report, format!("`{name}:{address}` is not a host and its IP address"));
        }
        let host = format!("{name}:{bare}");
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    };
    if at.node.as_map().is_some() {
        for (entry, value) in at.entries(cx.report).unwrap_or_default() {
            for address in value.items_or_one(cx.report).unwrap_or_default() {
                if let Some(text) = address.text(cx.report) {
                    add(cx, &address, &entry.key, &text);
                }
            }
        }
    } else {
        for item in at.items(cx.report).unwrap_or_default() {
            let Some(text) = item.text(cx.report) else { continue };
            let (name, address) = text.split_once('=').or_else(|| text.split_once(':')).unwrap_or((&text, ""));
            add(cx, &item, name, address);
        }
    }
    hosts
}

/// `logging`.
pub(super) fn logging(cx: &mut Context<'_>, at: &At<'_>) -> Option<Logging> {
    let mut fields = at.fields(cx.report)?;
    let driver = fields.take("driver").and_then(|v| v.text(cx.report));
    let options = fields.take("options").and_then(|v| cx.options(&v)).unwrap_or_default();
    fields.finish(cx.report, &[], false);
    Some(Logging { driver, options })
}

/// `env_file`: a path, a list of paths, or of paths with what is to be when the file is not there.
pub(super) fn env_files(cx: &mut Context<'_>, at: &At<'_>) -> Vec<super::EnvFile> {
    let mut files: Vec<super::EnvFile> = Vec::new();
    for item in at.items_or_one(cx.report).unwrap_or_default() {
        let (path, required) = if item.node.as_map().is_some() {
            let Some(mut fields) = item.fields(cx.report) else { continue };
            let path = fields.require(cx.report, "path");
            let required = fields.take("required").and_then(|v| v.bool(cx.report)).unwrap_or(true);
            fields.finish(cx.report, keys::ENV_FILE, false);
            (path, required)
        } else {
            (Some(item), true)
        };
        let Some(at) = path else { continue };
        let Some(path) = at.text(cx.report).and_then(|text| cx.path(&at, &text)) else { continue };
        let file = super::EnvFile { path, required, spot: at.node.spot, key: at.key.clone() };
        match files.iter_mut().find(|earlier| earlier.path == file.path) {
            Some(earlier) => *earlier = file,
            None => files.push(file),
        }
    }
    files
}
