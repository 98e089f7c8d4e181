//! The plan that closes the site to visitors, or opens it again, with whatever runs behind the ingress.
//!
//! Only the ingress has to run. Which replicas it knows stays as it is: the file that is in force is changed, not made
//! anew from the Compose files, which may be ahead of what is deployed.

use super::{Action, Note, Plan, PlanError, build::Builder};
use crate::ingress::render;
use crate::model::{FileOrigin, Maintenance, Observed, Service, Stack};

/// The variable that the ingress's configuration must obey.
const VARIABLE: &[u8] = b"$medianest_maintenance";

/// Plans to switch maintenance on (`wanted`) or off.
pub fn maintenance(stack: &Stack, observed: &Observed, wanted: Option<&Maintenance>) -> Result<Plan, PlanError> {
    let found = stack.services.values().find_map(|s| s.ingress.as_ref().map(|i| (s, i)));
    let Some((service, ingress)) = found else { return Err(PlanError::NoIngress) };
    let name = service.name.clone();
    let runs = observed.containers.iter().find(|c| {
        c.is_of(&stack.project) && c.role() == Some("service") && c.service().as_ref() == Some(&name) && c.state.is_running()
    });
    let Some(container) = runs else { return Err(PlanError::IngressDown { service: name }) };
    let config = FileOrigin::Config(ingress.config.clone());
    let planned = || service.files.iter().find(|f| f.origin == config).map(|f| f.target.clone());
    let target = container.upstreams().map(str::to_owned).or_else(planned);
    let (Some(path), Some(before)) = (target, &observed.kept.upstreams) else {
        return Err(PlanError::UnknownUpstreams { service: name });
    };
    let text = render::with_maintenance(before, wanted);
    let mut builder = Builder::default();
    if observed.kept.maintenance.as_ref() != wanted || *before != text {
        let cause = if wanted.is_some() { "visitors are to wait" } else { "visitors may come in again" };
        // First what is wanted: should the run end in between, the next deploy brings it about.
        let keep = |maintenance: Option<&Maintenance>| Action::KeepMaintenance { maintenance: maintenance.cloned() };
        let kept = builder.add(keep(wanted), cause, []);
        builder.undo(kept, vec![keep(observed.kept.maintenance.as_ref())]);
        let switch = |content: &str| Action::SwitchUpstreams {
            container: container.name.clone(),
            path: path.clone(),
            content: content.to_owned(),
        };
        let switched = builder.add(switch(&text), cause, [kept]);
        builder.undo(switched, vec![switch(before)]);
        builder.tidy();
        let record = Action::Record { release: None, upstreams: Some(text), migration: None };
        builder.add(record, "it is known what the ingress has", [switched]);
    }
    let mut plan = Plan { version: stack.version.clone(), steps: builder.finish(), ..Plan::empty(stack.project.clone()) };
    if wanted.is_some() && !obeys(stack, service) {
        plan.notes.push(Note {
            message: format!("no config of service `{name}` reads $medianest_maintenance, so visitors notice nothing"),
            hint: Some("take the lines from docs/ingress.md into its configuration, then run `medianestctl deploy`".into()),
        });
    }
    Ok(plan)
}

/// Whether some config of the ingress asks for maintenance. What is in its image cannot be seen here.
fn obeys(stack: &Stack, ingress: &Service) -> bool {
    let configs = ingress.files.iter().filter_map(|file| match &file.origin {
        FileOrigin::Config(name) => stack.configs.get(name),
        FileOrigin::Secret(_) => None,
    });
    configs.into_iter().any(|config| config.content.windows(VARIABLE.len()).any(|part| part == VARIABLE))
}
