//! What is found at a place: sets, halves of sets, and what is nobody's.

use std::fs;

use medianestctl::backup::{
    catalog::{Condition, OpenError},
    manifest::ManifestError,
    retention::Standing,
    set::{MANIFEST, SetId},
    sink::SinkErrorKind,
};

use crate::shelf::{Shelf, set};

fn shelf() -> (tempfile::TempDir, Shelf) {
    let place = tempfile::tempdir().unwrap();
    let shelf = Shelf::new(&place.path().join("backups"), "shop", None);
    (place, shelf)
}

#[tokio::test]
async fn the_list_is_that_of_time_and_tells_what_each_folder_is() {
    let (_place, shelf) = shelf();
    assert_eq!(shelf.catalog().list().await.unwrap(), []);
    assert!(shelf.catalog().newest().await.unwrap().is_none());
    let days: Vec<SetId> = (1..=12).map(|day| set(&format!("202602{day:02}T030000Z"))).collect();
    for day in days.iter().rev() {
        shelf.make(*day, "data").await;
    }
    fs::remove_file(shelf.folder(days[11]).join(MANIFEST)).unwrap();
    fs::remove_file(shelf.folder(days[10]).join("uploads.tar.zst")).unwrap();
    let newer = fs::read_to_string(shelf.folder(days[0]).join(MANIFEST)).unwrap().replace("\"format\": 1", "\"format\": 2");
    fs::write(shelf.folder(days[0]).join(MANIFEST), newer).unwrap();
    for path in ["shop/notes/todo.txt", "shop/latest", "blog/20260201T030000Z-0123abcd/manifest.json", "README"] {
        let path = shelf.path.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "text").unwrap();
    }
    let list = shelf.catalog().list().await.unwrap();
    let names: Vec<_> = list.iter().map(|found| found.name.clone()).collect();
    let wanted: Vec<_> = days.iter().map(ToString::to_string).chain(["notes".to_owned()]).collect();
    assert_eq!(names, wanted, "of this stack, and by time");
    assert_eq!(list[0].condition, Condition::Foreign(Some(ManifestError::Format(2))));
    assert!(list[1..10].iter().all(|found| found.manifest().is_some() && found.bytes > 1000));
    assert!(matches!(list[10].condition, Condition::Damaged(_)));
    assert_eq!((&list[11].condition, &list[12].condition), (&Condition::Unfinished, &Condition::Foreign(None)));
    assert_eq!(shelf.catalog().newest().await.unwrap().unwrap().manifest().set, days[9]);

    let standings: Vec<_> = list.iter().map(|found| found.standing(false)).collect();
    assert_eq!(standings[0], Standing::Foreign, "what a newer tool has made is not ours to judge");
    assert_eq!(standings[1], Standing::Good(days[1].begun()));
    assert_eq!(standings[10..], [Standing::Failed(days[10].begun()), Standing::Failed(days[11].begun()), Standing::Foreign]);
    assert_eq!(list[1].standing(true), Standing::Failed(days[1].begun()), "its contents are known to be damaged");
}

#[tokio::test]
async fn what_cannot_be_read_is_neither_good_nor_damaged() {
    let (_place, shelf) = shelf();
    let day = set("20260201T030000Z");
    shelf.make(day, "data").await;
    let path = shelf.folder(day).join(MANIFEST);
    let manifest = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    assert_eq!(shelf.catalog().open(day).await.unwrap_err(), OpenError::Unfinished(day));
    assert_eq!(shelf.catalog().open(set("20260202T030000Z")).await.unwrap_err(), OpenError::NoSuchSet(set("20260202T030000Z")));
    // A link is refused by the sink, which says nothing of what is behind it.
    fs::write(shelf.path.join("elsewhere"), manifest).unwrap();
    std::os::unix::fs::symlink(shelf.path.join("elsewhere"), &path).unwrap();
    assert_eq!(shelf.catalog().list().await.unwrap()[0].condition, Condition::Unfinished);
    assert!(matches!(shelf.catalog().open(day).await.unwrap_err(), OpenError::Sink(_)));
    fs::remove_dir_all(&shelf.path).unwrap();
    assert_eq!(shelf.catalog().list().await.unwrap_err().kind, SinkErrorKind::NotFound);
}

#[tokio::test]
async fn a_manifest_larger_than_any_is_not_read() {
    let (_place, shelf) = shelf();
    let day = set("20260201T030000Z");
    shelf.make(day, "data").await;
    fs::File::options().write(true).open(shelf.folder(day).join(MANIFEST)).unwrap().set_len(1 << 36).unwrap();
    let error = shelf.catalog().open(day).await.unwrap_err();
    assert!(matches!(error, OpenError::Refused { why: ManifestError::Damaged(_), .. }), "{error}");
}
