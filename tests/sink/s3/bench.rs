//! A store with a front before it, and sinks that use it.

use std::{fs, sync::Arc, time::Duration};

use medianestctl::backup::sink::{Patience, S3Settings, S3Sink};
use s3s::{
    auth::SimpleAuth,
    config::{S3Config, StaticConfigProvider},
    service::S3ServiceBuilder,
};
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;

use super::{
    front::{Faults, Front},
    shelf::Shelf,
};

pub const BUCKET: &str = "backups";
const ACCESS_KEY: &str = "AKIDEXAMPLE";
pub const SECRET_KEY: &str = "a-secret-for-tests-only";

pub struct Bench {
    pub shelf: Shelf,
    pub faults: Faults,
    pub settings: S3Settings,
    pub folder: TempDir,
    _front: Front,
}

impl Bench {
    pub fn new() -> Self {
        Self::with(S3Config::default(), None)
    }

    pub fn with(config: S3Config, tls: Option<TlsAcceptor>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(BUCKET)).unwrap();
        let (shelf, faults) = (Shelf::new(folder.path()), Faults::default());
        let mut service = S3ServiceBuilder::new(shelf.clone());
        service.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        service.set_config(Arc::new(StaticConfigProvider::new(Arc::new(config))));
        let scheme = if tls.is_some() { "https" } else { "http" };
        let front = Front::new(service.build(), faults.clone(), tls);
        let settings = S3Settings {
            endpoint: Some(format!("{scheme}://localhost:{}", front.address.port())),
            path_style: true,
            patience: Patience {
                // Long enough for a busy machine, and never waited for unless the store hangs.
                answer: Duration::from_secs(60),
                attempts: 4,
                first_pause: Duration::from_millis(1),
                longest_pause: Duration::from_millis(2),
                ..Patience::default()
            },
            ..S3Settings::new(BUCKET)
        };
        Self { shelf, faults, settings, folder, _front: front }
    }

    pub fn sink(&self) -> S3Sink {
        S3Sink::new(&self.settings, &|name| variable(name, SECRET_KEY)).unwrap()
    }

    /// A sink that gives up on an answer soon.
    pub fn impatient(&self) -> S3Sink {
        let patience = Patience { answer: Duration::from_secs(5), slowest: u64::MAX, ..self.settings.patience };
        let settings = S3Settings { patience, ..self.settings.clone() };
        S3Sink::new(&settings, &|name| variable(name, SECRET_KEY)).unwrap()
    }
}

pub fn variable(name: &str, secret: &str) -> Option<String> {
    match name {
        "AWS_ACCESS_KEY_ID" => Some(ACCESS_KEY.to_owned()),
        "AWS_SECRET_ACCESS_KEY" => Some(secret.to_owned()),
        _ => None,
    }
}
