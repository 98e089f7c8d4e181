//! Do the paths exist that containers mount, and can the deployment directory be written? Paths of an engine on another
//! machine cannot be looked at and are not judged.

use std::{collections::BTreeMap, path::Path};

use async_trait::async_trait;

use crate::model::MountSource;
use crate::preflight::{Check, Facts, Finding};

/// Paths of the host.
pub(super) struct Files;

#[async_trait]
impl Check for Files {
    fn id(&self) -> &'static str {
        "host.files"
    }

    fn title(&self) -> &'static str {
        "Files and directories are there"
    }

    async fn run(&self, facts: &Facts<'_>) -> Vec<Finding> {
        let mut found = Vec::new();
        let directory = &facts.deployment_dir;
        let shown = crate::secret::quoted(directory);
        if !facts.host.exists(directory) {
            let message = format!("the deployment directory {} does not exist", directory.display());
            found.push(Finding::failure(self.id(), message).hint(format!("mkdir -p {shown}")));
        } else if !facts.host.writable(directory) {
            // All that is to be written there may be there already.
            let message = format!("the deployment directory {} cannot be written", directory.display());
            found.push(Finding::warning(self.id(), message).hint(format!("sudo chown \"$USER\" {shown}")));
        }
        if facts.engine_is_local {
            for (source, services) in bind_sources(facts) {
                if !facts.host.exists(Path::new(source)) {
                    // The engine itself would create a directory, whatever the container expects.
                    let message = format!("{source} does not exist, but is mounted by {}", services.join(", "));
                    let command = format!("mkdir -p {}   # if a directory is wanted", crate::secret::quoted(Path::new(source)));
                    found.push(Finding::failure(self.id(), message).hint(command));
                }
            }
        }
        if found.is_empty() {
            found.push(Finding::ok(self.id(), format!("{} can be written, all mounted paths exist", directory.display())));
        }
        found
    }
}

/// Each path that is mounted from the host, with the services that do.
fn bind_sources<'a>(facts: &Facts<'a>) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut sources: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for service in facts.services() {
        for mount in &service.mounts {
            if let MountSource::Bind(source) = &mount.source {
                let services = sources.entry(source).or_default();
                if !services.contains(&service.name.as_str()) {
                    services.push(service.name.as_str());
                }
            }
        }
    }
    sources
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Mount, Stack};
    use crate::preflight::{
        Severity,
        testing::{self, FakeHost, facts, findings, severities},
    };

    fn mounting(services: &[&str], source: &str) -> Stack {
        let mount = Mount { source: MountSource::Bind(source.into()), target: "/data".into(), read_only: true };
        let service = |name: &&str| {
            let mut service = testing::service(name);
            service.mounts = vec![mount.clone()];
            service
        };
        testing::stack(services.iter().map(service).collect())
    }

    #[tokio::test]
    async fn a_missing_mount_source_is_named_once_with_all_its_services() {
        let stack = mounting(&["web", "worker"], "/srv/media");
        let there = FakeHost::default();
        let gone = FakeHost { missing: ["/srv/media".into()].into(), ..FakeHost::default() };
        assert_eq!(severities(&Files, &Facts { stack: Some(&stack), ..facts(&there) }).await, [Severity::Ok]);
        let found = findings(&Files, &Facts { stack: Some(&stack), ..facts(&gone) }).await;
        assert_eq!((found.len(), found[0].severity), (1, Severity::Failure));
        assert_eq!(found[0].message, "/srv/media does not exist, but is mounted by web, worker");
        let elsewhere = Facts { stack: Some(&stack), engine_is_local: false, ..facts(&gone) };
        assert_eq!(severities(&Files, &elsewhere).await, [Severity::Ok]);
    }

    #[tokio::test]
    async fn the_deployment_directory_must_exist_and_should_be_writable() {
        let read_only = FakeHost { read_only: true, ..FakeHost::default() };
        assert_eq!(severities(&Files, &facts(&read_only)).await, [Severity::Warning]);
        let gone = FakeHost { missing: ["/srv/shop".into()].into(), ..FakeHost::default() };
        assert_eq!(severities(&Files, &facts(&gone)).await, [Severity::Failure]);
    }
}
