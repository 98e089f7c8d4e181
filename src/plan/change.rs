//! Why a container that is there is not what is wanted, in words.

use crate::model::{ContainerSpec, ObservedContainer, ObservedImage, label};

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
    if container.config_hash() != spec.labels.get(label::CONFIG_HASH).map(String::as_str) {
        let volumes_differ = spec
            .mounts
            .iter()
            .any(|m| matches!(&m.source, crate::model::MountSource::Volume(v) if !container.volumes.contains(v.as_str())));
        return Some(if container.image != spec.image {
            format!("image {} becomes {}", container.image, spec.image)
        } else if volumes_differ {
            "its volumes, secrets or configs changed".into()
        } else {
            "its settings changed".into()
        });
    }
    let lost = spec.networks.keys().find(|name| !container.networks.contains_key(*name));
    lost.map(|network| format!("it is not in network {network}"))
}
