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
//!
//! `docs/backup-format.md` describes the format for those who have nothing but age, zstd and tar.

pub mod create;
pub mod digest;
mod files;
pub mod index;
pub mod keyring;
pub mod keys;
pub mod manifest;
pub mod pipeline;
pub mod plan;
pub mod retention;
pub mod set;
pub mod signature;
pub mod sink;
pub mod source;
pub mod target;
