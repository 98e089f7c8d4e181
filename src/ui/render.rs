//! Documents for people: status, findings, summaries.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use super::{Table, Ui, format::Marks};
use crate::drift::Drift;
use crate::plan::{Action, Plan};
use crate::preflight::{Report, Severity};
use crate::status::{ServiceState, Status};

/// A span of time as people say it: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`, `4 d 3 h`.
pub fn duration(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..=9 => format!("{:.1} s", span.as_secs_f64()),
        10..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min {} s", seconds / 60, seconds % 60),
        7200..=172_799 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

fn state(marks: Marks, state: ServiceState) -> (String, String) {
    let (sign, word) = match state {
        ServiceState::Running => ("●", "running"),
        ServiceState::Starting => ("◐", "starting"),
        ServiceState::Degraded => ("◑", "degraded"),
        ServiceState::Unhealthy => ("✗", "unhealthy"),
        ServiceState::Stopped => ("○", "stopped"),
        ServiceState::Missing => ("✗", "missing"),
        ServiceState::Completed => ("✓", "completed"),
        ServiceState::Failed => ("✗", "failed"),
    };
    let plain = format!("{sign} {word}");
    let shown = match state {
        ServiceState::Running | ServiceState::Completed => marks.good(&plain),
        ServiceState::Starting | ServiceState::Degraded | ServiceState::Stopped => marks.warning(&plain),
        ServiceState::Unhealthy | ServiceState::Failed | ServiceState::Missing => marks.bad(&plain),
    };
    (plain, shown)
}

/// The status as a table with one line above it.
pub fn status_table(ui: &Ui, status: &Status) -> String {
    let marks = ui.out();
    let mut text = String::new();
    let version = status.version.as_deref().map(|v| format!(" {v}")).unwrap_or_default();
    let verdict = if status.services.is_empty() {
        marks.warning("not deployed")
    } else if status.healthy {
        marks.good("healthy")
    } else {
        marks.bad("not healthy")
    };
    let closed = status.maintenance.as_ref().map(|_| format!(", {}", marks.warning("in maintenance"))).unwrap_or_default();
    let _ = writeln!(text, "{}{version}: {verdict}{closed}", marks.strong(&status.project));
    if status.services.is_empty() {
        return text;
    }
    let mut table = Table::default();
    table.painted(["SERVICE", "STATE", "HEALTHY", "UPTIME", "IMAGE"].map(|h| (h.into(), marks.dim(h))).into());
    for service in &status.services {
        let replicas = match service.replicas.desired {
            0 => "-".to_owned(),
            desired => format!("{}/{desired}", service.replicas.healthy),
        };
        let seconds = service.uptime_s.and_then(|s| u64::try_from(s).ok());
        let uptime = seconds.map_or_else(|| "-".to_owned(), |s| duration(Duration::from_secs(s)));
        let plain = |text: String| (text.clone(), text);
        table.painted(vec![
            plain(service.name.to_string()),
            state(marks, service.state),
            plain(replicas),
            plain(uptime),
            plain(service.image.clone()),
        ]);
    }
    text.push_str(&table.render());
    text.push_str(&drift_table(marks, &status.drift));
    text
}

/// What is not as the release left it, under a line of its own; nothing when all is.
fn drift_table(marks: Marks, drift: &[Drift]) -> String {
    if drift.is_empty() {
        return String::new();
    }
    let mut table = Table::default();
    table.painted(["DRIFT", "CONTAINER", "WHAT"].map(|h| (h.into(), marks.dim(h))).into());
    for Drift { kind, container, what, .. } in drift {
        let kind = format!("! {}", kind.word());
        let plain = |text: &String| (text.clone(), text.clone());
        table.painted(vec![(kind.clone(), marks.warning(&kind)), plain(container), plain(what)]);
    }
    format!("\n{}", table.render())
}

/// The findings of the checks, the good ones on one line each.
pub fn checks(ui: &Ui, report: &Report) -> String {
    let marks = ui.out();
    let mut text = String::new();
    for finding in &report.findings {
        let sign = match finding.severity {
            Severity::Ok => marks.good("✓ ok      "),
            Severity::Warning => marks.warning("! warning "),
            Severity::Failure => marks.bad("✗ failed  "),
        };
        let _ = writeln!(text, "{sign}{:<18} {}", finding.code, finding.message);
        if let Some(hint) = &finding.hint {
            let _ = writeln!(text, "{:28} {} {hint}", "", marks.hint("hint:"));
        }
    }
    let count = |severity| report.findings.iter().filter(|f| f.severity == severity).count();
    let (failed, warnings) = (count(Severity::Failure), count(Severity::Warning));
    let verdict = match (failed, warnings) {
        (0, 0) => marks.good("ready to deploy"),
        (0, n) => format!("{}, {n} {}", marks.good("ready to deploy"), plural(n, "warning")),
        (n, _) => marks.bad(format!("not ready: {n} {} must be mended first", plural(n, "problem"))),
    };
    let _ = writeln!(text, "\n{verdict}");
    text
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

/// What a plan does, in one line: `creates 8 containers, 2 networks; starts 7; destroys nothing`.
pub fn plan_summary(plan: &Plan) -> String {
    let mut counts: BTreeMap<(usize, &str), usize> = BTreeMap::new();
    for step in &plan.steps {
        let key = match &step.action {
            Action::Pull { .. } => (0, "pull # image"),
            Action::CreateNetwork { .. } => (1, "create # network"),
            Action::CreateVolume { .. } | Action::InitState { .. } => (2, "create # volume"),
            Action::CreateContainer { .. } => (3, "create # container"),
            Action::RunJob { .. } => (4, "run # job"),
            Action::Stop { .. } => (5, "stop # container"),
            Action::Start { .. } => (6, "start # container"),
            Action::SwitchUpstreams { .. } => (7, "switch the traffic # time"),
            Action::RemoveContainer { .. } | Action::RemoveOrphan { .. } => (8, "remove # container"),
            Action::RemoveNetwork { .. } => (9, "remove # network"),
            Action::RemoveVolume { data: false, .. } => (10, "remove # derived volume"),
            Action::Forget { .. } => (12, "FORGET old releases"),
            Action::RemoveVolume { data: true, .. } => (11, "DESTROY # volume"),
            Action::Stage { .. }
            | Action::AwaitHealthy { .. }
            | Action::SetRestart { .. }
            | Action::Dump { .. }
            | Action::ReadSchema { .. }
            | Action::Smoke { .. }
            | Action::Drain { .. }
            | Action::Bake { .. }
            | Action::Pause { .. }
            | Action::Rename { .. }
            | Action::KeepMaintenance { .. }
            | Action::Record { .. } => continue,
        };
        *counts.entry(key).or_default() += 1;
    }
    let parts: Vec<_> = counts.iter().map(|((_, phrase), n)| plural(*n, &phrase.replace('#', &n.to_string()))).collect();
    let parts = if parts.is_empty() { "nothing to change".to_owned() } else { parts.join(", ") };
    if plan.destroys() { parts } else { format!("{parts}; no data is removed") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_time() {
        let shown: Vec<_> = [0, 9, 59, 121, 7300, 200_000].map(|s| duration(Duration::from_secs(s))).into();
        assert_eq!(shown, ["0.0 s", "9.0 s", "59 s", "2 min 1 s", "2 h 1 min", "2 d 7 h"]);
    }
}
