//! Files that a container gets from the tool (secrets and configs), delivered by volumes.
//!
//! The engine may be on another machine, so nothing is bind-mounted from the deployment directory: each directory
//! that holds such files is one volume, filled once and never changed. New content means a new volume, which is
//! what makes a release reproducible.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use super::{ConfigName, SecretName, VolumeName};

/// A keyed fingerprint of content: tells changes apart, tells nothing about the content to who lacks the key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(pub String);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a file's content comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileOrigin {
    /// A secret of the stack.
    Secret(SecretName),
    /// A config of the stack.
    Config(ConfigName),
}

/// One file that a service is granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Absolute path in the container.
    pub target: String,
    /// Which secret or config it is.
    pub origin: FileOrigin,
    /// Owner; `None` is the user that the service runs as.
    pub uid: Option<u32>,
    /// Group; `None` is the group that the service runs as.
    pub gid: Option<u32>,
    /// Permission bits; `None` is 0400 for a secret, 0444 for a config.
    pub mode: Option<u32>,
}

/// The files of one directory of one service, with the volume that carries them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSet {
    /// The volume; its name holds the fingerprint of all contents.
    pub volume: VolumeName,
    /// The directory in the container at which the volume is mounted, read-only.
    pub directory: String,
    /// The files; each target is directly below `directory`.
    pub files: Vec<FileEntry>,
}

/// Who owns the root of a volume, and its permission bits (`x-medianest` of a volume).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeOwner {
    /// Numeric user.
    pub uid: u32,
    /// Numeric group.
    pub gid: u32,
    /// Permission bits.
    pub mode: u32,
}

/// Fingerprints of the content of a stack's secrets and configs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// By secret.
    pub secrets: BTreeMap<SecretName, Fingerprint>,
    /// By config.
    pub configs: BTreeMap<ConfigName, Fingerprint>,
}
