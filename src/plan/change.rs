//! Why a container that is there is not what is wanted, in words.

use crate::model::{ContainerSpec, MountSource, ObservedContainer, ObservedImage, label};

/// The reason to replace `container` by one made from `spec`; `None` when it is what is wanted.
pub(super) fn reason(container: &ObservedContainer, spec: &ContainerSpec, image: Option<&ObservedImage>) -> Option<String> {
    if let Some(image) = image
        && container.image_id != image.id
    {
        let moved = container.image == spec.image;
        return Some(if moved {
            format!("{} is another image now ({})", spec.image, image.id.short())
        } else {
            format!("image {} becomes {}", container.image, spec.image)
        });
    }
    let other_image = image.is_none() && container.image != spec.image;
    if other_image || container.config_hash() != spec.labels.get(label::CONFIG_HASH).map(String::as_str) {
        return Some(if container.image == spec.image {
            new_mounts(container, spec).unwrap_or_else(|| "its settings changed".into())
        } else {
            format!("image {} becomes {}", container.image, spec.image)
        });
    }
    if let Some(network) = spec.networks.keys().find(|name| !container.networks.contains_key(*name)) {
        return Some(format!("it is not in network {network}"));
    }
    // Which address it has is its own affair; that it has one is not.
    let floating = spec.networks.iter().find(|(name, e)| e.address.is_some() && !container.fixed_addresses.contains_key(*name));
    floating.map(|(network, _)| format!("it has no fixed address in network {network}"))
}

/// What it shall mount and does not, by the directories in the container.
fn new_mounts(container: &ObservedContainer, spec: &ContainerSpec) -> Option<String> {
    let new = spec.mounts.iter().filter_map(|m| match &m.source {
        MountSource::Volume(volume) if !container.volumes.contains(volume.as_str()) => Some(m.target.as_str()),
        _ => None,
    });
    let new: Vec<_> = new.collect();
    (!new.is_empty()).then(|| format!("what is in {} changed", new.join(", ")))
}
