//! Smoke tests and canaries under the eyes of visitors: whichever call goes wrong in whichever way while a new replica is
//! on trial, or while one that failed its trial is taken back, nobody is turned away, and the next command converges.

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::Duration;

use medianestctl::engine::ExecOutput;
use medianestctl::engine::fake::{ExecScript, FakeEngine, FakeImage, Reload};
use medianestctl::model::Thresholds;
use medianestctl::plan::{Trial, Way};

use crate::support::{Fate, Operator, Project, Trouble, Watched, assert_settled, good, kind, shop, shop_but, shop_engine, tell};

const REPLICAS: &str = "deploy: {replicas: \"${REPLICAS:-2}\"}";

/// A command under test.
struct Scene {
    /// The project in v1.
    project: Project,
    way: Way,
    /// What the ingress's log says of the canary: status and seconds.
    canary: (u16, &'static str),
    /// It comes about when nothing goes wrong.
    good: bool,
}

impl Scene {
    fn smoke() -> Self {
        let check = format!("{REPLICAS}\n    x-medianest: {{smoke: [{{path: /ready}}, {{path: /api, latency: 2s}}]}}");
        let project = shop_but(&[(REPLICAS, &check)]);
        Self { project, way: Way::Rolling, canary: (200, "0.020"), good: true }
    }

    fn canary(status: u16) -> Self {
        let thresholds = Thresholds { errors_permille: 10, p95_percent: 200, requests: 20, requests_for_p95: 100 };
        let way = Way::Canary(Trial { percent: 10, bake: Duration::from_secs(4), thresholds });
        Self { project: shop(), way, canary: (status, "0.020"), good: status < 500 }
    }

    fn next(&self) -> Project {
        self.project.clone().var("VERSION", "v2")
    }

    /// v1 runs; the proxy's workers take a while to come and to go, and its `curl` is told what it wants to hear.
    async fn running(&self) -> FakeEngine {
        let script =
            ExecScript::new(|_, argv| (argv[0] == "curl").then(|| ExecOutput { code: 0, output: b"200 0.010".to_vec() }));
        let reload = Reload::Slow(Duration::from_millis(400));
        let engine = shop_engine().with_image("shop/proxy:1", FakeImage { exec: Some(script), reload, ..good() });
        self.project.deploy(&engine).await.unwrap();
        engine
    }

    fn watched(&self, engine: &FakeEngine) -> Watched {
        let (status, seconds) = self.canary;
        Watched::shop(engine).logs_trial((status, seconds, 120), (200, "0.020", 120))
    }

    async fn update(&self, watched: &Watched) -> Result<(), Trouble> {
        let project = self.next();
        let mut operator = Operator::new(&project, watched);
        operator.way = self.way.clone();
        operator.deploy().await.map(drop)
    }

    /// The calls of an update with which nothing goes wrong.
    async fn calls(&self) -> Vec<(bool, String)> {
        let watched = self.watched(&self.running().await);
        assert_eq!(self.update(&watched).await.is_ok(), self.good);
        watched.assert_served();
        watched.calls()
    }

    /// Each of the calls in `part` meets each fate; these are their kinds.
    async fn each(&self, part: impl Fn(&[(bool, String)]) -> Range<usize>, expected: &[&str]) {
        let calls = self.calls().await;
        let part = part(&calls);
        let wanted = part.len() * Fate::ALL.len();
        let (mut count, mut kinds) = (0, BTreeSet::new());
        for (n, fate) in part.flat_map(|n| Fate::ALL.map(|fate| (n, fate))) {
            let call = &calls[n].1;
            let engine = self.running().await;
            let watched = self.watched(&engine).fails(n, fate);
            let outcome = watched.live(self.update(&watched)).await;
            tell(&format!("call {n} `{call}` {fate:?}: {:?}", outcome.as_ref().map(|o| o.as_ref().err())));
            assert!(watched.struck(), "the same calls are made each time");
            watched.look("the end").await;
            watched.assert_served();
            let next = Watched::shop(&engine);
            // The operator tries again, or stays with what there was.
            let project = if self.good { self.next() } else { self.project.clone() };
            project.deploy(&next).await.unwrap();
            next.assert_served();
            assert_settled(&project, &engine).await;
            kinds.insert(kind(call));
            count += 1;
        }
        assert_eq!(count, wanted);
        assert_eq!(kinds, expected.iter().map(|kind| (*kind).to_owned()).collect(), "{count} combinations");
    }
}

#[track_caller]
fn first(calls: &[(bool, String)], from: usize, begin: &str) -> usize {
    let found = calls.iter().skip(from).position(|(_, call)| call.starts_with(begin));
    from + found.unwrap_or_else(|| panic!("no `{begin}` in {calls:#?}"))
}

#[tokio::test(start_paused = true)]
async fn a_smoke_test_whose_calls_go_wrong() {
    // From the first question to the first replica until its requests are switched.
    let part = |calls: &[(bool, String)]| {
        let begin = first(calls, 0, "exec shop-proxy-1 curl");
        begin..first(calls, begin, "kill shop-proxy-1 HUP")
    };
    Scene::smoke().each(part, &["exec", "get", "processes", "put"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_canary_whose_calls_go_wrong() {
    // From the switch that gives it its share, over the trial, to the switch that makes it one of all.
    let part = |calls: &[(bool, String)]| {
        let share = first(calls, first(calls, 0, "start shop-api-1-next"), "put shop-proxy-1");
        let logs = first(calls, share, "logs shop-proxy-1");
        share..first(calls, logs, "kill shop-proxy-1 HUP")
    };
    Scene::canary(200).each(part, &["exec", "get", "info", "kill", "logs", "processes", "put"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_canary_that_is_taken_back_and_whose_calls_go_wrong() {
    // From the last look at its log to the end.
    let part = |calls: &[(bool, String)]| first(calls, 0, "logs shop-proxy-1") + 1..calls.len();
    let engine = ["container", "containers", "create volume", "exec", "get", "kill", "logs", "processes", "put"];
    let kept = ["remove container", "remove volume", "rename", "stop", "volumes"];
    Scene::canary(502).each(part, &[&engine[..], &kept[..]].concat()).await;
}
