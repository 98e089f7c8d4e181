//! Backups: sets of objects, each compressed, encrypted and checked, of which the manifest is written last and makes the set one.
//!
//! | part | what it owns |
//! |---|---|
//! | `set` | names: of a set, of the objects in it |
//! | `manifest`, `signature`, `digest` | what is in a set, how to check it, who made it |
//! | `index` | what the archives hold, file by file |
//! | `retention` | which sets are kept |
//! | `keys` | who can open a set: recipients, identities, passphrases |
//! | `pipeline` | from plain bytes to a stored object and back, in bounded memory |
//! | `source` | what is backed up, as plain bytes, and how it is put back |
//! | `sink` | where objects are kept |
//! | `plan` | what a new set will be made of, and how each part is read |
//! | `create` | making it |
//! | `target` | from a declared target to its sink |
//! | `keyring` | the keys of a deployment, in their files |
//! | `catalog` | which sets there are, and the only way to their manifests |
//! | `flaw` | what can be wrong with a set, and with which of its parts |
//! | `verify`, `sample` | whether sets are what was stored, all of them or some each day |
//! | `verified` | when that was found out last |
//! | `prune` | the removal of what is not kept |
//! | `schedule` | when backups are made unasked: units of systemd, a line of a crontab |
//! | `metrics` | what a monitoring system wants to know |
//! | `export` | a set, copied to be taken away |
//! | `restore` | putting one in the place of live data, and back |
//!
//! `docs/backup-format.md` describes the format for those who have nothing but age, zstd and tar.

pub mod catalog;
pub mod create;
pub mod digest;
pub mod export;
mod files;
pub mod flaw;
pub mod index;
pub mod keyring;
pub mod keys;
pub mod manifest;
pub mod metrics;
pub mod pipeline;
pub mod plan;
pub mod prune;
pub mod restore;
pub mod retention;
pub mod sample;
pub mod schedule;
pub mod set;
pub mod signature;
pub mod sink;
pub mod source;
pub mod target;
pub mod verified;
pub mod verify;
