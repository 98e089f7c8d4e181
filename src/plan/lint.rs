//! What holds for every plan, checked independently of how plans are made. Tests hold each plan to it, and a plan that
//! breaks it is not carried out.

use std::collections::BTreeSet;

use super::{Action, Back, Change, Phase, Plan, Step};
use crate::model::{ContainerSpec, MountSource};

/// The rules that `plan` breaks, in words; empty for a sound one. `there` are the names of the containers that exist.
///
/// - A step waits only for earlier ones, and has a cause.
/// - What a step works on is there by then whatever runs beside it: created before, not removed, the name free.
/// - What a container mounts or joins is made and filled before it is created.
/// - What is started is awaited. A container that makes way for another is brought back when that one fails.
/// - Nothing is removed while it may still be needed: tidying comes after all other work, and is never taken back.
/// - A plan that removes data brings nothing up.
/// - The record comes last, once.
pub fn problems(plan: &Plan, there: &BTreeSet<String>) -> Vec<String> {
    let mut lint = Lint { plan, there, before: Vec::new(), found: Vec::new() };
    lint.order();
    if lint.found.is_empty() {
        for (index, step) in plan.steps.iter().enumerate() {
            lint.names(index, step);
            lint.mounts(index, step);
            lint.starts(index, step);
            lint.stops(index, step);
            lint.removals(index, step);
            lint.phases(index, step);
            lint.record(index, step);
        }
    }
    lint.found
}

struct Lint<'a> {
    plan: &'a Plan,
    there: &'a BTreeSet<String>,
    /// For each step everything that it waits for, directly or not.
    before: Vec<BTreeSet<usize>>,
    found: Vec<String>,
}

/// What a step does to the names of containers: those that are taken from then on, and those that are free.
fn taken(action: &Action) -> Option<&str> {
    match action {
        Action::CreateContainer { spec } => Some(&spec.name),
        Action::InitState { holder, .. } => Some(&holder.name),
        Action::Rename { to, .. } => Some(to),
        _ => None,
    }
}

fn freed(action: &Action) -> Option<&str> {
    match action {
        Action::RemoveContainer { container } | Action::RemoveOrphan { container, .. } | Action::Rename { container, .. } => {
            Some(container)
        }
        _ => None,
    }
}

fn creates(action: &Action, name: &str) -> bool {
    matches!(action, Action::CreateContainer { spec } if spec.name == name)
}

/// The container that must be there for the step to make sense.
fn used(action: &Action) -> Option<&str> {
    match action {
        Action::Start { container }
        | Action::RunJob { container, .. }
        | Action::AwaitHealthy { container, .. }
        | Action::Stop { container, .. }
        | Action::Rename { container, .. }
        | Action::SetRestart { container, .. }
        | Action::Dump { container, .. }
        | Action::ReadSchema { container, .. }
        | Action::Drain { container, .. }
        | Action::Smoke { container, .. }
        | Action::Bake { container, .. }
        | Action::SwitchUpstreams { container, .. } => Some(container),
        _ => None,
    }
}

impl Lint<'_> {
    fn say(&mut self, index: usize, what: String) {
        self.found.push(format!("step {} {what}", index + 1));
    }

    fn order(&mut self) {
        for (index, step) in self.plan.steps.iter().enumerate() {
            let mut before = BTreeSet::new();
            for id in &step.after {
                match self.before.get(id.0) {
                    Some(earlier) => {
                        before.extend(earlier);
                        before.insert(id.0);
                    }
                    None => self.found.push(format!("step {} waits for a later one", index + 1)),
                }
            }
            self.before.push(before);
            if step.cause.is_empty() {
                self.say(index, "has no cause".into());
            }
        }
    }

    fn waits(&self, step: usize, earlier: usize) -> bool {
        self.before.get(step).is_some_and(|before| before.contains(&earlier))
    }

    /// The steps that wait for this one.
    fn later(&self, index: usize) -> impl Iterator<Item = &Step> {
        self.plan.steps.iter().enumerate().filter(move |(other, _)| self.waits(*other, index)).map(|(_, step)| step)
    }

    /// Whether there is a container of that name when a step begins.
    fn exists(&self, index: usize, name: &str) -> bool {
        let mut exists = self.there.contains(name);
        for earlier in self.before.get(index).into_iter().flatten() {
            let Some(step) = self.plan.steps.get(*earlier) else { continue };
            exists = (exists && freed(&step.action) != Some(name)) || taken(&step.action) == Some(name);
        }
        exists
    }

    /// Whether a step that may run at the same time changes who has a name.
    fn is_disputed(&self, index: usize, name: &str) -> bool {
        let beside = |other: usize| other != index && !self.waits(index, other) && !self.waits(other, index);
        let changes = |step: &Step| taken(&step.action) == Some(name) || freed(&step.action) == Some(name);
        self.plan.steps.iter().enumerate().any(|(other, step)| beside(other) && changes(step))
    }

    fn names(&mut self, index: usize, step: &Step) {
        if let Some(name) = used(&step.action) {
            if !self.exists(index, name) {
                self.say(index, format!("needs {name}, which is not there"));
            }
            if self.is_disputed(index, name) {
                self.say(index, format!("needs {name}, which another step changes at the same time"));
            }
        }
        if let Some(name) = taken(&step.action)
            && (self.exists(index, name) || self.is_disputed(index, name))
            && !matches!(step.action, Action::InitState { .. })
        {
            self.say(index, format!("takes the name {name}, which is not certain to be free"));
        }
    }

    /// A container comes after its volumes, what fills them, and its networks.
    fn mounts(&mut self, index: usize, step: &Step) {
        let Action::CreateContainer { spec } = &step.action else { return };
        let missing: Vec<_> = self
            .plan
            .steps
            .iter()
            .enumerate()
            .filter(|(other, step)| provides(&step.action, spec) && !self.waits(index, *other))
            .map(|(_, step)| format!("{} {}", step.action.verb(), step.action.object()))
            .collect();
        for missing in missing {
            self.say(index, format!("does not wait for `{missing}`"));
        }
    }

    fn starts(&mut self, index: usize, step: &Step) {
        let Action::Start { container } = &step.action else { return };
        let awaited = |s: &Step| matches!(&s.action, Action::AwaitHealthy { container: c, .. } if c == container);
        if !self.later(index).any(awaited) {
            self.say(index, format!("starts {container}, and nobody waits for it"));
        }
    }

    fn stops(&mut self, index: usize, step: &Step) {
        let Action::Stop { container, .. } = &step.action else { return };
        if step.phase == Phase::Tidy {
            return;
        }
        let starts = |s: &Step, own: bool| matches!(&s.action, Action::Start { container: c } if (c == container) == own);
        let makes_way = self.later(index).any(|s| starts(s, false)) && !self.later(index).any(|s| starts(s, true));
        let back = step.undo.as_ref().and_then(|undo| undo.actions.first());
        if makes_way && back != Some(&Back::Do(Action::Start { container: container.clone() })) {
            self.say(index, format!("stops {container} for another one, and nothing would bring it back"));
        }
    }

    fn removals(&mut self, index: usize, step: &Step) {
        let brings_up = self
            .plan
            .steps
            .iter()
            .any(|s| matches!(s.action, Action::CreateContainer { .. } | Action::Start { .. } | Action::RunJob { .. }));
        if !brings_up {
            return;
        }
        if step.action.change() == Change::Destroy {
            self.say(index, "removes data in a plan that brings something up".into());
        }
        if step.phase == Phase::Tidy {
            return;
        }
        match &step.action {
            // A job's container makes way for another of its name.
            Action::RemoveContainer { container } if self.later(index).any(|s| creates(&s.action, container)) => {}
            Action::RemoveContainer { .. }
            | Action::RemoveOrphan { .. }
            | Action::RemoveNetwork { .. }
            | Action::RemoveVolume { .. } => {
                self.say(index, format!("removes {} before all is well", step.action.object()));
            }
            _ => {}
        }
    }

    fn phases(&mut self, index: usize, step: &Step) {
        if step.phase == Phase::Work {
            return;
        }
        if step.undo.is_some() {
            self.say(index, "would be taken back although there is no way back".into());
        }
        let work = |(other, s): (usize, &Step)| (s.phase == Phase::Work && !self.waits(index, other)).then_some(other + 1);
        let open: Vec<_> = self.plan.steps.iter().enumerate().filter_map(work).map(|number| number.to_string()).collect();
        if !open.is_empty() {
            self.say(index, format!("tidies before {} are done", open.join(", ")));
        }
    }

    fn record(&mut self, index: usize, step: &Step) {
        if !matches!(step.action, Action::Record { .. }) {
            return;
        }
        let open: Vec<_> =
            (0..self.plan.steps.len()).filter(|i| *i != index && !self.waits(index, *i)).map(|i| (i + 1).to_string()).collect();
        if !open.is_empty() {
            self.say(index, format!("records before {} are done", open.join(", ")));
        }
    }
}

/// Whether an action makes or fills something that the container needs.
fn provides(action: &Action, spec: &ContainerSpec) -> bool {
    let mounts = |volume: &str| spec.mounts.iter().any(|m| matches!(&m.source, MountSource::Volume(v) if v.as_str() == volume));
    match action {
        Action::Pull { image } => image.to_string() == spec.image,
        Action::CreateNetwork { spec: network } => spec.networks.contains_key(&network.name),
        Action::CreateVolume { spec: volume } => mounts(&volume.name),
        Action::Stage { volumes, .. } => volumes.iter().any(|staged| mounts(&staged.volume)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::plan::{StepId, Undo};

    fn start(container: &str) -> Action {
        Action::Start { container: container.into() }
    }

    fn stop(container: &str) -> Action {
        Action::Stop { container: container.into(), grace: Duration::from_secs(10) }
    }

    fn remove(container: &str) -> Action {
        Action::RemoveContainer { container: container.into() }
    }

    fn create(container: &str) -> Action {
        let spec = ContainerSpec::holder(container.into(), "web:1".into(), Default::default(), Vec::new());
        Action::CreateContainer { spec: Box::new(spec) }
    }

    fn await_healthy(container: &str) -> Action {
        let service = "web".parse().unwrap();
        Action::AwaitHealthy { container: container.into(), service, patience: Duration::from_secs(60), settle: Duration::ZERO }
    }

    fn step(action: Action, after: &[usize]) -> Step {
        let after = after.iter().map(|n| StepId(*n)).collect();
        Step { action, cause: "because".into(), after, phase: Phase::Work, undo: None }
    }

    fn tidy(action: Action, after: &[usize]) -> Step {
        Step { phase: Phase::Tidy, ..step(action, after) }
    }

    /// What is wrong with these steps where `old` runs.
    fn found(steps: Vec<Step>) -> Vec<String> {
        let plan = Plan { steps, ..Plan::empty("shop".parse().unwrap()) };
        problems(&plan, &BTreeSet::from(["old".to_owned()]))
    }

    /// `new` takes the place of `old`.
    fn replacement() -> Vec<Step> {
        let record = Action::Record { release: None, upstreams: None, migration: None };
        vec![
            step(create("new"), &[]),
            Step { undo: Some(Undo::by([start("old")])), ..step(stop("old"), &[0]) },
            step(start("new"), &[1]),
            step(await_healthy("new"), &[2]),
            tidy(remove("old"), &[3]),
            tidy(Action::Rename { container: "new".into(), to: "old".into() }, &[4]),
            tidy(record, &[5]),
        ]
    }

    #[test]
    fn a_replacement_is_sound() {
        assert_eq!(found(replacement()), Vec::<String>::new());
    }

    fn broken(change: impl FnOnce(&mut Vec<Step>)) -> String {
        let mut steps = replacement();
        change(&mut steps);
        found(steps).join("; ")
    }

    #[test]
    fn what_breaks_a_rule_is_told() {
        for (problem, expected) in [
            (broken(|s| s[1].after = vec![StepId(4)]), "step 2 waits for a later one"),
            (broken(|s| s[3].cause.clear()), "step 4 has no cause"),
            (broken(|s| s[1].undo = None), "step 2 stops old for another one, and nothing would bring it back"),
            (broken(|s| s[2].action = start("newer")), "step 3 needs newer, which is not there"),
            (broken(|s| s[0].action = create("old")), "step 1 takes the name old, which is not certain to be free"),
            (broken(|s| s[5].after = vec![StepId(3)]), "step 6 takes the name old, which is not certain to be free"),
            (broken(|s| s[4].after = vec![StepId(1)]), "step 5 tidies before 3, 4 are done"),
            (broken(|s| s[4].phase = Phase::Work), "step 5 removes container old before all is well"),
            (broken(|s| s[5].undo = Some(Undo::by([]))), "step 6 would be taken back although there is no way back"),
            (broken(|s| s[6].after = vec![StepId(4)]), "step 7 records before 6 are done"),
            (broken(|s| s[3].action = await_healthy("old")), "step 3 starts new, and nobody waits for it"),
            (
                broken(|s| s[6].action = Action::RemoveVolume { name: "data".into(), data: true }),
                "step 7 removes data in a plan that brings something up",
            ),
        ] {
            assert!(problem.contains(expected), "`{expected}` is not among: {problem}");
        }
    }

    #[test]
    fn a_container_waits_for_what_it_mounts() {
        let volume = |name: &str| Action::CreateVolume {
            spec: crate::model::VolumeSpec {
                name: name.into(),
                labels: Default::default(),
                driver: None,
                driver_opts: Default::default(),
            },
        };
        let mut mounting = create("new");
        if let Action::CreateContainer { spec } = &mut mounting {
            let source = MountSource::Volume("data".parse().unwrap());
            spec.mounts.push(crate::model::Mount { source, target: "/data".into(), read_only: false });
        }
        assert_eq!(
            found(vec![step(volume("data"), &[]), step(volume("other"), &[]), step(mounting.clone(), &[0])]),
            Vec::<String>::new()
        );
        let problem = found(vec![step(volume("data"), &[]), step(mounting, &[])]);
        assert_eq!(problem, ["step 2 does not wait for `create volume data`"]);
    }
}
