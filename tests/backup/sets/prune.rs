//! What goes and what stays, at a real directory.

use std::{collections::BTreeSet, fs};

use chrono::{DateTime, NaiveDate, Utc};
use medianestctl::{
    backup::{
        prune::{Decision, decide, remove},
        retention::{Fate, Keep},
        set::{MANIFEST, SetId},
    },
    model::KeepPolicy,
};
use tokio_util::sync::CancellationToken;

use crate::shelf::{Shelf, at, set};

fn utc(moment: DateTime<Utc>) -> NaiveDate {
    moment.date_naive()
}

async fn decided(shelf: &Shelf, policy: KeepPolicy, damaged: &[SetId]) -> Vec<Decision> {
    let list = shelf.catalog().list().await.unwrap();
    decide(list, |set| damaged.contains(&set), policy, at("2026-03-01T12:00:00Z"), utc)
}

fn folders(shelf: &Shelf) -> BTreeSet<String> {
    fs::read_dir(shelf.path.join("shop")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn what_is_shown_is_what_is_done() {
    let place = tempfile::tempdir().unwrap();
    let shelf = Shelf::new(&place.path().join("backups"), "shop", None);
    let days: Vec<SetId> = (1..=8).map(|day| set(&format!("202602{day:02}T030000Z"))).collect();
    for day in &days {
        shelf.make(*day, "data").await;
    }
    let future = set("20270101T000000Z");
    shelf.make(future, "from a clock that runs fast").await;
    // Cut short before the newest good one, after it, and somebody's own notes among the sets' files.
    fs::remove_file(shelf.folder(days[0]).join(MANIFEST)).unwrap();
    fs::remove_file(shelf.folder(days[7]).join(MANIFEST)).unwrap();
    fs::create_dir(shelf.path.join("shop/notes")).unwrap();
    fs::write(shelf.path.join("shop/notes/todo"), "text").unwrap();
    fs::write(shelf.folder(days[1]).join("remark.txt"), "text").unwrap();
    let policy = KeepPolicy::new(2, 0, 0, 0).unwrap();
    let decisions = decided(&shelf, policy, &[days[5]]).await;
    let going: Vec<_> = decisions.iter().filter_map(Decision::removes).collect();
    // Of the good ones the two newest stay, that of day 6 being known as damaged; what failed before the newest good one goes.
    assert_eq!(going, [days[0], days[1], days[2], days[3], days[5]]);
    let before = folders(&shelf);
    let pruned = remove(&shelf.catalog(), &going, &CancellationToken::new()).await;
    assert_eq!((&pruned.removed, pruned.locked.len(), pruned.failed.len()), (&going, 0, 0));
    let gone: BTreeSet<_> = before.difference(&folders(&shelf)).cloned().collect();
    // The folder with somebody's file in it stays, with that file.
    let wanted: BTreeSet<_> = going.iter().filter(|id| **id != days[1]).map(ToString::to_string).collect();
    assert_eq!(gone, wanted);
    assert_eq!(shelf.files(days[1]), ["remark.txt"]);
    let again = decided(&shelf, policy, &[days[5]]).await;
    let kept = |id: SetId| again.iter().find(|d| d.found.set == Some(id)).map(|d| d.fate.clone());
    assert_eq!(kept(days[6]), Some(Fate::Keep(BTreeSet::from([Keep::LastGood, Keep::Last]))));
    assert_eq!(kept(days[7]), Some(Fate::Keep(BTreeSet::from([Keep::NothingBetter]))));
    assert_eq!(kept(future), Some(Fate::Keep(BTreeSet::from([Keep::Future]))));
}

#[tokio::test]
async fn the_last_good_one_stays_whatever_the_policy_says() {
    let place = tempfile::tempdir().unwrap();
    let shelf = Shelf::new(&place.path().join("backups"), "shop", None);
    let days: Vec<SetId> = (1..=3).map(|day| set(&format!("202501{day:02}T030000Z"))).collect();
    for day in &days {
        shelf.make(*day, "data").await;
    }
    let path = shelf.folder(days[2]).join("db.dump.zst");
    fs::write(path, "cut").unwrap();
    fs::remove_file(shelf.folder(days[1]).join(MANIFEST)).unwrap();
    let decisions = decided(&shelf, KeepPolicy::new(0, 0, 0, 1).unwrap(), &[]).await;
    assert_eq!(decisions.iter().filter_map(Decision::removes).count(), 0, "{decisions:?}");
}

#[tokio::test]
async fn a_removal_cut_short_leaves_a_set_cut_short() {
    let place = tempfile::tempdir().unwrap();
    let shelf = Shelf::new(&place.path().join("backups"), "shop", None);
    let day = set("20260201T030000Z");
    shelf.make(day, "data").await;
    // A directory in an object's place cannot be removed as an object.
    let path = shelf.folder(day).join("uploads.tar.zst");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    fs::write(path.join("x"), "text").unwrap();
    shelf.catalog().remove(day).await.unwrap();
    assert!(!shelf.folder(day).join(MANIFEST).exists());
    let cancelled = CancellationToken::new();
    cancelled.cancel();
    assert_eq!(remove(&shelf.catalog(), &[day], &cancelled).await, medianestctl::backup::prune::Pruned::default());
}
