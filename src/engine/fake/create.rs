//! How the fake creates containers and takes archives in: the rules that a real engine was seen to keep.

use std::sync::Arc;

use super::{
    container::{Container, Life},
    engine::{Answer, fail},
    files::{self, below, clean},
    world::{Store, Volume, World},
};
use tokio::time::Instant;

use crate::engine::{ContainerSpec, EngineError, ErrorKind};
use crate::model::MountSource;

/// Creates a container.
pub(super) fn create(world: &mut World, action: &str, spec: &ContainerSpec) -> Answer<String> {
    if spec.environment.keys().any(String::is_empty) {
        return fail(ErrorKind::Other, action, "invalid environment variable: =***");
    }
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if spec.name.len() < 2 || !spec.name.starts_with(|c: char| c.is_ascii_alphanumeric()) || !spec.name.chars().all(word) {
        return fail(ErrorKind::Other, action, format!("Invalid container name ({})", spec.name));
    }
    for mount in &spec.mounts {
        match &mount.source {
            MountSource::Volume(name) if !world.volumes.contains_key(name.as_str()) => {
                return fail(ErrorKind::NotFound, action, format!("get {name}: no such volume"));
            }
            MountSource::Bind(path) if !world.host_paths.contains_key(path) => {
                return fail(ErrorKind::Other, action, format!("bind source path does not exist: {path}"));
            }
            _ => {}
        }
    }
    let Some(image) = world.image(&spec.image).map(Arc::clone) else {
        return fail(ErrorKind::NotFound, action, format!("No such image: {}", spec.image));
    };
    if world.find(&spec.name).is_some() {
        return fail(ErrorKind::Conflict, action, format!("Conflict. The container name \"/{}\" is already in use", spec.name));
    }
    let id = world.new_id("container");
    let mut root = image.tree.clone();
    let mut anonymous = std::collections::BTreeMap::new();
    for mount in &spec.mounts {
        let target = clean(&mount.target);
        let volume = match &mount.source {
            MountSource::Volume(name) => Some(name.to_string()),
            MountSource::Anonymous => {
                let name = world.new_id("volume");
                world.volumes.insert(name.clone(), Volume::default());
                anonymous.insert(mount.target.clone(), name.clone());
                Some(name)
            }
            MountSource::Bind(_) => None,
        };
        // A new volume gets the image's content at its place, owners included.
        let copies = !spec.no_copy.contains(&mount.target) && root.get(&target).is_some_and(files::Node::is_directory);
        if let Some(volume) = volume.and_then(|name| world.volumes.get_mut(&name)).filter(|v| copies && v.tree.is_fresh()) {
            for (path, node) in image.tree.iter() {
                if let Some(rest) = below(path, &target) {
                    volume.tree.put(rest, node.clone());
                }
            }
        }
        if root.get(&target).is_none() {
            root.put(&target, files::Node::directory(0o755));
        }
    }
    let script = world.scripts.get(&spec.name).cloned();
    let key = world.containers.last_key_value().map_or(1, |(last, _)| last + 1);
    let start_interval_known = world.info.api >= (1, 44);
    let container = Container {
        id: id.clone(),
        spec: spec.clone(),
        image,
        script,
        start_interval_known,
        life: Life::Created,
        created_at: world.clock(Instant::now()),
        started_at: None,
        pid: 0,
        last_code: 0,
        restart_count: 0,
        restarts_in_a_row: 0,
        stopped_by_hand: false,
        paused: false,
        addresses: Default::default(),
        ports: Vec::new(),
        anonymous,
        root,
        log: Vec::new(),
        signals: Vec::new(),
        hups: Vec::new(),
        checks: None,
    };
    world.containers.insert(key, container);
    Ok(id)
}

/// Unpacks an archive in a container.
pub(super) fn put(world: &mut World, action: &str, name: &str, path: &str, tar: &[u8]) -> Answer<()> {
    let (key, _) = world.container(action, name)?;
    let top = clean(path);
    match world.view(key).get(top.as_str()) {
        None => return fail(ErrorKind::NotFound, action, format!("Could not find the file {path} in container {name}")),
        Some(node) if !node.is_directory() => return fail(ErrorKind::Other, action, "extraction point is not a directory"),
        Some(_) => {}
    }
    match world.locate(key, &top) {
        (Store::Root, _, false) => return fail(ErrorKind::Other, action, "container rootfs is marked read-only"),
        (_, _, false) => return fail(ErrorKind::Other, action, "mounted volume is marked read-only"),
        _ => {}
    }
    let entries = files::unpack(tar).map_err(|error| EngineError::new(ErrorKind::Other, action, error.to_string()))?;
    for (at, node) in entries {
        world.put_node(key, &files::join(&top, &at), node);
    }
    Ok(())
}
