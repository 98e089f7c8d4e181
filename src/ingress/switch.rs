//! Puts new upstreams before a running nginx: write beside, rename over, test, reload, and see that they are in force.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::try_join;
use tokio::time::{Instant, sleep};

use super::{SwitchError, file, nginx::Nginx};
use crate::engine::{Engine, ErrorKind};

/// How long nginx may take from the signal until only its new workers take connections. It reads its files, resolves the
/// names in them and starts workers before that: usually within a tenth of a second.
const ACKNOWLEDGE_LIMIT: Duration = Duration::from_secs(30);
/// The first pause between two looks, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// Pauses that grow by a quarter each time.
pub(super) fn pauses() -> impl Iterator<Item = Duration> {
    std::iter::successors(Some(PAUSES.0), |pause| Some((*pause * 5 / 4).min(PAUSES.1)))
}

/// Looks at nginx's processes.
pub(super) async fn look(engine: &dyn Engine, container: &str) -> Result<Nginx, SwitchError> {
    Ok(Nginx::of(&engine.processes(container).await?))
}

/// New upstreams that lie beside those in force; nothing has changed yet.
pub struct Prepared<'a> {
    engine: &'a dyn Engine,
    container: &'a str,
    path: &'a str,
    content: &'a str,
    /// The command that tests the configuration.
    test: Vec<String>,
    before: Option<Vec<u8>>,
}

/// Lays `content` beside `path` in `container`. The calls are slow, and none of them changes what nginx reads.
pub async fn prepare<'a>(
    engine: &'a dyn Engine,
    container: &'a str,
    path: &'a str,
    content: &'a str,
) -> Result<Prepared<'a>, SwitchError> {
    let (seen, before, ()) = try_join!(
        look(engine, container),
        file::read(engine, container, path),
        file::lay_beside(engine, container, path, content.as_bytes()),
    )?;
    let Some(test) = seen.test() else { return Err(SwitchError::NoMaster { container: container.to_owned() }) };
    Ok(Prepared { engine, container, path, content, test, before })
}

/// Replaces `path` in `container` by `content` and reloads; returns when only workers with the new upstreams take
/// connections. On any failure the old file is put back, and nginx serves on with it.
pub async fn switch(engine: &dyn Engine, container: &str, path: &str, content: &str) -> Result<(), SwitchError> {
    prepare(engine, container, path, content).await?.make().await
}

impl Prepared<'_> {
    /// Makes the switch, as [`switch`] does.
    pub async fn make(self) -> Result<(), SwitchError> {
        let mut told = false;
        let error = match self.bring(&mut told).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        match put_back(self.engine, self.container, self.path, self.before.as_deref(), told).await {
            Ok(()) => Err(error),
            Err(why) => Err(SwitchError::Stranded { error: Box::new(error), why: Box::new(why) }),
        }
    }

    /// `told` is set when nginx may have been told to reload.
    async fn bring(&self, told: &mut bool) -> Result<(), SwitchError> {
        let Self { engine, container, path, content, .. } = *self;
        file::take_place(engine, container, path).await?;
        let tested = engine.exec(container, &self.test, file::COMMAND_LIMIT).await?;
        if tested.code != 0 {
            return Err(SwitchError::Refused(tested.text()));
        }
        // Noted as late as can be: a worker that nginx itself replaces before the signal is one of the old ones.
        let noted = look(engine, container).await?.serving;
        *told = true;
        engine.kill(container, "HUP").await?;
        // Both are needed before anybody may believe in it, and neither has to wait for the other.
        try_join!(acknowledged(engine, container, &noted), file::lies_there(engine, container, path, content.as_bytes()))?;
        Ok(())
    }
}

/// A reload that is asked for is not a reload that happened: nginx may refuse what its test let pass (a memory zone that
/// changed its key, a port that is taken), and then its old workers simply go on.
async fn acknowledged(engine: &dyn Engine, container: &str, noted: &BTreeSet<u32>) -> Result<(), SwitchError> {
    let begin = Instant::now();
    for pause in pauses() {
        let now = look(engine, container).await?;
        if now.replaced(noted) {
            break;
        }
        if begin.elapsed() >= ACKNOWLEDGE_LIMIT {
            let container = container.to_owned();
            return Err(match now.stranger {
                Some(first) => SwitchError::NotFirst { container, first },
                None => SwitchError::NotReloaded { container, limit: ACKNOWLEDGE_LIMIT },
            });
        }
        sleep(pause).await;
    }
    Ok(())
}

/// Brings the file back that was there before. An nginx that may have been told of the other one is told again: it may
/// take it late, and what runs must be what lies there.
async fn put_back(
    engine: &dyn Engine,
    container: &str,
    path: &str,
    before: Option<&[u8]>,
    told: bool,
) -> Result<(), SwitchError> {
    match before {
        Some(before) => file::replace(engine, container, path, before).await?,
        None => file::remove(engine, container, path).await?,
    }
    if !told {
        return Ok(());
    }
    match engine.kill(container, "HUP").await {
        // It reads the file when it is started.
        Err(e) if matches!(e.kind, ErrorKind::NotRunning | ErrorKind::NotFound) => Ok(()),
        answer => Ok(answer?),
    }
}
