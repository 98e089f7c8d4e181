//! One object on its way to several places at once: each takes it at its own pace within a few pieces, and one that fails does not
//! end the others.
//!
//! Owns which of the places still have everything so far. Refuses to wait for ever for one that takes nothing, and to call
//! anything stored that no place has.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::join_all;
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{sleep, timeout},
};

use super::{ObjectKey, Put, Sink, SinkError, SinkErrorKind, StoredObject, Upload};

/// Pieces of 1 MiB that wait for a place which is slower than the others.
const WAITING: usize = 4;
/// How long a place may take nothing.
const PATIENCE: Duration = Duration::from_secs(600);
/// How long a place may take to give up what it has.
const ABORT: Duration = Duration::from_secs(60);

/// A place with its name.
#[derive(Clone)]
pub struct Target {
    /// What people call it.
    pub name: String,
    /// Where it is.
    pub sink: Arc<dyn Sink>,
}

struct Place {
    target: Target,
    failed: Mutex<Option<SinkError>>,
    /// Uploads that were given up and are still at it.
    leaving: Mutex<Vec<JoinHandle<Option<StoredObject>>>>,
}

impl Place {
    fn failure(&self) -> MutexGuard<'_, Option<SinkError>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leaving(&self) -> MutexGuard<'_, Vec<JoinHandle<Option<StoredObject>>>> {
        self.leaving.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first failure counts: what follows comes of it.
    fn fail(&self, error: SinkError) {
        self.failure().get_or_insert(error);
    }

    fn is_good(&self) -> bool {
        self.failure().is_none()
    }
}

/// Several places that are to have the same objects.
#[derive(Clone)]
pub struct Tee(Arc<[Place]>);

impl Tee {
    /// These places, all of them good so far.
    pub fn new(targets: Vec<Target>) -> Self {
        let place = |target| Place { target, failed: Mutex::new(None), leaving: Mutex::new(Vec::new()) };
        Self(targets.into_iter().map(place).collect())
    }

    /// Waits until no upload that was given up is at work any more; not longer than giving up may take.
    pub async fn settled(&self) {
        let leaving: Vec<_> = self.0.iter().flat_map(|place| std::mem::take(&mut *place.leaving())).collect();
        join_all(leaving.into_iter().map(|task| timeout(ABORT, task))).await;
    }

    /// The places, each with why it has failed.
    pub fn standing(&self) -> Vec<(Target, Option<SinkError>)> {
        self.0.iter().map(|place| (place.target.clone(), place.failure().clone())).collect()
    }

    /// The places that have everything so far.
    pub fn good(&self) -> Vec<Target> {
        self.0.iter().filter(|place| place.is_good()).map(|place| place.target.clone()).collect()
    }

    fn places(&self) -> Vec<usize> {
        (0..self.0.len()).filter(|at| self.0[*at].is_good()).collect()
    }

    /// Why none is left: the first failure of all.
    fn none_left(&self, what: &str) -> SinkError {
        let first = self.0.iter().find_map(|place| place.failure().clone());
        first.unwrap_or_else(|| SinkError::new(SinkErrorKind::Other, what, "there is no target"))
    }

    fn checked(&self, what: &str) -> Result<(), SinkError> {
        if self.places().is_empty() { Err(self.none_left(what)) } else { Ok(()) }
    }

    /// Begins an object at all places that are good so far.
    ///
    /// # Errors
    /// When no place is left.
    pub async fn begin(&self, key: &ObjectKey) -> Result<Box<dyn Upload>, SinkError> {
        let what = format!("write {key}");
        let begun = self.places().into_iter().map(|at| {
            let (tee, key, what) = (self.clone(), key.clone(), what.clone());
            async move {
                match limited(&what, PATIENCE, tee.0[at].target.sink.begin(&key)).await {
                    Ok(upload) => Some(Branch::start(tee, at, what, upload)),
                    Err(error) => {
                        tee.0[at].fail(error);
                        None
                    }
                }
            }
        });
        let branches: Vec<_> = join_all(begun).await.into_iter().flatten().collect();
        self.checked(&what)?;
        Ok(Box::new(TeeUpload { tee: self.clone(), branches, what }))
    }

    /// Writes a small object whole at all places that are good so far.
    ///
    /// # Errors
    /// When no place is left.
    pub async fn put(&self, key: &ObjectKey, content: &Bytes, how: Put) -> Result<(), SinkError> {
        let what = format!("write {key}");
        let puts = self.places().into_iter().map(|at| {
            let what = &what;
            async move {
                let put = self.0[at].target.sink.put(key, content.clone(), how);
                if let Err(error) = limited(what, PATIENCE, put).await {
                    self.0[at].fail(error);
                }
            }
        });
        join_all(puts).await;
        self.checked(&what)
    }
}

async fn limited<T>(what: &str, limit: Duration, work: impl Future<Output = Result<T, SinkError>>) -> Result<T, SinkError> {
    timeout(limit, work).await.unwrap_or_else(|_| Err(idle(what, limit)))
}

fn idle(what: &str, limit: Duration) -> SinkError {
    SinkError::new(SinkErrorKind::Unreachable, what, format!("the target took nothing for {} s", limit.as_secs()))
}

enum Word {
    Piece(Bytes),
    Finish,
}

/// The way to one place: a task that writes what comes, so that a slow place holds nobody up before its room is used up.
struct Branch {
    place: usize,
    words: mpsc::Sender<Word>,
    task: JoinHandle<Option<StoredObject>>,
}

impl Branch {
    fn start(tee: Tee, place: usize, what: String, upload: Box<dyn Upload>) -> Self {
        let (words, given) = mpsc::channel(WAITING);
        let task = tokio::spawn(async move {
            match carry(&what, upload, given).await {
                Ok(stored) => stored,
                Err(error) => {
                    tee.0[place].fail(error);
                    None
                }
            }
        });
        Self { place, words, task }
    }
}

/// Writes what comes. An end without the word for it leaves nothing.
async fn carry(
    what: &str,
    mut upload: Box<dyn Upload>,
    mut given: mpsc::Receiver<Word>,
) -> Result<Option<StoredObject>, SinkError> {
    loop {
        match given.recv().await {
            Some(Word::Piece(piece)) => limited(what, PATIENCE, upload.write(piece)).await?,
            Some(Word::Finish) => return limited(what, PATIENCE, upload.finish()).await.map(Some),
            None => {
                // What is left behind then is for `Sink::tidy`.
                let _ = timeout(ABORT, upload.abort()).await;
                return Ok(None);
            }
        }
    }
}

struct TeeUpload {
    tee: Tee,
    branches: Vec<Branch>,
    what: String,
}

impl TeeUpload {
    /// Says a word to all branches whose places are good; those that are not are dropped.
    async fn say(&mut self, word: impl Fn() -> Word) {
        let what = &self.what;
        let tee = &self.tee;
        let said = self.branches.iter().map(|branch| {
            let word = word();
            async move {
                tokio::select! {
                    // A branch that has ended has told why.
                    _ = branch.words.send(word) => {}
                    () = sleep(PATIENCE) => tee.0[branch.place].fail(idle(what, PATIENCE)),
                }
            }
        });
        join_all(said).await;
        let (good, over) = std::mem::take(&mut self.branches).into_iter().partition(|branch| tee.0[branch.place].is_good());
        self.branches = good;
        let over: Vec<Branch> = over;
        for Branch { place, task, .. } in over {
            tee.0[place].leaving().push(task);
        }
    }
}

#[async_trait]
impl Upload for TeeUpload {
    async fn write(&mut self, chunk: Bytes) -> Result<(), SinkError> {
        self.say(|| Word::Piece(chunk.clone())).await;
        self.tee.checked(&self.what)
    }

    async fn finish(mut self: Box<Self>) -> Result<StoredObject, SinkError> {
        self.say(|| Word::Finish).await;
        let mut stored: Option<StoredObject> = None;
        for branch in self.branches {
            let place = &self.tee.0[branch.place];
            match branch.task.await {
                Ok(Some(object)) => match &stored {
                    // Each place has checked its own; two that differ cannot both be right.
                    Some(other) if other.size != object.size => {
                        let detail = format!("it has {} bytes, and {} elsewhere", object.size, other.size);
                        place.fail(SinkError::new(SinkErrorKind::Damaged, &self.what, detail));
                    }
                    Some(_) => {}
                    None => stored = Some(object),
                },
                Ok(None) => place.fail(SinkError::new(SinkErrorKind::Other, &self.what, "the upload is over")),
                Err(died) => place.fail(SinkError::new(SinkErrorKind::Other, &self.what, died.to_string())),
            }
        }
        stored.ok_or_else(|| self.tee.none_left(&self.what))
    }

    async fn abort(self: Box<Self>) {
        let tasks = self.branches.into_iter().map(|branch| branch.task);
        // Each branch is told by its words ending.
        join_all(tasks.map(|task| timeout(ABORT, task))).await;
    }
}
