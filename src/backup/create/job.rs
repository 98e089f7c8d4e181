//! One object that is about to be stored: where it goes, how, and who counts its bytes.

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use tokio_util::sync::CancellationToken;

use super::PartError;
use crate::backup::{
    pipeline::{Progress, StoreError, StoreSettings, Stored, store},
    sink::{ObjectKey, Tee},
};

/// Bytes that have gone by.
#[derive(Debug, Default)]
pub(super) struct Meter {
    pub(super) plain: AtomicU64,
    pub(super) stored: AtomicU64,
}

impl Meter {
    fn progress(self: &Arc<Self>) -> Progress {
        let meter = Arc::clone(self);
        Arc::new(move |moved| {
            meter.plain.fetch_add(moved.plain, Relaxed);
            meter.stored.fetch_add(moved.stored, Relaxed);
        })
    }
}

/// An object to be stored.
pub(super) struct Job<'a> {
    pub(super) tee: &'a Tee,
    pub(super) settings: &'a StoreSettings,
    pub(super) key: ObjectKey,
    pub(super) cancel: CancellationToken,
    pub(super) meter: Arc<Meter>,
}

impl Job<'_> {
    /// Stores what `source` writes.
    pub(super) async fn store<T, F>(self, source: F) -> Result<(Stored, T), StoreError<PartError>>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Write) -> Result<T, PartError> + Send + 'static,
    {
        let upload = self.tee.begin(&self.key).await?;
        store(self.settings, source, upload, &self.cancel, self.meter.progress()).await
    }
}
