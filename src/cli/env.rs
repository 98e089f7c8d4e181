//! Every environment variable that the program reads, once. Variables of the Compose file are the loader's.

use std::env;

/// The deployment directory, in place of `-C`.
pub const DIRECTORY: &str = "MEDIANEST_DIR";
/// Compose files separated by `:`, in place of `-f`.
pub const COMPOSE_FILE: &str = "COMPOSE_FILE";
/// The engine, in place of `-H`.
pub const DOCKER_HOST: &str = "DOCKER_HOST";
/// The Docker context.
pub const DOCKER_CONTEXT: &str = "DOCKER_CONTEXT";
/// Where Docker's configuration lies.
pub const DOCKER_CONFIG: &str = "DOCKER_CONFIG";
/// The engine is spoken to with TLS.
pub const DOCKER_TLS_VERIFY: &str = "DOCKER_TLS_VERIFY";
/// Seconds that the engine may take to answer one call; 120 when it is not set. For engines on slow disks, and for
/// those who would rather hear of a hanging one soon.
pub const ENGINE_TIMEOUT: &str = "MEDIANEST_ENGINE_TIMEOUT";
/// A file with an age identity that opens backups, in place of `--identity`.
pub const BACKUP_IDENTITY_FILE: &str = "MEDIANEST_BACKUP_IDENTITY_FILE";
/// A file with the passphrase that opens backups, in place of `--passphrase-file`.
pub const BACKUP_PASSPHRASE_FILE: &str = "MEDIANEST_BACKUP_PASSPHRASE_FILE";
/// No colours.
pub const NO_COLOR: &str = "NO_COLOR";
/// What the terminal can.
pub const TERM: &str = "TERM";
/// The user's home directory.
pub const HOME: &str = "HOME";
/// The user's name.
pub const USER: &str = "USER";

/// A variable, when it is set and not empty.
pub fn text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Whether a variable is set and not empty.
pub fn is_set(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| !value.is_empty())
}
