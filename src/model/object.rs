//! Names of the objects that the tool keeps at the engine for its own use.

use super::ProjectName;

/// The image, without content, of containers that only give access to volumes.
pub const HOLDER_IMAGE: &str = "medianestctl/volume-access:1";

/// The volume with records, secret versions and configuration of a project.
pub fn state_volume(project: &ProjectName) -> String {
    format!("{project}_medianestctl")
}

/// The volume without content whose labels say which version runs and what gates have seen.
pub fn note_volume(project: &ProjectName) -> String {
    format!("{project}_medianestctl-note")
}

/// The container, never started, that gives access to the state volume.
pub fn state_holder(project: &ProjectName) -> String {
    format!("{project}-medianestctl-state")
}

/// The container, never started, through which volumes are filled.
pub fn stage_holder(project: &ProjectName) -> String {
    format!("{project}-medianestctl-stage")
}

/// The container, never started, whose name is the project's lock.
pub fn lock_holder(project: &ProjectName) -> String {
    format!("{project}-medianestctl-lock")
}

/// The volume with the ingress's upstream file.
pub fn ingress_volume(project: &ProjectName) -> String {
    format!("{project}_ingress")
}

/// The name under which a container that did not do its work is kept for inspection; `name` is its proper one.
pub fn failed_name(name: &str) -> String {
    format!("{name}-failed")
}

/// The name under which the last release's container is kept stopped; `name` is its proper one.
pub fn previous_name(name: &str) -> String {
    format!("{name}-previous")
}

/// Whether it is the name of a container that is kept for inspection.
pub fn is_failed(name: &str) -> bool {
    name.ends_with("-failed")
}

/// Whether it is the name of a container that is kept for a way back.
pub fn is_previous(name: &str) -> bool {
    name.ends_with("-previous")
}

/// Whether it is the name of a container that was put aside: for inspection, or for a way back.
pub fn is_put_aside(name: &str) -> bool {
    is_failed(name) || is_previous(name)
}

/// Whether it looks like the name of a container that waits to take the place of another.
pub fn is_waiting(name: &str) -> bool {
    let numbered = name.rsplit_once('-').filter(|(_, n)| n.parse::<u32>().is_ok());
    name.ends_with("-next") || numbered.is_some_and(|(rest, _)| rest.ends_with("-next"))
}

/// Whether it is the name of a container that waits to take the place of `proper`.
pub fn is_next_of(name: &str, proper: &str) -> bool {
    let rest = name.strip_prefix(proper).and_then(|rest| rest.strip_prefix("-next"));
    rest.is_some_and(|rest| rest.is_empty() || rest.strip_prefix('-').is_some_and(|n| n.parse::<u32>().is_ok()))
}
