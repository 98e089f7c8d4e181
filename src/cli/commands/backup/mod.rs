//! `backup`: one file a verb.

mod create;
mod watch;

use crate::cli::{
    Exit,
    args::{Backup, BackupCommand, Global},
};
use crate::ui::Ui;

pub use watch::{Watcher, run as watch};

/// Carries it out.
pub async fn run(global: &Global, args: &Backup, ui: &Ui) -> anyhow::Result<Exit> {
    match &args.command {
        None => create::run(global, &args.create, ui).await,
        Some(BackupCommand::Create(create)) => create::run(global, create, ui).await,
    }
}
