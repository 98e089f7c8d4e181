//! When all is well every container gets its proper name; the one before it stays, stopped, for a way back.

use std::collections::BTreeSet;

use super::Deploy;
use crate::model::{ContainerState, ObservedContainer, RestartPolicy, is_next_of, previous_name};
use crate::plan::{
    Action, StepId,
    place::{Leftover, Place, is_active, revives},
};

/// What is left to do in one place when its container runs.
pub(super) struct Settlement {
    /// The proper name.
    proper: String,
    /// The container that runs, by the name that it has had so far.
    current: String,
    /// The one that is kept for a way back, with its restart policy.
    predecessor: Option<(String, RestartPolicy)>,
    /// One that was kept for a way back so far, with its restart policy.
    previous: Option<(String, RestartPolicy)>,
    /// What is needed by nobody.
    doomed: Vec<Leftover>,
}

impl Settlement {
    /// What to do in a place where `current` runs.
    pub(super) fn of(place: &Place<'_>, current: String) -> Self {
        let proper = place.spec.name.clone();
        // A job that has not succeeded is no way back.
        let good = |c: &&ObservedContainer| {
            c.role() == Some("service") || matches!(c.state, ContainerState::Exited { exit_code: 0, .. })
        };
        // One that ran has been told not to come back before it was stopped.
        let policy = |c: &ObservedContainer| if is_active(c) { RestartPolicy::No } else { c.restart };
        let predecessor = place.predecessor().filter(good).map(|c| (c.name.clone(), policy(c)));
        let kept = previous_name(&proper);
        let previous = place.others.iter().find(|c| c.name == kept && !matches!(c.state, ContainerState::Created));
        let stays = |name: &str| predecessor.as_ref().is_some_and(|(p, _)| p == name) || previous.is_some_and(|p| p.name == name);
        let doomed = place.others.iter().filter(|c| !stays(&c.name)).map(|c| Leftover {
            container: c.name.clone(),
            // Active ones have been stopped before.
            running: None,
            cause: if crate::model::is_failed(&c.name) {
                "it was kept for inspection until all is well"
            } else {
                "another one has its place"
            },
        });
        let doomed = doomed.collect();
        Self { proper, current, previous: previous.map(|c| (c.name.clone(), c.restart)), predecessor, doomed }
    }
}

impl Deploy<'_> {
    /// Settles names, place by place; returns the containers that are gone afterwards, with the steps that remove them.
    pub(super) fn settle(&mut self, settlements: Vec<Settlement>) -> (BTreeSet<String>, Vec<StepId>) {
        let mut gone = BTreeSet::new();
        let mut removals = Vec::new();
        // One name after the other: engines that rename running containers side by side lose count of their networks' endpoints.
        let mut named: Option<StepId> = None;
        for Settlement { proper, mut current, predecessor, previous, mut doomed } in settlements {
            match previous {
                Some((previous, _)) if predecessor.is_some() => {
                    doomed.push(Leftover { container: previous, running: None, cause: "a newer one is kept for a way back" });
                }
                // A way back that was not gone to its end has set it.
                Some((container, policy)) if revives(policy) => {
                    self.no_revival(container, &[]);
                }
                _ => {}
            }
            let mut last: Vec<StepId> = named.into_iter().collect();
            for leftover in doomed {
                let name = leftover.container.clone();
                let id = self.remove_leftover(leftover);
                gone.insert(name);
                removals.push(id);
                last.push(id);
            }
            let kept = previous_name(&proper);
            if let Some((name, policy)) = predecessor {
                if current == kept {
                    // It came back from there: the two change names.
                    let between = format!("{proper}-next");
                    last = vec![self.rename(&current, &between, "it makes room for the one that it replaces", &last)];
                    current = between;
                }
                if revives(policy) {
                    last.push(self.no_revival(name.clone(), &last));
                }
                last = vec![self.rename(&name, &kept, "it is kept for a way back", &last)];
            }
            if current != proper {
                let ours = is_next_of(&current, &proper) || current == kept;
                let cause = if ours { "it has taken the place" } else { "it was renamed by hand" };
                last = vec![self.rename(&current, &proper, cause, &last)];
            }
            named = last.last().copied().or(named);
        }
        (gone, removals)
    }

    fn no_revival(&mut self, container: String, after: &[StepId]) -> StepId {
        let action = Action::SetRestart { container, policy: RestartPolicy::No };
        self.builder.add(action, "the engine must not bring it back by itself", after.iter().copied())
    }

    fn rename(&mut self, container: &str, to: &str, cause: &str, after: &[StepId]) -> StepId {
        let action = Action::Rename { container: container.to_owned(), to: to.to_owned() };
        self.builder.add(action, cause, after.iter().copied())
    }

    /// Removes what is left over, stopped first when it runs.
    pub(super) fn remove_leftover(&mut self, leftover: Leftover) -> StepId {
        let Leftover { container, running, cause } = leftover;
        let stop = running.map(|grace| {
            let stop = Action::Stop { container: container.clone(), grace };
            self.builder.add(stop, cause, [])
        });
        self.builder.add(Action::RemoveContainer { container }, cause, stop)
    }
}
