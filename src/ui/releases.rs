//! Releases for people: the list, one of them, what changed between two.

use std::fmt::{Display, Write as _};
use std::time::Duration;

use super::{Table, Ui, format::Marks, render::duration};
use crate::state::{History, Names, Outcome, Pair, Release, ReleaseDiff};

fn plain(text: impl Into<String>) -> (String, String) {
    let text = text.into();
    (text.clone(), text)
}

fn outcome(marks: Marks, release: &Release, current: Option<u64>) -> (String, String) {
    let mut word = match release.rollback_of {
        Some(number) if release.came_about() => format!("brought {number} back"),
        _ => release.outcome.word().to_owned(),
    };
    let is_current = current == Some(release.number);
    if is_current {
        word.push_str(", current");
    }
    let shown = match release.outcome {
        Outcome::Deployed if is_current => marks.good(&word),
        Outcome::Deployed => word.clone(),
        Outcome::RolledBack { .. } | Outcome::Unfinished { .. } => marks.warning(&word),
        Outcome::Failed { .. } => marks.bad(&word),
    };
    (word, shown)
}

fn when(release: &Release) -> String {
    release.at.format("%Y-%m-%d %H:%M UTC").to_string()
}

fn or_dash(text: Option<&str>) -> String {
    text.filter(|text| !text.is_empty()).unwrap_or("-").to_owned()
}

/// The releases, the newest first; the current one is marked.
pub fn releases_table(ui: &Ui, history: &History, current: Option<u64>) -> String {
    let marks = ui.out();
    let mut table = Table::default();
    table.painted(["NUMBER", "VERSION", "OUTCOME", "WHEN", "BY"].map(|h| (h.into(), marks.dim(h))).into());
    for release in history.releases.iter().rev() {
        table.painted(vec![
            plain(release.number.to_string()),
            plain(or_dash(release.version.as_deref())),
            outcome(marks, release, current),
            plain(when(release)),
            plain(&*release.by),
        ]);
    }
    table.render()
}

fn joined(items: impl IntoIterator<Item = impl Display>) -> String {
    let items: Vec<_> = items.into_iter().map(|item| item.to_string()).collect();
    if items.is_empty() { "-".to_owned() } else { items.join(", ") }
}

/// The part of a digest that tells it from others.
fn short(digest: &str) -> String {
    match digest.split_once("@sha256:") {
        Some((name, hex)) => format!("{name}@sha256:{}", hex.get(..12).unwrap_or(hex)),
        None => digest.to_owned(),
    }
}

/// One release.
pub fn release_page(ui: &Ui, release: &Release, current: Option<u64>) -> String {
    let marks = ui.out();
    let version = release.version.as_deref().map(|v| format!(" {v}")).unwrap_or_default();
    let mut text = String::new();
    let title = format!("release {}{version}", release.number);
    let _ = writeln!(text, "{}: {}", marks.strong(title), outcome(marks, release, current).1);
    let mut facts = Table::default();
    let mut fact = |name: &str, value: String| facts.painted(vec![(name.to_owned(), marks.dim(name)), plain(value)]);
    if let Some(why) = release.outcome.why() {
        fact("why", why.to_owned());
    }
    fact("when", when(release));
    fact("by", release.by.clone());
    if !release.command.is_empty() {
        fact("command", release.command.clone());
    }
    if let Some(took) = release.took_ms {
        fact("took", duration(Duration::from_millis(took)));
    }
    fact("files", joined(&release.files));
    fact("schema head", or_dash(release.schema_head.as_deref()));
    fact("secrets", joined(release.secrets.iter().map(|(name, version)| format!("{name} {version}"))));
    fact("configs", joined(release.configs.iter().map(|(name, version)| format!("{name} {version}"))));
    text.push_str(&facts.render());
    text.push('\n');
    let mut table = Table::default();
    table.painted(["SERVICE", "REPLICAS", "IMAGE", "CONTENT", "DIGEST"].map(|h| (h.into(), marks.dim(h))).into());
    for (name, service) in &release.services {
        table.painted(vec![
            plain(name.as_str()),
            plain(if service.replicas == 0 { "job".to_owned() } else { service.replicas.to_string() }),
            plain(&*service.image),
            plain(or_dash(service.image_id.as_ref().map(crate::model::ImageId::short))),
            plain(joined(service.digests.iter().map(|digest| short(digest)))),
        ]);
    }
    text.push_str(&table.render());
    let environments = release.services.iter().filter_map(|(name, s)| Some((name, s.environment.as_ref()?)));
    let environments = environments.filter(|(_, environment)| !environment.is_empty());
    for (index, (name, environment)) in environments.enumerate() {
        let gap = if index == 0 { "\n" } else { "" };
        let _ = writeln!(text, "{gap}{} {}", marks.dim(format!("environment of {name}:")), joined(environment.keys()));
    }
    text
}

fn arrow<T>(pair: &Pair<T>, show: impl Fn(&T) -> String) -> String {
    format!("{} → {}", show(&pair.from), show(&pair.to))
}

/// Lines for names that came, went or changed.
fn names(marks: Marks, what: &str, names: &Names, lines: &mut Vec<String>) {
    let mut add = |sign: String, names: &[String]| lines.extend(names.iter().map(|name| format!("{sign} {what} {name}")));
    add(marks.good("+"), &names.added);
    add(marks.bad("-"), &names.removed);
    add(marks.warning("~"), &names.changed);
}

/// What changed from one release to another.
pub fn release_diff(ui: &Ui, from: &Release, to: &Release, diff: &ReleaseDiff) -> String {
    let marks = ui.out();
    let name = |release: &Release| {
        let version = release.version.as_deref().map(|v| format!(" {v}")).unwrap_or_default();
        format!("{}{version}", release.number)
    };
    let mut text = format!("{}\n", marks.strong(format!("release {} → {}", name(from), name(to))));
    let changed = marks.warning("~");
    let mut lines = Vec::new();
    lines.extend(diff.services_added.iter().map(|service| format!("{} service {service}", marks.good("+"))));
    lines.extend(diff.services_removed.iter().map(|service| format!("{} service {service}", marks.bad("-"))));
    for service in &diff.services {
        let at = lines.len();
        let mut add = |what: &str, change: String| lines.push(format!("{changed} {}: {what} {change}", service.name));
        if let Some(image) = &service.image {
            add("image", arrow(image, Clone::clone));
        }
        if let Some(id) = &service.image_id {
            add("content", arrow(id, |id| or_dash(id.as_deref())));
        }
        if let Some(replicas) = &service.replicas {
            add("replicas", arrow(replicas, u32::to_string));
        }
        if let Some(environment) = &service.environment {
            names(marks, &format!("{}: environment", service.name), environment, &mut lines);
        }
        if lines.len() == at {
            lines.push(format!("{changed} {}: its settings", service.name));
        }
    }
    names(marks, "secret", &diff.secrets, &mut lines);
    names(marks, "config", &diff.configs, &mut lines);
    if let Some(head) = &diff.schema_head {
        lines.push(format!("{changed} schema head {}", arrow(head, |head| or_dash(head.as_deref()))));
    }
    if lines.is_empty() {
        lines.push(if diff.is_empty() { "nothing changed".into() } else { "only the version changed".into() });
    }
    text.push_str(&lines.join("\n"));
    text
}
