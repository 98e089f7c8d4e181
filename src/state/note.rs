//! What every look at the project wants to know and nobody must keep secret: the version that runs, how many replicas of each
//! service there should be, whether the site is closed, and what gates have seen. It stands in the labels of a volume without content, because the engine gives those with its list of volumes,
//! while reading a file through the archive call takes ten times as long.
//!
//! Labels never change, so a new note is a new volume. Between the two there is none for a moment, which costs a
//! reader no more than a wait.

use std::collections::BTreeMap;

use crate::engine::{Engine, EngineError};
use crate::model::{
    GateEvidence, Kept, Labels, Maintenance, ObservedVolume, ProjectName, ServiceName, VolumeSpec, label, made_for, note_volume,
};

/// The label with the evidence, as JSON.
const EVIDENCE: &str = "io.medianest.gate-evidence";
/// The label with the services, as JSON.
const SERVICES: &str = "io.medianest.services";
/// The label that says that the site is closed, as JSON; absent when it is open.
const MAINTENANCE: &str = "io.medianest.maintenance";
const ROLE: &str = "note";

/// The note of a project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Note {
    /// The application's version of the newest release.
    pub version: Option<String>,
    /// The services of the newest release with their replicas, jobs left out: what should be there.
    pub services: BTreeMap<ServiceName, u32>,
    /// What gates have seen.
    pub evidence: Vec<GateEvidence>,
    /// The site is closed to visitors.
    pub maintenance: Option<Maintenance>,
}

fn is_note(labels: &Labels, project: &ProjectName) -> bool {
    made_for(project, labels) && labels.get(label::ROLE).is_some_and(|role| role == ROLE)
}

impl Note {
    /// The note among the engine's volumes; an empty one when there is none, or none that this version understands.
    pub fn find<'a>(project: &ProjectName, volumes: impl IntoIterator<Item = &'a ObservedVolume>) -> Self {
        let name = note_volume(project);
        let found = volumes.into_iter().find(|v| v.name == name && is_note(&v.labels, project));
        found.map_or_else(Self::default, |volume| Self {
            version: volume.labels.get(label::VERSION).cloned(),
            services: volume.labels.get(SERVICES).and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default(),
            evidence: volume.labels.get(EVIDENCE).and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default(),
            maintenance: volume.labels.get(MAINTENANCE).and_then(|json| serde_json::from_str(json).ok()),
        })
    }

    /// What it adds to what else is kept.
    pub fn add_to(self, kept: &mut Kept) {
        kept.version = self.version.or(kept.version.take());
        kept.services = self.services;
        kept.evidence = self.evidence;
        // The head, where somebody has read it, is the one that counts.
        if !kept.ready {
            kept.maintenance = self.maintenance;
        }
    }

    /// Puts this note in the place of the one before. A volume of that name that is not ours stays, and there is no note.
    pub async fn write(&self, engine: &dyn Engine, project: &ProjectName) -> Result<(), EngineError> {
        let name = note_volume(project);
        let volumes = engine.volumes().await?;
        match volumes.iter().find(|v| v.name == name) {
            Some(there) if !is_note(&there.labels, project) => return Ok(()),
            Some(_) => engine.remove_volume(&name).await?,
            None => {}
        }
        let mut labels = Labels::from([
            (label::PROJECT.to_owned(), project.to_string()),
            (label::ROLE.to_owned(), ROLE.to_owned()),
            (SERVICES.to_owned(), serde_json::to_string(&self.services).unwrap_or_default()),
            (EVIDENCE.to_owned(), serde_json::to_string(&self.evidence).unwrap_or_default()),
        ]);
        labels.extend(self.version.clone().map(|version| (label::VERSION.to_owned(), version)));
        let maintenance = self.maintenance.as_ref().map(|m| serde_json::to_string(m).unwrap_or_default());
        labels.extend(maintenance.map(|json| (MAINTENANCE.to_owned(), json)));
        engine.create_volume(&VolumeSpec { name, labels, driver: None, driver_opts: BTreeMap::new() }).await
    }
}
