//! Files and environment of this process for the Compose loader.

use std::{fs, io, path::Path};

use crate::compose::{Source, SourceError};

/// The machine that the tool runs on.
pub struct Machine;

impl Source for Machine {
    fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        fs::read(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => SourceError::NotFound,
            io::ErrorKind::PermissionDenied => SourceError::Denied,
            _ => SourceError::Other(error.to_string()),
        })
    }

    fn env(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn exists(&self, path: &str) -> bool {
        Path::new(path).exists()
    }
}
