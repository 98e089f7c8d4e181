//! Reads and writes the state volume of one project.

use std::collections::BTreeMap;

use thiserror::Error;

use super::history::with_content;
use super::{Draft, Head, Release, archive, archive::Archive};
use crate::engine::{Engine, EngineError, ErrorKind};
use crate::model::{
    ConfigName, ContainerSpec, Fingerprint, HOLDER_IMAGE, MigrationForm, Mount, MountSource, ObservedVolume, ProjectName,
    SecretName, VolumeSpec, label, made_for, state_holder, state_volume,
};
use crate::secret::{FingerprintKey, Secret};

/// Why the state could not be read or written.
#[derive(Debug, Error)]
pub enum StateError {
    /// The engine refused.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// What lies there cannot be read by this version.
    #[error("the state in volume `{volume}` cannot be read: {why}")]
    Unreadable {
        /// The volume.
        volume: String,
        /// Why.
        why: String,
    },
    /// There is no record of that number.
    #[error("there is no release {number}")]
    NoSuchRelease {
        /// The number.
        number: u64,
    },
    /// A release cannot be brought back: something of it is not kept, or not as it was.
    #[error("release {number} is not kept in full: {what}")]
    Incomplete {
        /// Its number.
        number: u64,
        /// What is lacking.
        what: String,
    },
    /// An archive could not be put together.
    #[error("cannot pack the state: {0}")]
    Pack(#[from] std::io::Error),
}

/// The state as it was found.
#[derive(Debug)]
pub struct Opened {
    /// What is current.
    pub head: Head,
    /// The key of this project's fingerprints.
    pub key: FingerprintKey,
}

/// Contents that a release needs, by version, kept so that any machine can bring it about again.
#[derive(Debug, Default)]
pub struct Versions {
    /// Secrets.
    pub secrets: BTreeMap<SecretName, (Fingerprint, Secret<Vec<u8>>)>,
    /// Configs.
    pub configs: BTreeMap<ConfigName, (Fingerprint, Vec<u8>)>,
}

/// Access to one project's state.
pub struct Store<'a> {
    pub(super) engine: &'a dyn Engine,
    pub(super) project: ProjectName,
}

impl<'a> Store<'a> {
    /// Access to the state of `project`. Touches nothing.
    pub fn new(engine: &'a dyn Engine, project: ProjectName) -> Self {
        Self { engine, project }
    }

    pub(super) fn holder(&self) -> String {
        state_holder(&self.project)
    }

    pub(super) fn path(&self, below: &str) -> String {
        format!("/{}/{below}", state_volume(&self.project))
    }

    /// Reads what is current; `None` when there is no state yet.
    ///
    /// Where the volume is there and the container that gives access to it is not (`docker container prune` removes
    /// it), it is made again: without the key that lies in the volume every secret would look like another one.
    pub async fn open(&self) -> Result<Option<Opened>, StateError> {
        let Some(tar) = self.archive("head").await? else { return Ok(None) };
        let files = archive::files(&tar).map_err(|e| self.unreadable(&e.to_string()))?;
        self.opened(files.iter().map(|(path, content)| (path.as_str(), content.as_slice()))).map(Some)
    }

    /// What is current, from the files of the head.
    pub(super) fn opened<'f>(&self, files: impl Iterator<Item = (&'f str, &'f [u8])>) -> Result<Opened, StateError> {
        let Some(head) = Head::newest(files) else { return Err(self.unreadable("neither of its two copies is whole")) };
        let key = FingerprintKey::from_hex(&head.key).map_err(|e| self.unreadable(&e.to_string()))?;
        Ok(Opened { head, key })
    }

    pub(super) fn project(&self) -> &ProjectName {
        &self.project
    }

    fn unreadable(&self, why: &str) -> StateError {
        StateError::Unreadable { volume: state_volume(&self.project), why: why.into() }
    }

    /// What lies below a directory of the volume (`""` is all of it); `None` when there is no state.
    pub(super) async fn archive(&self, directory: &str) -> Result<Option<Vec<u8>>, EngineError> {
        let path = self.path(directory);
        let path = path.trim_end_matches('/');
        let there = self.engine.get_archive(&self.holder(), path).await?;
        if there.is_none() && self.regain_access().await? {
            return self.engine.get_archive(&self.holder(), path).await;
        }
        Ok(there)
    }

    /// Makes the access to a volume that lacks it; `false` when there is no volume, or nothing was lacking.
    async fn regain_access(&self) -> Result<bool, EngineError> {
        let name = state_volume(&self.project);
        let ours = |v: &ObservedVolume| v.name == name && made_for(&self.project, &v.labels);
        if !self.engine.volumes().await?.iter().any(ours) {
            return Ok(false);
        }
        let labels = [(label::PROJECT, self.project.as_str()), (label::ROLE, "state")];
        let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let mount = name.parse().map(|volume| Mount {
            target: format!("/{name}"),
            source: MountSource::Volume(volume),
            read_only: false,
        });
        let spec = ContainerSpec::holder(self.holder(), HOLDER_IMAGE.to_owned(), labels, mount.into_iter().collect());
        let mut created = self.engine.create_container(&spec).await;
        if matches!(&created, Err(e) if e.kind == ErrorKind::NotFound) {
            import_holder_image(self.engine).await?;
            created = self.engine.create_container(&spec).await;
        }
        match created {
            Ok(_) => Ok(true),
            // Somebody makes the state, or its access, at this moment.
            Err(e) if e.kind == ErrorKind::Conflict => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// Makes the volume, its access and the first head. What is there already stays.
    pub async fn init(&self, volume: &VolumeSpec, holder: &ContainerSpec, key: &FingerprintKey) -> Result<(), StateError> {
        self.engine.create_volume(volume).await?;
        create_holder(self.engine, holder).await?;
        if self.open().await?.is_some() {
            return Ok(());
        }
        let mut head = Head::first(key.to_hex().expose().clone());
        self.write(&mut head, &[]).await
    }

    /// Writes what is current, with a release's record, its resolved stack and the contents that it needs.
    pub async fn save(&self, head: &mut Head, release: Option<(&Draft, &Versions)>) -> Result<(), StateError> {
        let mut files = Vec::new();
        if let Some((Draft { record: release, stack }, versions)) = release {
            files.extend(release.stack.iter().map(|print| (stack_path(print), stack.expose().clone())));
            files.push(record_file(release)?);
            head.release = Some(release.number);
            head.last = head.last.max(release.number);
            // A way back has migrated nothing.
            if let Some(key) = release.migration.as_ref().filter(|_| release.rollback_of.is_none()).map(MigrationForm::key)
                && head.migrated.insert(key.clone())
            {
                head.last_migration = Some(key);
            }
            head.schema_head.clone_from(&release.schema_head);
            head.stack.clone_from(&release.stack);
            head.version.clone_from(&release.version);
            head.secrets.clone_from(&release.secrets);
            for (name, (version, content)) in &versions.secrets {
                files.push((content_path("secret", name.as_str(), version), content.expose().clone()));
            }
            for (name, (version, content)) in &versions.configs {
                files.push((content_path("config", name.as_str(), version), content.clone()));
            }
            // What other releases share is not written again: a write that breaks off would take it from them.
            let there = self.archive("").await?.map(|tar| with_content(&Secret::new(tar), true)).transpose()?.unwrap_or_default();
            files.retain(|(path, content)| there.get(path).is_none_or(|kept| kept.expose() != content));
        }
        let written = self.write(head, &files).await;
        for (_, content) in &mut files {
            zeroize::Zeroize::zeroize(content);
        }
        written
    }

    /// Writes the record of an attempt that failed, under the next number. What is current stays so. A project without
    /// state has nothing to write to.
    pub async fn save_attempt(&self, mut record: Release) -> Result<(), StateError> {
        // Read again: what failed may have written.
        let Some(Opened { mut head, .. }) = self.open().await? else { return Ok(()) };
        head.last += 1;
        record.number = head.last;
        let form = record.migration.as_ref().filter(|_| record.rollback_of.is_none()).map(MigrationForm::key);
        if form.is_some_and(|form| head.last_migration.as_ref() != Some(&form)) {
            // What it has made of the database nobody has asked.
            head.schema_head = None;
        }
        self.write(&mut head, &[record_file(&record)?]).await
    }

    /// Empties files. The engine's archive calls can write and cannot delete: a file without content counts as gone, and
    /// every reader passes it over.
    pub async fn forget(&self, files: &[String]) -> Result<(), StateError> {
        let mut archive = Archive::default();
        for path in files {
            archive.file(path, 0, 0, 0o600, &[])?;
        }
        Ok(self.engine.put_archive(&self.holder(), &self.path(""), archive.finish()?).await?)
    }

    /// The content of a secret's version; `None` when it is not kept.
    pub async fn secret(&self, name: &SecretName, version: &Fingerprint) -> Result<Option<Secret<Vec<u8>>>, StateError> {
        let path = self.path(&content_path("secret", name.as_str(), version));
        let Some(tar) = self.engine.get_archive(&self.holder(), &path).await? else { return Ok(None) };
        let found = archive::files(&tar)?.into_iter().next().map(|(_, content)| Secret::new(content));
        Ok(found.filter(|content| !content.expose().is_empty()))
    }

    async fn write(&self, head: &mut Head, files: &[(String, Vec<u8>)]) -> Result<(), StateError> {
        let (name, content) = head.next().map_err(std::io::Error::other)?;
        let mut archive = Archive::default();
        let mut directories = std::collections::BTreeSet::from(["head".to_owned()]);
        for (path, _) in files {
            let parents = path.match_indices('/').map(|(at, _)| path[..at].to_owned());
            directories.extend(parents);
        }
        for directory in &directories {
            archive.directory(directory, 0, 0, 0o700)?;
        }
        for (path, content) in files {
            archive.file(path, 0, 0, 0o600, content)?;
        }
        // Last: a head never speaks of a file that is not there.
        archive.file(&format!("head/{name}"), 0, 0, 0o600, &content)?;
        Ok(self.engine.put_archive(&self.holder(), &self.path(""), archive.finish()?).await?)
    }
}

/// The file of a record.
pub(super) fn record_path(number: u64) -> String {
    format!("releases/{number:06}.json")
}

/// The file of a resolved stack.
pub(super) fn stack_path(print: &Fingerprint) -> String {
    format!("stacks/{print}.json")
}

/// The file of one version of a `secret` or `config`.
pub(super) fn content_path(kind: &str, name: &str, version: &Fingerprint) -> String {
    format!("{kind}s/{name}/{version}")
}

fn record_file(release: &Release) -> Result<(String, Vec<u8>), StateError> {
    Ok((record_path(release.number), serde_json::to_vec_pretty(release).map_err(std::io::Error::other)?))
}

/// Creates a container that only gives access to volumes, with its image when the engine lacks it. One that was left
/// by a run that did not end is replaced.
pub async fn create_holder(engine: &dyn Engine, spec: &ContainerSpec) -> Result<(), EngineError> {
    for _ in 0..3 {
        match engine.create_container(spec).await {
            Ok(_) => return Ok(()),
            Err(e) if e.kind == ErrorKind::Conflict => {
                match engine.container(&spec.name).await? {
                    Some(left) if left.labels.get(label::PROJECT) == spec.labels.get(label::PROJECT) => {
                        engine.remove_container(&left.id, false).await?;
                    }
                    // What lacks our label is never removed, whatever its name.
                    Some(_) => return Err(e),
                    // Somebody is making it at this moment, and it cannot be seen yet.
                    None => tokio::time::sleep(std::time::Duration::from_millis(100)).await,
                }
            }
            Err(e) if e.kind == ErrorKind::NotFound => import_holder_image(engine).await?,
            Err(e) => return Err(e),
        }
    }
    engine.create_container(spec).await.map(|_| ())
}

/// The image of such containers: nothing but an empty directory, as the engine refuses an archive without entries.
pub(super) async fn import_holder_image(engine: &dyn Engine) -> Result<(), EngineError> {
    let failed = |e: std::io::Error| EngineError::new(ErrorKind::Other, "pack an empty image", e.to_string());
    let mut archive = Archive::default();
    archive.directory("volume-access", 0, 0, 0o755).map_err(failed)?;
    let labels = [(crate::model::label::ROLE.to_owned(), "holder".to_owned())].into();
    engine.import_image(HOLDER_IMAGE, &labels, archive.finish().map_err(failed)?).await
}
