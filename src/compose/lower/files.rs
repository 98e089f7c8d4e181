//! Secrets and configs: the top-level ones and what a service is granted (Compose specification, "Secrets" and
//! "Configs").
//!
//! Refuses to read a secret: only the path of its file goes on.

use std::collections::BTreeMap;

use super::fields::{At, Fields};
use super::{Context, Declared};
use crate::compose::diagnostic::Spot;
use crate::compose::keys;
use crate::model::{ConfigName, FileEntry, FileOrigin, SecretFile, SecretName};

/// The directory of secrets in a container.
const SECRETS: &str = "/run/secrets";

/// Where a config's content comes from.
pub(in crate::compose) enum ConfigSource {
    /// A file, which is read when a service that is wanted uses it.
    File {
        /// Its path.
        path: String,
        /// Where the file names it.
        spot: Spot,
        /// The dotted path there.
        key: String,
    },
    /// The content itself.
    Content(String),
}

/// The top-level secrets.
pub(super) fn secrets(cx: &mut Context<'_>, at: &At<'_>) -> BTreeMap<SecretName, SecretFile> {
    let mut secrets = BTreeMap::new();
    for (entry, at) in at.entries(cx.report).unwrap_or_default() {
        let name = parse_key::<SecretName>(cx, &entry.key, entry.spot, &at);
        let Some(mut fields) = at.fields(cx.report) else { continue };
        let file = fields.take("file");
        let refused = ["environment", "external"].iter().any(|key| at.node.as_map().is_some_and(|map| map.get(key).is_some()));
        if file.is_none() && !refused {
            at.error_hint(cx.report, "the secret has no source", "give the path of its file as `file`");
        }
        let path = file.and_then(|v| v.text(cx.report).and_then(|text| cx.path(&v, &text)));
        name_of_swarm(cx, &mut fields);
        fields.finish(cx.report, keys::SECRET, false);
        if let (Some(name), Some(path)) = (name, path) {
            secrets.insert(name, SecretFile { path });
        }
    }
    secrets
}

/// The top-level configs.
pub(super) fn configs(cx: &mut Context<'_>, at: &At<'_>) -> BTreeMap<ConfigName, ConfigSource> {
    let mut configs = BTreeMap::new();
    for (entry, at) in at.entries(cx.report).unwrap_or_default() {
        let name = parse_key::<ConfigName>(cx, &entry.key, entry.spot, &at);
        let Some(mut fields) = at.fields(cx.report) else { continue };
        let file = fields.take("file");
        let content = fields.take("content");
        let refused = ["environment", "external"].iter().any(|key| at.node.as_map().is_some_and(|map| map.get(key).is_some()));
        let source = match (file, content) {
            (Some(file), None) => file.text(cx.report).and_then(|text| {
                let path = cx.path(&file, &text)?;
                Some(ConfigSource::File { path, spot: file.node.spot, key: file.key.clone() })
            }),
            (None, Some(content)) => content.text(cx.report).map(ConfigSource::Content),
            (Some(_), Some(content)) => {
                content.error_hint(cx.report, "the config has both `file` and `content`", "remove one of the two");
                None
            }
            (None, None) => {
                if !refused {
                    at.error_hint(cx.report, "the config has no source", "give `file` or `content`");
                }
                None
            }
        };
        name_of_swarm(cx, &mut fields);
        fields.finish(cx.report, keys::CONFIG, false);
        if let (Some(name), Some(source)) = (name, source) {
            configs.insert(name, source);
        }
    }
    configs
}

/// `name` is the name in a swarm; Compose prints it and uses it nowhere else.
fn name_of_swarm(cx: &mut Context<'_>, fields: &mut Fields<'_>) {
    if let Some(name) = fields.take("name") {
        name.text(cx.report);
    }
}

fn parse_key<T: std::str::FromStr<Err: std::fmt::Display>>(
    cx: &mut Context<'_>,
    key: &str,
    spot: Spot,
    at: &At<'_>,
) -> Option<T> {
    match key.parse() {
        Ok(name) => Some(name),
        Err(error) => {
            cx.report.error(Some(spot), &at.key, error.to_string());
            None
        }
    }
}

/// The secrets that a service is granted.
pub(super) fn granted_secrets(cx: &mut Context<'_>, at: &At<'_>) -> Vec<FileEntry> {
    granted(
        cx,
        at,
        "secret",
        |declared| &declared.secrets,
        |source, target| {
            let target = target.unwrap_or(source);
            let target = if target.starts_with('/') { target.to_owned() } else { format!("{SECRETS}/{target}") };
            Some((FileOrigin::Secret(source.parse().ok()?), target))
        },
    )
}

/// The configs that a service is granted.
pub(super) fn granted_configs(cx: &mut Context<'_>, at: &At<'_>) -> Vec<FileEntry> {
    granted(
        cx,
        at,
        "config",
        |declared| &declared.configs,
        |source, target| {
            let target = target.unwrap_or(source);
            let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
            Some((FileOrigin::Config(source.parse().ok()?), target))
        },
    )
}

/// Gives the origin of a source, and the path of its target in the container.
type Place = fn(&str, Option<&str>) -> Option<(FileOrigin, String)>;

fn granted(
    cx: &mut Context<'_>,
    at: &At<'_>,
    kind: &str,
    declared: fn(&Declared) -> &std::collections::BTreeSet<String>,
    place: Place,
) -> Vec<FileEntry> {
    let mut files: Vec<FileEntry> = Vec::new();
    for item in at.items(cx.report).unwrap_or_default() {
        let Some((source, file)) = grant(cx, &item) else { continue };
        if cx.dangling(&item, kind, &source, declared) {
            continue;
        }
        let Some((origin, target)) = place(&source, file.target.as_deref()) else { continue };
        if target.ends_with('/') || target.split('/').any(|part| part == "..") {
            item.error(cx.report, format!("`{target}` is not the path of a file in the container"));
        }
        let entry = FileEntry { target, origin, uid: file.uid, gid: file.gid, mode: file.mode };
        // What comes later takes the place of what has the same target.
        match files.iter_mut().find(|earlier| earlier.target == entry.target) {
            Some(earlier) => *earlier = entry,
            None => files.push(entry),
        }
    }
    files
}

#[derive(Default)]
struct Grant {
    target: Option<String>,
    uid: Option<u32>,
    gid: Option<u32>,
    mode: Option<u32>,
}

fn grant(cx: &mut Context<'_>, at: &At<'_>) -> Option<(String, Grant)> {
    if at.node.as_map().is_none() {
        return at.text(cx.report).map(|name| (name, Grant::default()));
    }
    let mut fields = at.fields(cx.report)?;
    let source = fields.require(cx.report, "source").and_then(|v| v.text(cx.report));
    let grant = Grant {
        target: fields.take("target").and_then(|v| v.text(cx.report)).filter(|target| !target.is_empty()),
        uid: fields.take("uid").and_then(|v| v.integer(cx.report)),
        gid: fields.take("gid").and_then(|v| v.integer(cx.report)),
        mode: fields.take("mode").and_then(|v| v.mode(cx.report)),
    };
    fields.finish(cx.report, &[], false);
    Some((source?, grant))
}
