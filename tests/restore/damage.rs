//! Damaged sets: nothing live is touched, whatever is wrong and wherever.

use std::fs;

use medianestctl::backup::{
    pipeline::no_progress,
    restore::{Source, Undone, forward, verify},
    set::Component,
};
use tokio_util::sync::CancellationToken;

use crate::made::{App, Made, go, hidden, look};

async fn check(made: &Made) -> Result<(), medianestctl::backup::restore::RestoreError> {
    let cancel = CancellationToken::new();
    let source = Source { sink: &made.sink, manifest: &made.manifest, unlock: None, cancel: &cancel, progress: no_progress() };
    verify(&source, &made.plan().items).await
}

/// Flipped and cut at many places of the archive and of the index: refused, also by a restore that was not checked before.
#[tokio::test]
async fn a_damaged_object_touches_nothing() {
    let made = Made::new().await;
    let before = look(&made.directory());
    check(&made).await.unwrap();
    for component in [Component::Config, Component::Index] {
        let path = made.stored(&component);
        let whole = fs::read(&path).unwrap();
        let places: Vec<_> = (0..whole.len()).step_by(whole.len() / 24 + 1).chain([whole.len() - 1]).collect();
        for place in places {
            for cut in [false, true] {
                let mut damaged = whole.clone();
                if cut {
                    damaged.truncate(place)
                } else {
                    damaged[place] ^= 0x20
                }
                fs::write(&path, damaged).unwrap();
                if component == Component::Config {
                    let error = check(&made).await.unwrap_err();
                    assert!(error.is_damage() && error.to_string().contains("`config`"), "{place} {cut}: {error}");
                }
                let app = App::new(&made);
                let failure = go(&made, &app, &made.journal(), made.record(), forward).await.unwrap_err();
                assert!(matches!(failure.undone, Undone::Untouched) && failure.error.is_damage(), "{place} {cut}: {failure:?}");
                assert_eq!((look(&made.directory()), hidden(&made.directory())), (before.clone(), Vec::new()));
                assert!(app.runs() && app.seen.lock().unwrap().is_empty(), "the services went on all the time");
            }
        }
        fs::write(&path, whole).unwrap();
    }
    check(&made).await.unwrap();
}
