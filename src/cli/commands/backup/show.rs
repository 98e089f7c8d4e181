//! `backup show`: one set in full.

use serde_json::json;

use super::{
    list::set_document,
    room::{Place, Room, warn},
};
use crate::backup::{
    catalog::{Found, OpenError},
    set::SetId,
};
use crate::cli::{
    Exit,
    args::{BackupShow, Global},
};
use crate::ui::{self, Standing, Ui};

/// Shows the set at the first target that has it.
pub async fn run(global: &Global, args: &BackupShow, ui: &Ui) -> anyhow::Result<Exit> {
    let room = Room::enter(global, ui)?;
    let verified = room.verified(ui);
    let places = room.places(&args.from)?;
    let (place, found) = find(&places, args.set, ui).await?;
    let standing = ui::standing(&found, &|set| verified.is_damaged(place.name(), set));
    if ui.json() {
        let mut document = set_document(&found, place, &verified);
        document["manifest"] = json!(found.manifest().map(|manifest| manifest.manifest()));
        document["signer"] = json!(found.manifest().map(|manifest| manifest.signed().signer()));
        ui.document(&json!({"schema": 1, "stack": room.stack.project, "target": place.name(), "backup": document}));
    } else {
        let outcome = verified.of(place.name(), args.set);
        ui.data(&ui::backup_page(ui, place.name(), &found, standing, outcome));
    }
    Ok(if standing == Standing::Good { Exit::Ok } else { Exit::VerificationFailed })
}

/// The set, and the first target that has it.
pub async fn find<'a>(places: &'a [Place], set: SetId, ui: &Ui) -> anyhow::Result<(&'a Place, Found)> {
    let mut trouble = None;
    for place in places {
        match place.list().await {
            Ok(sets) => {
                if let Some(found) = sets.into_iter().find(|found| found.set == Some(set)) {
                    return Ok((place, found));
                }
            }
            Err(error) => {
                warn(ui, place, &error);
                trouble = Some(error);
            }
        }
    }
    // It may be where nobody could look.
    Err(trouble.map_or_else(|| OpenError::NoSuchSet(set).into(), Into::into))
}
