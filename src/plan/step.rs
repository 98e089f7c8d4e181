//! The kinds of step there are. Each says exactly what the executor does; none leaves it a choice.

use std::net::Ipv4Addr;
use std::time::Duration;

use serde::{Serialize, Serializer, ser::Error as _};

use super::Undo;

use crate::model::{
    ContainerSpec, FileOrigin, ImageRef, Maintenance, MigrationForm, NetworkSpec, RestartPolicy, ServiceName, Smoke, Thresholds,
    VolumeOwner, VolumeSpec,
};

/// A step's place in its plan; steps come after everything that they wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct StepId(pub usize);

/// What a file that is put into a volume holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StagedContent {
    /// A secret or config, fetched by the executor: a plan never holds its content.
    Granted(FileOrigin),
    /// A text that the plan rendered.
    Rendered(String),
}

/// A file to put into a volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StagedFile {
    /// Name directly below the volume's root.
    pub name: String,
    /// Content.
    pub content: StagedContent,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Permission bits.
    pub mode: u32,
}

/// A volume to fill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Staged {
    /// The volume.
    pub volume: String,
    /// Owner of its root directory.
    pub owner: VolumeOwner,
    /// Files.
    pub files: Vec<StagedFile>,
}

/// A container as documents show it: of its environment the names alone, because a document is kept and passed on.
fn without_values<S: Serializer>(spec: &impl AsRef<ContainerSpec>, serializer: S) -> Result<S::Ok, S::Error> {
    let spec = spec.as_ref();
    let mut shown = serde_json::to_value(spec).map_err(S::Error::custom)?;
    shown["environment"] = spec.environment.keys().cloned().collect();
    shown.serialize(serializer)
}

/// What the executor does in one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// Get an image from its registry.
    Pull {
        /// The image.
        image: ImageRef,
    },
    /// Make the volume that holds records and secrets, with its key.
    InitState {
        /// The volume.
        volume: VolumeSpec,
        /// The container that is never started and gives access to it.
        holder: Box<ContainerSpec>,
    },
    /// Create a network.
    CreateNetwork {
        /// In full.
        spec: NetworkSpec,
    },
    /// Create a volume.
    CreateVolume {
        /// In full.
        spec: VolumeSpec,
    },
    /// Fill volumes, all in one archive, through a container that is never started and then removed.
    Stage {
        /// That container.
        holder: Box<ContainerSpec>,
        /// The volumes.
        volumes: Vec<Staged>,
    },
    /// Create a container.
    CreateContainer {
        /// In full.
        #[serde(serialize_with = "without_values")]
        spec: Box<ContainerSpec>,
    },
    /// Start a container.
    Start {
        /// Its name.
        container: String,
    },
    /// Wait until a container is healthy, or runs when it has no health check.
    AwaitHealthy {
        /// Its name.
        container: String,
        /// Its service.
        service: ServiceName,
        /// How long at most.
        patience: Duration,
        /// How long it must then stay up: zero where nothing that serves depends on it.
        settle: Duration,
    },
    /// Start a container and wait until it ends with exit code 0; again after a pause when it does not.
    RunJob {
        /// Its name.
        container: String,
        /// Its service.
        service: ServiceName,
        /// How often at most.
        attempts: u32,
        /// Pause before the second attempt; it doubles each time.
        backoff: Duration,
        /// How long one attempt may take.
        patience: Duration,
        /// It migrates a database, or checks that.
        migration: bool,
    },
    /// Say when the engine starts a container again by itself.
    SetRestart {
        /// Its name.
        container: String,
        /// When.
        policy: RestartPolicy,
    },
    /// Dump a database to a file of its own volume.
    Dump {
        /// The database's container.
        container: String,
        /// What is run in it.
        command: Vec<String>,
        /// Where the dump is then, in the container.
        path: String,
        /// How long it may take.
        patience: Duration,
    },
    /// Ask the database which schema it has; not to be told is no failure.
    ReadSchema {
        /// The database's container.
        container: String,
        /// What is run in it.
        command: Vec<String>,
    },
    /// Stop a container.
    Stop {
        /// Its name.
        container: String,
        /// How long it may take before it is killed.
        grace: Duration,
    },
    /// Rename a container.
    Rename {
        /// Its name.
        container: String,
        /// Its new name.
        to: String,
    },
    /// Remove a container.
    RemoveContainer {
        /// Its name.
        container: String,
    },
    /// Stop and remove a container of the project that belongs to no service of it, as somebody has agreed to.
    RemoveOrphan {
        /// Its name.
        container: String,
        /// Its identifier: this one and no other of its name.
        id: String,
        /// How long it may take before it is killed.
        grace: Duration,
    },
    /// Remove a network.
    RemoveNetwork {
        /// Its name.
        name: String,
    },
    /// Remove a volume with what it holds.
    RemoveVolume {
        /// Its name.
        name: String,
        /// It holds data that exists nowhere else.
        data: bool,
    },
    /// Empty files of the state volume: records that are not kept any more, with what only they needed.
    Forget {
        /// Their paths in the volume, records last.
        files: Vec<String>,
    },
    /// Put new upstreams before a running ingress: write, test, reload.
    SwitchUpstreams {
        /// The ingress container.
        container: String,
        /// The file in it.
        path: String,
        /// The new content.
        content: String,
    },
    /// Wait until the ingress has no request under way to addresses that it does not send to any more.
    Drain {
        /// The ingress container.
        container: String,
        /// The addresses.
        addresses: Vec<Ipv4Addr>,
        /// It is enough that no connection leads to the addresses: whatever an old worker still takes in finds another
        /// replica of its list. Otherwise every old worker must be gone.
        connections_tell: bool,
        /// How long at most; what is still open then (a websocket) is cut by the stop that follows.
        limit: Duration,
    },
    /// Ask a new replica for something, as the ingress would, before it gets traffic.
    Smoke {
        /// The ingress container, from which it is asked.
        ingress: String,
        /// The service.
        service: ServiceName,
        /// The replica's container.
        container: String,
        /// Its address.
        address: Ipv4Addr,
        /// Its port.
        port: u16,
        /// What is asked, and what must come.
        smoke: Smoke,
    },
    /// Let a new replica answer its share of the requests, and compare it with the others by the ingress's log.
    Bake {
        /// The ingress container, whose log tells.
        ingress: String,
        /// The service.
        service: ServiceName,
        /// The new replica's container.
        container: String,
        /// Its address and port.
        candidate: String,
        /// The others.
        stable: Vec<String>,
        /// How long.
        span: Duration,
        /// What it must not exceed.
        thresholds: Thresholds,
    },
    /// Wait between two batches.
    Pause {
        /// The service.
        service: ServiceName,
        /// How long.
        span: Duration,
    },
    /// Write down whether the site is closed to visitors, for the plans that come.
    KeepMaintenance {
        /// What they are told; `None` when it is open.
        maintenance: Option<Maintenance>,
    },
    /// Write down what the gates have seen, and the release that runs now when it is a new one.
    Record {
        /// Hash of everything that the new release is made of; `None` when it is the one that is recorded.
        release: Option<String>,
        /// The upstreams that are in force, when the stack has an ingress.
        upstreams: Option<String>,
        /// The form of the new release's migration; without a release, the one that was just run by itself.
        migration: Option<MigrationForm>,
    },
}

/// What a step does to what is there, for people and for `--exit-code`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Nothing: it waits or looks.
    None,
    /// Something new.
    Create,
    /// Something that is there changes its state.
    Update,
    /// Something is removed that can be made again (containers, networks, staged files).
    Remove,
    /// Data is removed.
    Destroy,
}

impl Action {
    /// What it does to what is there.
    pub fn change(&self) -> Change {
        match self {
            Self::AwaitHealthy { .. }
            | Self::ReadSchema { .. }
            | Self::Smoke { .. }
            | Self::Drain { .. }
            | Self::Bake { .. }
            | Self::Pause { .. } => Change::None,
            Self::Pull { .. }
            | Self::InitState { .. }
            | Self::CreateNetwork { .. }
            | Self::CreateVolume { .. }
            | Self::Stage { .. }
            | Self::Dump { .. }
            | Self::CreateContainer { .. } => Change::Create,
            Self::Start { .. }
            | Self::RunJob { .. }
            | Self::SetRestart { .. }
            | Self::Stop { .. }
            | Self::Rename { .. }
            | Self::SwitchUpstreams { .. }
            | Self::KeepMaintenance { .. }
            | Self::Record { .. } => Change::Update,
            Self::RemoveContainer { .. }
            | Self::RemoveOrphan { .. }
            | Self::RemoveNetwork { .. }
            | Self::RemoveVolume { data: false, .. } => Change::Remove,
            Self::RemoveVolume { data: true, .. } | Self::Forget { .. } => Change::Destroy,
        }
    }

    /// The verb, for people.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Pull { .. } => "pull",
            Self::InitState { .. } | Self::CreateNetwork { .. } | Self::CreateVolume { .. } | Self::CreateContainer { .. } => {
                "create"
            }
            Self::Stage { .. } => "fill",
            Self::Start { .. } => "start",
            Self::AwaitHealthy { .. } => "wait for",
            Self::RunJob { .. } => "run",
            Self::SetRestart { .. } => "set",
            Self::Stop { .. } => "stop",
            Self::Rename { .. } => "rename",
            Self::RemoveContainer { .. } | Self::RemoveOrphan { .. } | Self::RemoveNetwork { .. } | Self::RemoveVolume { .. } => {
                "remove"
            }
            Self::Forget { .. } => "forget",
            Self::SwitchUpstreams { .. } => "switch",
            Self::Dump { .. } => "dump",
            Self::ReadSchema { .. } => "read",
            Self::Smoke { .. } => "ask",
            Self::Drain { .. } => "drain",
            Self::Bake { .. } => "try",
            Self::Pause { .. } => "pause",
            Self::KeepMaintenance { .. } | Self::Record { .. } => "record",
        }
    }

    /// What it is done to, for people.
    pub fn object(&self) -> String {
        match self {
            Self::Pull { image } => format!("image {image}"),
            Self::InitState { volume, .. } => format!("volume {}", volume.name),
            Self::CreateNetwork { spec } => match spec.subnet {
                Some(subnet) => format!("network {} ({subnet})", spec.name),
                None => format!("network {}", spec.name),
            },
            Self::CreateVolume { spec } => format!("volume {}", spec.name),
            Self::Stage { volumes, .. } => match volumes.as_slice() {
                [one] => format!("volume {}", one.volume),
                many => format!("{} volumes", many.len()),
            },
            Self::CreateContainer { spec } => format!("container {}", spec.name),
            Self::Start { container }
            | Self::AwaitHealthy { container, .. }
            | Self::Stop { container, .. }
            | Self::RunJob { container, .. }
            | Self::RemoveOrphan { container, .. }
            | Self::RemoveContainer { container } => format!("container {container}"),
            Self::SetRestart { container, .. } => format!("restart policy of {container}"),
            Self::Rename { container, to } => format!("container {container} to {to}"),
            Self::RemoveNetwork { name } => format!("network {name}"),
            Self::RemoveVolume { name, .. } => format!("volume {name}"),
            Self::Forget { files } => {
                let records = files.iter().filter(|file| file.starts_with("releases/")).count();
                let rest = match files.len() - records {
                    1 => "1 file".to_owned(),
                    many => format!("{many} files"),
                };
                match records {
                    0 => format!("{rest} that no release needs"),
                    1 => format!("1 old release, {rest} that only it needed"),
                    many => format!("{many} old releases, {rest} that only they needed"),
                }
            }
            Self::SwitchUpstreams { container, .. } => format!("upstreams of {container}"),
            Self::Drain { addresses, .. } => {
                let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
                format!("requests to {}", addresses.join(", "))
            }
            Self::Dump { container, .. } => format!("the database of {container}"),
            Self::ReadSchema { container, .. } => format!("the schema of {container}"),
            Self::Smoke { container, smoke, .. } => format!("{container} for {}", smoke.path),
            Self::Bake { container, .. } => format!("canary {container}"),
            Self::Pause { service, .. } => format!("before the next of {service}"),
            Self::KeepMaintenance { maintenance: Some(_) } => "maintenance is on".into(),
            Self::KeepMaintenance { maintenance: None } => "maintenance is off".into(),
            Self::Record { release: Some(_), .. } => "the release".into(),
            Self::Record { migration: Some(_), .. } => "what was migrated".into(),
            Self::Record { release: None, .. } => "what is healthy".into(),
        }
    }
}

/// Whether a failure still takes back what was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Not everything that is wanted runs yet: a failure takes back what was done.
    Work,
    /// Everything that is wanted runs and has the traffic: what is not needed any more goes. From the first of these
    /// steps on there is no way back, and a failure takes nothing back.
    Tidy,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What is done.
    #[serde(flatten)]
    pub action: Action,
    /// Why, in words that help a tired operator.
    pub cause: String,
    /// The steps that must have succeeded before, without those that they wait for themselves.
    pub after: Vec<StepId>,
    /// Whether a failure of this step still takes back what was done.
    pub phase: Phase,
    /// What takes it back, when a failure later on must return to what was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo: Option<Undo>,
}
