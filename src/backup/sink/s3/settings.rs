//! What a person sets for an S3 target. Owns the values and their plausibility; refuses to read files or the environment.

use std::{path::PathBuf, time::Duration};

use super::super::{ObjectKey, SinkError, SinkErrorKind};
pub use crate::model::{CredentialSource, LockMode, ObjectLock};
use crate::model::{S3Target, authority, is_bucket, is_region};

/// Longest prefix, in bytes: with the longest key it stays below the 1024 that S3 takes.
const MAX_PREFIX: usize = 255;

/// An S3 target.
#[derive(Debug, Clone)]
pub struct S3Settings {
    /// The bucket's name.
    pub bucket: String,
    /// The folder of the bucket. Everything in it is taken for ours: an open multipart upload does not say whose it is, so
    /// `tidy` ends all that are old enough. Without a prefix that is the bucket as a whole.
    pub prefix: Option<ObjectKey>,
    /// `http://` or `https://`, host, and port where it is not the usual one; AWS when it is not set.
    pub endpoint: Option<String>,
    /// The region that requests are signed for.
    pub region: String,
    /// The bucket stands in the path and not in the host's name, as stores at an address of their own want it.
    pub path_style: bool,
    /// Certificates (PEM) of the only authorities to trust; those of the system when it is not set.
    pub ca_file: Option<PathBuf>,
    /// `STANDARD_IA`, `GLACIER_IR`, …; the bucket's own when it is not set.
    pub storage_class: Option<String>,
    /// How long what is written cannot be removed. Objects that are replaced (`Put::Replace`) are not locked.
    pub lock: Option<ObjectLock>,
    /// Where the credentials come from.
    pub credentials: CredentialSource,
    /// How long to wait for the store.
    pub patience: Patience,
}

impl S3Settings {
    /// Settings of a bucket at AWS, credentials from the environment.
    pub fn new(bucket: impl Into<String>) -> Self {
        Self {
            bucket: bucket.into(),
            prefix: None,
            endpoint: None,
            region: S3Target::REGION.to_owned(),
            path_style: false,
            ca_file: None,
            storage_class: None,
            lock: None,
            credentials: CredentialSource::Environment,
            patience: Patience::default(),
        }
    }

    /// The host that is talked to, with its port where one is given.
    pub(super) fn host(&self) -> String {
        match &self.endpoint {
            Some(endpoint) => authority(endpoint).unwrap_or(endpoint).to_owned(),
            None => format!("s3.{}.amazonaws.com", self.region),
        }
    }

    pub(super) fn check(&self) -> Result<(), SinkError> {
        let wrong = |detail: String| SinkError::new(SinkErrorKind::Other, "set up the S3 target", detail);
        if !is_bucket(&self.bucket) {
            return Err(wrong(format!("`{}` is no name of a bucket", self.bucket.escape_debug())));
        }
        if !is_region(&self.region) {
            return Err(wrong(format!("`{}` is no region", self.region.escape_debug())));
        }
        if self.prefix.as_ref().is_some_and(|prefix| prefix.as_str().len() > MAX_PREFIX) {
            return Err(wrong(format!("the prefix is longer than {MAX_PREFIX} bytes")));
        }
        // The SDK counts through all possible attempts beforehand, so a huge number would keep it busy for ever.
        if !(1..=100).contains(&self.patience.attempts) {
            return Err(wrong("a call is attempted between 1 and 100 times".to_owned()));
        }
        if self.lock.is_some_and(|lock| lock.days == 0) {
            return Err(wrong("a lock lasts at least one day".to_owned()));
        }
        match &self.endpoint {
            // What is wrong is not repeated: a person may have put credentials in.
            Some(endpoint) if authority(endpoint).is_none() => Err(wrong("the endpoint is no plain URL".to_owned())
                .with_remedy("write it as https://HOST or https://HOST:PORT, without path, user or password")),
            _ => Ok(()),
        }
    }
}

/// How long the store is waited for. Every call ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// To connect.
    pub connect: Duration,
    /// For the answer to one attempt, beyond what its content takes; also between two chunks of a download.
    pub answer: Duration,
    /// For a call with all its attempts and the pauses between them, beyond what its content takes.
    pub total: Duration,
    /// The slowest transfer that is waited for, in bytes a second.
    pub slowest: u64,
    /// Attempts of a call, the first one included; between 1 and 100.
    pub attempts: u32,
    /// Pause after the first attempt at most; it doubles from one to the next.
    pub first_pause: Duration,
    /// Longest pause.
    pub longest_pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(60),
            total: Duration::from_secs(600),
            slowest: 64 << 10,
            attempts: 10,
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(30),
        }
    }
}

impl Patience {
    /// What a content of so many bytes takes at most.
    pub(super) fn transfer(&self, bytes: u64) -> Duration {
        let millis = u128::from(bytes) * 1000 / u128::from(self.slowest.max(1));
        Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
    }

    /// The pause after so many attempts that failed.
    pub(super) fn pause(&self, failed: u32) -> Duration {
        let doublings = failed.saturating_sub(1).min(31);
        self.first_pause.saturating_mul(1 << doublings).min(self.longest_pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn implausible_settings_are_refused_without_repeating_secrets() {
        let with = |change: &dyn Fn(&mut S3Settings)| {
            let mut settings = S3Settings::new("backups");
            change(&mut settings);
            settings.check()
        };
        assert_eq!(with(&|_| ()), Ok(()));
        for good in ["https://s3.example.org", "http://127.0.0.1:9000/", "https://[::1]:9000"] {
            assert_eq!(with(&|s| s.endpoint = Some(good.to_owned())), Ok(()), "{good}");
        }
        for bad in ["s3.example.org", "https://", "https://user:hunter2@host", "https://host/path", "https://host?x"] {
            let error = with(&|s| s.endpoint = Some(bad.to_owned())).unwrap_err();
            assert!(!format!("{error:?}").contains("hunter2"));
        }
        assert!(with(&|s| s.bucket = "a/b".to_owned()).is_err());
        assert!(with(&|s| s.region = String::new()).is_err());
        assert!(with(&|s| s.patience.attempts = 0).is_err());
        assert!(with(&|s| s.patience.attempts = u32::MAX).is_err());
        assert!(with(&|s| s.lock = Some(ObjectLock { mode: LockMode::Governance, days: 0 })).is_err());
    }

    #[test]
    fn a_transfer_takes_what_the_slowest_one_takes() {
        let patience = Patience { slowest: 1 << 20, ..Patience::default() };
        assert_eq!(patience.transfer(8 << 20), Duration::from_secs(8));
        assert_eq!(patience.transfer(0), Duration::ZERO);
        assert!(Patience { slowest: 0, ..patience }.transfer(u64::MAX) > Duration::ZERO);
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let patience = Patience::default();
        let seconds: Vec<u64> = (1..=7).map(|failed| patience.pause(failed).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(patience.pause(u32::MAX), Duration::from_secs(30));
    }
}
