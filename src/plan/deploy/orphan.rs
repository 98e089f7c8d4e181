//! Containers of the project that belong to no service of it: noted, and removed only when somebody has agreed to each.

use std::collections::BTreeSet;

use super::Deploy;
use crate::drift;
use crate::model::{Observed, ObservedContainer, Stack, is_put_aside};
use crate::plan::{Action, Note, PlanError, StepId, lifecycle::grace};

/// The containers of the project that belong to no service of the stack, each with why. Those that the tool itself has put
/// aside are `prune`'s.
pub fn orphans<'a>(stack: &Stack, observed: &'a Observed) -> Vec<(&'a ObservedContainer, &'static str)> {
    let why = |c: &ObservedContainer| drift::orphaned(c, &stack.project, |service| stack.services.contains_key(service));
    let aside = |c: &ObservedContainer| c.is_of(&stack.project) && is_put_aside(&c.name);
    observed.containers.iter().filter(|c| !aside(c)).filter_map(|c| Some((c, why(c)?))).collect()
}

impl<'a> Deploy<'a> {
    /// Containers that the tool did not make and that are in the way: they have the name of a replica, or they are of a
    /// service that the tool has not deployed yet, as those of `docker compose up` are.
    pub(super) fn refuse_foreign(&self) -> Result<(), PlanError> {
        let project = &self.stack.project;
        let deployed = self.observed.kept.release.is_some();
        let of_service = |c: &ObservedContainer| c.service().is_some_and(|s| self.stack.services.contains_key(&s));
        let in_the_way = |c: &&ObservedContainer| !c.is_of(project) && ((of_service(c) && !deployed) || self.has_our_name(c));
        let Some(container) = self.observed.containers.iter().find(in_the_way) else { return Ok(()) };
        let name = &container.name;
        let hint = if deployed {
            format!("look at it with `docker inspect {name}`; `docker rename {name} {name}-old` lets this stack have the name")
        } else {
            format!(
                "look at it with `docker inspect {name}`; `docker compose -p {project} down` removes the containers and keeps the volumes"
            )
        };
        Err(PlanError::Foreign { kind: "container", name: name.clone(), hint })
    }

    /// Whether a replica or a job of the stack has its name.
    fn has_our_name(&self, container: &ObservedContainer) -> bool {
        self.stack.services.values().any(|service| {
            let prefix = format!("{}-{}-", self.stack.project, service.name);
            let place = container.name.strip_prefix(&prefix);
            service.container_name.as_ref() == Some(&container.name)
                || place.is_some_and(|p| p == "verify" || p.parse::<u32>().is_ok_and(|n| n >= 1 && n <= service.replicas.max(1)))
        })
    }

    /// Removes those that somebody has agreed to; returns their names and the steps.
    pub(super) fn remove_orphans(&mut self) -> (BTreeSet<String>, Vec<StepId>) {
        let mut gone = BTreeSet::new();
        let mut removals = Vec::new();
        let (stack, observed) = (self.stack, self.observed);
        for (container, why) in orphans(stack, observed).into_iter().filter(|(c, _)| self.options.orphans.contains(&c.id)) {
            let (name, id) = (container.name.clone(), container.id.clone());
            let action = Action::RemoveOrphan { container: name, id, grace: grace(container) };
            removals.push(self.builder.add(action, why, []));
            gone.insert(container.name.clone());
        }
        (gone, removals)
    }

    pub(super) fn orphan_notes(&self) -> Vec<Note> {
        let left = orphans(self.stack, self.observed).into_iter().filter(|(c, _)| !self.options.orphans.contains(&c.id));
        let note = |(container, why): (&'a ObservedContainer, &str)| Note {
            message: format!("container {} belongs to this project and to no service of its files: {why}", container.name),
            hint: Some("`medianestctl deploy --remove-orphans` removes it, when nobody needs it".into()),
        };
        left.map(note).collect()
    }
}
