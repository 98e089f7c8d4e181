//! From the records to the images whose update has failed, so that one that runs from a timer need not try again.

use super::{History, Release};
use crate::model::ServiceName;
use crate::plan::autoupdate::Tried;

impl History {
    /// The images that were new in an attempt that failed because of them. What came about later has not failed.
    pub fn tried(&self) -> Tried {
        let mut tried = Tried::default();
        let mut current: Option<&Release> = None;
        for release in &self.releases {
            if release.came_about() {
                for service in release.services.values() {
                    digests(&service.digests).for_each(|digest| tried.succeeded(&service.image, digest));
                }
                current = Some(release);
                continue;
            }
            for service in release.culprits.iter().filter(|name| is_new(release, current, name)) {
                let service = &release.services[service];
                digests(&service.digests).for_each(|digest| tried.note(&service.image, digest));
            }
        }
        tried
    }
}

/// Whether the content of a service's image is another one than it was. What ran before has not failed as an image.
fn is_new(attempt: &Release, current: Option<&Release>, name: &ServiceName) -> bool {
    let content = |release: &Release| release.services.get(name).and_then(|service| service.image_id.clone());
    let wanted = content(attempt);
    wanted.is_some() && current.and_then(content) != wanted
}

/// `sha256:…` of `name@sha256:…`.
fn digests(known: &[String]) -> impl Iterator<Item = &str> {
    known.iter().filter_map(|known| known.rsplit_once('@')).map(|(_, digest)| digest)
}
