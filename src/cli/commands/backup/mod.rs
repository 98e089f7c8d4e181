//! `backup`: one file a verb. What all of them need first is in `room`.

mod create;
mod export;
mod key;
mod list;
mod meter;
mod metrics;
pub mod prepare;
mod prune;
mod room;
mod schedule;
mod sheet;
mod show;
mod verify;
mod watch;

use crate::cli::{
    Exit,
    args::{Backup, BackupCommand, Global},
};
use crate::ui::Ui;

pub use watch::{Watcher, run as watch};

/// Carries a `backup` command out.
pub async fn run(global: &Global, args: &Backup, ui: &Ui) -> anyhow::Result<Exit> {
    let Some(command) = &args.command else { return create::run(global, &args.create, ui).await };
    match command {
        BackupCommand::Create(args) => create::run(global, args, ui).await,
        BackupCommand::List(args) => list::run(global, args, ui).await,
        BackupCommand::Show(args) => show::run(global, args, ui).await,
        BackupCommand::Verify(args) => verify::run(global, args, ui).await,
        BackupCommand::Prune(args) => prune::run(global, args, ui).await,
        BackupCommand::Export(args) => export::run(global, args, ui).await,
        BackupCommand::Schedule(args) => schedule::run(global, args, ui),
        BackupCommand::Metrics(args) => metrics::run(global, args, ui).await,
        BackupCommand::Key { command } => key::run(global, command, ui).await,
    }
}
