//! The SDK's client for one bucket. Owns how it is set up: endpoint, trust, signatures, time limits, repetition. Everything that
//! is called through it ends in bounded time.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use aws_sdk_s3::{
    Client,
    config::{
        BehaviorVersion, Builder, ConfigBag, Credentials as SdkCredentials, Intercept, Region, RequestChecksumCalculation,
        ResponseChecksumValidation, RuntimeComponents, SharedHttpClient, StalledStreamProtectionConfig,
        interceptors::BeforeTransmitInterceptorContextRef,
        retry::{RetryConfig, RetryPartition, TokenBucket},
        timeout::TimeoutConfig,
    },
    error::BoxError,
};
use aws_smithy_http_client::{
    Builder as HttpBuilder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

use super::{
    super::{SinkError, SinkErrorKind},
    credentials::Credentials,
    settings::{Patience, S3Settings},
};

/// What it is called in an error about the set-up.
const WHAT: &str = "set up the S3 target";

/// A client with these settings. Reads the file of certificates, and talks to nobody yet.
pub(super) fn client(settings: &S3Settings, credentials: &Credentials) -> Result<Client, SinkError> {
    let keys = SdkCredentials::new(
        &credentials.access_key,
        credentials.secret_key.expose(),
        credentials.session_token.as_ref().map(|token| token.expose().clone()),
        None,
        "medianestctl",
    );
    let patience = &settings.patience;
    let mut config = Builder::new()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(settings.region.clone()))
        .credentials_provider(keys)
        .force_path_style(settings.path_style)
        .http_client(http_client(settings)?)
        // Many stores know nothing of the newer checksums; the signature covers the content's SHA-256 anyway.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        // Attempts, pauses and deadline bound what is repeated. The SDK's quota on top of them is shared by all targets of the
        // process, so that one that is ill would take the repetitions of another.
        .retry_partition(RetryPartition::custom("backup").token_bucket(TokenBucket::unlimited()).build())
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(patience.attempts)
                .with_initial_backoff(patience.first_pause)
                .with_max_backoff(patience.longest_pause),
        )
        .stalled_stream_protection(StalledStreamProtectionConfig::enabled().grace_period(patience.answer).build());
    config.set_timeout_config(Some(timeouts(patience, 0)));
    config.set_endpoint_url(settings.endpoint.clone());
    Ok(Client::from_conf(config.build()))
}

/// What a call with a content of so many bytes is given.
pub(super) fn limits(patience: &Patience, bytes: u64) -> Builder {
    Builder::new().timeout_config(timeouts(patience, bytes))
}

fn timeouts(patience: &Patience, bytes: u64) -> TimeoutConfig {
    let transfer = patience.transfer(bytes);
    TimeoutConfig::builder()
        .connect_timeout(patience.connect)
        .operation_attempt_timeout(patience.answer.saturating_add(transfer))
        .operation_timeout(patience.total.saturating_add(transfer))
        .build()
}

fn http_client(settings: &S3Settings) -> Result<SharedHttpClient, SinkError> {
    if settings.endpoint.as_ref().is_some_and(|endpoint| endpoint.starts_with("http://")) {
        return Ok(HttpBuilder::new().build_http());
    }
    let trust = match &settings.ca_file {
        Some(path) => TrustStore::empty().with_pem_certificate(authorities(path)?),
        None => TrustStore::default(),
    };
    let context = TlsContext::builder().with_trust_store(trust).build();
    let context = context.map_err(|error| SinkError::new(SinkErrorKind::Other, WHAT, error.to_string()))?;
    Ok(HttpBuilder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(context).build_https())
}

/// The file's content, when every certificate in it is one: the client would end the program otherwise.
fn authorities(path: &Path) -> Result<Vec<u8>, SinkError> {
    let wrong = |detail: String| {
        SinkError::new(SinkErrorKind::Other, WHAT, format!("{}: {detail}", path.display()))
            .with_remedy("the CA file holds certificates in PEM form, from the store's administrator")
    };
    let pem = fs::read(path).map_err(|error| wrong(error.to_string()))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let found = found.map_err(|error| wrong(error.to_string()))?;
    if found.is_empty() {
        return Err(wrong("no certificate is in it".to_owned()));
    }
    let mut roots = RootCertStore::empty();
    found.into_iter().try_for_each(|certificate| roots.add(certificate)).map_err(|error| wrong(error.to_string()))?;
    Ok(pem)
}

/// Counts the attempts of a call: an answer to the second one can be about what the first one did.
#[derive(Debug, Clone, Default)]
pub(super) struct Attempts(Arc<AtomicU32>);

impl Attempts {
    /// Whether there was more than one.
    pub(super) fn were_several(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 1
    }
}

impl Intercept for Attempts {
    fn name(&self) -> &'static str {
        "attempts"
    }

    fn read_before_attempt(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}
