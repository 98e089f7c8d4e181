//! A store whose certificate is of a private authority.

use std::{fs, sync::Arc};

use medianestctl::backup::sink::{S3Settings, S3Sink, Sink, SinkErrorKind};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use s3s::config::S3Config;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer},
    },
};

use super::bench::{Bench, SECRET_KEY, variable};
use crate::support::{MIB, content, read, upload};

/// A certificate of an authority, in PEM form, and a server that has one from it.
fn authority() -> (String, TlsAcceptor) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let chain = vec![CertificateDer::from(server.der().to_vec())];
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions();
    let config = config.unwrap().with_no_client_auth().with_single_cert(chain, key).unwrap();
    (authority.pem(), TlsAcceptor::from(Arc::new(config)))
}

#[tokio::test]
async fn only_the_authority_of_the_settings_is_trusted() {
    let (pem, acceptor) = authority();
    let (other, _) = authority();
    let mut bench = Bench::with(S3Config::default(), Some(acceptor));
    let file = bench.folder.path().join("ca.pem");
    bench.settings.ca_file = Some(file.clone());
    // Two of them in one file.
    fs::write(&file, format!("{other}{pem}")).unwrap();
    let content = content(9 * MIB);
    upload(&bench.sink(), "set/a", &content).await.unwrap();
    assert!(read(&bench.sink(), "set/a", 0).await.unwrap() == content);
    fs::write(&file, other).unwrap();
    let error = bench.sink().list(None).await.unwrap_err();
    assert_eq!(error.kind, SinkErrorKind::Unreachable, "{error}");
    assert!(error.hint().unwrap().contains("CA file"), "{error:?}");
}

#[tokio::test]
async fn a_file_without_good_certificates_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let settings = S3Settings { ca_file: Some(file.clone()), ..S3Settings::new("backups") };
    let sink = || S3Sink::new(&settings, &|name| variable(name, SECRET_KEY));
    assert!(sink().unwrap_err().detail.contains("ca.pem"));
    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for text in ["", "no certificate", garbage, "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"] {
        fs::write(&file, text).unwrap();
        let error = sink().unwrap_err();
        assert!(error.hint().unwrap().contains("PEM"), "{text}: {error:?}");
    }
}
