//! What people and machines are told of releases: names and versions, and never a value.

use medianestctl::engine::fake::{Behaviour, FakeImage};
use medianestctl::state::{Names, ReleaseDiff};
use medianestctl::ui::{self, Color, Format, Ui, UiOptions, Verbosity};

use super::records::{VALUE, deployed, project};
use super::retention::record;
use crate::support::{Operator, shop};

fn plain() -> Ui {
    Ui::new(UiOptions {
        format: Format::Plain,
        verbosity: Verbosity::Normal,
        color: Color::Never,
        no_color: true,
        non_interactive: true,
        yes: false,
        dumb: true,
    })
}

/// Text without identities and versions, each twelve hexadecimal digits.
fn without_hex(text: &str) -> String {
    let hide = |word: &str| {
        let hex = word.len() == 12 && word.bytes().all(|b| b.is_ascii_hexdigit());
        if hex { "[HEX]" } else { word }.to_owned()
    };
    let split = text.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    let parts = split.map(|part| {
        let end = part.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()).len();
        format!("{}{}", hide(&part[..end]), &part[end..])
    });
    parts.collect()
}

#[tokio::test(start_paused = true)]
async fn the_list_is_read_at_a_glance() {
    let unhealthy = FakeImage::unchecked(Behaviour::NeverHealthy { output: "no".into() });
    let engine = deployed(&["v1"]).await.with_image("shop/api:v2", unhealthy);
    project("v2").deploy(&engine).await.unwrap_err();
    let project = shop();
    let mut history = Operator::new(&project, &engine).history().await;
    history.releases.push(medianestctl::state::Release { rollback_of: Some(1), ..record(3, Default::default()) });
    insta::assert_snapshot!(ui::releases_table(&plain(), &history, Some(3)), @"
    NUMBER  VERSION  OUTCOME                  WHEN                  BY
    3       v1.1.0   brought 1 back, current  2026-01-01 00:00 UTC  ann@laptop
    2       v2       rolled back              2026-01-01 00:00 UTC  ann@laptop
    1       v1       deployed                 2026-01-01 00:00 UTC  ann@laptop
    ");
}

#[tokio::test(start_paused = true)]
async fn a_page_shows_what_a_release_is_made_of() {
    let engine = deployed(&["v1"]).await;
    let project = shop();
    let history = Operator::new(&project, &engine).history().await;
    let page = ui::release_page(&plain(), &history.releases[0], Some(1));
    insta::assert_snapshot!(without_hex(&page), @"
    release 1 v1: deployed, current
    when         2026-01-01 00:00 UTC
    by           ann@laptop
    command      deploy
    took         0.0 s
    files        /srv/shop/compose.yaml
    schema head  -
    secrets      api_token [HEX], db_password [HEX]
    configs      settings [HEX], upstreams [HEX]

    SERVICE  REPLICAS  IMAGE         CONTENT       DIGEST
    api      2         shop/api:v1   [HEX]  -
    db       1         shop/db:1     [HEX]  -
    migrate  job       shop/api:v1   [HEX]  -
    proxy    1         shop/proxy:1  [HEX]  -

    environment of api: LOG_LEVEL
    environment of db: POSTGRES_PASSWORD_FILE
    ");
    let old = ui::release_page(&plain(), &record(3, Default::default()), None);
    assert!(old.contains("shop/api@sha256:cdcdcdcdcdcd"), "{old}");
}

#[tokio::test(start_paused = true)]
async fn a_comparison_names_what_changed() {
    let engine = deployed(&["v1"]).await;
    let changed = project("v2").var("REPLICAS", "3").var("LOG_LEVEL", "another value").secret("api_token", "another token");
    changed.file("settings.json", "{\"colour\": \"red\"}").deploy(&engine).await.unwrap();
    let project = shop();
    let history = Operator::new(&project, &engine).history().await;
    let [first, second] = &history.releases[..] else { panic!("{history:?}") };
    let diff = ReleaseDiff::of(first, second);
    let shown = ui::release_diff(&plain(), first, second, &diff);
    insta::assert_snapshot!(without_hex(&shown), @"
    release 1 v1 → 2 v2
    ~ api: image shop/api:v1 → shop/api:v2
    ~ api: content [HEX] → [HEX]
    ~ api: replicas 2 → 3
    ~ api: environment LOG_LEVEL
    ~ migrate: image shop/api:v1 → shop/api:v2
    ~ migrate: content [HEX] → [HEX]
    ~ secret api_token
    ~ config settings
    ");
    assert!(ReleaseDiff::of(first, first).is_empty());
    // Back again: what came goes.
    let back = ReleaseDiff::of(second, first);
    assert_eq!(back.secrets, Names { changed: vec!["api_token".into()], ..Names::default() });
}

#[tokio::test(start_paused = true)]
async fn a_record_that_does_not_tell_its_environment_is_not_guessed_at() {
    let engine = deployed(&["v1"]).await;
    let project = shop();
    let history = Operator::new(&project, &engine).history().await;
    let diff = ReleaseDiff::of(&record(3, Default::default()), &history.releases[0]);
    assert!(diff.services.iter().all(|service| service.environment.is_none() && !service.settings));
}

#[tokio::test(start_paused = true)]
async fn no_value_is_shown() {
    let engine = deployed(&["v1", "v2"]).await;
    let project = shop();
    let history = Operator::new(&project, &engine).history().await;
    let [first, second] = &history.releases[..] else { panic!("{history:?}") };
    let diff = ReleaseDiff::of(first, second);
    let shown = [
        ui::releases_table(&plain(), &history, Some(2)),
        ui::release_page(&plain(), first, None),
        ui::release_diff(&plain(), first, second, &diff),
        serde_json::to_string(&history.releases).unwrap(),
        serde_json::to_string(&diff).unwrap(),
        format!("{history:?} {diff:?}"),
    ];
    assert!(shown[1].contains("LOG_LEVEL"));
    for text in shown {
        for value in [VALUE, "correct horse", "battery staple", "colour", "/run/secrets/db_password"] {
            assert!(!text.contains(value), "{value} stands in {text}");
        }
    }
}
