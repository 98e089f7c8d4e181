//! Names of images in the fake: what a reference finds, and what a pull brings.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use super::container::Image;
use super::files::{Node, Tree, clean};
use super::image::FakeImage;
use super::world::{World, hash};
use crate::model::{ImageId, ImageRef, ObservedImage};

/// The one spelling of a reference, as `repository:tag` or `repository@digest`.
pub(super) fn key(reference: &str) -> String {
    let Ok(image) = reference.parse::<ImageRef>() else { return reference.to_owned() };
    let repository = image.repository();
    let short = repository.strip_prefix("docker.io/").unwrap_or(repository);
    let short = short.strip_prefix("library/").unwrap_or(short);
    match (image.digest(), image.tag()) {
        (Some(digest), _) => format!("{short}@{digest}"),
        (None, tag) => format!("{short}:{}", tag.unwrap_or("latest")),
    }
}

fn repository(key: &str) -> &str {
    match key.split_once('@') {
        Some((repository, _)) => repository,
        None => key.rsplit_once(':').map_or(key, |(repository, _)| repository),
    }
}

/// The digest under which a registry has an image.
pub(super) fn digest(key: &str, image: &FakeImage) -> String {
    format!("sha256:{}", hash(&format!("manifest {key} {image:?}")))
}

impl World {
    pub(super) fn image(&self, reference: &str) -> Option<&Arc<Image>> {
        self.images.get(&key(reference)).or_else(|| {
            let hex = reference.strip_prefix("sha256:").unwrap_or(reference);
            let by_id = |image: &&Arc<Image>| hex.len() >= 12 && image.id.0["sha256:".len()..].starts_with(hex);
            self.images.values().chain(self.containers.values().map(|c| &c.image)).find(by_id)
        })
    }

    /// Makes an image and gives it its name; the same again keeps its identity.
    pub(super) fn add_image(&mut self, key: &str, about: FakeImage, mut tree: Tree) {
        for (path, content) in &about.files {
            tree.put(&clean(path), Node::file(content.clone()));
        }
        let id = ImageId(format!("sha256:{}", hash(&format!("image {key} {about:?} {tree:?}"))));
        if self.images.get(key).is_none_or(|old| old.id != id) {
            self.images.insert(key.to_owned(), Arc::new(Image { id, about, tree, runs: AtomicUsize::new(0) }));
        }
    }

    /// What a registry has under a reference: its name with a tag, and the image.
    pub(super) fn in_registry(&self, key: &str) -> Option<(String, FakeImage)> {
        let found = match key.split_once('@') {
            Some((_, wanted)) => self.registry.iter().find(|(k, i)| repository(k) == repository(key) && digest(k, i) == wanted),
            None => self.registry.get_key_value(key),
        };
        found.map(|(key, image)| (key.clone(), image.clone()))
    }

    /// Takes an image over from the registry.
    pub(super) fn pulled(&mut self, wanted: &str, from: &str, about: FakeImage) {
        let by_digest = format!("{}@{}", repository(from), digest(from, &about));
        let tagged = self.images.get(from).cloned();
        self.add_image(from, about, Tree::default());
        if let Some(image) = self.images.get(from).cloned() {
            self.images.insert(by_digest, image);
        }
        // Pulled by digest, an image gets no tag, and a tag that is there stays where it is.
        if wanted.contains('@') {
            match tagged {
                Some(image) => self.images.insert(from.to_owned(), image),
                None => self.images.remove(from),
            };
        }
    }

    pub(super) fn observed_image(&self, image: &Arc<Image>) -> ObservedImage {
        let names = self.images.iter().filter(|(key, other)| key.contains('@') && other.id == image.id);
        ObservedImage {
            id: image.id.clone(),
            repo_digests: names.map(|(key, _)| key.clone()).collect(),
            user: image.about.user.clone(),
            labels: image.about.labels.clone(),
            created: image.about.created,
        }
    }
}
