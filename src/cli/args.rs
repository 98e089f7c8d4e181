//! What can be said on the command line.

mod backup;
mod restore;
mod rollout;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

pub use backup::{
    Backup, BackupCommand, BackupCreate, BackupExport, BackupList, BackupMetrics, BackupPrune, BackupSchedule, BackupShow,
    BackupVerify, CompressChoice, ConsistencyChoice, FromTargets, KeyCommand, Unlock,
};
pub use restore::{Restore, RestoreBegin, RestoreCommand};
pub use rollout::{Autoupdate, Deploy, MaintenanceCommand, Rollback, Rollout};

/// Deploys a Compose stack on a Docker Engine, watches over it, and says honestly how it went.
#[derive(Debug, Parser)]
#[command(name = "medianestctl", version, about, long_about = None, propagate_version = true, arg_required_else_help = true)]
#[command(after_help = "First time here:  medianestctl init && medianestctl check && medianestctl deploy")]
pub struct Args {
    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What holds for every command.
#[derive(Debug, Clone, clap::Args)]
pub struct Global {
    /// Deployment directory: where compose.yaml, .env and secrets/ are
    #[arg(short = 'C', long, value_name = "DIR", global = true, env = "MEDIANEST_DIR", hide_env = true)]
    pub directory: Option<PathBuf>,
    /// Compose file, before the command as with Docker Compose; later ones are merged over earlier ones
    // Not global: behind a command `-f` means what it means there (`logs -f`).
    #[arg(short, long, value_name = "FILE")]
    pub file: Vec<PathBuf>,
    /// Project name, in place of the one in the files
    #[arg(short, long, value_name = "NAME", global = true)]
    pub project_name: Option<String>,
    /// Also the services of this profile
    #[arg(long, value_name = "PROFILE", global = true)]
    pub profile: Vec<String>,
    /// Variables for the Compose files, in place of .env
    #[arg(long, value_name = "FILE", global = true)]
    pub env_file: Vec<PathBuf>,
    /// The engine: unix:///path or tcp://host:port
    #[arg(short = 'H', long, value_name = "URL", global = true)]
    pub host: Option<String>,
    /// JSON: one document for queries, one object a line for actions
    #[arg(long, global = true)]
    pub json: bool,
    /// How output looks
    #[arg(long, value_name = "FORMAT", global = true, value_enum, conflicts_with = "json")]
    pub output: Option<OutputChoice>,
    /// When to use colours
    #[arg(long, value_name = "WHEN", global = true, value_enum, default_value = "auto")]
    pub color: ColorChoice,
    /// Answer every question with yes
    #[arg(short, long, global = true)]
    pub yes: bool,
    /// Never ask; fail and name the missing flag instead
    #[arg(long, global = true)]
    pub non_interactive: bool,
    /// Only errors and data
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Every step with its cause
    #[arg(short, long, global = true)]
    pub verbose: bool,
}

/// How output looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputChoice {
    /// Colours and live progress on a terminal
    Human,
    /// Plain lines everywhere
    Plain,
    /// As --json
    Json,
}

/// When colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a deployment directory: compose.yaml, .env, secrets/, and an override file of your own
    #[command(after_help = "Example:  medianestctl -C /srv/medianest init --public-url https://media.example.org")]
    Init(Init),
    /// Look whether everything that a deploy needs is there
    #[command(after_help = "Example:  medianestctl check --json | jq '.findings[] | select(.severity != \"ok\")'")]
    Check,
    /// Generate, list and verify the stack's secrets
    #[command(after_help = "Example:  medianestctl secrets generate")]
    Secrets {
        /// What to do with them.
        #[command(subcommand)]
        command: SecretsCommand,
    },
    /// Show the Compose project as it is understood: merged, interpolated, with every default
    #[command(after_help = "Example:  medianestctl config --format json | jq .services.backend.image")]
    Config(Config),
    /// Show what deploy would do, and why
    #[command(after_help = "Example:  medianestctl plan --exit-code || echo 'there is something to deploy'")]
    Plan(PlanArgs),
    /// Bring the stack about: pull, migrate, start in health order
    #[command(after_help = "Examples:  medianestctl deploy\n           medianestctl deploy v1.1.0 --dry-run")]
    Deploy(Deploy),
    /// Bring a new release about without dropping a request; without a version, what the present tags lead to by now
    #[command(after_help = "Examples:  medianestctl update v1.1.0\n           medianestctl update v1.1.0 --canary 10% --bake 5m")]
    Update(Deploy),
    /// Bring the release before back, or a named one: images, settings, secrets, all of it
    #[command(after_help = "Examples:  medianestctl rollback\n           medianestctl rollback v1.0.0")]
    Rollback(Rollback),
    /// Look whether registries have something newer than what runs, and bring it about as `update` does; never databases
    #[command(after_help = "Examples:  medianestctl autoupdate --dry-run\n           medianestctl autoupdate --every 1h")]
    Autoupdate(Autoupdate),
    /// Back up databases, volumes, configuration and secrets, encrypted, as they are at one moment
    #[command(after_help = "Examples:  medianestctl backup\n           medianestctl backup create --dry-run")]
    Backup(Backup),
    /// Show how the services are; exit code 0 only when all are healthy
    #[command(after_help = "Example:  medianestctl status --json | jq .healthy")]
    Status,
    /// Show what the containers print
    #[command(after_help = "Examples:  medianestctl logs -f backend\n           medianestctl logs --failed")]
    Logs(Logs),
    /// Start what is stopped, in health order
    #[command(after_help = "Example:  medianestctl start")]
    Start(Services),
    /// Stop containers and keep them, dependents first
    #[command(after_help = "Example:  medianestctl stop frontend")]
    Stop(Services),
    /// Restart one container after the other
    #[command(after_help = "Example:  medianestctl restart backend")]
    Restart(Services),
    /// Remove containers and networks; data stays unless --volumes is given
    #[command(after_help = "Example:  medianestctl down")]
    Down(Down),
    /// Run the database migration once more, and verify it
    #[command(after_help = "Example:  medianestctl migrate")]
    Migrate,
    /// List the releases that are kept, show one, or compare two
    #[command(after_help = "Examples:  medianestctl releases\n           medianestctl releases diff 3 4")]
    Releases {
        /// What to do with them; they are listed when nothing is said.
        #[command(subcommand)]
        command: Option<ReleasesCommand>,
    },
    /// Remove what no kept release needs: records, secret versions, containers that were put aside
    #[command(after_help = "Example:  medianestctl prune --dry-run")]
    Prune(Prune),
    /// Close the site to visitors with a page that says so, and open it again
    #[command(
        after_help = "Examples:  medianestctl maintenance on --retry-after 600 --message 'Back at nine'\n           medianestctl maintenance off"
    )]
    Maintenance {
        /// Which.
        #[command(subcommand)]
        command: MaintenanceCommand,
    },
    /// Put a backup in the place of live data: beside it first, compared, exchanged, and kept until confirmed
    #[command(
        after_help = "Examples:  medianestctl restore --dry-run\n           medianestctl restore --only postgres,uploads --identity key.txt\n           medianestctl restore --file uploads/posters/a.png"
    )]
    Restore(Restore),
    /// Show who is at work on the project, or take the lock away from them
    #[command(after_help = "Examples:  medianestctl lock status\n           medianestctl lock steal")]
    Lock {
        /// What to do with it.
        #[command(subcommand)]
        command: LockCommand,
    },
    /// Print the completion script of a shell
    #[command(after_help = "Example:  medianestctl completions bash > /etc/bash_completion.d/medianestctl")]
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Let the application go on when the backup that holds it still ends without a word
    #[command(hide = true, name = "backup-watch")]
    BackupWatch,
    /// Write completions/ and man/ below a directory
    #[command(hide = true)]
    Generate {
        /// The directory.
        directory: PathBuf,
    },
}

/// A version is used as an image's tag, so it has to be one.
fn version(text: &str) -> Result<String, String> {
    let first = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let rest = |c: char| first(c) || matches!(c, '.' | '-');
    if text.starts_with(first) && text.chars().all(rest) && text.len() <= 128 {
        return Ok(text.to_owned());
    }
    Err("a version is an image's tag, such as v1.0.0: letters, digits, `_`, `.` and `-`, 128 at most".into())
}

/// `init`.
#[derive(Debug, clap::Args)]
pub struct Init {
    /// Which template for .env
    #[arg(long, value_enum, default_value = "production")]
    pub environment: Environment,
    /// The address that people type into their browser
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// Address of this machine to listen on
    #[arg(long, value_name = "ADDRESS")]
    pub bind: Option<std::net::IpAddr>,
    /// Port for HTTP
    #[arg(long, value_name = "PORT")]
    pub http_port: Option<u16>,
    /// The release to run
    #[arg(long, value_name = "VERSION", value_parser = version)]
    pub release: Option<String>,
}

/// Which template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Environment {
    /// For people
    Production,
    /// For work on the application, with compose.dev.yaml
    Development,
    /// Small, on loopback
    Test,
}

/// `secrets`.
#[derive(Debug, Subcommand)]
pub enum SecretsCommand {
    /// Create the missing ones; what exists is never changed
    #[command(after_help = "Example:  medianestctl secrets generate")]
    Generate,
    /// List them, without their values
    #[command(after_help = "Example:  medianestctl secrets list")]
    List,
    /// Check that they are there, strong, private and consistent; exit code 8 when they are not
    #[command(after_help = "Example:  medianestctl secrets verify --json | jq '.problems[]'")]
    Verify,
}

/// `lock`.
#[derive(Debug, Subcommand)]
pub enum LockCommand {
    /// Show who is at work, on what, and when they last gave a sign of life
    #[command(after_help = "Example:  medianestctl lock status --json | jq .held")]
    Status,
    /// Take the lock away from its holder, who starts nothing more once they notice
    #[command(after_help = "Example:  medianestctl lock steal --yes")]
    Steal,
}

/// `config`.
#[derive(Debug, clap::Args)]
pub struct Config {
    /// Notation
    #[arg(long, value_enum, default_value = "yaml")]
    pub format: ConfigFormat,
    /// Only the names of the services
    #[arg(long, conflicts_with = "images")]
    pub services: bool,
    /// Only the images
    #[arg(long)]
    pub images: bool,
}

/// Notation of `config`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ConfigFormat {
    /// YAML
    Yaml,
    /// JSON
    Json,
}

/// `plan`.
#[derive(Debug, clap::Args)]
pub struct PlanArgs {
    /// The release to plan for (MEDIANEST_VERSION)
    #[arg(id = "release", value_name = "VERSION", value_parser = version)]
    pub version: Option<String>,
    /// End with 10 when there are changes, 0 when there are none
    #[arg(long)]
    pub exit_code: bool,
}

/// `logs`.
#[derive(Debug, clap::Args)]
pub struct Logs {
    /// Services; all when none is named
    pub services: Vec<String>,
    /// Go on as lines come
    #[arg(short, long)]
    pub follow: bool,
    /// Only so many lines of each container from the end
    #[arg(long, short = 'n', value_name = "LINES", default_value = "100")]
    pub tail: u64,
    /// Only what is newer: 10m, 2h, or a time such as 2026-01-31T08:00:00Z
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Each line with its time
    #[arg(long, short = 't')]
    pub timestamps: bool,
    /// Only containers that failed or were kept for inspection
    #[arg(long)]
    pub failed: bool,
}

/// Commands on services.
#[derive(Debug, clap::Args)]
pub struct Services {
    /// Services; all when none is named
    pub services: Vec<String>,
}

/// `down`.
#[derive(Debug, clap::Args)]
pub struct Down {
    /// Also remove the volumes, with all data in them
    #[arg(long)]
    pub volumes: bool,
    /// Also remove containers of the project that others have made
    #[arg(long)]
    pub remove_orphans: bool,
}

/// `releases`.
#[derive(Debug, Subcommand)]
pub enum ReleasesCommand {
    /// Show one release: images by digest, versions of secrets and configs, who, when and how it went
    #[command(after_help = "Example:  medianestctl releases show 3")]
    Show {
        /// Its number.
        number: u64,
    },
    /// Show what changed from one release to another; no values, only names
    #[command(after_help = "Example:  medianestctl releases diff 3 4")]
    Diff {
        /// The number of the one.
        from: u64,
        /// The number of the other.
        to: u64,
    },
}

/// `prune`.
#[derive(Debug, clap::Args)]
pub struct Prune {
    /// How many releases to keep, in place of what the Compose file says (x-medianest: {releases: {keep: N}}; 10)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub keep: Option<u32>,
    /// Show what would be removed, and remove nothing
    #[arg(long)]
    pub dry_run: bool,
}
