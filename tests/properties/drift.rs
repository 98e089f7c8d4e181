//! Whatever people do to containers by hand, `status` and `plan` name exactly those, and a deploy mends them alone.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use medianestctl::engine::Engine;
use medianestctl::engine::fake::FakeEngine;
use medianestctl::model::{Bytes, ObservedContainer, RestartPolicy, ServiceName};
use proptest::prelude::*;

use super::shape::{Bones, Flesh, bones, flesh, project};
use crate::support::{Operator, assert_settled, containers, ids, stocked};

/// What somebody does to a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hand {
    Stop,
    Remove,
    Limit,
    Policy,
    Disconnect,
    Connect,
    Pause,
    Rename,
}

fn hand() -> impl Strategy<Value = Hand> {
    let all = [Hand::Stop, Hand::Remove, Hand::Limit, Hand::Policy, Hand::Disconnect, Hand::Connect, Hand::Pause, Hand::Rename];
    prop::sample::select(all.to_vec())
}

impl Hand {
    async fn does(self, engine: &FakeEngine, container: &ObservedContainer) {
        let name = &container.name;
        match self {
            Self::Stop => engine.stop(name, Duration::from_secs(1)).await.unwrap(),
            Self::Remove => engine.remove_container(name, true).await.unwrap(),
            Self::Limit => assert!(engine.update_by_hand(name, |r| r.memory = Some(Bytes::mib(64)))),
            Self::Policy => engine.set_restart(name, RestartPolicy::OnFailure(Some(9))).await.unwrap(),
            Self::Disconnect => assert!(engine.disconnect_by_hand(name, "zoo_net")),
            Self::Connect => assert!(engine.connect_by_hand(name, "bridge")),
            Self::Pause => assert!(engine.pause_by_hand(name)),
            Self::Rename => engine.rename(name, &format!("my-{name}")).await.unwrap(),
        }
    }

    /// Whether another container comes of mending it.
    fn replaces(self) -> bool {
        matches!(self, Self::Remove | Self::Limit | Self::Disconnect | Self::Connect)
    }
}

/// The services that are restarted with one of these.
fn with_dependents(project: &crate::support::Project, mut services: BTreeSet<ServiceName>) -> BTreeSet<ServiceName> {
    let stack = project.stack();
    loop {
        let more: Vec<_> = stack
            .services
            .values()
            .filter(|s| s.depends_on.iter().any(|(name, d)| d.restart && services.contains(name)))
            .map(|s| s.name.clone())
            .filter(|name| !services.contains(name))
            .collect();
        if more.is_empty() {
            return services;
        }
        services.extend(more);
    }
}

async fn mended(bones: &Bones, flesh: &Flesh, edits: &[(usize, Hand)]) {
    let project = project(bones, flesh);
    let stack = project.stack();
    let engine = stocked(FakeEngine::new(), &stack);
    project.deploy(&engine).await.unwrap();
    let operator = Operator::new(&project, &engine);
    assert_eq!(operator.drift().await, []);

    let before = containers(&engine, &stack).await;
    let replicas: Vec<_> = before.iter().filter(|c| c.role() == Some("service")).collect();
    if replicas.is_empty() {
        return;
    }
    // One edit a container.
    let edits: BTreeMap<_, _> = edits.iter().map(|(n, hand)| (n % replicas.len(), *hand)).collect();
    let mut touched = BTreeMap::new();
    for (n, hand) in &edits {
        hand.does(&engine, replicas[*n]).await;
        let name = &replicas[*n].name;
        touched.insert(if *hand == Hand::Rename { format!("my-{name}") } else { name.clone() }, *n);
    }

    let told: BTreeSet<_> = operator.drift().await.into_iter().map(|d| d.container).collect();
    assert_eq!(told, touched.keys().cloned().collect(), "status names exactly those");
    let plan = operator.plan().await.unwrap();
    assert_eq!(plan.is_empty(), touched.is_empty());
    let text = plan.to_text();
    let services: BTreeSet<_> = edits.keys().map(|n| replicas[*n].service().unwrap()).collect();
    let services = with_dependents(&project, services);
    let named =
        |c: &&&ObservedContainer| text.split([' ', ':', ',', ';']).any(|w| w == c.name || w == format!("{}-next", c.name));
    for (n, replica) in replicas.iter().enumerate() {
        if edits.contains_key(&n) {
            assert!(named(&replica) || text.contains(&format!("my-{}", replica.name)), "{} is planned:\n{text}", replica.name);
        } else if !services.contains(&replica.service().unwrap()) && replica.service().unwrap().as_str() != "proxy" {
            assert!(!named(&replica), "{} is left alone:\n{text}", replica.name);
        }
    }

    project.deploy(&engine).await.unwrap();
    let after = ids(&engine, &stack).await;
    for (n, replica) in replicas.iter().enumerate() {
        let replaced = edits.get(&n).is_some_and(|hand| hand.replaces());
        assert_eq!(after.get(&replica.name) != Some(&replica.id), replaced, "{}: {:?}\n{text}", replica.name, edits.get(&n));
    }
    assert_eq!(operator.drift().await, []);
    assert_settled(&project, &engine).await;
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(100)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases()) })]

    #[test]
    fn what_is_done_by_hand_is_told_and_mended_and_nothing_else(
        bones in bones(),
        flesh in flesh(),
        edits in prop::collection::vec((0..20usize, hand()), 0..5),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(mended(&bones, &flesh, &edits));
    }
}
