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
        });
    }
    let mut fields = at.fields(cx.report)?;
    let external = fields.take("external").and_then(|v| v.bool(cx.report)).unwrap_or(false);
    let name = fields.take("name");
    let name = cx.engine_name(name.as_ref(), key, at, external);
    let driver = fields.take("driver");
    let driver_opts = fields.take("driver_opts");
    let labels = fields.take("labels");
    let owner = fields.take("x-medianest");
    if external {
        for given in [&driver, &driver_opts, &labels, &owner].into_iter().flatten() {
            given.error_hint(cx.report, "an external volume is used as it is", "remove this key, or `external`");
        }
    }
    let volume = Volume {
        name: name?,
        external,
        driver: driver.and_then(|v| v.text(cx.report)),
        driver_opts: driver_opts.and_then(|v| cx.options(&v)).unwrap_or_default(),
        labels: labels.and_then(|v| cx.labels(&v)).unwrap_or_default(),
        owner: owner.and_then(|v| self::owner(cx, &v)),
    };
    fields.finish(cx.report, &[], false);
    Some(volume)
}

/// `x-medianest: {uid, gid, mode}`.
fn owner(cx: &mut Context<'_>, at: &At<'_>) -> Option<VolumeOwner> {
    let mut fields = at.fields(cx.report)?;
    let uid = fields.require(cx.report, "uid").and_then(|v| v.integer(cx.report));
    let gid = fields.require(cx.report, "gid").and_then(|v| v.integer(cx.report));
    let mode = fields.take("mode").map_or(Some(DEFAULT_MODE), |v| v.mode(cx.report));
    fields.finish(cx.report, &[], true);
    Some(VolumeOwner { uid: uid?, gid: gid?, mode: mode? })
}
