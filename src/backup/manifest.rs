//! The manifest of a set: what is in it, how to check it, who made it. It is written last and makes the set one. Pure.
//!
//! Refuses every text but the one that the tool itself writes for a value: fields that it does not know, doubled names,
//! another layout. So nothing in the file stands outside the signature, and a set has one manifest.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{
    digest::Digest,
    set::{ObjectName, SetId},
    signature::{Signature, SigningKey, VerifyingKey},
};
pub use crate::model::Consistency;

/// The version of the format that is written, and the only one so far.
pub const FORMAT: u32 = 1;

/// Signed before the manifest's bytes, so that the signature can never be taken for one of something else.
const CONTEXT: &[u8] = b"medianestctl backup manifest 1\n";

/// No manifest is larger, in bytes; a larger file is not read.
pub const LARGEST: u64 = 16 << 20;

/// The first 16 hexadecimal digits of SHA-256 over a recipient's text: tells which key opens a set, and is no key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct RecipientPrint([u8; 8]);

impl RecipientPrint {
    /// From the first bytes of the digest.
    pub const fn new(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }
}

impl std::fmt::Display for RecipientPrint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&super::digest::hex(&self.0))
    }
}

impl From<RecipientPrint> for String {
    fn from(print: RecipientPrint) -> Self {
        print.to_string()
    }
}

impl TryFrom<String> for RecipientPrint {
    type Error = super::digest::NotHex;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        super::digest::from_hex(&text).map(Self)
    }
}

/// Who can open a set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Openers {
    /// Everybody: the set is not encrypted.
    Everybody,
    /// Who knows the passphrase.
    Passphrase,
    /// Who has the identity of one of these recipients.
    Recipients(Vec<RecipientPrint>),
}

/// One object: what must be found when it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectRecord {
    /// Bytes as stored.
    pub size: u64,
    /// SHA-256 of the bytes as stored.
    pub sha256: Digest,
    /// Bytes after decryption and decompression.
    pub plain_size: u64,
    /// SHA-256 of these.
    pub plain_sha256: Digest,
    /// What an archive holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<FileTotals>,
    /// Rows by table (`schema.table`), for a database.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rows: BTreeMap<String, u64>,
    /// Keys, for Redis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<u64>,
    /// What a person should know of it: files that vanished, changed or cannot be archived.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What an archive holds; extraction stops beyond it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileTotals {
    /// Entries of every kind.
    pub entries: u64,
    /// The sum of the sizes of its regular files in bytes, holes included.
    pub bytes: u64,
}

/// A set, described.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// The set.
    pub set: SetId,
    /// The stack's name.
    pub stack: String,
    /// When the last object was stored.
    pub finished: DateTime<Utc>,
    /// A person's word for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// How the parts were brought to one moment.
    pub consistency: Consistency,
    /// Versions that a restore must know: of the tool, the engine, the servers; by name.
    pub versions: BTreeMap<String, String>,
    /// Who can open it.
    pub openers: Openers,
    /// The objects.
    pub objects: BTreeMap<ObjectName, ObjectRecord>,
}

/// Why a manifest is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ManifestError {
    /// Not a manifest, or not as the tool writes it.
    #[error("the manifest is damaged: {0}")]
    Damaged(String),
    /// Written by a newer tool.
    #[error("the manifest has format {0}; this version of the tool reads format {FORMAT}")]
    Format(u64),
    /// Signed by nobody whom we trust.
    #[error("the manifest is signed by {0}, which is not a trusted key")]
    Stranger(VerifyingKey),
    /// Changed after it was signed.
    #[error("the manifest's signature is not of {0}: its content was changed, or it is forged")]
    Forged(VerifyingKey),
    /// A manifest of another set or stack lies here.
    #[error("the manifest belongs to set {found}, and was found as that of {wanted}")]
    Elsewhere {
        /// Where it was found.
        wanted: String,
        /// What it says.
        found: String,
    },
}

impl ManifestError {
    /// What to run to mend it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Format(_) => Some("update medianestctl to the version that made this backup, or a later one"),
            Self::Stranger(_) => Some(
                "if this key is yours (`medianestctl backup key test`), add it to the trusted keys; otherwise do not restore this set",
            ),
            Self::Damaged(_) | Self::Forged(_) | Self::Elsewhere { .. } => {
                Some("do not restore this set; medianestctl backup list shows others")
            }
        }
    }
}

/// A manifest as it lies in a sink: read, and not yet believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedManifest {
    manifest: Manifest,
    proof: Proof,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Proof {
    key: VerifyingKey,
    value: Signature,
}

/// The file: the manifest's fields, and the signature after them.
#[derive(Serialize)]
struct Written<'a> {
    #[serde(flatten)]
    manifest: &'a Manifest,
    signature: &'a Proof,
}

impl Manifest {
    /// The bytes that are signed: a line that says what for, then the manifest as JSON without blanks.
    fn signed_bytes(&self) -> Result<Vec<u8>, ManifestError> {
        let mut bytes = CONTEXT.to_vec();
        serde_json::to_writer(&mut bytes, self).map_err(damaged)?;
        Ok(bytes)
    }

    /// Signs it.
    pub fn sign(self, key: &SigningKey) -> Result<SignedManifest, ManifestError> {
        let value = key.sign(&self.signed_bytes()?);
        Ok(SignedManifest { manifest: self, proof: Proof { key: key.verifying_key(), value } })
    }

    /// Refuses a manifest that was put where it does not belong, such as an old set's in a new one's place.
    pub fn belongs_to(&self, stack: &str, set: SetId) -> Result<(), ManifestError> {
        if self.stack == stack && self.set == set {
            return Ok(());
        }
        Err(ManifestError::Elsewhere { wanted: format!("{stack}/{set}"), found: format!("{}/{}", self.stack, self.set) })
    }
}

impl SignedManifest {
    /// The file's content.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ManifestError> {
        let written = Written { manifest: &self.manifest, signature: &self.proof };
        let mut bytes = serde_json::to_vec_pretty(&written).map_err(damaged)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Reads a file's content. Says nothing of who wrote it.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        /// Every version begins so.
        #[derive(Deserialize)]
        struct Version {
            format: u64,
        }
        if bytes.len() as u64 > LARGEST {
            return Err(ManifestError::Damaged("it is larger than any manifest".to_owned()));
        }
        let Version { format } = serde_json::from_slice(bytes).map_err(damaged)?;
        if format != u64::from(FORMAT) {
            return Err(ManifestError::Format(format));
        }
        let mut value: serde_json::Value = serde_json::from_slice(bytes).map_err(damaged)?;
        let proof = value.as_object_mut().and_then(|fields| fields.remove("signature"));
        let proof = proof.ok_or_else(|| ManifestError::Damaged("it is not signed".to_owned()))?;
        let proof = serde_json::from_value(proof).map_err(damaged)?;
        let read = Self { manifest: serde_json::from_value(value).map_err(damaged)?, proof };
        // Doubled names, blanks and what a value could be written as besides: all of it would stand outside the signature.
        if read.to_bytes()? != bytes {
            return Err(ManifestError::Damaged("it is not as the tool wrote it".to_owned()));
        }
        Ok(read)
    }

    /// The manifest, when one of the trusted keys has signed it.
    pub fn verify(&self, trusted: &[VerifyingKey]) -> Result<&Manifest, ManifestError> {
        let Proof { key, value } = &self.proof;
        if !trusted.contains(key) {
            return Err(ManifestError::Stranger(*key));
        }
        if !key.has_signed(&self.manifest.signed_bytes()?, value) {
            return Err(ManifestError::Forged(*key));
        }
        Ok(&self.manifest)
    }

    /// What it claims, for lists: nothing of it is proven.
    pub const fn claims(&self) -> &Manifest {
        &self.manifest
    }

    /// Who is said to have signed it.
    pub const fn signer(&self) -> VerifyingKey {
        self.proof.key
    }
}

fn damaged(error: serde_json::Error) -> ManifestError {
    ManifestError::Damaged(error.to_string())
}

#[cfg(test)]
mod tests;
