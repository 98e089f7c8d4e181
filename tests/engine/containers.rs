//! Containers as objects: names, labels, what they need, how they go.

use medianestctl::engine::ErrorKind;
use medianestctl::model::{ContainerState, Mount, MountSource, label};

use crate::support::{Lab, Program, mount, project};

pub(crate) async fn a_name_is_taken_once(lab: &Lab) {
    let spec = lab.spec(Program::Serve);
    lab.create(&spec).await;
    let again = lab.engine().create_container(&spec).await.unwrap_err();
    assert_eq!(again.kind, ErrorKind::Conflict, "{again}");
}

pub(crate) async fn a_name_has_two_characters(lab: &Lab) {
    let mut spec = lab.spec(Program::Serve);
    for bad in ["x", "-xy", "x y"] {
        spec.name = bad.into();
        assert_eq!(lab.engine().create_container(&spec).await.unwrap_err().kind, ErrorKind::Other, "{bad}");
    }
}

pub(crate) async fn what_a_container_needs_must_exist(lab: &Lab) {
    let mut spec = lab.spec(Program::Serve);
    spec.mounts = vec![mount(&lab.volume_name(), "/data")];
    assert_eq!(lab.engine().create_container(&spec).await.unwrap_err().kind, ErrorKind::NotFound);
    let bind = MountSource::Bind("/no/such/path/of/the/host".into());
    spec.mounts = vec![Mount { source: bind, target: "/data".into(), read_only: true }];
    let error = lab.engine().create_container(&spec).await.unwrap_err();
    assert!(error.message.contains("/no/such/path/of/the/host"), "{error}");
    spec.mounts.clear();
    spec.image = "no-such-image:1".into();
    assert_eq!(lab.engine().create_container(&spec).await.unwrap_err().kind, ErrorKind::NotFound);
    assert!(lab.engine().container(&spec.name).await.unwrap().is_none(), "nothing half made is left");
}

pub(crate) async fn values_of_the_environment_stay_secret(lab: &Lab) {
    let mut spec = lab.spec(Program::Serve);
    // A name that no engine takes makes it quote what it was sent.
    spec.environment.insert(String::new(), Some("correct horse".into()));
    let error = lab.engine().create_container(&spec).await.unwrap_err();
    assert!(error.message.contains("environment") && !error.to_string().contains("horse"), "{error}");
}

pub(crate) async fn labels_come_back(lab: &Lab) {
    let mut spec = lab.spec(Program::Serve);
    spec.labels.insert("io.medianest.config-hash".into(), "abc".into());
    spec.labels.insert("note".into(), "ünïcode, \"quotes\"\nand $HOME=1".into());
    lab.create(&spec).await;
    let seen = lab.inspect(&spec.name).await;
    assert_eq!(seen.labels, spec.labels);
    assert_eq!((seen.config_hash(), seen.image.as_str()), (Some("abc"), spec.image.as_str()));
    let image = lab.engine().image(&spec.image).await.unwrap().unwrap();
    assert_eq!(seen.image_id, image.id);
}

pub(crate) async fn a_project_lists_its_containers(lab: &Lab) {
    let project = project();
    let mut names = Vec::new();
    for started in [false, true, false] {
        let mut spec = lab.spec(Program::Serve);
        spec.labels.insert(label::COMPOSE_PROJECT.into(), project.to_string());
        lab.create(&spec).await;
        if started {
            lab.engine().start(&spec.name).await.unwrap();
        }
        names.push(spec.name);
    }
    lab.create(&lab.spec(Program::Serve)).await;
    names.sort();
    let seen = lab.engine().containers(&project).await.unwrap();
    assert_eq!(seen.iter().map(|c| &c.name).collect::<Vec<_>>(), names.iter().collect::<Vec<_>>());
    assert_eq!(seen.iter().filter(|c| c.state.is_running()).count(), 1);
}

pub(crate) async fn names_and_identifiers_find_a_container(lab: &Lab) {
    let spec = lab.spec(Program::Serve);
    let id = lab.engine().create_container(&spec).await.unwrap();
    assert_eq!(id.len(), 64);
    assert_eq!(lab.inspect(&id).await.name, spec.name);
    assert_eq!(lab.inspect(&spec.name).await.id, id);
    for nothing in ["", "no-such-container", "../version", "a?b", "a b"] {
        assert!(lab.engine().container(nothing).await.unwrap().is_none(), "{nothing}");
    }
}

pub(crate) async fn a_name_can_be_given_away(lab: &Lab) {
    let (first, second) = (lab.spec(Program::Serve), lab.spec(Program::Serve));
    lab.run(&first).await;
    lab.create(&second).await;
    let taken = lab.engine().rename(&second.name, &first.name).await.unwrap_err();
    assert_eq!(taken.kind, ErrorKind::Conflict, "{taken}");
    let other = lab.name("renamed");
    lab.engine().rename(&first.name, &other).await.unwrap();
    assert!(lab.inspect(&other).await.state.is_running(), "it goes on running under its new name");
    lab.engine().rename(&second.name, &first.name).await.unwrap();
    let missing = lab.engine().rename(&second.name, &lab.name("nobody")).await.unwrap_err();
    assert_eq!(missing.kind, ErrorKind::NotFound, "{missing}");
}

pub(crate) async fn removing_again_is_fine(lab: &Lab) {
    let spec = lab.spec(Program::Serve);
    lab.create(&spec).await;
    for _ in 0..2 {
        lab.engine().remove_container(&spec.name, false).await.unwrap();
    }
    lab.create(&spec).await;
}

pub(crate) async fn a_running_container_is_removed_by_force(lab: &Lab) {
    let name = lab.running(Program::Serve).await;
    let refused = lab.engine().remove_container(&name, false).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Conflict, "{refused}");
    lab.engine().remove_container(&name, true).await.unwrap();
    assert!(lab.engine().container(&name).await.unwrap().is_none());
}

pub(crate) async fn a_container_without_a_command_does_not_start(lab: &Lab) {
    let spec = lab.holder(Vec::new());
    lab.create(&spec).await;
    assert_eq!(lab.engine().start(&spec.name).await.unwrap_err().kind, ErrorKind::Other);
    let seen = lab.inspect(&spec.name).await;
    assert_eq!((seen.state, seen.started_at), (ContainerState::Created, None));
}
