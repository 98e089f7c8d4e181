//! The plan of `prune`: what the tool made for releases that are not kept any more goes.
//!
//! Removed is only what carries the project's label and no kept release needs: containers that were put aside, volumes
//! with secrets and configs, files of the state volume. Images carry no label of the tool's, so they are named and left.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Note, Plan, PlanError, StepId, build::Builder, place::is_active};
use crate::model::{ImageId, Labels, Observed, ObservedContainer, ProjectName, ServiceName, label, made_for};

/// One service of a kept release, as far as it tells which containers and volumes that release needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeptService {
    /// The content that it runs, when that is known.
    pub image: Option<ImageId>,
    /// The config hashes of its containers; empty when they are not known, and then all of them count.
    pub hashes: BTreeSet<String>,
    /// The volumes with secrets and configs that they mount.
    pub volumes: BTreeSet<String>,
}

/// What is known of the releases before anything is removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prunable {
    /// The highest number when the records were read: one more since then, and this is not what it was.
    pub last: u64,
    /// The services of the kept releases.
    pub kept: Vec<(ServiceName, KeptService)>,
    /// Files of the state volume that no kept release needs, records last.
    pub files: Vec<String>,
    /// Images that no kept release needs and the engine still has, each with the name that it had.
    pub images: BTreeMap<ImageId, String>,
    /// Records that cannot be read: nobody knows what these releases need.
    pub unreadable: Vec<String>,
}

/// Plans to remove what no kept release needs. `names` are the container names that the stack itself gives.
///
/// # Errors
/// [`PlanError::Overtaken`] when a release was recorded after the records were read.
pub fn prune(
    project: &ProjectName,
    observed: &Observed,
    prunable: &Prunable,
    names: &BTreeMap<ServiceName, String>,
) -> Result<Plan, PlanError> {
    if observed.kept.last != prunable.last {
        return Err(PlanError::Overtaken { project: project.clone() });
    }
    let mut builder = Builder::default();
    let mut gone = BTreeSet::new();
    let mut removed: Vec<StepId> = Vec::new();
    for container in observed.containers.iter().filter(|c| c.is_of(project) && !is_active(c)) {
        let Some(cause) = why_not_needed(project, container, prunable, names) else { continue };
        removed.push(builder.add(Action::RemoveContainer { container: container.name.clone() }, cause, []));
        gone.insert(container.name.as_str());
    }
    // Where a record cannot be read nobody knows which contents its release needs.
    if prunable.unreadable.is_empty() {
        let stay = observed.containers.iter().filter(|c| !gone.contains(c.name.as_str()));
        let mounted = stay.flat_map(|c| &c.volumes);
        let needed: BTreeSet<&String> = mounted.chain(prunable.kept.iter().flat_map(|(_, s)| &s.volumes)).collect();
        let files = |labels: &Labels| labels.get(label::ROLE).is_some_and(|role| role == "files");
        for volume in
            observed.volumes.values().filter(|v| made_for(project, &v.labels) && files(&v.labels) && !needed.contains(&v.name))
        {
            let action = Action::RemoveVolume { name: volume.name.clone(), data: false };
            builder.add(action, "no kept release uses these secrets or configs", removed.iter().copied());
        }
        if !prunable.files.is_empty() {
            let after = builder.ends();
            builder.add(Action::Forget { files: prunable.files.clone() }, "no release that is kept needs them", after);
        }
    }
    Ok(Plan { steps: builder.finish(), notes: notes(prunable), ..Plan::empty(project.clone()) })
}

/// Why a container may go; `None` when it may not.
fn why_not_needed(
    project: &ProjectName,
    container: &ObservedContainer,
    prunable: &Prunable,
    names: &BTreeMap<ServiceName, String>,
) -> Option<&'static str> {
    let (service, number) = (container.service()?, container.number()?);
    // The name of a replica may end like that of one that was put aside, when the files give it.
    let put_aside = |suffix: &str| {
        let base = container.name.strip_suffix(suffix);
        let proper = [format!("{project}-{service}-{number}"), format!("{project}-{service}-verify")];
        base.is_some_and(|base| proper.iter().any(|p| p == base) || names.get(&service).is_some_and(|n| n == base))
    };
    if put_aside("-failed") {
        return Some("it was kept for inspection");
    }
    if !put_aside("-previous") {
        return None;
    }
    let needs = |(name, kept): &(ServiceName, KeptService)| {
        // A record knows the job's form, and its check goes with it.
        let told = container.config_hash().filter(|_| container.role() != Some("verify"));
        let hash = told.is_none_or(|hash| kept.hashes.is_empty() || kept.hashes.contains(hash));
        *name == service && hash && kept.image.as_ref().is_none_or(|image| *image == container.image_id)
    };
    let unknown = !prunable.unreadable.is_empty();
    (!unknown && !prunable.kept.iter().any(needs)).then_some("no release that is kept can be brought back with it")
}

fn notes(prunable: &Prunable) -> Vec<Note> {
    let mut notes = Vec::new();
    if !prunable.unreadable.is_empty() {
        let files = prunable.unreadable.join(", ");
        notes.push(Note {
            message: format!("records and what they may need stay, because these cannot be read: {files}"),
            hint: Some("see why with `medianestctl releases`".into()),
        });
    } else if !prunable.images.is_empty() {
        let names: Vec<_> = prunable.images.iter().map(|(id, name)| format!("{name} ({})", id.short())).collect();
        let ids: Vec<_> = prunable.images.keys().map(ImageId::short).collect();
        notes.push(Note {
            message: format!(
                "these images are needed by no kept release of this project, and are yours to remove: {}",
                names.join(", ")
            ),
            hint: Some(format!("remove them with `docker image rm {}`", ids.join(" "))),
        });
    }
    notes
}
