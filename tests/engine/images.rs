//! Images, and the engine itself.

use std::time::Duration;

use medianestctl::engine::ErrorKind;
use medianestctl::model::Labels;

use crate::support::{Lab, Program};

pub(crate) async fn an_absent_image_is_none(lab: &Lab) {
    for reference in ["no-such-image", "no.such.registry:5000/image:1", &format!("sha256:{}", "0".repeat(64)), "not a name", ""] {
        assert!(lab.engine().image(reference).await.unwrap().is_none(), "{reference}");
    }
    let there = lab.spec(Program::Serve).image;
    let image = lab.engine().image(&there).await.unwrap().unwrap();
    let by_id = lab.engine().image(&image.id.0).await.unwrap().unwrap();
    assert_eq!((by_id.id, by_id.user.as_str()), (image.id, ""));
}

pub(crate) async fn an_import_can_be_used(lab: &Lab) {
    let name = lab.image_name();
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(5);
    header.set_mode(0o600);
    archive.append_data(&mut header, "etc/hello", &b"hello"[..]).unwrap();
    let labels: Labels = [("a b", "plain"), ("quoted", "say \"$HOME\" \\ 'x'")].map(|(k, v)| (k.into(), v.into())).into();
    lab.engine().import_image(&name, &labels, archive.into_inner().unwrap()).await.unwrap();
    assert_eq!(lab.engine().image(&name).await.unwrap().unwrap().labels, labels);
    let mut spec = lab.holder(Vec::new());
    spec.image = name.clone();
    lab.create(&spec).await;
    assert_eq!(lab.inspect(&spec.name).await.labels, labels, "an image's labels are its containers'");
    assert!(lab.engine().get_archive(&spec.name, "/etc/hello").await.unwrap().is_some());
    lab.engine().remove_container(&spec.name, true).await.unwrap();
    let garbage = lab.engine().import_image(&lab.image_name(), &Labels::new(), b"not an archive".to_vec()).await;
    assert_eq!(garbage.unwrap_err().kind, ErrorKind::Other);
}

pub(crate) async fn an_unknown_image_is_unavailable(lab: &Lab) {
    // `.invalid` has no addresses anywhere (RFC 2606).
    let image = "registry.invalid/no/such:1".parse().unwrap();
    let error = lab.engine().pull(&image, Duration::from_secs(60), &|_| ()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::ImageUnavailable, "{error}");
}

pub(crate) async fn an_unknown_image_has_no_digest(lab: &Lab) {
    let image = "registry.invalid/no/such:1".parse().unwrap();
    let error = lab.engine().digest_in_registry(&image).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::ImageUnavailable, "{error}");
}

pub(crate) async fn the_engine_tells_of_itself(lab: &Lab) {
    let info = lab.engine().info().await.unwrap();
    assert!(info.api >= (1, 24) && !info.version.is_empty() && info.cpus > 0 && info.memory > 0, "{info:?}");
    assert!(info.root_dir.starts_with('/') && info.clock.is_some() && !info.storage_driver.is_empty(), "{info:?}");
    let names: Vec<_> = lab.engine().networks().await.unwrap().into_iter().map(|n| n.name).collect();
    assert!(["bridge", "host", "none"].iter().all(|builtin| names.iter().any(|n| n == builtin)), "{names:?}");
}
