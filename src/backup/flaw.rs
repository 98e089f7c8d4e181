//! What can be wrong with a set that is kept, and with which of its parts.

use std::fmt;

use thiserror::Error;

use super::{
    manifest::ManifestError,
    pipeline::Damage,
    set::{MANIFEST, ObjectName},
};

/// A part of a set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// What makes it a set.
    Manifest,
    /// One of its objects.
    Object(ObjectName),
}

impl Part {
    /// The object's name within the set.
    pub fn object(&self) -> String {
        match self {
            Self::Manifest => MANIFEST.to_owned(),
            Self::Object(name) => name.to_string(),
        }
    }
}

impl fmt::Display for Part {
    /// For people: `volume uploads`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manifest => f.write_str("manifest"),
            Self::Object(name) => name.component.fmt(f),
        }
    }
}

/// What is wrong with a part.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// The manifest is not to be believed.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// It is not there.
    #[error("it is not there")]
    Missing,
    /// It is not what was stored.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// The place that keeps it cannot read it any more.
    #[error("it cannot be read where it is kept: {0}")]
    Unreadable(String),
    /// What comes out of it is not what such a component is.
    #[error("{0}")]
    Content(String),
}

/// A part and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{part} ({}): {fault}", part.object())]
pub struct Flaw {
    /// Which part.
    pub part: Part,
    /// What is wrong.
    pub fault: Fault,
}

impl Flaw {
    /// Something wrong with the manifest.
    pub fn of_manifest(error: ManifestError) -> Self {
        Self { part: Part::Manifest, fault: Fault::Manifest(error) }
    }

    /// Something wrong with an object.
    pub fn of_object(name: &ObjectName, fault: impl Into<Fault>) -> Self {
        Self { part: Part::Object(name.clone()), fault: fault.into() }
    }
}
