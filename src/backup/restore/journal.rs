//! Where the record of a restore lies: with the engine's state, where every machine finds it, or in the deployment directory where
//! nothing of the engine is restored.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use thiserror::Error;

use super::record::{FORMAT, Record};
use crate::{
    engine::Engine,
    model::ProjectName,
    state::{StateError, Store},
};

/// The name of the record's files, at the engine and in the directory.
const NAME: &str = "restore";
/// In the deployment directory.
const FILE: &str = ".medianestctl-restore.json";

/// Why the record cannot be read or written.
#[derive(Debug, Error)]
pub enum JournalError {
    /// The engine's state fails.
    #[error(transparent)]
    State(#[from] StateError),
    /// The directory fails.
    #[error("the record of the restore in {path}: {source}")]
    Directory {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is of a newer version, or damaged.
    #[error("the record of the restore cannot be read by this version: {0}")]
    Unreadable(String),
}

/// Keeps one record.
#[async_trait]
pub trait Journal: Send + Sync {
    /// The record; `None` when no restore is open.
    async fn read(&self) -> Result<Option<Record>, JournalError>;
    /// Writes it, durably: a reader sees this one or the one before, whole.
    async fn write(&self, record: &Record) -> Result<(), JournalError>;
    /// No restore is open any more.
    async fn forget(&self) -> Result<(), JournalError>;
}

fn parse(bytes: &[u8]) -> Result<Record, JournalError> {
    #[derive(serde::Deserialize)]
    struct Version {
        format: u32,
    }
    let unreadable = |error: serde_json::Error| JournalError::Unreadable(error.to_string());
    let Version { format } = serde_json::from_slice(bytes).map_err(unreadable)?;
    if format != FORMAT {
        return Err(JournalError::Unreadable(format!("it has format {format}, and this version knows {FORMAT}")));
    }
    serde_json::from_slice(bytes).map_err(unreadable)
}

fn text(record: &Record) -> Result<Vec<u8>, JournalError> {
    serde_json::to_vec(record).map_err(|error| JournalError::Unreadable(error.to_string()))
}

/// In the state volume of a project.
pub struct AtEngine<'a> {
    store: Store<'a>,
}

impl<'a> AtEngine<'a> {
    /// Of this project. Touches nothing.
    pub fn new(engine: &'a dyn Engine, project: &ProjectName) -> Self {
        Self { store: Store::new(engine, project.clone()) }
    }
}

#[async_trait]
impl Journal for AtEngine<'_> {
    async fn read(&self) -> Result<Option<Record>, JournalError> {
        self.store.read_slot(NAME).await?.map(|bytes| parse(&bytes)).transpose()
    }

    async fn write(&self, record: &Record) -> Result<(), JournalError> {
        Ok(self.store.write_slot(NAME, &text(record)?).await?)
    }

    async fn forget(&self) -> Result<(), JournalError> {
        Ok(self.store.write_slot(NAME, b"").await?)
    }
}

/// In the deployment directory.
pub struct InDirectory(PathBuf);

impl InDirectory {
    /// Of this directory. Touches nothing.
    pub fn new(directory: &Path) -> Self {
        Self(directory.join(FILE))
    }

    fn failed(&self) -> impl Fn(io::Error) -> JournalError {
        let path = self.0.clone();
        move |source| JournalError::Directory { path: path.clone(), source }
    }

    fn sync(&self) -> io::Result<()> {
        self.0.parent().map_or(Ok(()), |directory| File::open(directory)?.sync_all())
    }
}

#[async_trait]
impl Journal for InDirectory {
    async fn read(&self) -> Result<Option<Record>, JournalError> {
        match fs::read(&self.0) {
            Ok(bytes) => parse(&bytes).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failed()(error)),
        }
    }

    async fn write(&self, record: &Record) -> Result<(), JournalError> {
        let bytes = text(record)?;
        let temporary = self.0.with_extension("json.part");
        let write = || {
            let mut file = File::create(&temporary)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&temporary, &self.0)?;
            self.sync()
        };
        write().map_err(self.failed())
    }

    async fn forget(&self) -> Result<(), JournalError> {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.failed()(error)),
            _ => self.sync().map_err(self.failed()),
        }
    }
}
