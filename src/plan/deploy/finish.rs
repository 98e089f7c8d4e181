//! What comes when everything that is wanted runs: traffic, tidying, the record; and what is only noted.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use super::{Deploy, Rest, Scope};
use crate::ingress::render;
use crate::model::{ObservedContainer, ObservedVolume, SubnetChoice, ingress_volume, label, stage_holder};
use crate::plan::{Action, Note, StepId, slot::Leftover};

impl Deploy<'_> {
    pub(super) fn finish_up(&mut self, mut rest: Rest) {
        if matches!(self.scope, Scope::Migration(_)) {
            if self.builder.changes() && self.builder.awaits() {
                self.builder.tidy();
                let upstreams = self.observed.kept.upstreams.clone();
                self.builder.add(Action::Record { release: None, upstreams }, "nobody need wait for these again", []);
            }
            return;
        }
        self.switch(&rest.renames);
        let holder = stage_holder(&self.stack.project);
        let left = self.observed.containers.iter().any(|c| c.is_ours() && c.name == holder);
        if left && !self.builder.stages() {
            let cause = "a run that did not end left it";
            rest.leftovers.push(Leftover { container: holder, running: None, cause });
        }
        self.builder.tidy();
        let removed = self.remove(rest.leftovers);
        for (container, to) in rest.renames {
            let after = removed.get(&to).copied();
            self.builder.add(Action::Rename { container, to }, "it has taken the place", after);
        }
        self.remove_unused_files(&removed.into_values().collect::<Vec<_>>());
        self.record();
    }

    /// Sends the traffic where it belongs, when the ingress runs with another file than is wanted.
    fn switch(&mut self, renames: &[(String, String)]) {
        let (Some((service, _)), Some((directory, name)), Some(text)) = (self.ingress, self.upstream_file(), &self.upstreams)
        else {
            return;
        };
        let kept = self.observed.kept.upstreams.as_deref();
        let volume = ingress_volume(&self.stack.project);
        let filled = self.observed.containers.iter().any(|c| c.volumes.contains(&volume));
        if !filled || kept == Some(text) {
            return;
        }
        let own = self.spec(service, 1, "service").name;
        let container = renames.iter().find(|(_, to)| *to == own).map_or(own, |(from, _)| from.clone());
        let switch = |content: &str| Action::SwitchUpstreams {
            container: container.clone(),
            path: format!("{directory}/{name}"),
            content: content.to_owned(),
        };
        let (cause, action) = match kept {
            Some(_) => ("its routes or their addresses changed", switch(text)),
            None => ("it is not known for certain what it has", switch(text)),
        };
        let back = kept.map(switch);
        let ends = self.builder.ends();
        let id = self.builder.add(action, cause, ends);
        if let Some(back) = back {
            self.builder.undo(id, vec![back]);
        }
    }

    /// Removes what is left over; returns the steps by container.
    fn remove(&mut self, leftovers: Vec<Leftover>) -> BTreeMap<String, StepId> {
        let mut removed = BTreeMap::new();
        for Leftover { container, running, cause } in leftovers {
            let stop = running.map(|grace| {
                let stop = Action::Stop { container: container.clone(), grace };
                self.builder.add(stop, cause, [])
            });
            let remove = Action::RemoveContainer { container: container.clone() };
            removed.insert(container, self.builder.add(remove, cause, stop));
        }
        removed
    }

    /// Volumes of the tool's own making that nothing wanted mounts. What was in them can be made again.
    fn remove_unused_files(&mut self, after: &[StepId]) {
        let ingress = self.upstream_file().map(|_| ingress_volume(&self.stack.project));
        let sets = self.files.values().flat_map(|f| f.staged.iter().map(|s| &s.volume));
        let wanted: BTreeSet<_> = sets.chain(&ingress).cloned().collect();
        // A container that stays although no service of the files is its own keeps what it mounts.
        let stays = |c: &ObservedContainer| c.service().is_some_and(|s| !self.stack.services.contains_key(&s));
        let in_use: BTreeSet<_> = self.observed.containers.iter().filter(|c| stays(c)).flat_map(|c| &c.volumes).collect();
        let cause = |role: Option<&String>| match role.map(String::as_str) {
            Some("files") => Some("no container uses these secrets or configs any more"),
            Some("ingress") => Some("the stack has no ingress any more"),
            _ => None,
        };
        let ours = |v: &&ObservedVolume| v.labels.get(label::PROJECT).map(String::as_str) == Some(self.stack.project.as_str());
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
        if recorded && kept.upstreams == self.upstreams && !(changes && self.builder.awaits()) {
            return;
        }
        let cause = match (recorded, changes) {
            (true, _) => "nobody need wait for these again",
            (false, true) => "so that it can be returned to",
            (false, false) => "it runs, and is not recorded yet",
        };
        let release = (!recorded).then_some(hash);
        let ends = self.builder.ends();
        self.builder.add(Action::Record { release, upstreams: self.upstreams.clone() }, cause, ends);
    }

    /// The hash of everything that the release is made of.
    fn release_hash(&self) -> String {
        let version = self.stack.version.as_deref().unwrap_or_default();
        // Closed or open, it is the same release.
        let upstreams = self.upstreams.as_deref().map(|text| render::with_maintenance(text, None)).unwrap_or_default();
        let mut hash = Sha256::new();
        hash.update(format!("{version}\0{upstreams}\0"));
        for (name, form) in &self.made {
            hash.update(format!("{name}\0{form}\0"));
        }
        hash.finalize().iter().take(16).map(|b| format!("{b:02x}")).collect()
    }

    pub(super) fn notes(&self) -> Vec<Note> {
        let orphans = self
            .observed
            .containers
            .iter()
            .filter(|c| matches!(c.role(), None | Some("service" | "job" | "verify")))
            .filter(|c| c.service().is_none_or(|s| !self.stack.services.contains_key(&s)))
            .map(|c| Note {
                message: format!("container {} belongs to this project and to no service of its files", c.name),
                hint: Some(format!("remove it with `docker rm -f {}` when nobody needs it", c.name)),
            });
        let networks = self.stack.networks.values().filter(|n| !n.external).filter_map(|wanted| {
            let there = self.observed.networks.get(wanted.name.as_str())?;
            let subnet = there.subnets.first()?;
            let SubnetChoice::Fixed(given) = wanted.subnet else { return None };
            (given != *subnet).then(|| Note {
                message: format!("network {} has the subnet {subnet}, and the files say {given}", wanted.name),
                hint: Some("`medianestctl down` and then `medianestctl deploy` make it anew".into()),
            })
        });
        let mut notes: Vec<_> = orphans.chain(networks).collect();
        notes.sort();
        notes
    }
}
