//! `logs`: what the containers print.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use futures_util::{StreamExt as _, stream::SelectAll};

use crate::cli::{
    Exit,
    args::{Global, Logs},
    error::{Usage, no_containers},
    project,
    signal::Interrupt,
};
use crate::engine::{Engine, LogOptions, LogSource};
use crate::model::{ContainerState, Health, ObservedContainer, is_previous};
use crate::ui::Ui;

/// Prints logs; with `--follow` until Ctrl-C or until every container has ended.
pub async fn run(global: &Global, args: &Logs, ui: &Ui) -> anyhow::Result<Exit> {
    let options = LogOptions {
        follow: args.follow,
        tail: Some(args.tail),
        since: args.since.as_deref().map(|text| since(text, Utc::now())).transpose()?,
        timestamps: args.timestamps,
        limit: None,
    };
    let project = project::name(global, ui)?;
    let engine = project::connect(global).await?;
    let there = engine.containers(&project).await?;
    let known: BTreeSet<_> = there.iter().filter_map(ObservedContainer::service).map(|s| s.to_string()).collect();
    if let Some(name) = args.services.iter().find(|name| !known.contains(*name)) {
        return Err(no_containers(name, &known.into_iter().collect::<Vec<_>>().join(", ")).into());
    }
    let wanted = |c: &&ObservedContainer| {
        let service = c.service().map(|s| s.to_string()).unwrap_or_default();
        // What is kept for a way back has nothing to tell of what runs.
        let told = if args.failed { failed(c) } else { !is_previous(&c.name) };
        (args.services.is_empty() || args.services.contains(&service)) && told
    };
    let containers: Vec<_> = there.iter().filter(wanted).collect();
    if containers.is_empty() {
        ui.say(if args.failed { "no container has failed" } else { "there are no containers" });
        return Ok(Exit::Ok);
    }
    let width = containers.iter().map(|c| c.name.len()).max().unwrap_or(0);
    let mut lines = SelectAll::new();
    for (index, container) in containers.iter().enumerate() {
        lines.push(engine.logs(&container.name, &options).map(move |chunk| (index, chunk)).boxed());
    }
    let mut partial = vec![Vec::new(); containers.len()];
    let interrupt = Interrupt::listen()?;
    let print = |index: usize, source: LogSource, line: &[u8]| {
        let (name, line) = (&containers[index].name, String::from_utf8_lossy(line));
        if ui.json() {
            let stream = if source == LogSource::Stderr { "stderr" } else { "stdout" };
            ui.line(&serde_json::json!({"event": "log", "container": name, "stream": stream, "line": line}))
        } else {
            ui.data(&format!("{} {line}", ui.out().series(index, format!("{name:<width$} |"))))
        }
    };
    loop {
        let next = tokio::select! {
            next = lines.next() => next,
            () = interrupt.cancel.cancelled() => return Ok(interrupt.exit().unwrap_or(Exit::Interrupted)),
        };
        let Some((index, chunk)) = next else { break };
        let chunk = chunk?;
        let held: &mut Vec<u8> = &mut partial[index];
        held.extend_from_slice(&chunk.bytes);
        while let Some(end) = held.iter().position(|b| *b == b'\n') {
            let line: Vec<u8> = held.drain(..=end).collect();
            let line = line.strip_suffix(b"\n").map_or(&line[..], |l| l.strip_suffix(b"\r").unwrap_or(l));
            if !print(index, chunk.source, line) {
                // Nobody reads any more (`logs -f | head`).
                return Ok(Exit::Ok);
            }
        }
    }
    for (index, rest) in partial.iter().enumerate().filter(|(_, rest)| !rest.is_empty()) {
        print(index, LogSource::Stdout, rest);
    }
    Ok(Exit::Ok)
}

fn failed(container: &ObservedContainer) -> bool {
    let ended_badly = match container.state {
        ContainerState::Exited { exit_code, .. } | ContainerState::Restarting { exit_code } => exit_code != 0,
        ContainerState::Dead => true,
        ContainerState::Created | ContainerState::Running { .. } => false,
    };
    // One that is kept for a way back was stopped, however it took that.
    if is_previous(&container.name) {
        return false;
    }
    ended_badly || container.health == Health::Unhealthy || container.restart_count > 0 || container.name.ends_with("-failed")
}

/// A moment: a span before now (`90s`, `10m`, `2h`, `3d`) or a time in RFC 3339.
fn since(text: &str, now: DateTime<Utc>) -> anyhow::Result<DateTime<Utc>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.with_timezone(&Utc));
    }
    let unit = |c: char| match c {
        's' => Some(1),
        'm' => Some(60),
        'h' => Some(3600),
        'd' => Some(86_400),
        _ => None,
    };
    let span = text.chars().last().and_then(unit).and_then(|seconds| {
        let count: i64 = text.get(..text.len() - 1)?.parse().ok()?;
        chrono::TimeDelta::try_seconds(count.checked_mul(seconds)?)
    });
    span.and_then(|span| now.checked_sub_signed(span)).ok_or_else(|| {
        Usage { message: format!("`{text}` is no time"), hint: Some("say 10m, 2h, 3d or 2026-01-31T08:00:00Z".into()) }.into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        let now = DateTime::UNIX_EPOCH + chrono::TimeDelta::days(10);
        assert_eq!(since("2h", now).unwrap(), now - chrono::TimeDelta::hours(2));
        assert_eq!(since("1970-01-02T00:00:00Z", now).unwrap(), DateTime::UNIX_EPOCH + chrono::TimeDelta::days(1));
        for bad in ["", "h", "1w", "-", "9999999999999999d", "é"] {
            assert!(since(bad, now).is_err(), "{bad}");
        }
    }
}
