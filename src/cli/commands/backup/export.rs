//! `backup export`: a set, copied into a directory to be taken away.

use serde_json::json;

use super::meter::Meters;
use super::room::Room;
use super::show::find;
use crate::backup::{export, sink::DiskSink};
use crate::cli::{
    Exit,
    args::{BackupExport, Global},
    error::Interrupted,
    signal::Interrupt,
};
use crate::ui::Ui;

/// Copies the set from the first target that has it.
pub async fn run(global: &Global, args: &BackupExport, ui: &Ui) -> anyhow::Result<Exit> {
    let room = Room::enter(global, ui)?;
    let places = room.places(&args.from)?;
    let (place, _) = find(&places, args.set, ui).await?;
    let catalog = place.catalog()?;
    let manifest = catalog.open(args.set).await?;
    let interrupt = Interrupt::listen()?;
    let to = DiskSink::new(&args.to);
    let mut meters = Meters::new(*ui);
    let meter = meters.begin("copy", format!("backup {} from {}", args.set, place.name()), manifest.stored_size());
    let copied = export::export(&manifest, catalog.sink().as_ref(), &to, &interrupt.cancel, &meter.progress()).await;
    if let Err(error) = copied {
        meter.fail(&error.to_string());
        return Err(match (error, interrupt.exit()) {
            (export::ExportError::Cancelled, Some(exit)) => Interrupted(exit).into(),
            (error, _) => error.into(),
        });
    }
    meter.end();
    let folder = args.to.join(manifest.folder().as_str());
    if ui.json() {
        ui.line(&json!({
            "event": "finished", "schema": 1, "stack": room.stack.project, "command": "backup export", "set": args.set,
            "target": place.name(), "directory": folder, "bytes": manifest.stored_size(),
        }));
    } else {
        ui.data(&folder.display().to_string());
        ui.say(&format!("{} {} is there, checked; its key is not", ui.err().good("✓"), args.set));
    }
    Ok(Exit::Ok)
}
