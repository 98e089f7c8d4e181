//! `x-medianest.backup`: of the project, who can open its sets and where they go; of a service, which database it is; of a
//! volume, whether its files are taken along.
//!
//! Refuses credentials and private keys, and does not repeat them. Whether a recipient is one, and a target there, is found out
//! when it is used.

use super::Context;
use super::fields::{At, Fields};
use crate::model::{
    BackupSettings, BackupTarget, Consistency, CredentialSource, DatabaseBackup, ImageRef, KeepPolicy, LockMode, ObjectLock,
    Packing, S3Target, TargetName, TargetPlace, authority, is_bucket, is_region,
};

const CONSISTENCIES: &[(&str, Consistency)] =
    &[("live", Consistency::Live), ("barrier", Consistency::Barrier), ("stop", Consistency::Stop)];

const PACKINGS: &[(&str, Packing)] = &[("zstd", Packing::Zstd), ("gzip", Packing::Gzip)];

const LOCK_MODES: &[(&str, LockMode)] = &[("governance", LockMode::Governance), ("compliance", LockMode::Compliance)];

/// What a service's data is said to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    None,
    Postgres,
    Redis,
}

const KINDS: &[(&str, Kind)] = &[("postgres", Kind::Postgres), ("redis", Kind::Redis), ("none", Kind::None)];

/// `{recipients, consistency, compress, keep, targets}` of the project.
pub(super) fn settings(cx: &mut Context<'_>, at: &At<'_>) -> Option<BackupSettings> {
    let mut fields = at.fields(cx.report)?;
    let settings = BackupSettings {
        recipients: fields.take("recipients").map(|v| recipients(cx, &v)).unwrap_or_default(),
        consistency: fields.take("consistency").and_then(|v| v.word(cx.report, CONSISTENCIES)),
        compress: fields.take("compress").and_then(|v| v.word(cx.report, PACKINGS)),
        keep: fields.take("keep").and_then(|v| keep(cx, &v)),
        targets: fields.take("targets").map(|v| targets(cx, &v)).unwrap_or_default(),
    };
    fields.finish(cx.report, &[], true);
    Some(settings)
}

/// Public keys. An empty text is none, so that a variable can be left empty.
fn recipients(cx: &mut Context<'_>, at: &At<'_>) -> Vec<String> {
    let mut recipients: Vec<String> = Vec::new();
    for item in at.items_or_one(cx.report).unwrap_or_default() {
        let Some(text) = item.text(cx.report) else { continue };
        let text = text.trim();
        if text.to_ascii_uppercase().starts_with("AGE-SECRET-KEY-") {
            let message = "that is a private key, which would let everybody who reads this file open the backups";
            let hint = "write the recipient (age1…) that belongs to it, and take the key out of the file and of its history";
            cx.report.secret_error(item.spot(), &item.key, message, hint);
        } else if text.starts_with("age1") && text.chars().all(|c| c.is_ascii_alphanumeric()) {
            if !recipients.iter().any(|known| known == text) {
                recipients.push(text.to_owned());
            }
        } else if !text.is_empty() {
            let hint = "medianestctl backup key generate makes a key and shows its recipient";
            item.error_hint(cx.report, format!("`{text}` is not an age recipient (age1…)"), hint);
        }
    }
    recipients
}

/// `{last, daily, weekly, monthly}`.
fn keep(cx: &mut Context<'_>, at: &At<'_>) -> Option<KeepPolicy> {
    let mut fields = at.fields(cx.report)?;
    let mut count = |key| fields.take(key).map_or(Some(0), |v| v.integer::<u32>(cx.report));
    let counts = (count("last"), count("daily"), count("weekly"), count("monthly"));
    fields.finish(cx.report, &[], true);
    match KeepPolicy::new(counts.0?, counts.1?, counts.2?, counts.3?) {
        Ok(policy) => Some(policy),
        Err(error) => {
            at.error_hint(cx.report, error.to_string(), "write for example `{last: 7, daily: 7, weekly: 4, monthly: 12}`");
            None
        }
    }
}

fn targets(cx: &mut Context<'_>, at: &At<'_>) -> Vec<BackupTarget> {
    let mut targets = Vec::new();
    for (entry, at) in at.entries(cx.report).unwrap_or_default() {
        let name = entry.key.parse::<TargetName>();
        if let Err(error) = &name {
            cx.report.error(Some(entry.spot), &at.key, error.to_string());
        }
        let target = target(cx, &at);
        if let (Ok(name), Some((place, keep))) = (name, target) {
            targets.push(BackupTarget { name, place, keep });
        }
    }
    targets.sort_by(|a, b| a.name.cmp(&b.name));
    targets
}

/// `{disk | s3, keep}`.
fn target(cx: &mut Context<'_>, at: &At<'_>) -> Option<(TargetPlace, Option<KeepPolicy>)> {
    let mut fields = at.fields(cx.report)?;
    let (disk, s3) = (fields.take("disk"), fields.take("s3"));
    if disk.is_some() == s3.is_some() {
        at.error_hint(cx.report, "a target is either a `disk` or an `s3`", "write for example `disk: {path: /mnt/backups}`");
    }
    let place = match (disk, s3) {
        (Some(disk), _) => self::disk(cx, &disk),
        (None, Some(s3)) => self::s3(cx, &s3).map(TargetPlace::S3),
        (None, None) => None,
    };
    let keep = fields.take("keep").map(|v| keep(cx, &v));
    fields.finish(cx.report, &[], true);
    Some((place?, keep.flatten()))
}

fn disk(cx: &mut Context<'_>, at: &At<'_>) -> Option<TargetPlace> {
    let mut fields = at.fields(cx.report)?;
    let path = fields.require(cx.report, "path").and_then(|v| file(cx, &v));
    fields.finish(cx.report, &[], true);
    path.map(TargetPlace::Disk)
}

fn file(cx: &mut Context<'_>, at: &At<'_>) -> Option<std::path::PathBuf> {
    let text = at.text(cx.report)?;
    cx.path(at, &text).map(Into::into)
}

fn s3(cx: &mut Context<'_>, at: &At<'_>) -> Option<S3Target> {
    let mut fields = at.fields(cx.report)?;
    let f = &mut fields;
    let bucket = f.require(cx.report, "bucket");
    let bucket = bucket.and_then(|v| checked(cx, &v, is_bucket, "a bucket's name"));
    let endpoint = text_of(cx, f, "endpoint").and_then(|(v, text)| {
        let valid = authority(&text).is_some();
        if !valid {
            // What is wrong is not repeated: a person may have put credentials in.
            let hint = "write it as https://HOST or https://HOST:PORT, without path, user or password";
            cx.report.secret_error(v.spot(), &v.key, "the endpoint is no plain URL", hint);
        }
        valid.then_some(text)
    });
    let region = f.take("region").map(|v| checked(cx, &v, is_region, "a region"));
    let target = S3Target {
        bucket: bucket.unwrap_or_default(),
        prefix: text_of(cx, f, "prefix").map(|(_, text)| text),
        endpoint,
        region: region.flatten().unwrap_or_else(|| S3Target::REGION.to_owned()),
        path_style: f.take("path_style").and_then(|v| v.bool(cx.report)).unwrap_or(false),
        ca_file: f.take("ca_file").and_then(|v| file(cx, &v)),
        storage_class: text_of(cx, f, "storage_class").map(|(_, text)| text),
        lock: f.take("lock").and_then(|v| lock(cx, &v)),
        credentials: f.take("credentials").and_then(|v| credentials(cx, &v)).unwrap_or(CredentialSource::Environment),
    };
    for key in ["access_key", "secret_key", "access_key_id", "secret_access_key", "session_token"] {
        if let Some(secret) = f.take(key) {
            let hint = "write `credentials: environment`, `{file: PATH}` or `{profile: NAME}`";
            cx.report.secret_error(secret.spot(), &secret.key, "credentials do not belong into a Compose file", hint);
        }
    }
    fields.finish(cx.report, &[], true);
    Some(target)
}

/// A text that is not empty, with its place.
fn text_of<'a>(cx: &mut Context<'_>, fields: &mut Fields<'a>, key: &'static str) -> Option<(At<'a>, String)> {
    let value = fields.take(key)?;
    let text = value.text(cx.report)?;
    (!text.is_empty()).then_some((value, text))
}

fn checked(cx: &mut Context<'_>, at: &At<'_>, valid: fn(&str) -> bool, what: &str) -> Option<String> {
    let text = at.text(cx.report)?;
    if valid(&text) {
        return Some(text);
    }
    at.error(cx.report, format!("`{text}` is not {what}: it takes letters, digits, `.`, `-` and `_`"));
    None
}

/// `{mode, days}`.
fn lock(cx: &mut Context<'_>, at: &At<'_>) -> Option<ObjectLock> {
    let mut fields = at.fields(cx.report)?;
    let mode = fields.require(cx.report, "mode").and_then(|v| v.word(cx.report, LOCK_MODES));
    let days = fields.require(cx.report, "days").and_then(|v| {
        let days = v.integer::<u32>(cx.report);
        if days == Some(0) {
            v.error(cx.report, "a lock lasts at least one day");
        }
        days
    });
    fields.finish(cx.report, &[], true);
    Some(ObjectLock { mode: mode?, days: days? })
}

/// `environment`, `{file}` or `{profile}`.
fn credentials(cx: &mut Context<'_>, at: &At<'_>) -> Option<CredentialSource> {
    if at.node.as_map().is_none() {
        return at.word(cx.report, &[("environment", ())]).map(|()| CredentialSource::Environment);
    }
    let mut fields = at.fields(cx.report)?;
    let (file, profile) = (fields.take("file"), fields.take("profile"));
    let source = match (file, profile) {
        (Some(file), None) => self::file(cx, &file).map(CredentialSource::File),
        (None, Some(profile)) => {
            profile.text(cx.report).map(|name| CredentialSource::Profile((!name.is_empty()).then_some(name)))
        }
        _ => {
            let hint = "write `environment`, `{file: PATH}` or `{profile: NAME}`";
            at.error_hint(cx.report, "credentials come from one place", hint);
            None
        }
    };
    fields.finish(cx.report, &[], true);
    source
}

/// `{kind, user, database}` of a service that has this image.
pub(super) fn database(cx: &mut Context<'_>, at: &At<'_>, image: Option<&ImageRef>) -> Option<DatabaseBackup> {
    let mut fields = at.fields(cx.report)?;
    let declared = fields.take("kind").map(|v| v.word(cx.report, KINDS));
    let (user, database) = (text_of(cx, &mut fields, "user"), text_of(cx, &mut fields, "database"));
    fields.finish(cx.report, &[], true);
    let kind = match declared {
        Some(kind) => kind?,
        None if image.is_some_and(ImageRef::is_postgres) => Kind::Postgres,
        None if image.is_some_and(ImageRef::is_redis) => Kind::Redis,
        None => {
            at.error_hint(cx.report, "the image does not tell which database this is", "say so: `kind: postgres`");
            return None;
        }
    };
    if kind == Kind::Postgres {
        return Some(DatabaseBackup::Postgres { user: user.map(|(_, text)| text), database: database.map(|(_, text)| text) });
    }
    for (given, _) in [user, database].into_iter().flatten() {
        given.error(cx.report, "only PostgreSQL has users and databases here");
    }
    Some(if kind == Kind::Redis { DatabaseBackup::Redis } else { DatabaseBackup::None })
}
