//! The sets of a stack at a sink: which there are, which of them are whole, and the only way to their manifests.
//!
//! A set counts as whole when its manifest is signed by a key that is trusted, belongs where it lies, and every object that it
//! names is there in its size. Whether the bytes are those that were stored is for `verify` to find out.
//!
//! Refuses to hand out a manifest that nobody whom we trust has signed, and to touch what is not a set's.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use thiserror::Error;

use super::{
    flaw::{Fault, Flaw},
    manifest::{LARGEST, Manifest, ManifestError, SignedManifest},
    pipeline::Damage,
    retention::{Candidate, Standing},
    set::{MANIFEST, ObjectName, SetId},
    signature::VerifyingKey,
    sink::{InvalidKey, ObjectKey, Sink, SinkError, SinkErrorKind},
};
use crate::model::ProjectName;

/// So many manifests are read at once.
const AT_ONCE: usize = 8;

/// A manifest that a trusted key has signed, of the set that lies there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedManifest {
    folder: ObjectKey,
    signed: SignedManifest,
}

impl VerifiedManifest {
    /// What it says.
    pub const fn manifest(&self) -> &Manifest {
        self.signed.claims()
    }

    /// The file as it was signed, with its signature.
    pub const fn signed(&self) -> &SignedManifest {
        &self.signed
    }

    /// The folder of the set.
    pub const fn folder(&self) -> &ObjectKey {
        &self.folder
    }

    /// Where an object of the set is kept.
    ///
    /// # Errors
    /// When its name and that of the folder are too long together, which no set of ours has.
    pub fn key(&self, object: &ObjectName) -> Result<ObjectKey, InvalidKey> {
        self.folder.join(&object.to_string())
    }

    /// Bytes that its objects take, as stored.
    pub fn stored_size(&self) -> u64 {
        self.manifest().objects.values().fold(0, |sum, record| sum.saturating_add(record.size))
    }
}

/// What a folder among the sets is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// A whole set.
    Whole(Box<VerifiedManifest>),
    /// A set without a manifest: it is being made, or was cut short.
    Unfinished,
    /// A set of ours with something wrong in it.
    Damaged(Vec<Flaw>),
    /// Signed by somebody whom we do not trust, of a format that we do not read, or not a set's folder at all.
    Foreign(Option<ManifestError>),
    /// The manifest cannot be read now, so nothing can be told.
    Unknown(SinkError),
}

/// A folder among the sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The folder's name.
    pub name: String,
    /// The set that the name is that of.
    pub set: Option<SetId>,
    /// What it is.
    pub condition: Condition,
    /// Bytes that lie in it.
    pub bytes: u64,
}

impl Found {
    /// The manifest, when the set is whole.
    pub fn manifest(&self) -> Option<&VerifiedManifest> {
        if let Condition::Whole(manifest) = &self.condition { Some(manifest) } else { None }
    }

    /// How it counts for what is kept; `known_damaged` says that its contents were found damaged.
    pub fn standing(&self, known_damaged: bool) -> Standing {
        let Some(set) = self.set else { return Standing::Foreign };
        match &self.condition {
            Condition::Whole(_) if !known_damaged => Standing::Good(set.begun()),
            Condition::Whole(_) | Condition::Unfinished | Condition::Damaged(_) => Standing::Failed(set.begun()),
            // Of what cannot be read nothing is known, and it stays.
            Condition::Foreign(_) | Condition::Unknown(_) => Standing::Foreign,
        }
    }

    /// The same with its name, for `retention`.
    pub fn candidate(&self, known_damaged: bool) -> Candidate {
        Candidate { name: self.name.clone(), standing: self.standing(known_damaged) }
    }
}

/// Why a set is not opened.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OpenError {
    /// There is none of that name.
    #[error("there is no backup {0} there")]
    NoSuchSet(SetId),
    /// It was cut short, or is being made.
    #[error("the backup {0} is not finished: it was cut short, or is being made")]
    Unfinished(SetId),
    /// Its manifest is not to be believed.
    #[error("the backup {set} is refused: {why}")]
    Refused {
        /// The set.
        set: SetId,
        /// Why.
        why: ManifestError,
    },
    /// The place fails.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// The stack's name is none that a sink takes.
    #[error(transparent)]
    Key(#[from] InvalidKey),
}

impl OpenError {
    /// What to run to mend it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoSuchSet(_) | Self::Unfinished(_) => Some("medianestctl backup list shows those that there are".to_owned()),
            Self::Refused { why, .. } => why.hint().map(str::to_owned),
            Self::Sink(error) => error.hint(),
            Self::Key(_) => None,
        }
    }
}

/// The sets of one stack at one sink.
#[derive(Clone)]
pub struct Catalog {
    sink: Arc<dyn Sink>,
    folder: ObjectKey,
    stack: String,
    trusted: Vec<VerifyingKey>,
}

impl Catalog {
    /// Of this stack at this sink; manifests of these signers are believed.
    ///
    /// # Errors
    /// When the stack's name is none that a sink takes.
    pub fn new(sink: Arc<dyn Sink>, stack: &ProjectName, trusted: Vec<VerifyingKey>) -> Result<Self, InvalidKey> {
        let stack = stack.as_str().to_owned();
        Ok(Self { sink, folder: ObjectKey::new(stack.as_str())?, stack, trusted })
    }

    /// Where the sets are.
    pub fn sink(&self) -> &Arc<dyn Sink> {
        &self.sink
    }

    /// The folder of a set.
    ///
    /// # Errors
    /// When the stack's name is too long for it.
    pub fn folder(&self, set: SetId) -> Result<ObjectKey, InvalidKey> {
        self.folder.join(&set.to_string())
    }

    /// All folders among the sets, in the order of their names, which is that of time.
    ///
    /// # Errors
    /// When the place cannot be listed. A manifest that cannot be read makes its set `Unknown`.
    pub async fn list(&self) -> Result<Vec<Found>, SinkError> {
        let mut folders: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        for object in self.sink.list(Some(&self.folder)).await? {
            let below = object.key.as_str().strip_prefix(self.folder.as_str()).and_then(|rest| rest.strip_prefix('/'));
            // What lies beside the sets' folders is no set.
            if let Some((folder, name)) = below.and_then(|below| below.split_once('/')) {
                folders.entry(folder.to_owned()).or_default().insert(name.to_owned(), object.size);
            }
        }
        let judged = stream::iter(folders).map(|(name, objects)| self.judge(name, objects));
        Ok(judged.buffered(AT_ONCE).collect().await)
    }

    async fn judge(&self, name: String, objects: BTreeMap<String, u64>) -> Found {
        let bytes = objects.values().fold(0, |sum: u64, size| sum.saturating_add(*size));
        let set = name.parse::<SetId>().ok();
        let condition = match set {
            None => Condition::Foreign(None),
            Some(_) if !objects.contains_key(MANIFEST) => Condition::Unfinished,
            Some(set) => match self.open(set).await {
                Ok(manifest) => {
                    let flaws = sizes(&manifest, &objects);
                    if flaws.is_empty() { Condition::Whole(Box::new(manifest)) } else { Condition::Damaged(flaws) }
                }
                // Gone between the listing and now.
                Err(OpenError::NoSuchSet(_) | OpenError::Unfinished(_)) => Condition::Unfinished,
                Err(OpenError::Refused { why: error @ (ManifestError::Stranger(_) | ManifestError::Format(_)), .. }) => {
                    Condition::Foreign(Some(error))
                }
                Err(OpenError::Refused { why, .. }) => Condition::Damaged(vec![Flaw::of_manifest(why)]),
                Err(OpenError::Sink(error)) => Condition::Unknown(error),
                Err(OpenError::Key(error)) => {
                    Condition::Unknown(SinkError::new(SinkErrorKind::Other, "open the set", error.to_string()))
                }
            },
        };
        Found { name, set, condition, bytes }
    }

    /// The manifest of a set.
    ///
    /// # Errors
    /// When there is none, or it is not to be believed.
    pub async fn open(&self, set: SetId) -> Result<VerifiedManifest, OpenError> {
        let folder = self.folder(set)?;
        let bytes = match self.read(&folder.join(MANIFEST)?).await {
            Ok(bytes) => bytes,
            Err(error) if error.kind == SinkErrorKind::NotFound => {
                let nothing = self.sink.list(Some(&folder)).await?.is_empty();
                return Err(if nothing { OpenError::NoSuchSet(set) } else { OpenError::Unfinished(set) });
            }
            Err(error) if error.kind == SinkErrorKind::Damaged => {
                return Err(OpenError::Refused { set, why: ManifestError::Damaged(error.detail) });
            }
            Err(error) => return Err(error.into()),
        };
        let refused = |why| OpenError::Refused { set, why };
        let signed = SignedManifest::parse(&bytes).map_err(refused)?;
        let manifest = signed.verify(&self.trusted).map_err(refused)?;
        manifest.belongs_to(&self.stack, set).map_err(refused)?;
        Ok(VerifiedManifest { folder, signed })
    }

    /// The newest whole set.
    ///
    /// # Errors
    /// As [`Catalog::list`].
    pub async fn newest(&self) -> Result<Option<VerifiedManifest>, SinkError> {
        let found = self.list().await?;
        Ok(found.iter().rev().find_map(Found::manifest).cloned())
    }

    /// A small object; of a larger one no more is read than shows that it is.
    async fn read(&self, key: &ObjectKey) -> Result<Vec<u8>, SinkError> {
        let mut content = Vec::new();
        let mut chunks = self.sink.read(key, 0).await?;
        while let Some(chunk) = chunks.try_next().await? {
            let chunk: Bytes = chunk;
            content.extend_from_slice(&chunk);
            if content.len() as u64 > LARGEST {
                break;
            }
        }
        Ok(content)
    }

    /// Removes a set: the manifest first, so that what is left of a removal cut short is a set cut short and no damaged one.
    /// What is in the folder and no set's stays.
    ///
    /// # Errors
    /// When an object cannot be removed. `Locked` at the manifest means that nothing was.
    pub async fn remove(&self, set: SetId) -> Result<(), SinkError> {
        let other = |error: InvalidKey| SinkError::new(SinkErrorKind::Other, format!("remove the set {set}"), error.to_string());
        let folder = self.folder(set).map_err(other)?;
        let manifest = folder.join(MANIFEST).map_err(other)?;
        let objects = self.sink.list(Some(&folder)).await?;
        if objects.iter().any(|object| object.key == manifest) {
            self.sink.remove(&manifest).await?;
        }
        for object in objects {
            let name = object.key.as_str().strip_prefix(folder.as_str()).and_then(|rest| rest.strip_prefix('/'));
            if name.is_some_and(|name| name.parse::<ObjectName>().is_ok()) {
                self.sink.remove(&object.key).await?;
            }
        }
        Ok(())
    }
}

/// Objects that are not there in their size.
fn sizes(manifest: &VerifiedManifest, there: &BTreeMap<String, u64>) -> Vec<Flaw> {
    let fault = |name: &ObjectName, expected: u64| match there.get(&name.to_string()) {
        None => Some(Fault::Missing),
        Some(found) if *found < expected => Some(Fault::Damaged(Damage::Short { found: *found, expected })),
        Some(found) if *found > expected => Some(Fault::Damaged(Damage::Long(expected))),
        Some(_) => None,
    };
    let objects = manifest.manifest().objects.iter();
    objects.filter_map(|(name, record)| Some(Flaw::of_object(name, fault(name, record.size)?))).collect()
}
