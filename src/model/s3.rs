//! An S3 target as it is declared, and what can be said of it without asking the store.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A bucket and how it is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct S3Target {
    /// The bucket's name.
    pub bucket: String,
    /// The folder of the bucket; all of it when not given.
    pub prefix: Option<String>,
    /// `http://` or `https://`, host, and port where it is not the usual one; AWS when not given.
    pub endpoint: Option<String>,
    /// The region that requests are signed for.
    pub region: String,
    /// The bucket stands in the path and not in the host's name.
    pub path_style: bool,
    /// Certificates of the only authorities to trust; those of the system when not given.
    pub ca_file: Option<PathBuf>,
    /// `STANDARD_IA`, `GLACIER_IR`, …; the bucket's own when not given.
    pub storage_class: Option<String>,
    /// How long what is written cannot be removed.
    pub lock: Option<ObjectLock>,
    /// Where the credentials come from.
    pub credentials: CredentialSource,
}

impl S3Target {
    /// The region when none is given: what stores that are not AWS take.
    pub const REGION: &str = "us-east-1";
}

/// A lock on what is written (S3 Object Lock). The bucket must have been made for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectLock {
    /// Who can lift it.
    pub mode: LockMode,
    /// How long it lasts, counted from the upload's beginning.
    pub days: u32,
}

/// Who can lift a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LockMode {
    /// Those with a special permission.
    Governance,
    /// Nobody.
    Compliance,
}

/// Where credentials come from; never from the command line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialSource {
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`.
    Environment,
    /// A file with lines `AWS_ACCESS_KEY_ID=…` and so on, for its owner only.
    File(PathBuf),
    /// A profile of `~/.aws/credentials` and `~/.aws/config` (`AWS_SHARED_CREDENTIALS_FILE`, `AWS_CONFIG_FILE`); when it is not
    /// named, `AWS_PROFILE`, or `default`.
    Profile(Option<String>),
}

fn plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')
}

/// Whether a text can be a bucket's name.
pub fn is_bucket(text: &str) -> bool {
    text.len() >= 3 && text.chars().all(plain)
}

/// Whether a text can be a region.
pub fn is_region(text: &str) -> bool {
    !text.is_empty() && text.chars().all(plain)
}

/// Host and port of an endpoint, `http(s)://HOST[:PORT]`; none of anything else.
pub fn authority(endpoint: &str) -> Option<&str> {
    let rest = endpoint.strip_prefix("https://").or_else(|| endpoint.strip_prefix("http://"))?;
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    let allowed = |c: char| plain(c) || matches!(c, ':' | '[' | ']');
    (!authority.is_empty() && authority.chars().all(allowed)).then_some(authority)
}
