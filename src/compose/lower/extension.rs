//! `x-medianest`: what the tool wants to know and the Compose specification has no word for.
//!
//! Refuses every key that it does not know, also one that begins with `x-`: these keys are the tool's own.

use std::time::Duration;

use super::fields::At;
use super::{Context, Declared, Lowered, autoupdate, backup};
use crate::model::{Balance, DatabaseBackup, ImageRef, Ingress, Migration, Route, SchemaQuery, Smoke};

/// Attempts at a migration when the file gives none: a migration that failed is not tried again unasked.
const DEFAULT_ATTEMPTS: u32 = 1;
/// Pause before the second attempt when the file gives none.
const DEFAULT_BACKOFF: Duration = Duration::from_secs(2);

/// Status that a smoke test expects when the file gives none.
const DEFAULT_STATUS: u16 = 200;

const BALANCES: &[(&str, Balance)] =
    &[("round_robin", Balance::RoundRobin), ("least_conn", Balance::LeastConn), ("client_address", Balance::ClientAddress)];

/// The top-level `x-medianest: {version, releases: {keep}, autoupdate, backup}`: the application's version, how many releases are
/// kept, when it may be updated unasked, and how it is backed up.
pub(super) fn project(cx: &mut Context<'_>, at: &At<'_>, lowered: &mut Lowered) {
    let Some(mut fields) = at.fields(cx.report) else { return };
    lowered.version = fields.take("version").and_then(|v| v.scalar(cx.report)).filter(|version| !version.is_empty());
    if let Some(keep) = fields.take("releases").and_then(|v| releases(cx, &v)) {
        lowered.keep_releases = keep;
    }
    lowered.autoupdate = fields.take("autoupdate").and_then(|v| autoupdate::autoupdate(cx, &v)).unwrap_or_default();
    lowered.backup = fields.take("backup").and_then(|v| backup::settings(cx, &v)).unwrap_or_default();
    fields.finish(cx.report, &[], true);
}

fn releases(cx: &mut Context<'_>, at: &At<'_>) -> Option<u32> {
    let mut fields = at.fields(cx.report)?;
    let keep = fields.take("keep").and_then(|v| {
        let keep = v.integer(cx.report);
        if keep == Some(0) {
            v.error(cx.report, "at least one release is kept, the one that runs");
        }
        keep
    });
    fields.finish(cx.report, &[], true);
    keep
}

/// What `x-medianest` of a service says.
#[derive(Default)]
pub(super) struct Extension {
    pub(super) ingress: Option<Ingress>,
    pub(super) migration: Option<Migration>,
    pub(super) smoke: Vec<Smoke>,
    pub(super) backup: DatabaseBackup,
}

/// `x-medianest` of a service that has this image.
pub(super) fn service(cx: &mut Context<'_>, at: &At<'_>, image: Option<&ImageRef>) -> Option<Extension> {
    let mut fields = at.fields(cx.report)?;
    let ingress = fields.take("ingress").and_then(|v| ingress(cx, &v));
    let migration = fields.take("migration").and_then(|v| migration(cx, &v));
    let smoke = fields.take("smoke").and_then(|v| v.items(cx.report)).unwrap_or_default();
    let smoke = smoke.iter().filter_map(|item| self::smoke(cx, item)).collect();
    let backup = fields.take("backup").and_then(|v| backup::database(cx, &v, image)).unwrap_or_default();
    fields.finish(cx.report, &[], true);
    Some(Extension { ingress, migration, smoke, backup })
}

fn ingress(cx: &mut Context<'_>, at: &At<'_>) -> Option<Ingress> {
    let mut fields = at.fields(cx.report)?;
    let config = fields.require(cx.report, "config").and_then(|v| {
        let name = v.text(cx.report)?;
        if cx.dangling(&v, "config", &name, |declared: &Declared| &declared.configs) { None } else { name.parse().ok() }
    });
    let mut routes: Vec<Route> = Vec::new();
    if let Some(list) = fields.require(cx.report, "routes") {
        let items = list.items(cx.report).unwrap_or_default();
        if items.is_empty() {
            list.error(cx.report, "an ingress needs at least one route");
        }
        for item in items {
            let Some(route) = route(cx, &item) else { continue };
            if routes.iter().any(|earlier| earlier.upstream == route.upstream) {
                item.error(cx.report, format!("the upstream `{}` is given twice", route.upstream));
            }
            routes.push(route);
        }
    }
    let drain = fields.take("drain").map_or(Some(Ingress::DEFAULT_DRAIN), |v| v.duration(cx.report));
    fields.finish(cx.report, &[], true);
    Some(Ingress { config: config?, routes, drain: drain? })
}

fn route(cx: &mut Context<'_>, at: &At<'_>) -> Option<Route> {
    let mut fields = at.fields(cx.report)?;
    let upstream = fields.require(cx.report, "upstream").and_then(|v| {
        let name = v.text(cx.report)?;
        let valid = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
        if !valid {
            v.error(cx.report, format!("`{name}` is not an upstream's name: it takes letters, digits, `_`, `.` and `-`"));
        }
        valid.then_some(name)
    });
    let service = fields.require(cx.report, "service").and_then(|v| {
        let name = v.text(cx.report)?;
        if cx.dangling(&v, "service", &name, |declared: &Declared| &declared.services) { None } else { name.parse().ok() }
    });
    let port = fields.require(cx.report, "port").and_then(|v| {
        let port = v.integer::<u16>(cx.report);
        if port == Some(0) {
            v.error(cx.report, "a port is a number from 1 to 65535");
        }
        port
    });
    let balance = fields.take("balance").map_or(Some(Balance::RoundRobin), |v| v.word(cx.report, BALANCES));
    fields.finish(cx.report, &[], true);
    Some(Route { upstream: upstream?, service: service?, port: port?, balance: balance? })
}

fn schema_query(cx: &mut Context<'_>, at: &At<'_>) -> Option<SchemaQuery> {
    let mut fields = at.fields(cx.report)?;
    let service = fields.require(cx.report, "service").and_then(|v| {
        let name = v.text(cx.report)?;
        if cx.dangling(&v, "service", &name, |declared: &Declared| &declared.services) { None } else { name.parse().ok() }
    });
    let command = fields.require(cx.report, "command").and_then(|v| {
        let command = v.texts(cx.report)?;
        if command.is_empty() {
            v.error(cx.report, "the command is empty");
        }
        Some(command)
    });
    fields.finish(cx.report, &[], true);
    Some(SchemaQuery { service: service?, command: command? })
}

fn migration(cx: &mut Context<'_>, at: &At<'_>) -> Option<Migration> {
    let mut fields = at.fields(cx.report)?;
    let attempts = fields.take("attempts").map_or(Some(DEFAULT_ATTEMPTS), |v| {
        let attempts = v.integer(cx.report);
        if attempts == Some(0) {
            v.error(cx.report, "at least one attempt is needed");
        }
        attempts
    });
    let backoff = fields.take("backoff").map_or(Some(DEFAULT_BACKOFF), |v| v.duration(cx.report));
    let verify = fields.take("verify").and_then(|v| {
        let command = v.texts(cx.report)?;
        if command.is_empty() {
            v.error(cx.report, "the command is empty");
        }
        Some(command)
    });
    let backward_compatible = fields.take("backward_compatible").and_then(|v| {
        let range = v.scalar(cx.report).filter(|range| !range.is_empty())?;
        if semver::VersionReq::parse(&range).is_err() {
            v.error(cx.report, format!("`{range}` is not a range of versions such as `<2.0.0` or `>=1.2, <3`"));
        }
        Some(range)
    });
    let head = fields.take("head").and_then(|v| schema_query(cx, &v));
    fields.finish(cx.report, &[], true);
    Some(Migration { attempts: attempts?, backoff: backoff?, verify, backward_compatible, head })
}

fn smoke(cx: &mut Context<'_>, at: &At<'_>) -> Option<Smoke> {
    let mut fields = at.fields(cx.report)?;
    let path = fields.require(cx.report, "path").and_then(|v| {
        let path = v.text(cx.report)?;
        let valid = path.starts_with('/') && path.chars().all(|c| c.is_ascii_graphic() && c != '#');
        if !valid {
            v.error(cx.report, format!("`{path}` is not a path such as `/api/health?full=1`"));
        }
        valid.then_some(path)
    });
    let status = fields.take("status").map_or(Some(DEFAULT_STATUS), |v| {
        let status = v.integer::<u16>(cx.report)?;
        let valid = (200..=599).contains(&status);
        if !valid {
            v.error(cx.report, "a final status is a number from 200 to 599");
        }
        valid.then_some(status)
    });
    let body = fields.take("body").and_then(|v| v.text(cx.report));
    let latency = fields.take("latency").map_or(Some(None), |v| {
        let latency = v.duration(cx.report)?;
        if latency.is_zero() {
            v.error(cx.report, "no answer takes no time");
        }
        (!latency.is_zero()).then_some(Some(latency))
    });
    fields.finish(cx.report, &[], true);
    Some(Smoke { path: path?, status: status?, body, latency: latency? })
}
