//! The site closed to visitors, on the bundled stack as it is shipped: read-only, unprivileged.

use crate::support::{Site, get};

#[test]
fn real_maintenance_closes_the_site_whatever_runs_behind_it() {
    let site = Site::bundled();
    site.run(&["deploy"]).exits(0);
    assert_eq!(get(site.port, "/").status, 200);
    site.run(&["stop", "frontend", "backend"]).exits(0);
    let message = "Back at nine";
    site.run(&["maintenance", "on", "--retry-after", "77", "--message", message]).exits(0);
    let closed = |what: &str| {
        for path in ["/", "/api/health"] {
            let answer = get(site.port, path);
            assert_eq!((answer.status, answer.header("retry-after")), (503, "77"), "{what}: {path}");
            assert!(answer.text().contains(message), "{what}: {}", answer.text());
        }
        assert_eq!(get(site.port, "/health").status, 200, "{what}");
        assert_eq!(site.run(&["status", "--json"]).document()["maintenance"]["retry_after"], 77, "{what}");
    };
    closed("with nothing behind it");
    let again = site.run(&["maintenance", "on", "--retry-after", "77", "--message", message]).exits(0);
    assert!(again.err.contains("maintenance is on already"), "{}", again.err);
    site.run(&["deploy"]).exits(0);
    closed("after a deploy");
    site.run(&["plan", "--exit-code", "-q"]).exits(0);
    site.run(&["maintenance", "off"]).exits(0);
    assert_eq!(get(site.port, "/").status, 200);
    assert!(site.run(&["status", "--json"]).exits(0).document()["maintenance"].is_null());
}
