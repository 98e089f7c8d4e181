//! What a monitoring system wants to know of the backups, in the text format of Prometheus, for the textfile collector of its
//! node exporter.
//!
//! Everything comes from what lies at the targets, so it is as true as the list, whoever made the sets.

use std::{fmt::Write as _, io, path::Path};

use super::{catalog::Found, files, verified::Verified, verify::Depth};
use crate::model::{ProjectName, TargetName};

/// A metric: its name, what it tells, and its value for a target where there is one.
struct Metric {
    name: &'static str,
    help: &'static str,
    value: fn(&Of<'_>) -> Option<String>,
}

/// What is known of a target.
struct Of<'a> {
    name: &'a TargetName,
    sets: Option<&'a [Found]>,
    verified: &'a Verified,
}

const METRICS: [Metric; 7] = [
    Metric {
        name: "medianest_backup_target_up",
        help: "Whether the target could be listed.",
        value: |of| Some(u8::from(of.sets.is_some()).to_string()),
    },
    Metric {
        name: "medianest_backup_last_success_timestamp_seconds",
        help: "When the newest good backup was begun.",
        value: |of| Some(of.newest()?.set?.begun().timestamp().to_string()),
    },
    Metric {
        name: "medianest_backup_last_duration_seconds",
        help: "How long the newest good backup took.",
        value: |of| {
            let newest = of.newest()?;
            let took = newest.manifest()?.manifest().finished - newest.set?.begun();
            Some(took.num_seconds().max(0).to_string())
        },
    },
    Metric {
        name: "medianest_backup_last_size_bytes",
        help: "Bytes that the newest good backup takes, as stored.",
        value: |of| Some(of.newest()?.bytes.to_string()),
    },
    Metric {
        name: "medianest_backup_good_sets",
        help: "Good backups.",
        value: |of| of.sets.map(|_| of.good().count().to_string()),
    },
    Metric {
        name: "medianest_backup_size_bytes",
        help: "Bytes that all that lies there takes.",
        value: |of| Some(of.sets?.iter().fold(0, |sum: u64, set| sum.saturating_add(set.bytes)).to_string()),
    },
    Metric {
        name: "medianest_backup_last_verified_timestamp_seconds",
        help: "When the contents of a good backup were looked into last.",
        value: |of| {
            let outcomes = of.good().filter_map(|found| of.verified.of(of.name, found.set?));
            let looked = outcomes.filter(|outcome| outcome.depth == Depth::Contents).map(|outcome| outcome.at);
            looked.max().map(|at| at.timestamp().to_string())
        },
    },
];

impl<'a> Of<'a> {
    fn good(&self) -> impl Iterator<Item = &'a Found> + use<'a> {
        let (name, verified) = (self.name, self.verified);
        let whole = self.sets.unwrap_or_default().iter().filter(|found| found.manifest().is_some());
        whole.filter(move |found| found.set.is_some_and(|set| !verified.is_damaged(name, set)))
    }

    /// The sets are in the order of time.
    fn newest(&self) -> Option<&'a Found> {
        self.good().last()
    }
}

/// The file. Of a target that could not be listed (`None`) nothing is told but that.
pub fn text(project: &ProjectName, targets: &[(TargetName, Option<Vec<Found>>)], verified: &Verified) -> String {
    let mut text = String::new();
    for metric in &METRICS {
        let _ = writeln!(text, "# HELP {} {}\n# TYPE {} gauge", metric.name, metric.help, metric.name);
        for (name, sets) in targets {
            if let Some(value) = (metric.value)(&Of { name, sets: sets.as_deref(), verified }) {
                // Neither name can hold what would have to be escaped.
                let _ = writeln!(text, "{}{{project=\"{project}\",target=\"{name}\"}} {value}", metric.name);
            }
        }
    }
    text
}

/// Writes the file anew; whoever reads it sees the old text or the new one.
///
/// # Errors
/// When it cannot be written.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    files::replace(path, text.as_bytes(), files::PUBLIC)
}
