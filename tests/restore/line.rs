//! The line of steps: forward, back, cut off at every write of its record.

use std::sync::atomic::AtomicUsize;

use medianestctl::backup::restore::{Undone, back, confirm, forward, journal::Journal as _, record::Way};

use crate::made::{App, Made, Mortal, go, hidden, look};

#[tokio::test]
async fn restored_files_take_the_place_of_others_and_are_confirmed() {
    let made = Made::new().await;
    let app = App::new(&made);
    let finished = go(&made, &app, &made.journal(), made.record(), forward).await.unwrap();
    let found = look(&made.directory());
    assert_eq!(found["compose.yaml"], ("new".to_owned(), 0o644));
    assert_eq!(found["nginx/site.conf"], ("new".to_owned(), 0o600));
    assert_eq!(found["only/new"].0, "new");
    assert_eq!(found["only-old"].0, "old", "what the backup does not have stays");
    assert!(app.runs());
    let record = made.journal().read().await.unwrap().unwrap();
    assert_eq!((record.way, &record), (Way::Done, &finished.record));
    let paths = match &record.items[0] {
        medianestctl::backup::restore::record::Item::Files { paths, .. } => {
            paths.iter().map(ToString::to_string).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(paths, ["compose.yaml", "nginx/site.conf", "only/new"], "what is the same is not touched");
    go(&made, &app, &made.journal(), record, confirm).await.unwrap();
    assert_eq!((look(&made.directory()), hidden(&made.directory())), (found, Vec::new()));
    assert_eq!(made.journal().read().await.unwrap(), None);
}

#[tokio::test]
async fn what_was_there_comes_back() {
    let made = Made::new().await;
    let (app, before) = (App::new(&made), look(&made.directory()));
    let finished = go(&made, &app, &made.journal(), made.record(), forward).await.unwrap();
    assert_ne!(look(&made.directory()), before);
    go(&made, &app, &made.journal(), finished.record, back).await.unwrap();
    assert_eq!((look(&made.directory()), hidden(&made.directory()), app.runs()), (before, Vec::new(), true));
}

/// Services that do not start with the restored data get the old one back.
#[tokio::test]
async fn services_that_do_not_start_take_it_back() {
    let made = Made::new().await;
    let before = look(&made.directory());
    let mut app = App::new(&made);
    app.dislikes = Some("new");
    let failure = go(&made, &app, &made.journal(), made.record(), forward).await.unwrap_err();
    assert!(matches!(failure.undone, Undone::Completely), "{failure:?}");
    assert_eq!((look(&made.directory()), hidden(&made.directory()), app.runs()), (before.clone(), Vec::new(), true));
    let seen = app.seen.lock().unwrap();
    assert_eq!(seen.last(), Some(&before));
}

/// The process is killed before and after every write of the record, on the way there and on the way back. Another one goes on: to
/// the new files, and to the old ones.
#[tokio::test]
async fn killed_anywhere_it_is_the_old_or_the_new() {
    let (mut cuts, mut both) = (0, [0, 0]);
    for way_back in [false, true] {
        for written in [false, true] {
            for resume in [false, true] {
                for calls in 0.. {
                    let made = Made::new().await;
                    let (app, old, journal) = (App::new(&made), look(&made.directory()), made.journal());
                    let mut record = made.record();
                    if way_back {
                        record = go(&made, &app, &journal, record, forward).await.unwrap().record;
                    }
                    let mortal = Mortal { journal: &journal, left: AtomicUsize::new(calls), written };
                    let done = match way_back {
                        false => go(&made, &app, &mortal, record, forward).await,
                        true => go(&made, &app, &mortal, record, back).await,
                    };
                    if done.is_ok() {
                        break;
                    }
                    cuts += 1;
                    let left = look(&made.directory());
                    let Some(record) = journal.read().await.unwrap() else {
                        // Nothing had been begun, or all was taken back.
                        assert_eq!((left, hidden(&made.directory())), (old, Vec::new()));
                        continue;
                    };
                    // Between the exchange's ends nobody uses it.
                    assert!(left == old || !app.runs() || left.values().any(|(text, _)| text == "new"));
                    let new = match resume && record.way == Way::Forward {
                        true => {
                            let record = go(&made, &app, &journal, record, forward).await.unwrap().record;
                            let found = look(&made.directory());
                            assert_eq!(found["compose.yaml"].0, "new");
                            go(&made, &app, &journal, record, confirm).await.unwrap();
                            true
                        }
                        false => {
                            go(&made, &app, &journal, record, back).await.unwrap();
                            assert_eq!(look(&made.directory()), old, "cut after {calls} calls");
                            false
                        }
                    };
                    both[usize::from(new)] += 1;
                    assert!(app.runs());
                    assert_eq!(hidden(&made.directory()), Vec::<String>::new());
                    for seen in app.seen.lock().unwrap().iter() {
                        assert!(
                            *seen == old || seen["compose.yaml"].0 == "new" && seen["nginx/site.conf"].0 == "new",
                            "{seen:?}"
                        );
                    }
                }
            }
        }
    }
    assert!(cuts >= 80 && both.iter().all(|n| *n >= 20), "{cuts} {both:?}");
}

#[tokio::test]
async fn without_a_safety_copy_nothing_is_touched() {
    let made = Made::new().await;
    let before = look(&made.directory());
    let app = App::new(&made);
    let journal = made.journal();
    let failure = go(&made, &app, &journal, made.record(), async |record, context| {
        let refused = crate::made::Copied(Err("no room".to_owned()));
        let context = medianestctl::backup::restore::Context { safety: &refused, ..*context };
        forward(record, &context).await
    });
    let failure = failure.await.unwrap_err();
    assert!(matches!(failure.undone, Undone::Untouched) && failure.error.hint().unwrap().contains("--skip-safety-copy"));
    assert_eq!((look(&made.directory()), hidden(&made.directory())), (before, Vec::new()));
}
