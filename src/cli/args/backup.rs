//! `backup` and what belongs to it.

mod create;

use std::path::PathBuf;

use clap::Subcommand;

use crate::backup::{
    sample::Share,
    schedule::{Day, TimeOfDay},
    set::SetId,
};
use crate::cli::env;
use crate::model::TargetName;

pub use create::{BackupCreate, CompressChoice, ConsistencyChoice};

/// `backup`; without a subcommand it makes one.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Backup {
    /// What to do; a backup is made when nothing is said.
    #[command(subcommand)]
    pub command: Option<BackupCommand>,
    /// How it is made.
    #[command(flatten)]
    pub create: BackupCreate,
}

/// What to do with backups.
#[derive(Debug, Subcommand)]
pub enum BackupCommand {
    /// Make a backup: databases, volumes, configuration, secrets, as they are at one moment
    #[command(after_help = "Examples:  medianestctl backup create --dry-run\n           \
                            medianestctl backup create --to local --only postgres,uploads")]
    Create(BackupCreate),
    /// List the backups of every target, the newest first
    #[command(after_help = "Example:  medianestctl backup list --json | jq '.targets[].sets[].set'")]
    List(BackupList),
    /// Show one backup: what is in it, how large it is, and which keys open it
    #[command(after_help = "Example:  medianestctl backup show 20260131T235959Z-0123abcd")]
    Show(BackupShow),
    /// Look whether backups are what was stored; with a key also what comes out of them. Exit code 8 when one is damaged
    #[command(after_help = "Examples:  medianestctl backup verify\n           \
                            medianestctl backup verify --all --sample 5% --identity key.txt")]
    Verify(BackupVerify),
    /// Remove the backups that nothing asks to keep, after showing them; never the last good one
    #[command(after_help = "Example:  medianestctl backup prune --dry-run")]
    Prune(BackupPrune),
    /// Copy a backup, checked, into a directory to be taken away
    #[command(after_help = "Example:  medianestctl backup export 20260131T235959Z-0123abcd --to /media/usb")]
    Export(BackupExport),
    /// Print what makes a backup every day: a service and a timer of systemd, or a line of a crontab
    #[command(after_help = "Examples:  medianestctl backup schedule --at 03:30\n           \
                            sudo medianestctl -C /srv/medianest backup schedule --install")]
    Schedule(BackupSchedule),
    /// Print what a monitoring system wants to know, as the textfile collector of Prometheus reads it
    #[command(after_help = "Example:  medianestctl backup metrics --out /var/lib/prometheus/node-exporter/medianest.prom")]
    Metrics(BackupMetrics),
    /// Make, try and print the keys that open backups
    #[command(after_help = "Example:  medianestctl backup key generate --out /media/usb/medianest-key.txt")]
    Key {
        /// What to do with them.
        #[command(subcommand)]
        command: KeyCommand,
    },
}

/// Which targets.
#[derive(Debug, Clone, clap::Args)]
pub struct FromTargets {
    /// Only this target, as the Compose file names it (can be given several times); all of them otherwise
    #[arg(long, value_name = "TARGET")]
    pub from: Vec<TargetName>,
}

/// What opens backups. Only files: what stands on a command line is seen by everybody on the machine.
#[derive(Debug, Clone, clap::Args)]
pub struct Unlock {
    /// File with an age identity (AGE-SECRET-KEY-1…); can be given several times [env: MEDIANEST_BACKUP_IDENTITY_FILE]
    #[arg(long, value_name = "FILE", env = env::BACKUP_IDENTITY_FILE, hide_env = true)]
    pub identity: Vec<PathBuf>,
    /// File whose first line is the passphrase [env: MEDIANEST_BACKUP_PASSPHRASE_FILE]
    #[arg(long, value_name = "FILE", env = env::BACKUP_PASSPHRASE_FILE, hide_env = true)]
    pub passphrase_file: Option<PathBuf>,
}

/// `backup list`.
#[derive(Debug, clap::Args)]
pub struct BackupList {
    /// Which targets.
    #[command(flatten)]
    pub from: FromTargets,
}

/// `backup show`.
#[derive(Debug, clap::Args)]
pub struct BackupShow {
    /// The backup, as `backup list` names it
    #[arg(value_name = "BACKUP")]
    pub set: SetId,
    /// Which targets.
    #[command(flatten)]
    pub from: FromTargets,
}

/// `backup verify`.
#[derive(Debug, clap::Args)]
pub struct BackupVerify {
    /// The backup; the newest one of each target otherwise
    #[arg(value_name = "BACKUP", conflicts_with = "all")]
    pub set: Option<SetId>,
    /// All backups
    #[arg(long)]
    pub all: bool,
    /// Only such a share of the objects, others every day until all had their turn
    #[arg(long, value_name = "PERCENT")]
    pub sample: Option<Share>,
    /// Which targets.
    #[command(flatten)]
    pub from: FromTargets,
    /// What opens them.
    #[command(flatten)]
    pub unlock: Unlock,
}

/// `backup prune`.
#[derive(Debug, clap::Args)]
pub struct BackupPrune {
    /// Show what would be removed, and remove nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Which targets.
    #[command(flatten)]
    pub from: FromTargets,
}

/// `backup export`.
#[derive(Debug, clap::Args)]
pub struct BackupExport {
    /// The backup, as `backup list` names it
    #[arg(value_name = "BACKUP")]
    pub set: SetId,
    /// The directory, which must be there
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// Which targets.
    #[command(flatten)]
    pub from: FromTargets,
}

/// `backup schedule`.
#[derive(Debug, clap::Args)]
pub struct BackupSchedule {
    /// The time of day, by the clock of the machine
    #[arg(long, value_name = "HH:MM", default_value = "03:30")]
    pub at: TimeOfDay,
    /// Only on this day of the week (can be given several times)
    #[arg(long = "day", value_name = "DAY")]
    pub days: Vec<Day>,
    /// A line of a crontab; what is missed is not made up for
    #[arg(long, conflicts_with = "install")]
    pub cron: bool,
    /// Write the units where systemd finds them, and say how to start the timer
    #[arg(long)]
    pub install: bool,
    /// Where that is
    #[arg(long, value_name = "DIR", default_value = "/etc/systemd/system", requires = "install")]
    pub unit_directory: PathBuf,
}

/// `backup metrics`.
#[derive(Debug, clap::Args)]
pub struct BackupMetrics {
    /// File that is written anew each time, instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Which targets.
    #[command(flatten)]
    pub from: FromTargets,
}

/// `backup key`.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a key that opens backups, and list its public half among the recipients; shown once, or written to a file
    #[command(after_help = "Example:  medianestctl backup key generate --out /media/usb/medianest-key.txt")]
    Generate {
        /// File for the key, which must not be there yet; mode 0600
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Show who can open backups and whose signatures count; with a key, try whether it opens them. Exit code 12 when it does not
    #[command(after_help = "Example:  medianestctl backup key test --identity /media/usb/medianest-key.txt")]
    Test {
        /// The key.
        #[command(flatten)]
        unlock: Unlock,
    },
    /// Print a sheet for the safe: how to restore by hand, and the key when it is given
    #[command(after_help = "Example:  medianestctl backup key sheet --identity key.txt | lpr")]
    Sheet {
        /// The key to print on it.
        #[command(flatten)]
        unlock: Unlock,
    },
}
