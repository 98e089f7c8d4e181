//! `backup schedule`: what makes a backup without anybody asking.

use std::path::absolute;

use anyhow::Context as _;
use serde_json::json;

use super::room::Room;
use crate::backup::schedule::Schedule;
use crate::cli::{
    Exit,
    args::{BackupSchedule, Global},
};
use crate::ui::Ui;

/// Prints the units or the line, or writes the units.
pub fn run(global: &Global, args: &BackupSchedule, ui: &Ui) -> anyhow::Result<Exit> {
    let room = Room::enter(global, ui)?;
    let program = std::env::current_exe().context("cannot find out where this program is")?;
    let directory = absolute(&room.directory).context("cannot find out where the deployment directory is")?;
    let project = &room.stack.project;
    let schedule = Schedule { program: &program, directory: &directory, project, at: args.at, days: &args.days };
    let unit = schedule.unit();
    if args.install {
        let paths = schedule.install(&args.unit_directory)?;
        let next = format!("systemctl daemon-reload && systemctl enable --now {unit}.timer");
        if ui.json() {
            ui.document(&json!({"schema": 1, "written": paths, "next": next}));
        } else {
            ui.say(&format!("written: {}", paths.map(|path| path.display().to_string()).join(", ")));
            ui.say(&format!("next: {}", ui.err().hint(&next)));
        }
    } else if args.cron {
        if ui.json() {
            ui.document(&json!({"schema": 1, "cron": schedule.cron()}));
        } else {
            ui.data(schedule.cron().trim_end());
        }
    } else if ui.json() {
        let files = [("service", schedule.service()), ("timer", schedule.timer())];
        let files = files.map(|(kind, text)| (format!("{unit}.{kind}"), text.into()));
        ui.document(&json!({"schema": 1, "units": files.into_iter().collect::<serde_json::Map<_, _>>()}));
    } else {
        let text = format!("# {unit}.service\n{}\n# {unit}.timer\n{}", schedule.service(), schedule.timer());
        ui.data(text.trim_end());
    }
    Ok(Exit::Ok)
}
