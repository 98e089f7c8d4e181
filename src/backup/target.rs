//! From a target as the Compose file declares it to the sink that it is.
//!
//! Refuses to make a directory that a person has named: where a disk is not mounted, the one beneath would fill.

use std::sync::Arc;

use thiserror::Error;

use super::sink::{DiskSink, Sink, SinkError};
use crate::model::{BackupSettings, BackupTarget, S3Target, TargetName, TargetPlace};

/// A target was named that is not declared.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there is no backup target `{name}`")]
pub struct NoSuchTarget {
    /// The name that was given.
    pub name: TargetName,
    /// Those that there are.
    pub known: Vec<TargetName>,
}

impl NoSuchTarget {
    /// What to say instead.
    pub fn hint(&self) -> String {
        let known: Vec<_> = self.known.iter().map(TargetName::as_str).collect();
        format!("there are: {}; targets are declared in the Compose file below `x-medianest.backup.targets`", known.join(", "))
    }
}

/// The targets of these names; all of them where none is named. `directory` is the deployment's.
///
/// # Errors
/// When one is not declared.
pub fn chosen(settings: &BackupSettings, directory: &str, names: &[TargetName]) -> Result<Vec<BackupTarget>, NoSuchTarget> {
    let declared = settings.targets(directory);
    for name in names {
        if !declared.iter().any(|target| target.name == *name) {
            let known = declared.iter().map(|target| target.name.clone()).collect();
            return Err(NoSuchTarget { name: name.clone(), known });
        }
    }
    Ok(declared.into_iter().filter(|target| names.is_empty() || names.contains(&target.name)).collect())
}

/// The target's sink. Credentials and certificates are read from where the target says; nobody is asked yet.
///
/// # Errors
/// When they cannot be read, or a setting cannot be right.
pub fn sink(target: &BackupTarget, variables: &dyn Fn(&str) -> Option<String>) -> Result<Arc<dyn Sink>, SinkError> {
    match &target.place {
        TargetPlace::Disk(path) => Ok(Arc::new(DiskSink::new(path))),
        TargetPlace::S3(declared) => s3(declared, variables),
    }
}

#[cfg(feature = "s3")]
fn s3(declared: &S3Target, variables: &dyn Fn(&str) -> Option<String>) -> Result<Arc<dyn Sink>, SinkError> {
    use super::sink::{ObjectKey, S3Settings, S3Sink, SinkErrorKind};

    let prefix = declared.prefix.as_deref().map(|prefix| ObjectKey::new(prefix.trim_end_matches('/'))).transpose();
    let prefix = prefix.map_err(|error| SinkError::new(SinkErrorKind::Other, "set up the S3 target", error.to_string()))?;
    let settings = S3Settings {
        prefix,
        endpoint: declared.endpoint.clone(),
        region: declared.region.clone(),
        path_style: declared.path_style,
        ca_file: declared.ca_file.clone(),
        storage_class: declared.storage_class.clone(),
        lock: declared.lock,
        credentials: declared.credentials.clone(),
        ..S3Settings::new(declared.bucket.as_str())
    };
    Ok(Arc::new(S3Sink::new(&settings, variables)?))
}

#[cfg(not(feature = "s3"))]
fn s3(declared: &S3Target, _variables: &dyn Fn(&str) -> Option<String>) -> Result<Arc<dyn Sink>, SinkError> {
    let what = format!("use the bucket {}", declared.bucket);
    let error = SinkError::new(super::sink::SinkErrorKind::Other, what, "this medianestctl was built without S3");
    Err(error.with_remedy("build it with the feature `s3`, which is on by default: cargo build --release"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CredentialSource;

    fn s3_target() -> BackupTarget {
        let place = TargetPlace::S3(S3Target {
            bucket: "shop".into(),
            prefix: Some("backups/".into()),
            endpoint: Some("http://127.0.0.1:9000".into()),
            region: S3Target::REGION.into(),
            path_style: true,
            ca_file: None,
            storage_class: None,
            lock: None,
            credentials: CredentialSource::Environment,
        });
        BackupTarget { name: "offsite".parse().unwrap(), place, keep: None }
    }

    #[test]
    fn targets_are_chosen_by_name_and_all_when_none_is_named() {
        let names = |targets: Vec<BackupTarget>| targets.iter().map(|t| t.name.to_string()).collect::<Vec<_>>();
        let plain = BackupSettings::default();
        assert_eq!(names(chosen(&plain, "/srv", &[]).unwrap()), ["local"]);
        let disk = BackupTarget { name: "disk".parse().unwrap(), place: TargetPlace::Disk("/mnt".into()), keep: None };
        let settings = BackupSettings { targets: vec![disk, s3_target()], ..plain };
        assert_eq!(names(chosen(&settings, "/srv", &[]).unwrap()), ["disk", "offsite"]);
        assert_eq!(names(chosen(&settings, "/srv", &["offsite".parse().unwrap()]).unwrap()), ["offsite"]);
        let error = chosen(&settings, "/srv", &[TargetName::local()]).unwrap_err();
        assert_eq!(error.to_string(), "there is no backup target `local`");
        assert!(error.hint().starts_with("there are: disk, offsite;"), "{}", error.hint());
    }

    #[test]
    fn a_disk_is_one() {
        let target = chosen(&BackupSettings::default(), "/srv/shop", &[]).unwrap().remove(0);
        assert_eq!(sink(&target, &|_| None).unwrap().describe(), "disk /srv/shop/backups");
    }

    #[cfg(feature = "s3")]
    #[test]
    fn a_bucket_needs_credentials_and_says_where_from() {
        let keys = |name: &str| name.starts_with("AWS_").then(|| "value".to_owned());
        assert_eq!(sink(&s3_target(), &keys).unwrap().describe(), "s3 shop/backups at 127.0.0.1:9000");
        let error = sink(&s3_target(), &|_| None).err().unwrap();
        assert!(error.hint().unwrap().contains("AWS_ACCESS_KEY_ID"), "{error}");
    }

    #[cfg(not(feature = "s3"))]
    #[test]
    fn without_the_feature_a_bucket_is_refused_with_a_reason() {
        let error = sink(&s3_target(), &|_| None).err().unwrap();
        assert!(error.detail.contains("built without S3") && error.hint().is_some());
    }
}
