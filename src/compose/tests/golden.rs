//! A realistic project, from its files to the canonical form that is committed beside them.

use super::MapSource;
use crate::compose::{Loaded, Request, load};

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../../../tests/compose/", $name))
    };
}

fn load_fixture() -> Loaded {
    let source = MapSource::default()
        .file("compose.yaml", fixture!("compose.yaml"))
        .file("compose.override.yaml", fixture!("compose.override.yaml"))
        .file("/srv/shop/.env", fixture!("example.env"))
        .file("/srv/shop/app.env", fixture!("app.env"))
        .file("/srv/shop/nginx/site.conf", fixture!("site.conf"));
    let request = Request {
        directory: "/srv/shop".into(),
        files: vec!["compose.yaml".into(), "compose.override.yaml".into()],
        overrides: [("SHOP_VERSION".to_owned(), "2.1.0".to_owned())].into(),
        ..Request::default()
    };
    load(&source, &request).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn a_realistic_project() {
    let loaded = load_fixture();
    let actual = serde_json::to_string_pretty(&loaded.canonical).unwrap();
    let wanted: serde_json::Value = serde_json::from_str(fixture!("canonical.json")).unwrap();
    assert_eq!(loaded.canonical, wanted, "the canonical form has changed; if that is meant, commit this:\n{actual}");
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings, Vec::<String>::new());
}

#[test]
fn the_canonical_form_loads_to_the_same_stack() {
    let loaded = load_fixture();
    let source = MapSource::default().file("canonical.json", loaded.canonical.to_string());
    let request = Request { directory: "/srv/shop".into(), files: vec!["canonical.json".into()], ..Request::default() };
    let mut again = load(&source, &request).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(again.canonical, loaded.canonical);
    again.stack.files = loaded.stack.files.clone();
    assert_eq!(again.stack, loaded.stack);
}
