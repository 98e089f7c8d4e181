//! Which images are there, and which must come from a registry? Missing ones fail only a service that never pulls.

use std::collections::BTreeSet;

use async_trait::async_trait;

use crate::model::PullPolicy;
use crate::preflight::{Check, Facts, Finding};

/// The stack's images.
pub(super) struct Images;

#[async_trait]
impl Check for Images {
    fn id(&self) -> &'static str {
        "images.available"
    }

    fn title(&self) -> &'static str {
        "Images"
    }

    async fn run(&self, facts: &Facts<'_>) -> Vec<Finding> {
        // What an engine has is not known when it does not answer.
        if facts.engine.is_err() || facts.services().next().is_none() {
            return Vec::new();
        }
        let mut found = Vec::new();
        let mut missing = BTreeSet::new();
        let mut registries = BTreeSet::new();
        for service in facts.services().filter(|service| !facts.images.contains(&service.image.to_string())) {
            if service.pull_policy == PullPolicy::Never {
                let message = format!("service `{}` never pulls, and the engine lacks {}", service.name, service.image);
                found.push(Finding::failure(self.id(), message).hint(format!("docker pull {}", service.image)));
            } else {
                missing.insert(service.image.to_string());
                registries.insert(service.image.registry());
            }
        }
        if !missing.is_empty() {
            let (images, registries): (Vec<_>, Vec<_>) = (missing.into_iter().collect(), registries.into_iter().collect());
            let message = format!("to be pulled from {}: {}", registries.join(", "), images.join(", "));
            found.push(Finding::ok(self.id(), message));
        } else if found.is_empty() {
            found.push(Finding::ok(self.id(), "the engine has all images"));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ErrorKind;
    use crate::preflight::{
        Severity,
        testing::{self, FakeHost, facts, findings, severities, silent},
    };

    #[tokio::test]
    async fn missing_images_are_pulled_unless_the_service_never_does() {
        let host = FakeHost::default();
        let (web, mut local) = (testing::service("web"), testing::service("local"));
        local.pull_policy = PullPolicy::Never;
        local.image = "shop/local:1".parse().unwrap();
        let stack = testing::stack(vec![web, local]);
        let with = |images: &[&str]| Facts {
            stack: Some(&stack),
            images: images.iter().map(|&image| image.to_owned()).collect(),
            ..facts(&host)
        };
        assert_eq!(severities(&Images, &with(&["shop/app:1", "shop/local:1"])).await, [Severity::Ok]);
        let found = findings(&Images, &with(&["shop/local:1"])).await;
        assert_eq!((found[0].severity, found[0].message.as_str()), (Severity::Ok, "to be pulled from docker.io: shop/app:1"));
        assert_eq!(severities(&Images, &with(&["shop/app:1"])).await, [Severity::Failure]);
        assert_eq!(severities(&Images, &facts(&host)).await, [], "no stack, no question");
        let unknown = Facts { stack: Some(&stack), ..silent(&host, ErrorKind::Timeout, true) };
        assert_eq!(severities(&Images, &unknown).await, []);
    }
}
