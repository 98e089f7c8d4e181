//! What comes when everything that is wanted runs: traffic, tidying, the record; and what is only noted.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use super::{Deploy, Rest, Scope};
use crate::ingress::render;
use crate::model::{
    ObservedContainer, ObservedVolume, Service, SubnetChoice, ingress_volume, label, made_for, note_volume, stage_holder,
};
use crate::plan::{
    Action, Note, StepId,
    place::{Leftover, is_active},
};

impl Deploy<'_> {
    pub(super) fn finish_up(&mut self, mut rest: Rest) {
        if matches!(self.scope, Scope::Migration(_)) {
            if self.builder.changes() {
                self.builder.tidy();
                self.settle(rest.settlements);
            }
            if self.builder.changes() {
                self.builder.rest_waits();
                let (upstreams, migration) = (self.observed.kept.upstreams.clone(), self.migration());
                let cause = "so that it is known what the database is from now on";
                self.builder.add(Action::Record { release: None, upstreams, migration }, cause, []);
            }
            return;
        }
        self.switch();
        let holder = stage_holder(&self.stack.project);
        let left = self.observed.containers.iter().any(|c| c.is_of(&self.stack.project) && c.name == holder);
        if left && !self.builder.stages() {
            let cause = "a run that did not end left it";
            rest.leftovers.push(Leftover { container: holder, running: None, cause });
        }
        self.builder.tidy();
        let mut gone: BTreeSet<_> = rest.leftovers.iter().map(|l| l.container.clone()).collect();
        let mut removals: Vec<_> = rest.leftovers.into_iter().map(|leftover| self.remove_leftover(leftover)).collect();
        let settled = self.settle(rest.settlements);
        gone.extend(settled.0);
        removals.extend(settled.1);
        let orphans = self.remove_orphans();
        gone.extend(orphans.0);
        removals.extend(orphans.1);
        self.remove_unused_files(&gone, &removals);
        self.record();
    }

    /// Sends the traffic where it belongs in the end, when the ingress runs with another file than is wanted.
    fn switch(&mut self) {
        if self.ingress.is_none() {
            return;
        }
        let volume = ingress_volume(&self.stack.project);
        // A volume that is filled by this plan has the right file.
        if !self.observed.containers.iter().any(|c| c.volumes.contains(&volume)) {
            return;
        }
        let cause = match &self.observed.kept.upstreams {
            Some(_) => "its routes or their addresses changed",
            None => "it is not known for certain what it has",
        };
        let leaving = self.leaving();
        let ends = self.builder.ends();
        if let Some(id) = self.swap_to_final(cause, &ends) {
            self.drain(leaving, &[], &[id]);
        }
    }

    /// Volumes of the tool's own making that nothing wanted mounts. What was in them can be made again.
    fn remove_unused_files(&mut self, gone: &BTreeSet<String>, after: &[StepId]) {
        let ingress = self.upstream_file().map(|_| ingress_volume(&self.stack.project));
        let idle = self.without_containers();
        let used = self.files.iter().filter(|(name, _)| !idle.contains(*name));
        let sets = used.flat_map(|(_, f)| f.staged.iter().map(|s| &s.volume));
        let wanted: BTreeSet<_> = sets.chain(&ingress).cloned().collect();
        // A container that stays keeps what it mounts: one for a way back, or one of a service that is in no file any more.
        let holder = stage_holder(&self.stack.project);
        let stays = self.observed.containers.iter().filter(|c| !gone.contains(&c.name) && c.name != holder);
        let in_use: BTreeSet<_> = stays.flat_map(|c| &c.volumes).collect();
        let cause = |role: Option<&String>| match role.map(String::as_str) {
            Some("files") => Some("no container uses these secrets or configs any more"),
            Some("ingress") => Some("the stack has no ingress any more"),
            _ => None,
        };
        let ours = |v: &&ObservedVolume| made_for(&self.stack.project, &v.labels);
        let unused: Vec<_> = self
            .observed
            .volumes
            .values()
            .filter(ours)
            .filter(|v| !wanted.contains(&v.name) && !in_use.contains(&v.name))
            .filter_map(|v| Some((v.name.clone(), cause(v.labels.get(label::ROLE))?)))
            .collect();
        for (name, cause) in unused {
            self.builder.add(Action::RemoveVolume { name, data: false }, cause, after.iter().copied());
        }
    }

    fn record(&mut self) {
        let kept = &self.observed.kept;
        let hash = self.release_hash();
        let recorded = kept.deployed.as_ref() == Some(&hash);
        let changes = self.builder.changes();
        // A run that died in between has noted its own, and what it began was given up.
        let services = self.stack.services.values().filter(|s| !s.is_job(self.stack) && s.replicas > 0);
        let foreign = |v: &ObservedVolume| v.labels.get(label::PROJECT).is_none_or(|p| *p != self.stack.project.as_str());
        let noted = self.observed.volumes.get(&note_volume(&self.stack.project)).is_some_and(foreign)
            || kept.version == self.stack.version && kept.services == services.map(|s| (s.name.clone(), s.replicas)).collect();
        // A switch forgets what the ingress has, even one that ends where it began.
        let known = kept.upstreams == self.upstreams && self.routing.last.is_none();
        if recorded && noted && known && !(changes && self.builder.awaits()) {
            return;
        }
        let cause = match (recorded, changes) {
            (true, _) if !noted => "another release was noted, and did not come about",
            (true, _) => "nobody need wait for these again",
            (false, true) => "so that it can be returned to",
            (false, false) => "it runs, and is not recorded yet",
        };
        let release = (!recorded).then_some(hash);
        let ends = self.builder.ends();
        let migration = release.as_ref().and_then(|_| self.migration());
        self.builder.add(Action::Record { release, upstreams: self.upstreams.clone(), migration }, cause, ends);
    }

    /// The hash of everything that the release is made of.
    fn release_hash(&self) -> String {
        let version = self.stack.version.as_deref().unwrap_or_default();
        // Closed or open, and wherever its replicas are, it is the same release: what mends it is no new one.
        let upstreams = self.upstreams.as_deref().map(render::without_addresses).unwrap_or_default();
        let mut hash = Sha256::new();
        hash.update(format!("{version}\0{upstreams}\0"));
        // A declaration counts from the release on that has it.
        for range in self.stack.services.values().filter_map(|s| s.migration.as_ref()?.backward_compatible.as_ref()) {
            hash.update(format!("{range}\0"));
        }
        for (name, form) in &self.made {
            hash.update(format!("{name}\0{form}\0"));
        }
        hash.finalize().iter().take(16).map(|b| format!("{b:02x}")).collect()
    }

    pub(super) fn notes(&self) -> Vec<Note> {
        let orphans = self.orphan_notes();
        let networks = self.stack.networks.values().filter(|n| !n.external).filter_map(|wanted| {
            let there = self.observed.networks.get(wanted.name.as_str())?;
            let has = there.subnets.first().map_or_else(|| "no subnet".to_owned(), |subnet| format!("the subnet {subnet}"));
            let differs = match wanted.subnet {
                SubnetChoice::Fixed(given) if there.subnets.first() != Some(&given) => format!("the files say {given}"),
                SubnetChoice::Fixed(_) | SubnetChoice::Auto if there.ip_range.is_none() => {
                    "the files ask for one with a part for fixed addresses".to_owned()
                }
                _ => return None,
            };
            Some(Note {
                message: format!("network {} has {has}, and {differs}", wanted.name),
                hint: Some("`medianestctl down` and then `medianestctl deploy` make it anew; data stays".into()),
            })
        });
        let mut notes: Vec<_> = orphans.into_iter().chain(networks).chain(self.notes.iter().cloned()).collect();
        notes.sort();
        notes
    }
}

/// A container that nobody needs any more.
pub(super) fn leftover(container: &ObservedContainer, service: &Service, cause: &'static str) -> Leftover {
    let running = is_active(container).then_some(service.stop_grace_period);
    Leftover { container: container.name.clone(), running, cause }
}
