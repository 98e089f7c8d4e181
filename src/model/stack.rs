//! The stack that is wanted: the Compose project, resolved.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Autoupdate, BackupSettings, ConfigName, Network, ProjectName, SecretName, Service, ServiceName, VolumeName, VolumeOwner,
};

/// A volume that the stack declares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// Its name at the engine.
    pub name: VolumeName,
    /// It must exist already and is never created or removed.
    pub external: bool,
    /// Driver; the engine's default (`local`) when not given.
    pub driver: Option<String>,
    /// Options of the driver.
    pub driver_opts: BTreeMap<String, String>,
    /// The user's own labels.
    pub labels: BTreeMap<String, String>,
    /// Who must own its root; as the image has it when not given.
    pub owner: Option<VolumeOwner>,
    /// Whether its files are backed up; when not given, they are, unless it is a database's.
    #[serde(default)]
    pub backup: Option<bool>,
}

/// Where a secret's value is read from. The value itself is never part of the stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretFile {
    /// Path on the machine that the tool runs on, absolute or relative to the current directory.
    pub path: String,
}

/// A config with its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigFile {
    /// The bytes that containers see.
    pub content: Vec<u8>,
}

/// A Compose project with every file merged, every variable replaced and every default applied: what should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stack {
    /// The project.
    pub project: ProjectName,
    /// The application's version, as `x-medianest.version` of the file gives it.
    pub version: Option<String>,
    /// How many releases are kept; at least 1.
    #[serde(default = "Stack::default_keep_releases")]
    pub keep_releases: u32,
    /// When it may be updated unasked.
    #[serde(default)]
    pub autoupdate: Autoupdate,
    /// How it is backed up.
    #[serde(default)]
    pub backup: BackupSettings,
    /// The services of the active profiles.
    pub services: BTreeMap<ServiceName, Service>,
    /// Networks by their key in the file; only those that a service uses.
    pub networks: BTreeMap<String, Network>,
    /// Volumes by their key in the file; only those that a service uses.
    pub volumes: BTreeMap<String, Volume>,
    /// Secrets that a service uses.
    pub secrets: BTreeMap<SecretName, SecretFile>,
    /// Configs that a service uses.
    pub configs: BTreeMap<ConfigName, ConfigFile>,
    /// The Compose files that it was read from, for the labels that other tools read.
    pub files: Vec<String>,
    /// The directory that relative paths refer to.
    pub directory: String,
}

impl Stack {
    /// How many releases are kept when the files do not say.
    pub const KEEP_RELEASES: u32 = 10;

    fn default_keep_releases() -> u32 {
        Self::KEEP_RELEASES
    }
}
