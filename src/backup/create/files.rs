//! Directories: volumes, and the deployment's own. What they hold goes into an archive, and line by line into the index.
//!
//! Refuses to leave an entry out of the index that is in the archive.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    io,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use tokio::sync::mpsc;

use super::{PartError, job::Job, output};
use crate::{
    backup::{
        index::{IndexEntry, IndexLine, head},
        pipeline::{StoreError, Stored},
        plan::{Directory, Place},
        set::ObjectName,
        source::{Archived, Held, HoldLimits, archive_chosen, hold, open_directory, scan},
    },
    engine::{ContainerSpec, Engine},
    model::{HOLDER_IMAGE, Labels, Mount, MountSource, ProjectName, VolumeName, label},
    state::create_holder,
};

/// Lines of the index are handed on in pieces of this size, in bytes.
const PIECE: usize = 64 << 10;
/// Such pieces that wait.
const WAITING: usize = 16;

/// What is held at the moment: files that were written in the last quarter of an hour.
const WRITTEN_WITHIN: i64 = 900;
const LARGEST_HELD: u64 = 256 << 10;
const MOST_HELD: u64 = 16 << 20;
/// How long visitors are kept waiting for that.
const HOLDING: Duration = Duration::from_millis(400);

enum Line {
    Text(String),
    End,
}

/// Where lines of the index go in.
#[derive(Clone)]
pub(super) struct IndexInlet(mpsc::Sender<Line>);

/// Where they come out, to be stored.
pub(super) struct IndexOutlet(mpsc::Receiver<Line>);

/// The index, open for as long as archives are made: nothing of it has to be kept.
pub(super) fn index() -> (IndexInlet, IndexOutlet) {
    let (inlet, outlet) = mpsc::channel(WAITING);
    (IndexInlet(inlet), IndexOutlet(outlet))
}

impl IndexInlet {
    /// Says that this was all.
    pub(super) async fn end(self) {
        let _ = self.0.send(Line::End).await;
    }
}

impl IndexOutlet {
    /// Writes all of it.
    pub(super) fn copy(mut self, output: &mut dyn io::Write) -> Result<(), PartError> {
        let taken = |written: io::Result<()>| written.map_err(|_| PartError::CutOff);
        taken(output.write_all(head().as_bytes()))?;
        loop {
            match self.0.blocking_recv() {
                Some(Line::Text(text)) => taken(output.write_all(text.as_bytes()))?,
                Some(Line::End) => return Ok(()),
                None => return Err(PartError::CutOff),
            }
        }
    }
}

/// Lines of one archive, gathered into pieces.
struct Lines {
    inlet: IndexInlet,
    text: String,
}

impl Lines {
    fn of(inlet: IndexInlet, archive: ObjectName) -> io::Result<Self> {
        let text = IndexLine::Archive { archive }.to_text()?;
        Ok(Self { inlet, text })
    }

    fn add(&mut self, entry: IndexEntry) -> io::Result<()> {
        self.text.push_str(&IndexLine::Entry(entry).to_text()?);
        if self.text.len() >= PIECE { self.hand_on() } else { Ok(()) }
    }

    fn hand_on(&mut self) -> io::Result<()> {
        let text = std::mem::take(&mut self.text);
        self.inlet.0.blocking_send(Line::Text(text)).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

/// Reads, at the moment that counts, what is likely to change soon.
pub(super) async fn hold_now(paths: Vec<(String, PathBuf)>) -> Result<BTreeMap<String, Held>, PartError> {
    let work = move || {
        let until = Instant::now() + HOLDING;
        let limits = HoldLimits { written_within: WRITTEN_WITHIN, largest: LARGEST_HELD, total: MOST_HELD, until };
        let each = paths.into_iter().map(|(name, path)| {
            let root = open_directory(&path).map_err(|error| PartError::machine(format!("open {}", path.display()), error))?;
            Ok((name, hold(root, &limits)?))
        });
        each.collect::<Result<_, PartError>>()
    };
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|died| Err(PartError::machine("look at the volumes", io::Error::other(died.to_string()))))
}

/// Archives a directory of this machine as `name`.
pub(super) async fn directory(
    path: PathBuf,
    name: ObjectName,
    held: Held,
    index: IndexInlet,
    job: Job<'_>,
) -> Result<(Stored, Archived), StoreError<PartError>> {
    job.store(move |output| archived(&path, name, &|_, _| true, held, index, output)).await
}

/// Archives the configuration, or the secrets, of the deployment directory as `name`.
pub(super) async fn deployment(
    directory: Directory,
    place: Place,
    name: ObjectName,
    index: IndexInlet,
    job: Job<'_>,
) -> Result<(Stored, Archived), StoreError<PartError>> {
    job.store(move |output| {
        let chosen = |path: &[u8], is_directory: bool| {
            let path = Path::new(OsStr::from_bytes(path));
            if is_directory { directory.leads_to(path, place) } else { directory.place(path) == place }
        };
        archived(directory.root(), name, &chosen, Held::default(), index, output)
    })
    .await
}

fn archived(
    path: &Path,
    name: ObjectName,
    chosen: &dyn Fn(&[u8], bool) -> bool,
    held: Held,
    index: IndexInlet,
    output: &mut dyn io::Write,
) -> Result<Archived, PartError> {
    let root = open_directory(path).map_err(|error| PartError::machine(format!("open {}", path.display()), error))?;
    let cut = |_: io::Error| PartError::CutOff;
    let mut lines = Lines::of(index, name).map_err(cut)?;
    let archived = archive_chosen(root, chosen, held, output, &mut |entry| lines.add(entry))?;
    lines.hand_on().map_err(cut)?;
    Ok(archived)
}

/// Archives a volume through the engine as `name`.
pub(super) async fn through_engine(
    engine: &dyn Engine,
    project: &ProjectName,
    volume: &str,
    name: ObjectName,
    index: IndexInlet,
    job: Job<'_>,
) -> Result<(Stored, Archived), StoreError<PartError>> {
    const TARGET: &str = "/volume-access";
    let holder = holder(project, volume, TARGET).map_err(StoreError::Source)?;
    let refused = |error| StoreError::Source(PartError::Engine(error));
    let cancel = job.cancel.clone();
    let stored = async {
        create_holder(engine, &holder).await.map_err(refused)?;
        let chunks = engine.archive_out(&holder.name, &format!("{TARGET}/.")).await.map_err(refused)?;
        let missing = || PartError::refused(format!("read volume {volume}"), "the engine has nothing there", None);
        let chunks = chunks.ok_or_else(|| StoreError::Source(missing()))?;
        let (inlet, mut outlet) = output::way();
        let read = output::carry(chunks, inlet, &cancel);
        let stored = job.store(move |output| {
            let cut = |_: io::Error| PartError::CutOff;
            let mut lines = Lines::of(index, name).map_err(cut)?;
            let archived = scan(&mut outlet, output, &mut |entry| lines.add(entry))?;
            lines.hand_on().map_err(cut)?;
            Ok(archived)
        });
        match futures_util::join!(read, stored) {
            (Ok(()) | Err(PartError::CutOff), stored) => stored,
            (Err(_), Err(error @ (StoreError::Sink(_) | StoreError::Cancelled))) => Err(error),
            (Err(error), _) => Err(StoreError::Source(error)),
        }
    }
    .await;
    // One that stays is replaced by the next backup's.
    let _ = engine.remove_container(&holder.name, false).await;
    stored
}

fn holder(project: &ProjectName, volume: &str, target: &str) -> Result<ContainerSpec, PartError> {
    let volume: VolumeName =
        volume.parse().map_err(|error: crate::model::NameError| PartError::refused("read a volume", error.to_string(), None))?;
    let labels: Labels = [(label::PROJECT, project.as_str()), (label::ROLE, "stage")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    let mount = Mount { source: MountSource::Volume(volume), target: target.to_owned(), read_only: true };
    Ok(ContainerSpec::holder(format!("{project}-medianestctl-backup"), HOLDER_IMAGE.to_owned(), labels, vec![mount]))
}
