//! `backup`: one file a verb. What all of them need first is in `room`.

mod export;
mod key;
mod list;
mod meter;
mod metrics;
mod prune;
mod room;
mod schedule;
mod sheet;
mod show;
mod verify;

use crate::cli::{
    Exit,
    args::{BackupCommand, Global},
};
use crate::ui::Ui;

/// Carries a `backup` command out.
pub async fn run(global: &Global, command: &BackupCommand, ui: &Ui) -> anyhow::Result<Exit> {
    match command {
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
