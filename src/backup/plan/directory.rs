//! Which files of the deployment directory are configuration, which are secrets, and which are neither. Pure: by their paths.
//!
//! Refuses to take for configuration what may hold a secret: that would lie in the set for whoever may see the configuration.

use std::path::{Component, Path, PathBuf};

use crate::model::{MountSource, Stack, TargetPlace};

/// What a file of the directory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Configuration.
    Config,
    /// A secret, or something that may hold one.
    Secret,
    /// Data, backups, somebody's version control: not of the deployment.
    Neither,
}

/// The deployment directory, as far as paths tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    root: PathBuf,
    secrets: Vec<PathBuf>,
    neither: Vec<PathBuf>,
}

impl Directory {
    /// The directory of a stack.
    pub fn of(stack: &Stack) -> Self {
        let root = PathBuf::from(&stack.directory);
        let below = |path: &Path| relative(&root, path);
        let mut secrets: Vec<PathBuf> = stack.secrets.values().filter_map(|s| below(Path::new(&s.path))).collect();
        secrets.push("secrets".into());
        let mounts = stack.services.values().flat_map(|service| &service.mounts);
        let binds = mounts.filter_map(|mount| match &mount.source {
            MountSource::Bind(path) => below(Path::new(path)),
            _ => None,
        });
        let targets = stack.backup.targets(&stack.directory).into_iter().filter_map(|target| match target.place {
            TargetPlace::Disk(path) => below(&path),
            TargetPlace::S3(_) => None,
        });
        let neither = binds.chain(targets).filter(|path| !path.as_os_str().is_empty()).collect();
        Self { root, secrets, neither }
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path's place below the directory; `None` for one outside.
    pub fn within(&self, path: &str) -> Option<PathBuf> {
        relative(&self.root, Path::new(path))
    }

    /// What a file or directory is whose path below the directory this is.
    pub fn place(&self, path: &Path) -> Place {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let first = path.components().next().map(|part| part.as_os_str().to_string_lossy().into_owned()).unwrap_or_default();
        // The directory of the tool's own keys: what a person puts there beside is no part of the deployment.
        if first == "backup" {
            return match path.to_str() {
                Some("backup" | "backup/recipients.txt" | "backup/trusted.txt") => Place::Config,
                Some("backup/signing.key") => Place::Secret,
                _ => Place::Neither,
            };
        }
        if first == ".git" || self.neither.iter().any(|other| path.starts_with(other)) {
            return Place::Neither;
        }
        let variables = name.starts_with(".env") || name.ends_with(".env");
        let key = [".key", ".pem", ".p12", ".pfx"].iter().any(|end| name.ends_with(end)) || name.starts_with("id_");
        if variables || key || self.secrets.iter().any(|secret| path.starts_with(secret)) {
            return Place::Secret;
        }
        Place::Config
    }

    /// Whether there may be a file of this kind below a directory.
    pub fn leads_to(&self, path: &Path, wanted: Place) -> bool {
        match self.place(path) {
            Place::Neither => false,
            // Among configuration there may be files of variables.
            Place::Config => true,
            Place::Secret => wanted == Place::Secret,
        }
    }
}

/// `path` below `root`, `.` left out; `None` for what lies elsewhere or could.
fn relative(root: &Path, path: &Path) -> Option<PathBuf> {
    let rest = if path.is_absolute() { path.strip_prefix(root).ok()? } else { path };
    let mut clean = PathBuf::new();
    for part in rest.components() {
        match part {
            Component::Normal(name) => clean.push(name),
            Component::CurDir => {}
            _ => return None,
        }
    }
    Some(clean)
}
