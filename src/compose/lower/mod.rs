//! The merged document to typed services, networks, volumes, secrets and configs.
//!
//! Owns every supported key, one file a group of them, and refuses every other by name with its place. References are
//! checked here, where the place of each is at hand; what concerns several services is checked in `validate`. Refuses
//! to read files: `resolve` does, for the services that are wanted.

mod autoupdate;
mod backup;
mod depends;
mod deploy;
mod extension;
mod fields;
mod files;
mod health;
mod mounts;
mod networks;
mod ports;
mod process;
mod quantity;
mod resources;
mod service;
mod volumes;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use super::diagnostic::{Report, Spot};
use super::document::{Map, Node, Value};
use super::{keys, paths};
use crate::model::{
    Autoupdate, BackupSettings, ConfigName, Network, ProjectName, SecretFile, SecretName, ServiceName, Stack, Volume,
};

use fields::At;
pub(super) use files::ConfigSource;
pub(super) use service::{Draft, EnvFile};

/// The project, typed; nothing selected yet, no file read.
#[derive(Default)]
pub(super) struct Lowered {
    /// The application's version.
    pub(super) version: Option<String>,
    /// How many releases are kept.
    pub(super) keep_releases: u32,
    /// When it may be updated unasked.
    pub(super) autoupdate: Autoupdate,
    /// How it is backed up.
    pub(super) backup: BackupSettings,
    /// All services.
    pub(super) services: BTreeMap<ServiceName, Draft>,
    /// All networks by their key, the implied `default` among them.
    pub(super) networks: BTreeMap<String, Network>,
    /// All volumes by their key.
    pub(super) volumes: BTreeMap<String, Volume>,
    /// All secrets.
    pub(super) secrets: BTreeMap<SecretName, SecretFile>,
    /// All configs.
    pub(super) configs: BTreeMap<ConfigName, ConfigSource>,
}

/// What lowering needs to know beside the value in hand.
struct Context<'a> {
    report: &'a mut Report,
    project: &'a ProjectName,
    directory: &'a str,
    home: Option<String>,
    /// Keys below `services`, `networks`, … as they are in the file, mistakes included: a reference to something that
    /// is declared wrongly is no second mistake.
    declared: Declared,
    /// Volumes by their key, as far as they could be read.
    volumes: BTreeMap<String, Volume>,
}

#[derive(Default)]
struct Declared {
    services: BTreeSet<String>,
    networks: BTreeSet<String>,
    volumes: BTreeSet<String>,
    secrets: BTreeSet<String>,
    configs: BTreeSet<String>,
}

impl Declared {
    fn read(root: &Node) -> Self {
        let names = |key: &str| {
            let map = root.as_map().and_then(|map| map.get(key)).and_then(|entry| entry.value.as_map());
            map.map(|map| map.entries.iter().map(|e| e.key.clone()).collect()).unwrap_or_default()
        };
        let mut networks: BTreeSet<String> = names("networks");
        networks.insert(networks::DEFAULT.to_owned());
        Self {
            services: names("services"),
            networks,
            volumes: names("volumes"),
            secrets: names("secrets"),
            configs: names("configs"),
        }
    }
}

impl Context<'_> {
    /// A path of the file, resolved against the project's directory; `~` is the home directory.
    fn path(&mut self, at: &At<'_>, path: &str) -> Option<String> {
        if path.is_empty() {
            at.error(self.report, "the path is empty");
            return None;
        }
        let expanded = paths::expand_home(path, self.home.clone());
        if expanded.is_none() {
            at.error_hint(self.report, "`~` has no meaning here", "set `HOME`, or write the whole path");
        }
        Some(paths::join(self.directory, &expanded?))
    }

    /// Reports a reference to something that is not declared.
    fn dangling(&mut self, at: &At<'_>, kind: &str, name: &str, declared: fn(&Declared) -> &BTreeSet<String>) -> bool {
        let names = declared(&self.declared);
        if names.contains(name) {
            return false;
        }
        let hint = match keys::suggest(name, names.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if kind == "service" => "declare it below `services`".to_owned(),
            None => format!("declare it below the top-level key `{kind}s`"),
        };
        at.error_hint(self.report, format!("the {kind} `{name}` is not declared"), hint);
        true
    }

    /// The user's labels. Those that identify what belongs to a project are not for users to give.
    fn labels(&mut self, at: &At<'_>) -> Option<BTreeMap<String, String>> {
        let mut labels = BTreeMap::new();
        for (key, value) in at.pairs(self.report)? {
            if ["com.docker.compose.", "io.medianest."].iter().any(|prefix| key.starts_with(prefix)) {
                at.error(self.report, format!("the label `{key}` is reserved for the tool itself"));
            }
            labels.insert(key, value.unwrap_or_default());
        }
        Some(labels)
    }

    /// Options as texts.
    fn options(&mut self, at: &At<'_>) -> Option<BTreeMap<String, String>> {
        let mut options = BTreeMap::new();
        for (entry, value) in at.entries(self.report)? {
            let text = if value.is_null() { Some(String::new()) } else { value.scalar(self.report) };
            options.extend(text.map(|text| (entry.key.clone(), text)));
        }
        Some(options)
    }

    /// A name that the engine knows an object by: the one that is given, else `<project>_<key>`.
    fn engine_name<T>(&mut self, name: Option<&At<'_>>, key: &str, at: &At<'_>, external: bool) -> Option<T>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
    {
        if let Some(name) = name {
            return name.parse(self.report);
        }
        let text = if external { key.to_owned() } else { format!("{}_{key}", self.project) };
        match text.parse() {
            Ok(name) => Some(name),
            Err(error) => {
                at.error(self.report, format!("{error}"));
                None
            }
        }
    }
}

/// Reads every key of the merged document. What has a mistake is in the report and may be missing from the answer.
pub(super) fn lower(report: &mut Report, root: &Node, project: &ProjectName, directory: &str, home: Option<String>) -> Lowered {
    let mut lowered = Lowered { keep_releases: Stack::KEEP_RELEASES, ..Lowered::default() };
    let at = At::root(root);
    let declared = Declared::read(root);
    let mut cx = Context { report, project, directory, home, declared, volumes: BTreeMap::new() };
    let Some(mut fields) = at.fields(cx.report) else { return lowered };
    // The name was decided before the variables were replaced; here only its type is checked.
    if let Some(name) = fields.take("name") {
        name.text(cx.report);
    }
    if let Some(version) = fields.take("version") {
        let hint = Some("remove the key");
        cx.report.warning(version.spot(), &version.key, "`version` is obsolete and has no effect", hint);
    }
    if let Some(extension) = fields.take("x-medianest") {
        extension::project(&mut cx, &extension, &mut lowered);
    }
    if let Some(networks) = fields.take("networks") {
        lowered.networks = networks::networks(&mut cx, &networks);
    }
    if !lowered.networks.contains_key(networks::DEFAULT)
        && let Some(network) = networks::implied(&mut cx, &at)
    {
        lowered.networks.insert(networks::DEFAULT.to_owned(), network);
    }
    if let Some(volumes) = fields.take("volumes") {
        cx.volumes = volumes::volumes(&mut cx, &volumes);
    }
    if let Some(secrets) = fields.take("secrets") {
        lowered.secrets = files::secrets(&mut cx, &secrets);
    }
    if let Some(configs) = fields.take("configs") {
        lowered.configs = files::configs(&mut cx, &configs);
    }
    match fields.take("services") {
        None => at.error(cx.report, "the project has no `services`"),
        Some(services) => {
            for (entry, service) in services.entries(cx.report).unwrap_or_default() {
                let name = match entry.key.parse::<ServiceName>() {
                    Ok(name) => name,
                    Err(error) => {
                        cx.report.error(Some(entry.spot), &service.key, error.to_string());
                        continue;
                    }
                };
                if let Some(draft) = service::service(&mut cx, name.clone(), &service) {
                    lowered.services.insert(name, draft);
                }
            }
        }
    }
    fields.finish(cx.report, keys::TOP, false);
    lowered.volumes = cx.volumes;
    lowered
}

/// The place of a value: follows keys as far as they go, and in lists the item that names what is looked for.
pub(super) fn locate(root: &Node, path: &[&str]) -> Spot {
    let mut node = root;
    for part in path {
        let next = match &node.value {
            Value::Map(map) => map.get(part).map(|entry| if has_place(&entry.value) { &entry.value } else { node }),
            Value::Seq(items) => items.iter().find(|item| names(item, part)),
            _ => None,
        };
        match next {
            Some(next) => node = next,
            None => break,
        }
    }
    node.spot
}

fn has_place(node: &Node) -> bool {
    node.value != Value::Null
}

fn names(item: &Node, name: &str) -> bool {
    let text = |map: &Map, key: &str| map.value(key).and_then(Value::scalar);
    match &item.value {
        Value::Map(map) => ["source", "service", "target"].iter().any(|key| text(map, key).as_deref() == Some(name)),
        value => value.scalar().as_deref() == Some(name),
    }
}
