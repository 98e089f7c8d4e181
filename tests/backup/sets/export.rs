//! A set that is taken away.

use std::fs;

use medianestctl::backup::{
    catalog::Catalog,
    export::{ExportError, export},
    keys::Identity,
    pipeline::no_progress,
    set::{MANIFEST, SetId},
    sink::{DiskSink, Sink},
};
use tokio_util::sync::CancellationToken;

use crate::shelf::{Shelf, set};

async fn exported(shelf: &Shelf, id: SetId, to: &dyn Sink) -> Result<(), ExportError> {
    let manifest = shelf.catalog().open(id).await.unwrap();
    export(&manifest, shelf.sink().as_ref(), to, &CancellationToken::new(), &no_progress()).await
}

#[tokio::test]
async fn an_exported_set_is_the_set_and_a_target_of_its_own() {
    let place = tempfile::tempdir().unwrap();
    let shelf = Shelf::new(&place.path().join("backups"), "shop", Some(Identity::generate()));
    let id = set("20260201T030000Z");
    shelf.make(id, "data").await;
    let away = place.path().join("usb");
    fs::create_dir(&away).unwrap();
    let to = std::sync::Arc::new(DiskSink::new(&away));
    // The first run was cut short.
    fs::create_dir_all(away.join(format!("shop/{id}"))).unwrap();
    let first = &shelf.files(id)[0];
    fs::copy(shelf.folder(id).join(first), away.join(format!("shop/{id}/{first}"))).unwrap();
    exported(&shelf, id, to.as_ref()).await.unwrap();
    exported(&shelf, id, to.as_ref()).await.unwrap();
    for file in shelf.files(id) {
        let copy = fs::read(away.join(format!("shop/{id}/{file}"))).unwrap();
        assert_eq!(copy, fs::read(shelf.folder(id).join(&file)).unwrap(), "{file}");
    }
    let catalog = Catalog::new(to, &"shop".parse().unwrap(), vec![shelf.signer().verifying_key()]).unwrap();
    let manifest = catalog.open(id).await.unwrap();
    let mut verifier = shelf.verifier(true);
    verifier.sink = catalog.sink().clone();
    assert_eq!(verifier.check(&manifest, &|_, _| true).await.unwrap().flaws, []);
}

#[tokio::test]
async fn what_is_damaged_does_not_arrive() {
    let place = tempfile::tempdir().unwrap();
    let shelf = Shelf::new(&place.path().join("backups"), "shop", None);
    let id = set("20260201T030000Z");
    shelf.make(id, "data").await;
    let path = shelf.folder(id).join("uploads.tar.zst");
    let whole = fs::read(&path).unwrap();
    let away = place.path().join("usb");
    fs::create_dir(&away).unwrap();
    let to = DiskSink::new(&away);
    let mut turned = whole.clone();
    turned[100] ^= 1;
    for damaged in [turned, whole[..50].to_vec(), [whole.clone(), whole.clone()].concat()] {
        fs::write(&path, damaged).unwrap();
        let error = exported(&shelf, id, &to).await.unwrap_err();
        assert!(matches!(&error, ExportError::Damaged(flaw) if flaw.part.object() == "uploads.tar.zst"), "{error}");
        let there = away.join(format!("shop/{id}"));
        assert!(!there.join(MANIFEST).exists() && !there.join("uploads.tar.zst").exists());
    }
    fs::write(&path, &whole).unwrap();
    fs::write(away.join(format!("shop/{id}/uploads.tar.zst")), "something else").unwrap();
    let error = exported(&shelf, id, &to).await.unwrap_err();
    assert!(matches!(&error, ExportError::Occupied(_)) && error.hint().is_some(), "{error}");
}
