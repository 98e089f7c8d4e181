//! Waits until nobody uses what the ingress has left, so that it can be stopped.
//!
//! Two signs there are, because each alone is wrong somewhere:
//!
//! - *No old worker is left.* Then every request that was under way is answered: certain, and what usually happens. But
//!   one open websocket, to whichever replica, keeps its worker for as long as it likes.
//! - *No connection leads to the addresses.* That sees which replica a long connection belongs to. But an old worker may
//!   have a request for them without a connection: it still takes in an upload, or one of its clients was idle and
//!   speaks up (nginx 1.27.4 and newer keep idle clients over a reload). So this sign counts only after the time that
//!   idle clients are kept, only when it is seen twice in a row, and only where the plan says that each old list names
//!   another replica which stays: nginx finds the stopped one unreachable and goes to that one.

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
    /// The time is over and somebody still does: a websocket, an endless download, a slow upload. They get one drop.
    LimitReached {
        /// Connections to the addresses; `None` where they cannot be told. Without any, what is cut off is still coming in.
        connections: Option<usize>,
    },
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait<'a> {
    /// Addresses that the ingress does not send to any more.
    pub addresses: &'a [Ipv4Addr],
    /// That no connection leads to them is enough.
    pub connections_tell: bool,
    /// How long at most.
    pub limit: Duration,
}

/// Waits until no old worker of the nginx in `container` can hold a request to the addresses that has nowhere else to go.
/// `tell` is called with the seconds waited. The new upstreams must be in force already (`switch`).
pub async fn drain(
    engine: &dyn Engine,
    container: &str,
    wait: Wait<'_>,
    tell: &(dyn Fn(u64) + Send + Sync),
) -> Result<Drained, SwitchError> {
    let Wait { addresses, connections_tell, limit } = wait;
    let begin = Instant::now();
    let mut clear = 0;
    let mut can_be_seen = !addresses.is_empty();
    for pause in pauses() {
        match look(engine, container).await {
            Ok(seen) if !seen.leaving.is_empty() => {}
            Ok(_) => break,
            // An ingress that does not run holds nothing.
            Err(SwitchError::Engine(e)) if e.kind == ErrorKind::NotRunning => break,
            Err(e) => return Err(e),
        }
        let waited = begin.elapsed();
        let over = waited >= limit;
        let mut found = None;
        if can_be_seen && (over || (connections_tell && waited >= QUIET_WORKERS)) {
            found = connections(engine, container, addresses).await?;
            can_be_seen = found.is_some();
            clear = if found == Some(0) { clear + 1 } else { 0 };
            if connections_tell && clear == 2 {
                break;
            }
        }
        if over {
            return Ok(Drained::LimitReached { connections: found });
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
