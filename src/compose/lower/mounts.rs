//! Mounts of a service: named and anonymous volumes, paths of the host, file systems in memory (Compose
//! specification, `volumes` and `tmpfs`).

use super::fields::At;
use super::{Context, Declared};
use crate::compose::keys;
use crate::model::{Mount, MountSource, Tmpfs};

/// What a service mounts.
#[derive(Default)]
pub(super) struct Mounts {
    /// Volumes and paths of the host.
    pub(super) mounts: Vec<Mount>,
    /// File systems in memory.
    pub(super) tmpfs: Vec<Tmpfs>,
}

impl Mounts {
    /// Adds a mount; what comes later takes the place of what has the same target.
    fn mount(&mut self, mount: Mount) {
        match self.mounts.iter_mut().find(|earlier| earlier.target == mount.target) {
            Some(earlier) => *earlier = mount,
            None => self.mounts.push(mount),
        }
    }

    fn memory(&mut self, tmpfs: Tmpfs) {
        match self.tmpfs.iter_mut().find(|earlier| earlier.target == tmpfs.target) {
            Some(earlier) => *earlier = tmpfs,
            None => self.tmpfs.push(tmpfs),
        }
    }
}

/// Reads `tmpfs` and `volumes`.
pub(super) fn mounts(cx: &mut Context<'_>, tmpfs: Option<At<'_>>, volumes: Option<At<'_>>) -> Mounts {
    let mut mounts = Mounts::default();
    for item in tmpfs.and_then(|at| at.items_or_one(cx.report)).unwrap_or_default() {
        let Some(text) = item.text(cx.report) else { continue };
        let (target, options) = text.split_once(':').unwrap_or((&text, ""));
        if is_absolute(cx, &item, target) {
            mounts.memory(Tmpfs { target: target.to_owned(), options: options.to_owned() });
        }
    }
    for item in volumes.and_then(|at| at.items(cx.report)).unwrap_or_default() {
        if item.node.as_map().is_some() {
            long(cx, &item, &mut mounts);
        } else if let Some(mount) = short(cx, &item) {
            mounts.mount(mount);
        }
    }
    mounts
}

fn is_absolute(cx: &mut Context<'_>, at: &At<'_>, target: &str) -> bool {
    let absolute = target.starts_with('/');
    if !absolute {
        at.error(cx.report, format!("`{target}` is not an absolute path in the container"));
    }
    absolute
}

/// Whether the source of the short syntax is a path of the host rather than a volume's name.
fn is_path(source: &str) -> bool {
    source.starts_with(['.', '/', '~'])
}

fn short(cx: &mut Context<'_>, at: &At<'_>) -> Option<Mount> {
    let text = at.text(cx.report)?;
    let parts: Vec<&str> = text.split(':').collect();
    let (source, target, options) = match parts[..] {
        [target] => (None, target, ""),
        [source, target] => (Some(source), target, ""),
        [source, target, options] => (Some(source), target, options),
        _ => {
            at.error_hint(cx.report, format!("`{text}` has too many colons"), "use the long syntax with `source` and `target`");
            return None;
        }
    };
    if parts.iter().any(|part| part.is_empty()) {
        let message = if text.is_empty() { "the mount is empty".to_owned() } else { format!("`{text}` has an empty part") };
        at.error(cx.report, message);
        return None;
    }
    let mut read_only = false;
    for option in options.split(',').filter(|option| !option.is_empty()) {
        match option {
            "ro" => read_only = true,
            "rw" => read_only = false,
            "z" | "Z" | "nocopy" | "private" | "rprivate" | "shared" | "rshared" | "slave" | "rslave" => {
                at.error(cx.report, format!("the mount option `{option}` is not supported yet"));
            }
            _ => at.error_hint(cx.report, format!("unknown mount option `{option}`"), "use `ro` or `rw`"),
        }
    }
    if !is_absolute(cx, at, target) {
        return None;
    }
    let source = match source {
        None => MountSource::Anonymous,
        Some(path) if is_path(path) => MountSource::Bind(cx.path(at, path)?),
        Some(name) => named(cx, at, name)?,
    };
    Some(Mount { source, target: target.to_owned(), read_only })
}

fn named(cx: &mut Context<'_>, at: &At<'_>, name: &str) -> Option<MountSource> {
    if name.contains('/') {
        at.error_hint(
            cx.report,
            format!("`{name}` is neither a volume nor a path"),
            format!("a path begins with `./`: `./{name}`"),
        );
        return None;
    }
    if cx.dangling(at, "volume", name, |declared: &Declared| &declared.volumes) {
        return None;
    }
    // A volume that is declared and has no name was declared wrongly, which is in the report.
    cx.volumes.get(name).map(|volume| MountSource::Volume(volume.name.clone()))
}

/// The types of the long syntax.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Volume,
    Bind,
    Tmpfs,
}

fn long(cx: &mut Context<'_>, at: &At<'_>, mounts: &mut Mounts) -> Option<()> {
    let mut fields = at.fields(cx.report)?;
    let words = &[("volume", Kind::Volume), ("bind", Kind::Bind), ("tmpfs", Kind::Tmpfs)];
    let kind = fields.require(cx.report, "type").and_then(|v| v.word(cx.report, words));
    let source = fields.take("source");
    let target = fields.require(cx.report, "target").and_then(|v| v.text(cx.report).filter(|target| is_absolute(cx, &v, target)));
    let read_only = fields.take("read_only").and_then(|v| v.bool(cx.report)).unwrap_or(false);
    let (bind, volume, memory) = (fields.take("bind"), fields.take("volume"), fields.take("tmpfs"));
    fields.finish(cx.report, keys::MOUNT, false);
    if let Some(mut fields) = bind.and_then(|v| v.fields(cx.report)) {
        // A missing path is an error at the deploy in either case, so both values are fine.
        if let Some(create) = fields.take("create_host_path") {
            create.bool(cx.report);
        }
        fields.finish(cx.report, keys::MOUNT_BIND, false);
    }
    if let Some(fields) = volume.and_then(|v| v.fields(cx.report)) {
        fields.finish(cx.report, keys::MOUNT_VOLUME, false);
    }
    let options = memory.and_then(|v| memory_options(cx, &v)).unwrap_or_default();
    match kind? {
        Kind::Tmpfs => {
            if let Some(source) = source {
                source.error(cx.report, "a file system in memory has no source");
            }
            let options = if read_only { [options, vec!["ro".to_owned()]].concat() } else { options };
            mounts.memory(Tmpfs { target: target?, options: options.join(",") });
        }
        Kind::Bind => {
            if source.is_none() {
                at.error(cx.report, "`source` is missing");
            }
            let source = source?;
            let path = source.text(cx.report)?;
            mounts.mount(Mount { source: MountSource::Bind(cx.path(&source, &path)?), target: target?, read_only });
        }
        Kind::Volume => {
            let source = match source {
                None => MountSource::Anonymous,
                Some(source) => {
                    let name = source.text(cx.report)?;
                    named(cx, &source, &name)?
                }
            };
            mounts.mount(Mount { source, target: target?, read_only });
        }
    }
    Some(())
}

fn memory_options(cx: &mut Context<'_>, at: &At<'_>) -> Option<Vec<String>> {
    let mut fields = at.fields(cx.report)?;
    let size = fields.take("size").and_then(|v| v.bytes(cx.report)).map(|size| format!("size={}", size.0));
    let mode = fields.take("mode").and_then(|v| v.mode(cx.report)).map(|mode| format!("mode={mode:o}"));
    fields.finish(cx.report, &[], false);
    Some(size.into_iter().chain(mode).collect())
}
