//! What holds after every good deploy, whatever was there before.

use std::collections::{BTreeMap, BTreeSet};

use medianestctl::engine::Engine;
use medianestctl::engine::fake::FakeEngine;
use medianestctl::model::{
    ContainerState, Health, ObservedContainer, RestartPolicy, Stack, ingress_volume, is_previous, label, note_volume,
    stage_holder, state_holder, state_volume,
};

use super::{Operator, Project};

/// The project's containers, as `docker compose ps -a` lists them.
pub async fn containers(engine: &FakeEngine, stack: &Stack) -> Vec<ObservedContainer> {
    engine.containers(&stack.project).await.unwrap()
}

/// Identifiers by name.
pub async fn ids(engine: &FakeEngine, stack: &Stack) -> BTreeMap<String, String> {
    containers(engine, stack).await.into_iter().map(|c| (c.name, c.id)).collect()
}

fn expected_names(stack: &Stack) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for service in stack.services.values() {
        for number in 1..=if service.is_job(stack) { 1 } else { service.replicas } {
            let own = service.container_name.clone();
            names.insert(own.unwrap_or_else(|| format!("{}-{}-{number}", stack.project, service.name)));
        }
        if service.migration.as_ref().is_some_and(|m| m.verify.is_some()) {
            names.insert(format!("{}-{}-verify", stack.project, service.name));
        }
    }
    names
}

/// The stack is there in full, healthy, under its proper names; nothing is left over; the next deploy has nothing to do.
pub async fn assert_settled(project: &Project, engine: &FakeEngine) {
    let operator = Operator::new(project, engine);
    let stack = operator.stack();
    let (kept_aside, there): (Vec<_>, Vec<_>) = containers(engine, stack).await.into_iter().partition(|c| is_previous(&c.name));
    for container in &kept_aside {
        assert!(matches!(container.state, ContainerState::Exited { .. }), "{} is kept stopped", container.name);
        assert!(!matches!(container.restart, RestartPolicy::Always | RestartPolicy::OnFailure(_)), "{} stays so", container.name);
    }
    let names: BTreeSet<_> = there.iter().map(|c| c.name.clone()).collect();
    let wanted = expected_names(stack);
    let extra: Vec<_> = names.difference(&wanted).collect();
    assert!(extra.is_empty(), "no container but those that are wanted: {extra:?}");
    // A migration that has succeeded on this database is not run again for want of its container.
    let migrations: Vec<_> = stack.services.values().filter(|s| s.migration.is_some()).collect();
    let of_migration = |name: &&String| migrations.iter().any(|s| name.starts_with(&format!("{}-{}-", stack.project, s.name)));
    let lacking: Vec<_> = wanted.difference(&names).filter(|name| !of_migration(name)).collect();
    assert!(lacking.is_empty(), "every container that is wanted: {lacking:?}");
    assert!(migrations.is_empty() || !operator.opened().await.unwrap().head.migrated.is_empty(), "what was migrated is known");

    assert!(operator.opened().await.is_some(), "records are kept");
    let kept = operator.look().await.unwrap().observed.kept;
    let mut addresses = BTreeSet::new();
    for container in &there {
        match container.role() {
            Some("service") => {
                assert!(container.state.is_running(), "{} runs: {:?}", container.name, container.state);
                let health = kept.health_of(container);
                assert!(matches!(health, Health::Healthy | Health::NoCheck), "{} is {health:?}", container.name);
            }
            _ => assert!(
                matches!(container.state, ContainerState::Exited { exit_code: 0, .. }),
                "{} has succeeded: {:?}",
                container.name,
                container.state
            ),
        }
        for (network, address) in &container.fixed_addresses {
            assert!(addresses.insert((network.clone(), *address)), "{address} is given once");
        }
    }
    assert_eq!(kept.version, stack.version, "the release that is recorded is the one that runs");
    assert!(kept.release.is_some(), "a release is recorded");
    let services = stack.services.values().filter(|s| !s.is_job(stack) && s.replicas > 0);
    assert_eq!(kept.services, services.map(|s| (s.name.clone(), s.replicas)).collect(), "what should be there is noted");

    let holder = stage_holder(&stack.project);
    assert!(engine.container(&holder).await.unwrap().is_none(), "{holder} is gone");
    assert!(engine.container(&state_holder(&stack.project)).await.unwrap().is_some(), "records can be reached");

    let mut volumes: BTreeSet<_> = stack.volumes.values().map(|v| v.name.to_string()).collect();
    volumes.extend(there.iter().chain(&kept_aside).flat_map(|c| c.volumes.iter().cloned()));
    volumes.extend([state_volume(&stack.project), note_volume(&stack.project)]);
    let ours = |l: &medianestctl::model::Labels| l.get(label::PROJECT).is_some_and(|p| p == stack.project.as_str());
    let left: Vec<_> = engine.volumes().await.unwrap().into_iter().filter(|v| ours(&v.labels)).map(|v| v.name).collect();
    let left: Vec<_> = left.into_iter().filter(|name| !volumes.contains(name)).collect();
    assert!(left.is_empty(), "volumes are left over: {left:?}");

    assert_upstreams(engine, stack, &there, kept.upstreams.as_deref()).await;

    let plan = operator.plan().await.unwrap();
    assert!(plan.is_empty(), "there is nothing left to do:\n{}", plan.to_text());
}

/// What a deploy would do now, as text. The deploy then does it, and the stack is settled.
pub async fn planned(project: &Project, engine: &FakeEngine) -> String {
    let plan = project.plan(engine).await.unwrap().to_text();
    project.deploy(engine).await.unwrap();
    assert_settled(project, engine).await;
    plan
}

/// The ingress sends requests to the replicas that run, and to nothing else.
async fn assert_upstreams(engine: &FakeEngine, stack: &Stack, there: &[ObservedContainer], kept: Option<&str>) {
    let Some((service, ingress)) = stack.services.values().find_map(|s| s.ingress.as_ref().map(|i| (s, i))) else { return };
    let proxy = there.iter().find(|c| c.service().as_ref() == Some(&service.name)).expect("the ingress is there");
    assert!(proxy.volumes.contains(&ingress_volume(&stack.project)));
    let target = service
        .files
        .iter()
        .find(|f| matches!(&f.origin, medianestctl::model::FileOrigin::Config(name) if *name == ingress.config));
    let path = &target.expect("the upstreams have a place").target;
    let tar = engine.get_archive(&proxy.name, path).await.unwrap().expect("the upstreams are there");
    let (_, content) = medianestctl::state::archive::files(&tar).unwrap().pop().unwrap();
    let content = String::from_utf8(content).unwrap();
    assert_eq!(Some(content.as_str()), kept, "what is recorded is what the ingress has");
    for route in &ingress.routes {
        for replica in there.iter().filter(|c| c.service().as_ref() == Some(&route.service)) {
            for address in replica.fixed_addresses.values() {
                assert!(
                    content.contains(&format!("server {address}:{} ", route.port)),
                    "{} gets requests:\n{content}",
                    replica.name
                );
            }
        }
    }
    assert!(!content.contains("weight="), "no trial is left");
    let servers = content.lines().filter(|line| line.trim_start().starts_with("server ")).count();
    let wanted: usize =
        ingress.routes.iter().filter_map(|r| stack.services.get(&r.service)).map(|s| s.replicas.max(1) as usize).sum();
    assert!(servers <= wanted, "requests go to replicas only:\n{content}");
}
