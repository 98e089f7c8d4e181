//! What can be said to `backup create`.

use std::{collections::BTreeSet, path::PathBuf};

use clap::ValueEnum;

use crate::cli::env;
use crate::model::TargetName;

/// `backup create`.
#[derive(Debug, Clone, clap::Args)]
pub struct BackupCreate {
    /// Only to this target; may be given several times
    #[arg(long, value_name = "NAME")]
    pub to: Vec<TargetName>,
    /// Only these parts: services of databases, volumes, config, secrets
    #[arg(long, value_name = "PARTS", value_delimiter = ',')]
    pub only: Vec<String>,
    /// How the parts are brought to one moment, in place of what the Compose file says
    #[arg(long, value_enum)]
    pub consistency: Option<ConsistencyChoice>,
    /// How objects are compressed, in place of what the Compose file says
    #[arg(long, value_enum)]
    pub compress: Option<CompressChoice>,
    /// A word of your own for it
    #[arg(long, value_name = "TEXT", value_parser = label)]
    pub label: Option<String>,
    /// For everybody to read; secrets are left out
    #[arg(long, conflicts_with = "passphrase_file")]
    pub no_encrypt: bool,
    /// Encrypt with the passphrase on the first line of this file, in place of keys
    #[arg(long, value_name = "FILE", env = env::BACKUP_PASSPHRASE_FILE, hide_env = true)]
    pub passphrase_file: Option<PathBuf>,
    /// Show what would be backed up and how it would be read
    #[arg(long)]
    pub dry_run: bool,
}

impl BackupCreate {
    /// The parts that were named; none when all are wanted.
    pub fn parts(&self) -> BTreeSet<String> {
        self.only.iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
    }
}

/// How the parts are brought to one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ConsistencyChoice {
    /// Not at all; nobody is kept waiting
    Live,
    /// The application is paused for the moment of the snapshots, well below a second
    Barrier,
    /// The application is stopped meanwhile
    Stop,
}

/// How objects are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CompressChoice {
    /// Zstandard
    Zstd,
    /// Gzip, slower and larger, for those who have nothing else
    Gzip,
}

/// A label stands in a file that people read by eye.
fn label(text: &str) -> Result<String, String> {
    if text.chars().count() <= 200 && !text.chars().any(char::is_control) {
        return Ok(text.to_owned());
    }
    Err("a label is a line of 200 characters at most".into())
}
