//! Why no plan can be made.

use thiserror::Error;

use crate::model::{ProjectName, ServiceName};

/// A stack that cannot be brought about at this engine. Nothing has been touched when one of these is reported.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlanError {
    /// A container, network or volume of that name exists that the tool did not make.
    #[error("{kind} `{name}` exists and was not made by medianestctl")]
    Foreign {
        /// `container` or `network`.
        kind: &'static str,
        /// Its name.
        name: String,
        /// The command that shows or removes it.
        hint: String,
    },
    /// An external network or volume is missing.
    #[error("the external {kind} `{name}` does not exist")]
    MissingExternal {
        /// `network` or `volume`.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// The user of a service cannot be told in numbers, so nobody knows who must be able to read its secrets.
    #[error("service `{service}` runs as `{user}`: the tool cannot tell that user's number, which its secrets need")]
    UnknownUser {
        /// The service.
        service: ServiceName,
        /// The user as it is given.
        user: String,
    },
    /// A secret or config is to lie where no volume can be mounted.
    #[error("service `{service}`: `{target}` is not in a directory that can be mounted")]
    BadTarget {
        /// The service.
        service: ServiceName,
        /// The path.
        target: String,
    },
    /// A secret or config has no content at hand.
    #[error("{kind} `{name}` of service `{service}` has no content")]
    MissingContent {
        /// `secret` or `config`.
        kind: &'static str,
        /// Its name.
        name: String,
        /// The service.
        service: ServiceName,
    },
    /// No free subnet, or none with enough addresses.
    #[error("no free address for `{what}`: {why}")]
    NoAddress {
        /// The network or container.
        what: String,
        /// Why.
        why: String,
    },
    /// The ingress could reach a service by its name only, which leads nowhere once its containers are replaced.
    #[error("the ingress `{ingress}` cannot have a fixed address for service `{service}`: {}", match network {
        Some((name, _)) => format!("the network `{name}` has no part for fixed addresses"),
        None => "they share no network".to_owned(),
    })]
    NoFixedAddress {
        /// The service.
        service: ServiceName,
        /// The service that is the ingress.
        ingress: ServiceName,
        /// The name of a network that both are in, and how it comes to have such addresses.
        network: Option<(String, String)>,
    },
    /// A service waits for itself.
    #[error("the services wait for each other in a circle: {0}")]
    Cycle(String),
    /// A service was named that is not there.
    #[error("there is no service `{name}` (there are: {known})")]
    NoSuchService {
        /// The name that was given.
        name: ServiceName,
        /// Those that exist, separated by commas.
        known: String,
    },
    /// The history went on while it was being read.
    #[error("somebody has deployed `{project}` in the meantime")]
    Overtaken {
        /// The project.
        project: ProjectName,
    },
    /// The stack has no migration job.
    #[error("no service of this stack is declared as its migration")]
    NoMigration,
    /// The stack has no ingress.
    #[error("no service of this stack is declared as its ingress")]
    NoIngress,
    /// The ingress does not run, so nobody could be told anything.
    #[error("the ingress, service `{service}`, does not run")]
    IngressDown {
        /// The service.
        service: ServiceName,
    },
    /// What the ingress sends where is not known.
    #[error("it is not known which upstreams the ingress, service `{service}`, has: a change of them did not come to its end")]
    UnknownUpstreams {
        /// The service.
        service: ServiceName,
    },
    /// The password of a data store changed while its data keeps the old one.
    #[error("the secret `{secret}` changed, but {volume} was made with the old one and keeps it")]
    PasswordOfExistingData {
        /// The secret.
        secret: String,
        /// The volume that holds the data.
        volume: String,
    },
}

impl PlanError {
    /// What a person can do about it; a command to run where there is one.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Foreign { hint, .. } => hint.clone(),
            Self::MissingExternal { kind, name } => format!("create it with `docker {kind} create {name}`"),
            Self::UnknownUser { service, .. } => {
                format!(
                    "give numbers: `user: \"1000:1000\"` for service `{service}` in compose.override.yaml, or `uid:` for each of its secrets"
                )
            }
            Self::BadTarget { .. } => "give it a `target:` in a directory of its own, such as /etc/app/config.yaml".into(),
            Self::MissingContent { kind: "secret", .. } => "run `medianestctl secrets generate`".into(),
            Self::MissingContent { .. } => "run `medianestctl config` to see where it is read from".into(),
            Self::NoAddress { .. } => "give one that is free: `MEDIANEST_SUBNET=10.99.0.0/24` in .env".into(),
            Self::NoFixedAddress { network: Some((_, hint)), .. } => hint.clone(),
            Self::NoFixedAddress { service, ingress, network: None } => {
                format!("put `{service}` and `{ingress}` into one network")
            }
            Self::Cycle(_) => "remove one of these `depends_on` entries".into(),
            Self::NoSuchService { .. } => "run `medianestctl config --services` to list them".into(),
            Self::Overtaken { .. } => "run the same command again: it goes on from what is there now".into(),
            Self::NoMigration => "mark it with `x-medianest: {migration: {}}` in the Compose file".into(),
            Self::NoIngress => "mark it with `x-medianest: {ingress: …}` in the Compose file".into(),
            Self::IngressDown { service } => format!("run `medianestctl start {service}`, or `medianestctl deploy`"),
            Self::UnknownUpstreams { .. } => "run `medianestctl deploy`, which puts them in order".into(),
            Self::PasswordOfExistingData { secret, .. } => {
                format!("put the old value back into the file of `{secret}`; the running stack keeps it with the engine")
            }
        })
    }
}
