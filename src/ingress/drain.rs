//! Waits until nobody uses what the ingress has left, so that it can be stopped.
//!
//! Two signs are asked for, because each alone is wrong somewhere:
//!
//! - *No old worker is left.* Then every request that was under way is answered: certain, and what usually happens. But
//!   one open websocket, to whichever replica, keeps its worker for as long as it likes.
//! - *No connection leads to the addresses.* That sees which replica a long connection belongs to. But an old worker may
//!   have a request for them without a connection: it still takes in an upload, or one of its clients was idle and
//!   speaks up (nginx 1.27.4 and newer keep idle clients over a reload). So this sign counts only after the time that
//!   idle clients are kept, and only when it is seen twice in a row. Should an upload take longer, nginx finds the
//!   stopped replica unreachable and goes to another one of the same list.

use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{
    SwitchError, file, sockets,
    switch::{look, pauses},
};
use crate::engine::{Engine, ErrorKind};

/// How long an old worker that has no connection to the addresses may still get a request for them: as long as an idle
/// client is kept. The bundled configuration keeps them for ten seconds, and says that it must not be longer.
const QUIET_WORKERS: Duration = Duration::from_secs(10);
/// Exit code of `grep` when nothing matches.
const NO_MATCH: i64 = 1;

/// How a drain ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// Nobody uses the addresses any more.
    Quiet,
    /// The time is over and somebody still does: a websocket, an endless download. They get one drop.
    LimitReached,
}

/// Waits until no old worker of the nginx in `container` can hold a request to `addresses`, at most `limit`. `tell` is
/// called with the seconds waited. The new upstreams must be in force already (`switch`).
pub async fn drain(
    engine: &dyn Engine,
    container: &str,
    addresses: &[Ipv4Addr],
    limit: Duration,
    tell: &(dyn Fn(u64) + Send + Sync),
) -> Result<Drained, SwitchError> {
    let begin = Instant::now();
    let mut clear = 0;
    let mut sockets_can_be_seen = !addresses.is_empty();
    for pause in pauses() {
        match look(engine, container).await {
            Ok(seen) if !seen.leaving.is_empty() => {}
            Ok(_) => break,
            // An ingress that does not run holds nothing.
            Err(SwitchError::Engine(e)) if e.kind == ErrorKind::NotRunning => break,
            Err(e) => return Err(e),
        }
        let waited = begin.elapsed();
        if sockets_can_be_seen && waited >= QUIET_WORKERS {
            match connections(engine, container, addresses).await? {
                Some(0) => clear += 1,
                Some(_) => clear = 0,
                None => sockets_can_be_seen = false,
            }
            if clear == 2 {
                break;
            }
        }
        if waited >= limit {
            return Ok(Drained::LimitReached);
        }
        tell(waited.as_secs());
        sleep(pause.min(limit - waited)).await;
    }
    Ok(Drained::Quiet)
}

/// Connections from the container's network to `addresses`; `None` where the image has no means to tell.
async fn connections(engine: &dyn Engine, container: &str, addresses: &[Ipv4Addr]) -> Result<Option<usize>, SwitchError> {
    match engine.exec(container, &sockets::command(addresses), file::COMMAND_LIMIT).await {
        Ok(output) if output.code == 0 => Ok(Some(sockets::carrying(&output.text(), addresses))),
        Ok(output) if output.code == NO_MATCH && output.output.is_empty() => Ok(Some(0)),
        Ok(_) => Ok(None),
        // A machine under load is no reason to give up an update: the workers tell as well.
        Err(e) if e.kind == ErrorKind::Timeout => Ok(None),
        Err(e) => Err(e.into()),
    }
}
