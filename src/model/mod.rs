//! What the rest of the program talks about: the stack that is wanted, and the stack that is there.
//!
//! Layer 0: plain data with the rules that keep it valid. Owns no input, no output and no decisions; refuses
//! to know Compose syntax (`compose` lowers to these types) and the Engine API (`engine` fills and reads them).

mod autoupdate;
mod backup;
mod files;
mod health;
mod image;
mod ingress;
mod labels;
mod name;
mod network;
mod object;
mod observed;
mod quantity;
mod s3;
mod service;
mod spec;
mod stack;
mod update;

pub use autoupdate::{Autoupdate, Hours, HoursError, Window, Zone};
pub use backup::{
    BackupSettings, BackupTarget, Consistency, Counts, Database, DatabaseBackup, KeepPolicy, KeepsNothing, Packing, TargetPlace,
};
pub use files::{Contents, FileEntry, FileOrigin, FileSet, Fingerprint, VolumeOwner};
pub use health::{Health, HealthTest, Healthcheck};
pub use image::{ImageId, ImageRef, ImageRefError};
pub use ingress::{Balance, Ingress, Maintenance, Migration, MigrationForm, Route, SchemaQuery, Smoke, Thresholds};
pub use labels::{Labels, label, made_for};
pub use name::{ConfigName, NameError, NetworkName, ProjectName, SecretName, ServiceName, TargetName, VolumeName};
pub use network::{Network, SubnetChoice};
pub use object::{
    HOLDER_IMAGE, failed_name, ingress_volume, is_failed, is_next_of, is_previous, is_put_aside, is_waiting, lock_holder,
    note_volume, previous_name, stage_holder, state_holder, state_volume,
};
pub use observed::{
    ContainerState, EngineInfo, GateEvidence, Kept, Observed, ObservedContainer, ObservedImage, ObservedNetwork, ObservedVolume,
    PublishedPort,
};
pub use quantity::{Bytes, Cpus};
pub use s3::{CredentialSource, LockMode, ObjectLock, S3Target, authority, is_bucket, is_region};
pub use service::{
    Attachment, Dependency, DependencyCondition, Logging, Mount, MountSource, Port, Protocol, PullPolicy, Resources,
    RestartPolicy, Service, Tmpfs, Ulimit,
};
pub use spec::{ContainerSpec, EndpointSpec, NetworkSpec, VolumeSpec};
pub use stack::{ConfigFile, SecretFile, Stack, Volume};
pub use update::{UpdateConfig, UpdateOrder};
