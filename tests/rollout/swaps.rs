//! The bundled stack, updated and rolled back while clients of every sort are at it.

use crate::load::{Kind, Load, Mix, ROLLBACK, UPDATE, VERSIONS, Window, assert_replicas, raised, stack};

/// How often it is updated, and then rolled back.
const ROUNDS: usize = 3;
/// Requests in each change, so that all of them are more than 5,000.
const REQUESTS_IN_A_CHANGE: u64 = 900;

#[test]
fn real_no_request_fails_in_updates_and_rollbacks() {
    let site = stack(Window::SHORT, &[]);
    println!("{}; {}", raised(), Window::SHORT);
    site.run(&["deploy"]).exits(0);
    let load = Load::start(site.port, Mix::default());
    load.until_booked(REQUESTS_IN_A_CHANGE);
    for round in 1..=ROUNDS {
        for (name, command, version) in [("update", UPDATE, VERSIONS[1]), ("rollback", ROLLBACK, VERSIONS[0])] {
            load.begin(&format!("{name} {round}"));
            site.run(command).exits(0);
            load.until_booked(REQUESTS_IN_A_CHANGE);
            assert_replicas(&site, version);
        }
    }
    let report = load.finish();
    println!("{report}");
    assert!(report.requests_during() >= 5_000, "{report}");
    assert_eq!(report.failed(), 0, "{report}");
    for change in &report.changes {
        let expected = if change.name.starts_with("update") { VERSIONS[1] } else { VERSIONS[0] };
        assert!(change.first_answer(expected).is_some(), "{expected} never answered in {}: {:?}", change.name, change.versions);
        assert!(
            change.most_drops() <= 1,
            "a web socket was dropped more than once in {}: {:?}\n{report}",
            change.name,
            change.drops
        );
    }
    let asked: Vec<_> = report.by_kind.keys().copied().collect();
    assert_eq!(asked, Kind::ALL, "every sort of request takes part");
    assert!(report.echoes > 0, "no web socket was ever alive: {report}");
}
