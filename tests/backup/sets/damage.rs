//! Damage of every kind at every place of a set: none goes by, and each is told by the name of the component that has it.

use std::{collections::BTreeSet, fs};

use medianestctl::backup::{
    catalog::{Condition, OpenError},
    flaw::{Fault, Flaw},
    keys::Identity,
    manifest::ManifestError,
    pipeline::Damage,
    set::{MANIFEST, SetId},
    verify::{Depth, VerifyError},
};

use crate::shelf::{Shelf, set};

/// What `verify` says of a set: the objects with something wrong, in words.
async fn found(shelf: &Shelf, id: SetId, with_key: bool) -> Result<Vec<Flaw>, OpenError> {
    let manifest = shelf.catalog().open(id).await?;
    let checked = shelf.verifier(with_key).check(&manifest, &|_, _| true).await.unwrap();
    assert_eq!(checked.objects.len(), manifest.manifest().objects.len());
    Ok(checked.flaws)
}

fn objects(flaws: &[Flaw]) -> BTreeSet<String> {
    flaws.iter().map(|flaw| flaw.part.object()).collect()
}

async fn two_sets(identity: Option<Identity>) -> (tempfile::TempDir, Shelf, SetId, SetId) {
    let place = tempfile::tempdir().unwrap();
    let shelf = Shelf::new(&place.path().join("backups"), "shop", identity);
    let (one, two) = (set("20260131T100000Z"), set("20260201T100000Z"));
    shelf.make(one, "first").await;
    shelf.make(two, "other").await;
    (place, shelf, one, two)
}

#[tokio::test]
async fn a_set_that_nobody_touched_is_whole() {
    for identity in [None, Some(Identity::generate())] {
        let encrypted = identity.is_some();
        let (_place, shelf, one, two) = two_sets(identity).await;
        for (id, with_key) in [(one, true), (one, false), (two, true)] {
            assert_eq!(found(&shelf, id, with_key).await.unwrap(), []);
        }
        let manifest = shelf.catalog().open(one).await.unwrap();
        let checked = shelf.verifier(false).check(&manifest, &|place, _| place == 2).await.unwrap();
        assert_eq!(checked.objects.len(), 1, "only what was asked for");
        // What everybody can open needs no key to be looked into.
        assert_eq!(checked.depth, if encrypted { Depth::Stored } else { Depth::Contents });
    }
}

/// One bit in each of more than two hundred bytes, over all objects and the manifest, with a key and without.
#[tokio::test]
async fn one_byte_that_is_turned_is_found_wherever_it_is() {
    let (mut tried, mut named) = (0, BTreeSet::new());
    for identity in [None, Some(Identity::generate())] {
        let (_place, shelf, id, _) = two_sets(identity).await;
        for file in shelf.files(id) {
            let path = shelf.folder(id).join(&file);
            let whole = fs::read(&path).unwrap();
            let places: BTreeSet<_> =
                (0..whole.len()).step_by((whole.len() / 12).max(1)).chain([1, whole.len() / 2, whole.len() - 1]).collect();
            for place in places {
                let mut damaged = whole.clone();
                damaged[place] ^= 1 << (place % 8);
                fs::write(&path, &damaged).unwrap();
                for with_key in [false, true] {
                    match found(&shelf, id, with_key).await {
                        Ok(flaws) => assert_eq!(objects(&flaws), BTreeSet::from([file.clone()]), "{file}, byte {place}"),
                        Err(OpenError::Refused { .. }) => assert_eq!(file, MANIFEST, "byte {place}"),
                        Err(error) => panic!("{file}, byte {place}: {error}"),
                    }
                }
                tried += 1;
                named.insert(file.clone());
            }
            fs::write(&path, &whole).unwrap();
        }
        assert_eq!(found(&shelf, id, true).await.unwrap(), []);
    }
    assert!(tried >= 200 && named.len() == 15, "{tried} places in {named:?}");
}

/// At every boundary and inside: the list tells it by the size already, and `verify` by name.
#[tokio::test]
async fn what_is_cut_is_found_wherever_it_is_cut() {
    let (_place, shelf, id, other) = two_sets(Some(Identity::generate())).await;
    for file in shelf.files(id) {
        let path = shelf.folder(id).join(&file);
        let whole = fs::read(&path).unwrap();
        // Where age's header ends, and the nonce after it.
        let header = whole.windows(4).position(|window| window == b"--- ").map_or(0, |place| place + 48);
        let cuts = [0, 1, header, header + 16, header + 17, whole.len() / 3, whole.len() - 17, whole.len() - 16, whole.len() - 1];
        for cut in cuts.into_iter().filter(|cut| *cut < whole.len()) {
            fs::write(&path, &whole[..cut]).unwrap();
            let list = shelf.catalog().list().await.unwrap();
            let Condition::Damaged(told) = &list[0].condition else { panic!("{file} at {cut}: {:?}", list[0]) };
            assert_eq!(objects(told), BTreeSet::from([file.clone()]), "cut at {cut}");
            assert!(list[1].manifest().is_some_and(|manifest| manifest.manifest().set == other), "the other one is whole");
            if file == MANIFEST {
                assert!(matches!(found(&shelf, id, true).await, Err(OpenError::Refused { why: ManifestError::Damaged(_), .. })));
                continue;
            }
            for with_key in [false, true] {
                let flaws = found(&shelf, id, with_key).await.unwrap();
                assert_eq!(objects(&flaws), BTreeSet::from([file.clone()]), "cut at {cut}: {flaws:?}");
            }
        }
        let longer = [whole.as_slice(), b"x"].concat();
        fs::write(&path, longer).unwrap();
        match found(&shelf, id, true).await {
            Ok(flaws) => assert!(matches!(&flaws[..], [Flaw { fault: Fault::Damaged(Damage::Long(_)), .. }]), "{flaws:?}"),
            Err(error) => assert!(file == MANIFEST, "{error}"),
        }
        fs::remove_file(&path).unwrap();
        match found(&shelf, id, false).await {
            Ok(flaws) => {
                assert_eq!((objects(&flaws), &flaws[0].fault), (BTreeSet::from([file.clone()]), &Fault::Missing));
                let list = shelf.catalog().list().await.unwrap();
                assert_eq!(list[0].condition, Condition::Damaged(flaws));
            }
            Err(error) => assert_eq!((file.as_str(), error), (MANIFEST, OpenError::Unfinished(id))),
        }
        fs::write(&path, &whole).unwrap();
    }
    assert_eq!(found(&shelf, id, true).await.unwrap(), []);
}

#[tokio::test]
async fn objects_that_changed_places_are_found() {
    let (_place, shelf, one, two) = two_sets(Some(Identity::generate())).await;
    let files: Vec<_> = shelf.files(one).into_iter().filter(|file| file != MANIFEST).collect();
    let exchange = |a: &std::path::Path, b: &std::path::Path| {
        let between = a.with_extension("between");
        fs::rename(a, &between).unwrap();
        fs::rename(b, a).unwrap();
        fs::rename(&between, b).unwrap();
    };
    for (place, file) in files.iter().enumerate() {
        let (mine, theirs) = (shelf.folder(one).join(file), shelf.folder(two).join(file));
        exchange(&mine, &theirs);
        for id in [one, two] {
            for with_key in [false, true] {
                assert_eq!(objects(&found(&shelf, id, with_key).await.unwrap()), BTreeSet::from([file.clone()]), "{file}");
            }
        }
        exchange(&mine, &theirs);
        // And within one set.
        let next = &files[(place + 1) % files.len()];
        exchange(&mine, &shelf.folder(one).join(next));
        assert_eq!(objects(&found(&shelf, one, false).await.unwrap()), BTreeSet::from([file.clone(), next.clone()]));
        exchange(&mine, &shelf.folder(one).join(next));
    }
    assert_eq!(found(&shelf, one, true).await.unwrap(), []);
}

#[tokio::test]
async fn a_manifest_that_is_not_the_sets_own_is_refused() {
    let (_place, shelf, one, two) = two_sets(None).await;
    let path = shelf.folder(two).join(MANIFEST);
    let own = fs::read(&path).unwrap();
    let refusal = async || match shelf.catalog().open(two).await {
        Err(OpenError::Refused { why, .. }) => why,
        other => panic!("{other:?}"),
    };
    // An old one in its place.
    fs::copy(shelf.folder(one).join(MANIFEST), &path).unwrap();
    assert!(matches!(refusal().await, ManifestError::Elsewhere { .. }));
    assert!(matches!(shelf.catalog().list().await.unwrap()[1].condition, Condition::Damaged(_)));
    // One of another stack.
    let mut manifest = shelf.make(set("20260301T100000Z"), "third").await;
    (manifest.stack, manifest.set) = ("blog".to_owned(), two);
    let bytes = manifest.sign(&shelf.signer()).unwrap().to_bytes().unwrap();
    fs::write(&path, bytes).unwrap();
    assert!(matches!(refusal().await, ManifestError::Elsewhere { .. }));
    fs::remove_file(&path).unwrap();
    assert_eq!(shelf.catalog().open(two).await.unwrap_err(), OpenError::Unfinished(two));
    assert_eq!(shelf.catalog().list().await.unwrap()[1].condition, Condition::Unfinished);
    fs::write(&path, &own).unwrap();
    assert_eq!(found(&shelf, two, true).await.unwrap(), []);
}

/// Whoever can write to the place can put a set there that is right in everything but who signed it.
#[tokio::test]
async fn a_set_that_somebody_else_has_signed_is_not_ours() {
    let (_place, shelf, one, _) = two_sets(Some(Identity::generate())).await;
    let theirs = shelf.of_somebody_else();
    let planted = set("20260401T100000Z");
    theirs.make(planted, "forged").await;
    let error = shelf.catalog().open(planted).await.unwrap_err();
    let stranger = ManifestError::Stranger(theirs.signer().verifying_key());
    assert_eq!(error, OpenError::Refused { set: planted, why: stranger.clone() });
    assert_eq!(shelf.catalog().list().await.unwrap()[2].condition, Condition::Foreign(Some(stranger)));
    let newest = shelf.catalog().newest().await.unwrap().unwrap();
    assert_ne!(newest.manifest().set, planted);
    // With our key's name under their signature it is a forgery.
    let path = shelf.folder(planted).join(MANIFEST);
    let text = fs::read_to_string(&path).unwrap();
    let key = |shelf: &Shelf| shelf.signer().verifying_key().to_string();
    fs::write(&path, text.replace(&key(&theirs), &key(&shelf))).unwrap();
    let error = shelf.catalog().open(planted).await.unwrap_err();
    assert!(matches!(error, OpenError::Refused { why: ManifestError::Forged(_), .. }), "{error}");
    // And signing another's changed manifest anew makes it the stranger's.
    let mut changed = shelf.catalog().open(one).await.unwrap().manifest().clone();
    changed.label = Some("not ours".to_owned());
    theirs.sign(changed).await;
    assert!(matches!(shelf.catalog().open(one).await.unwrap_err(), OpenError::Refused { why: ManifestError::Stranger(_), .. }));
}

/// What is signed and stored well can still not be what it should: an archive beside an index of another one.
#[tokio::test]
async fn an_archive_that_the_index_does_not_list_is_found_with_a_key() {
    let (_place, shelf, one, _) = two_sets(Some(Identity::generate())).await;
    let mut manifest = shelf.catalog().open(one).await.unwrap().manifest().clone();
    let uploads = "uploads.tar.zst.age".parse().unwrap();
    let files = manifest.objects[&uploads].files;
    fs::remove_file(shelf.folder(one).join("uploads.tar.zst.age")).unwrap();
    let tree = tempfile::tempdir().unwrap();
    fs::write(tree.path().join("only"), "one file").unwrap();
    let root = medianestctl::backup::source::open_directory(tree.path()).unwrap();
    let component = medianestctl::backup::set::Component::Volume(medianestctl::backup::set::PartName::new("uploads").unwrap());
    let source = move |output: &mut dyn std::io::Write| {
        medianestctl::backup::source::archive(root, output, &mut |_| Ok(())).map_err(std::io::Error::other)
    };
    let (_, mut record, done) = shelf.store(one, component, source).await;
    record.files = files;
    manifest.objects.insert(uploads.clone(), record.clone());
    shelf.sign(manifest.clone()).await;
    assert_eq!(found(&shelf, one, false).await.unwrap(), [], "every byte is as it was stored");
    let flaws = found(&shelf, one, true).await.unwrap();
    assert!(
        matches!(&flaws[..], [flaw] if flaw.to_string().contains("volume uploads (uploads.tar.zst.age): it holds 2 entries"))
    );
    record.files = Some(done.totals);
    manifest.objects.insert(uploads, record);
    shelf.sign(manifest).await;
    let flaws = found(&shelf, one, true).await.unwrap();
    assert!(matches!(&flaws[..], [flaw] if flaw.to_string().ends_with("not those that the index lists")), "{flaws:?}");
}

#[tokio::test]
async fn a_key_that_does_not_fit_is_no_damage() {
    let (_place, mut shelf, one, _) = two_sets(Some(Identity::generate())).await;
    shelf.identity = Some(Identity::generate());
    let manifest = shelf.catalog().open(one).await.unwrap();
    let outcome = shelf.verifier(true).check(&manifest, &|_, _| true).await;
    assert!(matches!(outcome, Err(VerifyError::WrongKey)), "{outcome:?}");
    assert!(outcome.unwrap_err().hint().unwrap().contains("backup key test"));
    assert_eq!(found(&shelf, one, false).await.unwrap(), []);
}
