//! Why a container that is there is not what is wanted, in words.

use crate::drift::{self, Form};
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
    let wanted = Form::of(spec);
    let networks = drift::disconnected(&wanted.networks, container);
    // What was done by hand to a job says nothing of what it has done.
    if container.role() != Some("service") {
        return networks;
    }
    networks
        .or_else(|| drift::connected(&wanted.networks, container))
        .or_else(|| drift::edited_limits(&wanted.resources, &container.resources))
}

/// Whether `container` is of the same form and image as one made from `spec` would be, whatever was done to it since.
pub(super) fn same_make(container: &ObservedContainer, spec: &ContainerSpec, image: Option<&ObservedImage>) -> bool {
    let same_image = image.map_or(container.image == spec.image, |image| container.image_id == image.id);
    same_image && container.config_hash() == spec.labels.get(label::CONFIG_HASH).map(String::as_str)
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
