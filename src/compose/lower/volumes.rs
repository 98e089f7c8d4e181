//! The top-level volumes (Compose specification, "Volumes top-level element").

use std::collections::BTreeMap;

use super::Context;
use super::fields::At;
use crate::model::{Volume, VolumeOwner};

/// Permission bits of a volume's root when its owner is given and they are not.
const DEFAULT_MODE: u32 = 0o755;

/// The top-level volumes.
pub(super) fn volumes(cx: &mut Context<'_>, at: &At<'_>) -> BTreeMap<String, Volume> {
    let mut volumes = BTreeMap::new();
    for (entry, at) in at.entries(cx.report).unwrap_or_default() {
        volumes.extend(volume(cx, &entry.key, &at).map(|volume| (entry.key.clone(), volume)));
    }
    volumes
}

fn volume(cx: &mut Context<'_>, key: &str, at: &At<'_>) -> Option<Volume> {
    if at.is_null() {
        return Some(Volume {
            name: cx.engine_name(None, key, at, false)?,
            external: false,
            driver: None,
            driver_opts: BTreeMap::new(),
            labels: BTreeMap::new(),
            owner: None,
            backup: None,
        });
    }
    let mut fields = at.fields(cx.report)?;
    let external = fields.take("external").and_then(|v| v.bool(cx.report)).unwrap_or(false);
    let name = fields.take("name");
    let name = cx.engine_name(name.as_ref(), key, at, external);
    let driver = fields.take("driver");
    let driver_opts = fields.take("driver_opts");
    let labels = fields.take("labels");
    let own = fields.take("x-medianest").and_then(|v| extension(cx, &v, external)).unwrap_or_default();
    if external {
        for given in [&driver, &driver_opts, &labels].into_iter().flatten() {
            as_it_is(cx, given);
        }
    }
    let volume = Volume {
        name: name?,
        external,
        driver: driver.and_then(|v| v.text(cx.report)),
        driver_opts: driver_opts.and_then(|v| cx.options(&v)).unwrap_or_default(),
        labels: labels.and_then(|v| cx.labels(&v)).unwrap_or_default(),
        owner: own.owner,
        backup: own.backup,
    };
    fields.finish(cx.report, &[], false);
    Some(volume)
}

fn as_it_is(cx: &mut Context<'_>, given: &At<'_>) {
    given.error_hint(cx.report, "an external volume is used as it is", "remove this key, or `external`");
}

/// What `x-medianest` of a volume says.
#[derive(Default)]
struct Extension {
    owner: Option<VolumeOwner>,
    backup: Option<bool>,
}

/// `x-medianest: {uid, gid, mode, backup}`.
fn extension(cx: &mut Context<'_>, at: &At<'_>, external: bool) -> Option<Extension> {
    let mut fields = at.fields(cx.report)?;
    let backup = fields.take("backup").and_then(|v| v.bool(cx.report));
    let (uid, gid, mode) = (fields.take("uid"), fields.take("gid"), fields.take("mode"));
    fields.finish(cx.report, &[], true);
    if external {
        for given in [&uid, &gid, &mode].into_iter().flatten() {
            as_it_is(cx, given);
        }
    }
    let owned = uid.is_some() || gid.is_some() || mode.is_some();
    let owner = owned.then(|| owner(cx, at, uid, gid, mode)).flatten();
    Some(Extension { owner, backup })
}

fn owner(
    cx: &mut Context<'_>,
    at: &At<'_>,
    uid: Option<At<'_>>,
    gid: Option<At<'_>>,
    mode: Option<At<'_>>,
) -> Option<VolumeOwner> {
    let mut number = |value: Option<At<'_>>, key: &str| match value {
        Some(value) => value.integer(cx.report),
        None => {
            at.error(cx.report, format!("`{key}` is missing"));
            None
        }
    };
    let (uid, gid) = (number(uid, "uid"), number(gid, "gid"));
    let mode = mode.map_or(Some(DEFAULT_MODE), |v| v.mode(cx.report));
    Some(VolumeOwner { uid: uid?, gid: gid?, mode: mode? })
}
