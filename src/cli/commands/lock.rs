//! `lock`: who is at work on a project, and how to go on without them.

use chrono::Utc;
use serde_json::{Value, json};

use super::change::who;
use crate::cli::{
    Exit,
    args::{Global, LockCommand},
    project,
};
use crate::engine::Engine;
use crate::model::ProjectName;
use crate::state::{Death, Holder, LEASE, RENEWAL, Standing};
use crate::ui::{self, Ui};

/// Shows or takes the lock.
pub async fn run(global: &Global, command: &LockCommand, ui: &Ui) -> anyhow::Result<Exit> {
    let project = project::name(global, ui)?;
    let engine = project::connect(global).await?;
    let standing = Standing::find(&engine, &project).await?;
    match command {
        LockCommand::Status => status(ui, &project, standing.as_ref()),
        LockCommand::Steal => steal(global, ui, &engine, &project, standing).await?,
    }
    Ok(Exit::Ok)
}

/// Says whose lock this command goes on under, and what they were about.
pub fn say_taken_over(ui: &Ui, project: &ProjectName, dead: &Standing) {
    if ui.json() {
        ui.line(&json!({"event": "lock_taken_over", "schema": 1, "project": project, "holder": holder(dead)}));
    } else {
        ui.note(&dead.obituary(), None);
    }
}

fn word(dead: Option<Death>) -> Option<&'static str> {
    dead.map(|dead| match dead {
        Death::ProcessGone => "process_gone",
        Death::LeaseOver => "lease_over",
    })
}

fn holder(standing: &Standing) -> Value {
    json!({
        "who": standing.holder.who,
        "command": standing.command(),
        "since": standing.since,
        "last_sign_seconds": standing.silent.map(|s| s.as_secs()),
        "dead": word(standing.dead),
        "progress": standing.progress,
    })
}

fn status(ui: &Ui, project: &ProjectName, standing: Option<&Standing>) {
    if ui.json() {
        let held = standing.is_some_and(|s| s.dead.is_none());
        ui.document(&json!({"schema": 1, "project": project, "held": held, "holder": standing.map(holder)}));
        return;
    }
    match standing {
        None => ui.data(&format!("{project}: nobody is at work")),
        Some(standing) => ui.data(&description(project, standing)),
    };
}

/// A few lines about a lock.
fn description(project: &ProjectName, standing: &Standing) -> String {
    let mut lines = vec![format!("{project}: held by {}", standing.holder.who), format!("command:      {}", standing.command())];
    if let Some(since) = standing.since {
        lines.push(format!("since:        {}", since.format("%Y-%m-%d %H:%M:%S UTC")));
    }
    if let Some(progress) = &standing.progress {
        lines.push(format!("doing:        {progress}"));
    }
    if let Some(silent) = standing.silent {
        lines.push(format!("sign of life: {} ago, expected every {} s", ui::duration(silent), RENEWAL.as_secs()));
    }
    let verdict = match standing.dead {
        None => "at work".to_owned(),
        Some(Death::ProcessGone) => "dead: the process is gone; the next command takes the lock over".to_owned(),
        Some(Death::LeaseOver) => {
            format!("dead: no sign of life for more than {} s; the next command takes the lock over", LEASE.as_secs())
        }
    };
    lines.push(format!("state:        {verdict}"));
    lines.join("\n")
}

async fn steal(
    global: &Global,
    ui: &Ui,
    engine: &dyn Engine,
    project: &ProjectName,
    standing: Option<Standing>,
) -> anyhow::Result<()> {
    let finished = |changed: bool| json!({"event": "finished", "schema": 1, "project": project, "command": "lock steal", "changed": changed});
    let Some(standing) = standing else {
        if ui.json() {
            ui.line(&finished(false));
        }
        ui.say(&format!("{project}: nobody is at work, so there is no lock to take"));
        return Ok(());
    };
    ui.say(&description(project, &standing));
    if standing.dead.is_none() {
        ui.say(&format!(
            "once {} notices, within {} s, that command begins nothing more and takes nothing back: what it has done halfway stays; until then nobody else gets the lock",
            standing.holder.who,
            standing.notices_within().as_secs()
        ));
    }
    ui::confirm(ui, &format!("Take the lock of `{project}` away from {}?", standing.holder.who))?;
    if standing.dead.is_some() {
        standing.remove(engine).await?;
    } else {
        let thief = Holder::this_process(who(), "lock steal", Utc::now());
        let lock = standing.take(engine, project, &thief).await?;
        ui.say(&format!("taken; waiting until {} has noticed", standing.holder.who));
        lock.keep(engine, standing.settled()).await;
        lock.release(engine).await?;
    }
    if ui.json() {
        ui.line(&finished(true));
        return Ok(());
    }
    ui.say(&format!("{} the lock of {project} is free", ui.err().good("✓")));
    ui.say(&format!("next: {}", ui.err().hint(super::next(global, "plan"))));
    Ok(())
}
