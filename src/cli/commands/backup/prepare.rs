//! What every new set needs, made by a person's word or before a restore: a name, targets that are open, versions.

use std::{collections::BTreeMap, fs::DirBuilder, io, os::unix::fs::DirBuilderExt as _, path::Path};

use anyhow::Context as _;
use chrono::Utc;

use crate::backup::{
    set::SetId,
    sink::{SinkError, Target, Tee},
    target,
};
use crate::cli::env;
use crate::model::{BackupSettings, Stack, TargetName};

/// A name that no other set has.
pub fn set_id() -> anyhow::Result<SetId> {
    let mut random = [0; 4];
    getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("no random bytes: {error}"))?;
    Ok(SetId::new(Utc::now(), u32::from_le_bytes(random))?)
}

/// The targets of these names, or all of them; the directory of the only one that is declared by nobody is made.
pub fn targets(stack: &Stack, names: &[TargetName]) -> anyhow::Result<Tee> {
    let (settings, directory) = (&stack.backup, &stack.directory);
    let chosen = target::chosen(settings, directory, names)?;
    if settings.targets.is_empty() {
        let path = Path::new(directory).join(BackupSettings::DIRECTORY);
        // Its own directory only: one that a person has named may be a disk that is not there.
        match DirBuilder::new().mode(0o700).create(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(error).with_context(|| format!("cannot make {}", path.display()));
            }
            _ => {}
        }
    }
    let opened = chosen.iter().map(|declared| {
        let sink = target::sink(declared, &env::text)?;
        Ok(Target { name: declared.name.to_string(), sink })
    });
    Ok(Tee::new(opened.collect::<Result<_, SinkError>>()?))
}

/// Versions that a restore must know, beside those of the servers.
pub fn versions(engine: String) -> BTreeMap<String, String> {
    BTreeMap::from([("medianestctl".to_owned(), env!("CARGO_PKG_VERSION").to_owned()), ("engine".to_owned(), engine)])
}
