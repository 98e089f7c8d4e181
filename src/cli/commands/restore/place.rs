//! What a restore works on: the deployment directory, the project, the engine, and the record that may be open.

use std::path::PathBuf;

use crate::backup::restore::{
    journal::{AtEngine, InDirectory, Journal},
    record::Record,
};
use crate::cli::{args::Global, project};
use crate::compose::Loaded;
use crate::engine::docker::DockerEngine;
use crate::model::ProjectName;
use crate::ui::Ui;

/// Where the restore happens.
pub struct Place {
    /// The deployment directory, absolute.
    pub directory: PathBuf,
    /// The project that data goes to; none on a machine that has no files yet.
    pub project: Option<ProjectName>,
    /// Its files as they are understood.
    pub loaded: Option<Loaded>,
    /// The engine; none where it is not needed.
    pub engine: Option<DockerEngine>,
}

impl Place {
    /// Reads the files of the project `into`, or of their own. Without files there may be a name.
    pub fn read(global: &Global, ui: &Ui, into: Option<&ProjectName>) -> anyhow::Result<Self> {
        let directory = std::path::absolute(project::directory(global))?;
        let mut named = global.clone();
        if let Some(into) = into {
            named.project_name = Some(into.to_string());
        }
        let there = project::COMPOSE_NAMES.iter().any(|name| directory.join(name).exists()) || !global.file.is_empty();
        // On a new machine the files are what is to be restored.
        if !there && named.project_name.is_some() {
            return Ok(Self { directory, project: Some(project::name(&named, ui)?), loaded: None, engine: None });
        }
        let loaded = project::load(&named, ui, None)?;
        Ok(Self { directory, project: Some(loaded.stack.project.clone()), loaded: Some(loaded), engine: None })
    }

    /// Reaches the engine.
    pub async fn with_engine(mut self, global: &Global) -> anyhow::Result<Self> {
        self.engine = Some(project::connect(global).await?);
        Ok(self)
    }

    /// Where the record of a restore lies.
    pub fn journal_of(&self, record: &Record) -> anyhow::Result<Box<dyn Journal + '_>> {
        match (&self.engine, &self.project) {
            (Some(engine), Some(project)) if !record.project.is_empty() => Ok(Box::new(AtEngine::new(engine, project))),
            _ => Ok(Box::new(InDirectory::new(&self.directory))),
        }
    }

    /// The record of the restore that is open.
    pub async fn open_record(&self) -> anyhow::Result<Option<Record>> {
        if let Some(record) = InDirectory::new(&self.directory).read().await? {
            return Ok(Some(record));
        }
        match (&self.engine, &self.project) {
            (Some(engine), Some(project)) => Ok(AtEngine::new(engine, project).read().await?),
            _ => Ok(None),
        }
    }
}
