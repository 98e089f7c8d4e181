//! Against a real nginx with the shipped configuration.

use std::net::Ipv4Addr;
use std::time::Duration;

use medianestctl::engine::Engine as _;
use medianestctl::execute::smoke::{self, SmokeError};
use medianestctl::ingress::{Drained, SwitchError, Wait, drain, render, switch};
use medianestctl::model::{Maintenance, Smoke};

use crate::site::{SLOW, Site, UPSTREAMS, get, open, to, with_site};

const LIMIT: Duration = Duration::from_secs(60);

/// A drain of these where another replica stays.
fn leaves(addresses: &[Ipv4Addr], limit: Duration) -> Wait<'_> {
    Wait { addresses, connections_tell: true, limit }
}

#[tokio::test]
async fn real_after_a_switch_nothing_goes_to_the_old_server_and_after_a_drain_it_can_go() {
    let site = Site::new().await;
    with_site(&site, async {
        let (a, b) = (site.server("a").await, site.server("b").await);
        let at = site.ingress(&to(a)).await;
        let nginx = site.name("nginx");
        assert_eq!(get(at, "/").await.body, "a\n");
        let slow = open(at, "/slow").await;

        switch(&site.engine, &nginx, UPSTREAMS, &to(b)).await.unwrap();
        for _ in 0..50 {
            assert_eq!(get(at, "/").await.body, "b\n", "the switch is in force when it is said to be");
        }
        assert_eq!(site.file().await, to(b));
        assert_eq!(drain(&site.engine, &nginx, leaves(&[a], LIMIT), &|_| ()).await.unwrap(), Drained::Quiet);
        site.remove("a").await;
        let answer = slow.finish().await;
        assert_eq!((answer.status, answer.body.len()), (200, SLOW), "it came to its end first");
    })
    .await;
}

#[tokio::test]
async fn real_what_nginx_does_not_take_changes_nothing() {
    let site = Site::new().await;
    with_site(&site, async {
        let a = site.server("a").await;
        // A memory zone: another key for it passes nginx's test, and is refused by the reload.
        let zone = |key: &str| format!("limit_req_zone ${key} zone=t:1m rate=1r/s;\n{}", to(a));
        let first = zone("binary_remote_addr");
        let at = site.ingress(&first).await;
        let nginx = site.name("nginx");
        let workers = async || {
            let all = site.engine.processes(&nginx).await.unwrap();
            all.into_iter().filter(|p| p.command.starts_with("nginx: worker")).map(|p| p.pid).collect::<Vec<_>>()
        };
        assert_eq!(get(at, "/").await.body, "a\n");
        let before = workers().await;

        let error = switch(&site.engine, &nginx, UPSTREAMS, "upstream web { serve nobody; }\n").await.unwrap_err();
        assert!(matches!(&error, SwitchError::Refused(why) if why.contains("unknown directive \"serve\"")), "{error}");
        assert_eq!(site.file().await, first);
        let after = workers().await;
        assert!(before.iter().all(|worker| after.contains(worker)), "{before:?} serve on: {after:?}");

        let error = switch(&site.engine, &nginx, UPSTREAMS, &zone("server_name")).await.unwrap_err();
        assert!(matches!(&error, SwitchError::NotReloaded { .. }), "{error}");
        assert_eq!(site.file().await, first);
        assert_eq!(get(at, "/").await.body, "a\n");
        switch(&site.engine, &nginx, UPSTREAMS, &zone("binary_remote_addr")).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn real_a_file_in_memory_is_found_out() {
    let site = Site::new().await;
    with_site(&site, async {
        let a = site.server("a").await;
        let directory = UPSTREAMS.rsplit_once('/').unwrap().0.to_owned();
        let tmpfs = medianestctl::model::Tmpfs { target: directory, options: String::new() };
        site.ingress_with(&to(a), vec![tmpfs]).await;
        let error = switch(&site.engine, &site.name("nginx"), UPSTREAMS, &to(a)).await.unwrap_err();
        assert!(error.to_string().contains("does not take what is written to it"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn real_a_long_connection_is_waited_for_until_the_limit_and_only_where_it_leads() {
    let site = Site::new().await;
    with_site(&site, async {
        let (a, b) = (site.server("a").await, site.server("b").await);
        let at = site.ingress(&to(a)).await;
        let nginx = site.name("nginx");
        let endless = open(at, "/socket.io/endless").await;
        switch(&site.engine, &nginx, UPSTREAMS, &to(b)).await.unwrap();
        let limit = Duration::from_secs(12);
        let held = Drained::LimitReached { connections: Some(1) };
        assert_eq!(drain(&site.engine, &nginx, leaves(&[a], limit), &|_| ()).await.unwrap(), held);
        assert_eq!(drain(&site.engine, &nginx, leaves(&[b], LIMIT), &|_| ()).await.unwrap(), Drained::Quiet);
        drop(endless);
        assert_eq!(drain(&site.engine, &nginx, leaves(&[a], LIMIT), &|_| ()).await.unwrap(), Drained::Quiet);
    })
    .await;
}

#[tokio::test]
async fn real_maintenance_shows_a_page_and_leaves_health_alone() {
    let site = Site::new().await;
    with_site(&site, async {
        let a = site.server("a").await;
        let at = site.ingress(&to(a)).await;
        let nginx = site.name("nginx");
        let open = get(at, "/").await;
        assert_eq!((open.status, open.body.as_str()), (200, "a\n"));
        // The demo's nginx is older than 1.27.4.
        assert!(open.head.contains("connection: close"), "no client is kept idle: {}", open.head);

        let soon = Maintenance { retry_after: 600, message: Some("It's \"back\" at $9 & <later>".into()) };
        switch(&site.engine, &nginx, UPSTREAMS, &render::with_maintenance(&to(a), Some(&soon))).await.unwrap();
        // The servers may be gone: nobody is asked.
        site.remove("a").await;
        for path in ["/", "/api/media", "/_next/static/x.js", "/socket.io/?x=1"] {
            let closed = get(at, path).await;
            assert_eq!(closed.status, 503, "{path}");
            assert!(
                closed.head.contains("retry-after: 600") && closed.head.contains("content-type: text/html"),
                "{}",
                closed.head
            );
            let message = "<p>It&#39;s &#34;back&#34; at &#36;9 &#38; &#60;later&#62;</p>";
            assert!(closed.body.contains(message), "{}", closed.body);
        }
        let health = get(at, "/health").await;
        assert_eq!((health.status, health.body.as_str()), (200, "ok\n"));
        switch(&site.engine, &nginx, UPSTREAMS, &to(a)).await.unwrap();
        let open = get(at, "/").await;
        assert!(open.status == 502 || open.status == 504, "{open:?}");
        assert!(!open.head.contains("retry-after"), "{}", open.head);
    })
    .await;
}

#[tokio::test]
async fn real_a_server_is_tried_out_from_the_ingress() {
    let site = Site::new().await;
    with_site(&site, async {
        let a = site.server("a").await;
        site.ingress(&to(a)).await;
        let nginx = site.name("nginx");
        let smoke = |path: &str, status, body: Option<&str>, latency: Option<u64>| Smoke {
            path: path.into(),
            status,
            body: body.map(str::to_owned),
            latency: latency.map(Duration::from_millis),
        };
        let address = a.to_string();
        let check = async |smoke: Smoke| smoke::check(&site.engine, &nginx, &address, 3000, &smoke).await;
        check(smoke("/", 200, Some("a\n"), Some(20_000))).await.unwrap();
        check(smoke("/socket.io/none", 200, None, None)).await.unwrap();
        let error = check(smoke("/", 204, None, None)).await.unwrap_err();
        assert!(matches!(error, SmokeError::Status { expected: 204, found: 200, .. }), "{error}");
        let error = check(smoke("/", 200, Some("zebra"), None)).await.unwrap_err();
        assert!(matches!(&error, SmokeError::Body { found, .. } if found == "a"), "{error}");
        let error = check(smoke("/slow", 200, None, Some(500))).await.unwrap_err();
        assert!(matches!(error, SmokeError::Slow { .. }), "{error}");
        site.engine.stop(&site.name("a"), Duration::from_secs(5)).await.unwrap();
        let error = check(smoke("/", 200, None, None)).await.unwrap_err();
        assert!(matches!(error, SmokeError::NoAnswer { .. }), "{error}");
    })
    .await;
}
