//! One file in a running container: read it, replace it as a whole, take it away.
//!
//! Replaced by a rename, because the archive call writes piece by piece and nginx may read at any moment. Needs `mv` (and
//! `rm`, where there was no file) in the image; refuses to believe that a file is written before it has been read back.

use std::time::Duration;

use super::SwitchError;
use crate::engine::{Engine, EngineError, ErrorKind};
use crate::state::archive::{self, Archive};

/// How long one command in the ingress may take.
pub(super) const COMMAND_LIMIT: Duration = Duration::from_secs(15);

/// The file's content; `None` when there is no such file.
pub(super) async fn read(engine: &dyn Engine, container: &str, path: &str) -> Result<Option<Vec<u8>>, SwitchError> {
    let Some(tar) = engine.get_archive(container, path).await? else { return Ok(None) };
    let files = archive::files(&tar).map_err(|e| pack("read the upstreams", &e))?;
    Ok(files.into_iter().next().map(|(_, content)| content))
}

/// Puts `content` in the place of what `path` holds; proves that it lies there.
pub(super) async fn replace(engine: &dyn Engine, container: &str, path: &str, content: &[u8]) -> Result<(), SwitchError> {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    // Hidden, and with another ending: a configuration that includes `*.conf` does not see it.
    let temporary = format!(".{name}.new");
    let action = "pack the upstreams";
    let mut archive = Archive::default();
    archive.file(&temporary, 0, 0, 0o644, content).map_err(|e| pack(action, &e))?;
    // `/` for a file at the very top.
    let into = if directory.is_empty() { "/" } else { directory };
    engine.put_archive(container, into, archive.finish().map_err(|e| pack(action, &e))?).await?;
    let temporary = format!("{directory}/{temporary}");
    let not_written = || SwitchError::NotWritten { container: container.to_owned(), path: path.to_owned() };
    if let Err(error) = run(engine, container, &["mv", "-f", &temporary, path]).await {
        // The engine finds the file that the container does not see: something is mounted over it.
        let hidden = matches!(&error, SwitchError::Command { output, .. } if output.contains("No such file"));
        let covered = hidden && read(engine, container, &temporary).await?.is_some();
        return Err(if covered { not_written() } else { error });
    }
    match read(engine, container, path).await? {
        Some(there) if there == content => Ok(()),
        _ => Err(not_written()),
    }
}

/// Takes the file away; one that is not there is no error.
pub(super) async fn remove(engine: &dyn Engine, container: &str, path: &str) -> Result<(), SwitchError> {
    run(engine, container, &["rm", "-f", path]).await
}

async fn run(engine: &dyn Engine, container: &str, words: &[&str]) -> Result<(), SwitchError> {
    let command: Vec<_> = words.iter().map(|w| (*w).to_owned()).collect();
    let output = engine.exec(container, &command, COMMAND_LIMIT).await?;
    if output.code == 0 {
        return Ok(());
    }
    Err(SwitchError::Command { command: words.join(" "), container: container.to_owned(), output: output.text() })
}

fn pack(action: &str, error: &std::io::Error) -> SwitchError {
    EngineError::new(ErrorKind::Other, action, error.to_string()).into()
}
