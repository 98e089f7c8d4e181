//! What can be said to `restore`.

use std::{collections::BTreeSet, path::PathBuf};

use clap::Subcommand;

use crate::{
    backup::{set::SetId, signature::VerifyingKey},
    model::ProjectName,
};

/// `restore`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Restore {
    /// What to do with the restore that is open; one is begun when nothing is said.
    #[command(subcommand)]
    pub command: Option<RestoreCommand>,
    /// Which backup, and how.
    #[command(flatten)]
    pub begin: RestoreBegin,
}

/// What to do with a restore that is open.
#[derive(Debug, Subcommand)]
pub enum RestoreCommand {
    /// Keep the restored data, and remove what was there before for good
    #[command(after_help = "Example:  medianestctl restore confirm")]
    Confirm,
    /// Bring back what was there before, and remove the restored data
    #[command(after_help = "Example:  medianestctl restore rollback")]
    Rollback,
}

/// `restore [SET]`.
#[derive(Debug, Clone, clap::Args)]
pub struct RestoreBegin {
    /// The backup; the newest one when none is named
    #[arg(value_name = "SET")]
    pub set: Option<SetId>,
    /// Only these parts: services of databases, volumes; config and secrets are restored only when they are named
    #[arg(long, value_name = "PARTS", value_delimiter = ',', conflicts_with = "path")]
    pub only: Vec<String>,
    /// Only this file or directory, with its part before it: uploads/a/b.png; may be given several times
    #[arg(id = "path", long = "file", value_name = "PART/PATH")]
    pub files: Vec<String>,
    /// Into the project of this name, which must be deployed, in place of the backup's own
    #[arg(long = "as", value_name = "PROJECT")]
    pub into: Option<ProjectName>,
    /// From this target, or this directory of sets; otherwise from whichever target has it
    #[arg(long, value_name = "TARGET|DIR")]
    pub from: Option<String>,
    /// A private key that opens it; may be given several times
    #[arg(long, value_name = "FILE", env = "MEDIANEST_BACKUP_IDENTITY_FILE", hide_env = true)]
    pub identity: Vec<PathBuf>,
    /// The passphrase that opens it is on the first line of this file
    #[arg(long, value_name = "FILE", env = "MEDIANEST_BACKUP_PASSPHRASE_FILE", hide_env = true)]
    pub passphrase_file: Option<PathBuf>,
    /// Also believe what this key has signed (ed25519:…); for a new machine, which trusts none yet
    #[arg(long, value_name = "KEY")]
    pub trust: Vec<VerifyingKey>,
    /// Do not back up before what is there now: what is lost by the restore is lost
    #[arg(long)]
    pub skip_safety_copy: bool,
    /// Go on with a restore that was cut off
    #[arg(long, conflicts_with_all = ["set", "only", "path", "into", "from", "dry_run", "skip_safety_copy"])]
    pub resume: bool,
    /// Show what would be done
    #[arg(long)]
    pub dry_run: bool,
}

impl RestoreBegin {
    /// The parts that were named; none when all data is wanted.
    pub fn parts(&self) -> BTreeSet<String> {
        self.only.iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
    }
}
