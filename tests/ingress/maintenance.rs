//! Maintenance: what the ingress is told, what is remembered, and what a deploy does meanwhile.

use medianestctl::engine::fake::{FakeEngine, FakeImage, Fault, Reload};
use medianestctl::engine::{Engine, ExecOutput};
use medianestctl::model::{Kept, Maintenance};
use medianestctl::plan::PlanError;
use medianestctl::state::{Note, archive};

use crate::support::{Operator, assert_settled, shop, shop_engine};

const PATH: &str = "/etc/proxy/upstreams.conf";

fn soon() -> Maintenance {
    Maintenance { retry_after: 600, message: Some("Back at nine".into()) }
}

async fn file(engine: &FakeEngine) -> String {
    let tar = engine.get_archive("shop-proxy-1", PATH).await.unwrap().unwrap();
    String::from_utf8(archive::files(&tar).unwrap().pop().unwrap().1).unwrap()
}

fn is_closed(file: &str) -> bool {
    assert_ne!(file.contains("$medianest_maintenance { default 0; }"), file.contains("$medianest_maintenance { default 1; }"));
    file.contains("default 1;")
}

/// What `status` finds, which reads no file.
async fn status(engine: &FakeEngine) -> Option<Maintenance> {
    let mut kept = Kept::default();
    Note::find(&"shop".parse().unwrap(), &engine.volumes().await.unwrap()).add_to(&mut kept);
    kept.maintenance
}

#[tokio::test(start_paused = true)]
async fn a_site_is_closed_and_opened_and_a_deploy_leaves_it_closed() {
    let (engine, project) = (shop_engine(), shop());
    project.deploy(&engine).await.unwrap();
    let open = file(&engine).await;
    assert!(!is_closed(&open));
    let done = Operator::new(&project, &engine).maintenance(Some(&soon())).await.unwrap();
    assert_eq!(
        done.plan.to_text(),
        "  1 ~ record   maintenance is on          visitors are to wait\n  \
         2 ~ switch   upstreams of shop-proxy-1  visitors are to wait [after 1]\n  \
         3 ~ record   what is healthy            it is known what the ingress has [after 2]\n\
         note: no config of service `proxy` reads $medianest_maintenance, so visitors notice nothing\n\
         hint: take the lines from docs/ingress.md into its configuration, then run `medianestctl deploy`\n"
    );
    let closed = file(&engine).await;
    assert!(is_closed(&closed) && closed.contains("\"Back at nine\""), "{closed}");
    assert_eq!(status(&engine).await, Some(soon()));
    assert_settled(&project, &engine).await;
    let again = Operator::new(&project, &engine).maintenance(Some(&soon())).await.unwrap();
    assert!(again.finished.is_none(), "{}", again.plan.to_text());

    let two = shop().var("VERSION", "v2");
    two.deploy(&engine).await.unwrap();
    assert!(is_closed(&file(&engine).await), "a deploy lets nobody in");
    assert_eq!(status(&engine).await, Some(soon()));
    assert_settled(&two, &engine).await;

    Operator::new(&two, &engine).maintenance(None).await.unwrap();
    assert!(!is_closed(&file(&engine).await));
    assert_eq!(status(&engine).await, None);
    assert_settled(&two, &engine).await;
}

#[tokio::test(start_paused = true)]
async fn only_the_ingress_has_to_run() {
    let (engine, project) = (shop_engine(), shop());
    project.deploy(&engine).await.unwrap();
    let operator = Operator::new(&project, &engine);
    operator.stop(&["api", "db"]).await.unwrap();
    operator.maintenance(Some(&soon())).await.unwrap();
    assert!(is_closed(&file(&engine).await));
    operator.stop(&["proxy"]).await.unwrap();
    let refused = operator.maintenance(None).await.unwrap_err().plan();
    assert!(matches!(refused, PlanError::IngressDown { .. }), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn what_nginx_does_not_take_is_not_remembered() {
    let refusing = FakeImage { reload: Reload::Refused, ..FakeImage::default() };
    let (engine, project) = (shop_engine().with_image("shop/proxy:1", refusing), shop());
    project.deploy(&engine).await.unwrap();
    let before = file(&engine).await;
    Operator::new(&project, &engine).maintenance(Some(&soon())).await.unwrap_err().step();
    assert_eq!(file(&engine).await, before);
    assert_eq!(status(&engine).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_run_cut_short_is_brought_to_its_end_by_the_next_deploy() {
    let calls = |engine: &FakeEngine| engine.changes().len();
    let prepared = async || {
        let engine = shop_engine();
        shop().deploy(&engine).await.unwrap();
        engine
    };
    let (before, after) = {
        let engine = prepared().await;
        let before = calls(&engine);
        Operator::new(&shop(), &engine).maintenance(Some(&soon())).await.unwrap();
        (before, calls(&engine))
    };
    assert!(after > before + 5);
    for call in before + 1..=after {
        for fault in [Fault::Error, Fault::LoseAnswer] {
            crate::support::tell(&format!("call {call}: {fault:?}"));
            let engine = prepared().await.fail_call(call.try_into().unwrap(), fault);
            let wanted = soon();
            let outcome = Operator::new(&shop(), &engine).maintenance(Some(&wanted)).await;
            let project = shop();
            project.deploy(&engine).await.unwrap();
            assert_settled(&project, &engine).await;
            let closed = is_closed(&file(&engine).await);
            assert_eq!(closed, status(&engine).await.is_some(), "what is shown is what is");
            if outcome.is_ok() {
                assert!(closed);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_proxy_that_has_no_rm_is_no_matter() {
    // `rm` is for a file that was not there before, which a deployed ingress always has.
    use medianestctl::engine::fake::ExecScript;
    let script = ExecScript::new(|_, argv| match argv[0].as_str() {
        "rm" => Some(ExecOutput { code: 127, output: Vec::new() }),
        "nginx" => Some(ExecOutput { code: 1, output: b"no".to_vec() }),
        _ => None,
    });
    let engine = shop_engine().with_image("shop/proxy:1", FakeImage { exec: Some(script), ..FakeImage::default() });
    shop().deploy(&engine).await.unwrap();
    let before = file(&engine).await;
    Operator::new(&shop(), &engine).maintenance(Some(&soon())).await.unwrap_err().step();
    assert_eq!(file(&engine).await, before);
}
