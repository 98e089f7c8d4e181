//! Limits and reservations of a container: the service's own keys and those of `deploy.resources` (Compose
//! specification, "Deploy", "resources").
//!
//! Refuses two different values for one limit.

use super::Context;
use super::fields::{At, Fields};
use crate::compose::keys;
use crate::model::{Bytes, Cpus, Resources};

/// Limits with the places that they were read at.
#[derive(Default)]
pub(super) struct Limits<'a> {
    memory: Option<(At<'a>, Bytes)>,
    memory_reservation: Option<(At<'a>, Bytes)>,
    cpus: Option<(At<'a>, Cpus)>,
    pids: Option<(At<'a>, i64)>,
}

fn read<'a, T>(at: Option<At<'a>>, read: impl FnOnce(&At<'a>) -> Option<T>) -> Option<(At<'a>, T)> {
    let at = at?;
    let value = read(&at)?;
    Some((at, value))
}

/// Reads `deploy.resources`.
pub(super) fn deployed<'a>(cx: &mut Context<'_>, at: &At<'a>) -> Option<Limits<'a>> {
    let mut fields = at.fields(cx.report)?;
    let (limits, reservations) = (fields.take("limits"), fields.take("reservations"));
    fields.finish(cx.report, &[], false);
    let mut found = Limits::default();
    if let Some(mut fields) = limits.and_then(|v| v.fields(cx.report)) {
        found.cpus = read(fields.take("cpus"), |v| v.cpus(cx.report));
        found.memory = read(fields.take("memory"), |v| v.bytes(cx.report));
        found.pids = read(fields.take("pids"), |v| v.integer(cx.report));
        fields.finish(cx.report, &[], false);
    }
    if let Some(mut fields) = reservations.and_then(|v| v.fields(cx.report)) {
        // Only a swarm reserves processors; elsewhere the value is checked and has no effect, as in Compose.
        if let Some(cpus) = fields.take("cpus") {
            cpus.cpus(cx.report);
        }
        found.memory_reservation = read(fields.take("memory"), |v| v.bytes(cx.report));
        fields.finish(cx.report, keys::RESERVATIONS, false);
    }
    Some(found)
}

/// Takes the service's own keys and joins them with those of `deploy`.
pub(super) fn resources<'a>(cx: &mut Context<'_>, fields: &mut Fields<'a>, deployed: Limits<'a>) -> Resources {
    let own = Limits {
        memory: read(fields.take("mem_limit"), |v| v.bytes(cx.report)),
        memory_reservation: read(fields.take("mem_reservation"), |v| v.bytes(cx.report)),
        cpus: read(fields.take("cpus"), |v| v.cpus(cx.report)),
        pids: read(fields.take("pids_limit"), |v| v.integer(cx.report)),
    };
    // Zero is the engine's word for no limit.
    Resources {
        memory: one(cx, own.memory, deployed.memory).filter(|bytes| bytes.0 > 0),
        memory_reservation: one(cx, own.memory_reservation, deployed.memory_reservation).filter(|bytes| bytes.0 > 0),
        cpus: one(cx, own.cpus, deployed.cpus).filter(|cpus| cpus.0 > 0),
        pids: one(cx, own.pids, deployed.pids).filter(|pids| *pids > 0),
    }
}

/// The value of a setting that can be given in two places.
pub(super) fn one<T: PartialEq>(cx: &mut Context<'_>, a: Option<(At<'_>, T)>, b: Option<(At<'_>, T)>) -> Option<T> {
    if let (Some((at, a)), Some((other, b))) = (&a, &b)
        && a != b
    {
        let message = format!("`{}` gives a different value", other.key);
        at.error_hint(cx.report, message, "remove one of the two");
    }
    a.or(b).map(|(_, value)| value)
}
