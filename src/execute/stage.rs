//! Fills volumes: one archive through one container that is never started.

use std::io;

use zeroize::Zeroizing;

use super::StepError;
use crate::engine::Engine;
use crate::model::{ContainerSpec, FileOrigin};
use crate::plan::{Staged, StagedContent};
use crate::state::{Versions, archive::Archive, create_holder};

fn pack(error: io::Error) -> StepError {
    StepError::Content(format!("cannot pack the files: {error}"))
}

fn granted<'a>(granted: &'a Versions, origin: &FileOrigin) -> Result<&'a [u8], StepError> {
    let (found, kind, name) = match origin {
        FileOrigin::Secret(name) => (granted.secrets.get(name).map(|(_, c)| c.expose().as_slice()), "secret", name.as_str()),
        FileOrigin::Config(name) => (granted.configs.get(name).map(|(_, c)| c.as_slice()), "config", name.as_str()),
    };
    found.ok_or_else(|| StepError::Content(format!("the content of {kind} `{name}` is not at hand")))
}

/// Fills `volumes`, each mounted at `/<its name>` in `holder`.
pub(super) async fn fill(
    engine: &dyn Engine,
    holder: &ContainerSpec,
    volumes: &[Staged],
    contents: &Versions,
) -> Result<(), StepError> {
    let mut archive = Archive::default();
    for staged in volumes {
        let owner = staged.owner;
        archive.directory(&staged.volume, owner.uid, owner.gid, owner.mode).map_err(pack)?;
        for file in &staged.files {
            let content = match &file.content {
                StagedContent::Granted(origin) => granted(contents, origin)?,
                StagedContent::Rendered(text) => text.as_bytes(),
            };
            let path = format!("{}/{}", staged.volume, file.name);
            archive.file(&path, file.uid, file.gid, file.mode, content).map_err(pack)?;
        }
    }
    let tar = Zeroizing::new(archive.finish().map_err(pack)?);
    create_holder(engine, holder).await?;
    let put = engine.put_archive(&holder.name, "/", tar.to_vec()).await;
    // Removed whatever came of it; the first failure is the one to tell.
    let removed = engine.remove_container(&holder.name, true).await;
    put?;
    Ok(removed?)
}
