//! One file a verb. Each gathers, calls and says; what is decided is decided below.

mod autoupdate;
mod backup;
mod change;
mod check;
mod completions;
mod config;
mod deploy;
mod init;
mod lifecycle;
mod lock;
mod logs;
mod maintenance;
mod plan;
mod prune;
mod releases;
mod rollback;
mod secrets;
mod status;

use super::{
    Exit,
    args::{Args, Command, Global},
};
use crate::ui::Ui;

/// The command line that does `command` in the same place, for "next:" lines.
fn next(global: &Global, command: &str) -> String {
    format!("medianestctl {}{command}", place(global))
}

/// The flags that say where this command was meant, each followed by a space.
fn place(global: &Global) -> String {
    let directory = global.directory.as_ref().map(|d| d.to_string_lossy().into_owned());
    // A directory that comes from the environment comes from there the next time as well.
    let named = directory.filter(|d| super::env::text(super::env::DIRECTORY).as_ref() != Some(d));
    let mut words = named.map(|d| format!("-C {} ", shell_words::quote(&d))).unwrap_or_default();
    for file in &global.file {
        words.push_str(&format!("-f {} ", shell_words::quote(&file.to_string_lossy())));
    }
    if let Some(name) = &global.project_name {
        words.push_str(&format!("-p {} ", shell_words::quote(name)));
    }
    words
}

/// A hint whose commands can be run as they stand, from where this command was run.
pub fn in_place(global: &Global, hint: &str) -> String {
    const VERBS: [&str; 22] = [
        "init",
        "check",
        "secrets",
        "config",
        "plan",
        "deploy",
        "update",
        "rollback",
        "status",
        "logs",
        "start",
        "stop",
        "restart",
        "down",
        "migrate",
        "releases",
        "prune",
        "maintenance",
        "lock",
        "autoupdate",
        "backup",
        "restore",
    ];
    let place = place(global);
    VERBS
        .iter()
        .fold(hint.to_owned(), |hint, verb| hint.replace(&format!("medianestctl {verb}"), &format!("medianestctl {place}{verb}")))
}

/// Carries the command out.
pub async fn run(args: &Args, ui: &Ui) -> anyhow::Result<Exit> {
    let global = &args.global;
    match &args.command {
        Command::Init(init) => init::run(global, init, ui),
        Command::Check => check::run(global, ui).await,
        Command::Secrets { command } => secrets::run(global, command, ui),
        Command::Config(config) => config::run(global, config, ui),
        Command::Plan(plan) => plan::run(global, plan, ui).await,
        Command::Deploy(deploy) => deploy::run(global, deploy, ui).await,
        Command::Update(update) => deploy::update(global, update, ui).await,
        Command::Rollback(rollback) => rollback::run(global, rollback, ui).await,
        Command::Autoupdate(args) => autoupdate::run(global, args, ui).await,
        Command::Status => status::run(global, ui).await,
        Command::Logs(logs) => logs::run(global, logs, ui).await,
        Command::Start(services) => lifecycle::start(global, services, ui).await,
        Command::Stop(services) => lifecycle::stop(global, services, ui).await,
        Command::Restart(services) => lifecycle::restart(global, services, ui).await,
        Command::Down(down) => lifecycle::down(global, down, ui).await,
        Command::Migrate => lifecycle::migrate(global, ui).await,
        Command::Releases { command } => releases::run(global, command.as_ref(), ui).await,
        Command::Prune(prune) => prune::run(global, prune, ui).await,
        Command::Maintenance { command } => maintenance::run(global, command, ui).await,
        Command::Lock { command } => lock::run(global, command, ui).await,
        Command::Backup(args) => backup::run(global, args, ui).await,
        Command::BackupWatch => backup::watch(global).await,
        Command::Completions { shell } => completions::print(*shell, ui),
        Command::Generate { directory } => completions::generate(directory),
    }
}
