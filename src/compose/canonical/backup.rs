//! `x-medianest.backup` as it is declared; what was left out is left out here.

use serde_json::{Value, json};

use super::Object;
use crate::model::{
    BackupSettings, Consistency, Counts, CredentialSource, DatabaseBackup, KeepPolicy, LockMode, Packing, S3Target, TargetPlace,
};

/// Of the project.
pub(super) fn settings(settings: &BackupSettings) -> Value {
    let mut out = Object::new();
    out.put_some("recipients", json!(settings.recipients));
    out.put_some("consistency", json!(settings.consistency.map(Consistency::as_str)));
    out.put_some("compress", json!(settings.compress.map(Packing::as_str)));
    out.put_some("keep", keep(settings.keep));
    let targets = settings.targets.iter().map(|target| {
        let mut out = Object::new();
        match &target.place {
            TargetPlace::Disk(path) => out.put("disk", json!({"path": path})),
            TargetPlace::S3(target) => out.put("s3", s3(target)),
        }
        out.put_some("keep", keep(target.keep));
        (target.name.to_string(), out.into_value())
    });
    out.put_some("targets", super::object(targets));
    out.into_value()
}

fn keep(policy: Option<KeepPolicy>) -> Value {
    let Some(Counts { last, daily, weekly, monthly }) = policy.map(KeepPolicy::counts) else { return Value::Null };
    let mut out = Object::new();
    for (key, count) in [("last", last), ("daily", daily), ("weekly", weekly), ("monthly", monthly)] {
        if count > 0 {
            out.put(key, json!(count));
        }
    }
    out.into_value()
}

fn s3(target: &S3Target) -> Value {
    let mut out = Object::new();
    out.put("bucket", json!(target.bucket));
    out.put_some("prefix", json!(target.prefix));
    out.put_some("endpoint", json!(target.endpoint));
    out.put("region", json!(target.region));
    out.put_some("path_style", json!(target.path_style));
    out.put_some("ca_file", json!(target.ca_file));
    out.put_some("storage_class", json!(target.storage_class));
    if let Some(lock) = target.lock {
        let mode = match lock.mode {
            LockMode::Governance => "governance",
            LockMode::Compliance => "compliance",
        };
        out.put("lock", json!({"mode": mode, "days": lock.days}));
    }
    let credentials = match &target.credentials {
        CredentialSource::Environment => json!("environment"),
        CredentialSource::File(path) => json!({"file": path}),
        CredentialSource::Profile(name) => json!({"profile": name.as_deref().unwrap_or_default()}),
    };
    out.put("credentials", credentials);
    out.into_value()
}

/// Of a service.
pub(super) fn database(declared: &DatabaseBackup) -> Value {
    let mut out = Object::new();
    match declared {
        DatabaseBackup::Detected => {}
        DatabaseBackup::None => out.put("kind", json!("none")),
        DatabaseBackup::Redis => out.put("kind", json!("redis")),
        DatabaseBackup::Postgres { user, database } => {
            out.put("kind", json!("postgres"));
            out.put_some("user", json!(user));
            out.put_some("database", json!(database));
        }
    }
    out.into_value()
}
