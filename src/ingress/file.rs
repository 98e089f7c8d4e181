//! One file in a running container: read it, replace it as a whole, take it away.
//!
//! Replaced by a rename, because the archive call writes piece by piece and nginx may read at any moment. Needs `mv` (and
//! `rm`, where there was no file) in the image; refuses to call a file replaced before it has been read back.

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
    lay_beside(engine, container, path, content).await?;
    take_place(engine, container, path).await?;
    lies_there(engine, container, path, content).await
}

/// The directory of `path`, and the path of the file that is to take its place. Hidden, and with another ending: a
/// configuration that includes `*.conf` does not see it.
fn beside(path: &str) -> (&str, String) {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    (directory, format!("{directory}/.{name}.new"))
}

/// Writes `content` beside `path`, where nobody reads it.
pub(super) async fn lay_beside(engine: &dyn Engine, container: &str, path: &str, content: &[u8]) -> Result<(), SwitchError> {
    let (directory, temporary) = beside(path);
    let action = "pack the upstreams";
    let mut archive = Archive::default();
    let name = temporary.rsplit('/').next().unwrap_or_default();
    archive.file(name, 0, 0, 0o644, content).map_err(|e| pack(action, &e))?;
    // `/` for a file at the very top.
    let into = if directory.is_empty() { "/" } else { directory };
    engine.put_archive(container, into, archive.finish().map_err(|e| pack(action, &e))?).await?;
    Ok(())
}

/// Renames what was laid beside over `path`.
pub(super) async fn take_place(engine: &dyn Engine, container: &str, path: &str) -> Result<(), SwitchError> {
    let (_, temporary) = beside(path);
    let Err(error) = run(engine, container, &["mv", "-f", &temporary, path]).await else { return Ok(()) };
    // The engine finds the file that the container does not see: something is mounted over it.
    let hidden = matches!(&error, SwitchError::Command { output, .. } if output.contains("No such file"));
    let covered = hidden && read(engine, container, &temporary).await?.is_some();
    Err(if covered { not_written(container, path) } else { error })
}

/// Proves that `path` holds `content`.
pub(super) async fn lies_there(engine: &dyn Engine, container: &str, path: &str, content: &[u8]) -> Result<(), SwitchError> {
    match read(engine, container, path).await? {
        Some(there) if there == content => Ok(()),
        _ => Err(not_written(container, path)),
    }
}

fn not_written(container: &str, path: &str) -> SwitchError {
    SwitchError::NotWritten { container: container.to_owned(), path: path.to_owned() }
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
