//! Groups the secrets and configs of a service by directory: each directory becomes one volume.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::{PlanError, Staged, StagedContent, StagedFile};
use crate::model::{
    Contents, FileEntry, FileOrigin, FileSet, Fingerprint, ImageRef, Observed, ProjectName, Service, VolumeName, VolumeOwner,
};

/// A service's files, with the user who must be able to read them.
pub(super) struct ServiceFiles {
    /// One set a directory, sorted by directory.
    pub(super) sets: Vec<FileSet>,
    /// What fills each set, in the same order.
    pub(super) staged: Vec<Staged>,
}

/// Numeric user and group of a service: as it is declared, else as the image says.
pub(super) fn owner(service: &Service, image: &ImageRef, observed: &Observed) -> Result<(u32, u32), PlanError> {
    let declared = service.user.clone();
    let user = declared
        .or_else(|| observed.images.get(&image.to_string()).map(|i| i.user.clone()))
        .filter(|user| !user.is_empty())
        .unwrap_or_else(|| "0:0".into());
    let unknown = || PlanError::UnknownUser { service: service.name.clone(), user: user.clone() };
    let mut parts = user.splitn(2, ':');
    let number = |text: &str| match text {
        "root" => Ok(0),
        other => other.parse().map_err(|_| unknown()),
    };
    let uid = number(parts.next().unwrap_or_default())?;
    let gid = parts.next().map_or(Ok(uid), number)?;
    Ok((uid, gid))
}

fn split(service: &Service, entry: &FileEntry) -> Result<(String, String), PlanError> {
    let bad = || PlanError::BadTarget { service: service.name.clone(), target: entry.target.clone() };
    let (directory, name) = entry.target.rsplit_once('/').ok_or_else(bad)?;
    if directory.is_empty() || name.is_empty() || name == "." || name == ".." {
        return Err(bad());
    }
    Ok((directory.to_owned(), name.to_owned()))
}

fn content<'a>(service: &Service, origin: &FileOrigin, contents: &'a Contents) -> Result<&'a Fingerprint, PlanError> {
    let (kind, name, found) = match origin {
        FileOrigin::Secret(name) => ("secret", name.to_string(), contents.secrets.get(name)),
        FileOrigin::Config(name) => ("config", name.to_string(), contents.configs.get(name)),
    };
    found.ok_or_else(|| PlanError::MissingContent { kind, name, service: service.name.clone() })
}

/// Groups the files of a service. The config `except` is left out: the ingress's upstreams have a volume of their own.
pub(super) fn group(
    project: &ProjectName,
    service: &Service,
    contents: &Contents,
    observed: &Observed,
    except: Option<&str>,
) -> Result<ServiceFiles, PlanError> {
    let mut directories: BTreeMap<String, Vec<(String, &FileEntry)>> = BTreeMap::new();
    for entry in &service.files {
        if matches!(&entry.origin, FileOrigin::Config(name) if Some(name.as_str()) == except) {
            continue;
        }
        let (directory, name) = split(service, entry)?;
        directories.entry(directory).or_default().push((name, entry));
    }
    let mut result = ServiceFiles { sets: Vec::new(), staged: Vec::new() };
    if directories.is_empty() {
        return Ok(result);
    }
    let needs_owner = service.files.iter().any(|f| f.uid.is_none() || f.gid.is_none());
    let (uid, gid) = if needs_owner { owner(service, &service.image, observed)? } else { (0, 0) };
    for (directory, mut entries) in directories {
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        let mut hash = Sha256::new();
        let mut files = Vec::new();
        for (name, entry) in &entries {
            let default_mode = if matches!(entry.origin, FileOrigin::Secret(_)) { 0o400 } else { 0o444 };
            let file = StagedFile {
                name: name.clone(),
                content: StagedContent::Granted(entry.origin.clone()),
                uid: entry.uid.unwrap_or(uid),
                gid: entry.gid.unwrap_or(gid),
                mode: entry.mode.unwrap_or(default_mode),
            };
            let print = content(service, &entry.origin, contents)?;
            hash.update(format!("{name}\0{print}\0{}\0{}\0{:o}\0", file.uid, file.gid, file.mode));
            files.push(file);
        }
        let digest: String = hash.finalize().iter().take(6).map(|b| format!("{b:02x}")).collect();
        let last = directory.rsplit('/').next().unwrap_or_default();
        let slug: String = last.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let bad = || PlanError::BadTarget { service: service.name.clone(), target: directory.clone() };
        let volume: VolumeName = format!("{project}_{}-{slug}-{digest}", service.name).parse().map_err(|_| bad())?;
        result.staged.push(Staged { volume: volume.to_string(), owner: VolumeOwner { uid: 0, gid: 0, mode: 0o755 }, files });
        result.sets.push(FileSet { volume, directory, files: entries.into_iter().map(|(_, entry)| entry.clone()).collect() });
    }
    Ok(result)
}
