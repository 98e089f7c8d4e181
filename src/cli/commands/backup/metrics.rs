//! `backup metrics`: what lies at the targets, for a monitoring system.

use anyhow::Context as _;

use super::room::{Room, warn};
use crate::backup::metrics;
use crate::cli::{
    Exit,
    args::{BackupMetrics, Global},
};
use crate::ui::Ui;

/// Prints or writes the metrics. A target that cannot be listed is told of in them, and ends with the code for a part.
pub async fn run(global: &Global, args: &BackupMetrics, ui: &Ui) -> anyhow::Result<Exit> {
    let room = Room::enter(global, ui)?;
    let mut targets = Vec::new();
    for place in room.places(&args.from)? {
        let sets = place.list().await.inspect_err(|error| warn(ui, &place, error)).ok();
        targets.push((place.name().clone(), sets));
    }
    let text = metrics::text(&room.stack.project, &targets, &room.verified(ui));
    if let Some(path) = &args.out {
        metrics::write(path, &text).with_context(|| format!("cannot write {}", path.display()))?;
    } else {
        ui.data(text.trim_end());
    }
    Ok(if targets.iter().all(|(_, sets)| sets.is_some()) { Exit::Ok } else { Exit::Partial })
}
