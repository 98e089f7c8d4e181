//! A pipe in a container's own directory for temporary files, made from outside: the dump comes past the engine, three times as
//! fast. For root beside the engine only.
//!
//! Owns that it is in the container meant, that no link leads elsewhere, and that it goes again. Refuses to follow anything.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Write},
    os::fd::OwnedFd,
    sync::mpsc::{Receiver, TryRecvError},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, fchmod, fstat, mkdirat, mkfifoat, open, openat, openat2, unlinkat},
    io::{Errno, read},
};

use super::PartError;

/// How much is read at once, in bytes.
const CHUNK: usize = 256 << 10;
/// How often it is asked whether the writer has ended without a word.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
const NAME: &str = "pipe";

/// A pipe that a program in a container writes to.
pub(super) struct Pipe {
    temporary: OwnedFd,
    folder: OwnedFd,
    folder_name: String,
    end: OwnedFd,
}

impl Pipe {
    /// A pipe in the container in which `process` of this machine runs.
    pub(super) fn make(process: u32, container: &str) -> io::Result<Self> {
        let root = open(format!("/proc/{process}/root"), OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        // Numbers of processes mean something within one namespace only, and are used again.
        if !fs::read_to_string(format!("/proc/{process}/cgroup"))?.contains(container) {
            return Err(io::Error::other("the process is not of the container"));
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let within = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        let temporary = openat2(&root, "tmp", flags, Mode::empty(), within)?;
        let mut random = [0_u8; 16];
        getrandom::fill(&mut random).map_err(|error| io::Error::other(error.to_string()))?;
        let mut folder_name = ".medianestctl-".to_owned();
        for byte in random {
            let _ = write!(folder_name, "{byte:02x}");
        }
        // Whoever the program runs as must find the pipe, and nobody else knows its name.
        mkdirat(&temporary, &folder_name, Mode::from_raw_mode(0o711))?;
        let made = Self::make_in(&temporary, &folder_name);
        match made {
            Ok((folder, end)) => Ok(Self { temporary, folder, folder_name, end }),
            Err(error) => {
                let _ = unlinkat(&temporary, &folder_name, AtFlags::REMOVEDIR);
                Err(error)
            }
        }
    }

    fn make_in(temporary: &OwnedFd, name: &str) -> io::Result<(OwnedFd, OwnedFd)> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = openat(temporary, name, flags, Mode::empty())?;
        fchmod(&folder, Mode::from_raw_mode(0o711))?;
        mkfifoat(&folder, NAME, Mode::from_raw_mode(0o622))?;
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = openat(&folder, NAME, flags, Mode::empty()).and_then(|end| {
            fchmod(&end, Mode::from_raw_mode(0o622))?;
            let kind = FileType::from_raw_mode(fstat(&end)?.st_mode);
            if kind == FileType::Fifo { Ok(end) } else { Err(Errno::INVAL) }
        });
        match opened {
            Ok(end) => Ok((folder, end)),
            Err(error) => {
                let _ = unlinkat(&folder, NAME, AtFlags::empty());
                Err(error.into())
            }
        }
    }

    /// Its path as the container has it.
    pub(super) fn path(&self) -> String {
        format!("/tmp/{}/{NAME}", self.folder_name)
    }

    /// Writes to `output` what comes, until the writer is done and `verdict` has said that it ended well.
    pub(super) fn copy(self, output: &mut dyn Write, verdict: &Receiver<()>) -> Result<(), PartError> {
        let failed = |error: Errno| PartError::machine("read from the pipe", error);
        let mut buffer = vec![0; CHUNK];
        loop {
            let mut waiting = [PollFd::new(&self.end, PollFlags::IN)];
            match poll(&mut waiting, Some(&LOOK)) {
                // Nobody writes; nobody will when the program has ended.
                Ok(0) => match verdict.try_recv() {
                    Err(TryRecvError::Empty) => continue,
                    Err(TryRecvError::Disconnected) => return Err(PartError::CutOff),
                    Ok(()) => return Err(PartError::refused("dump the database", "nothing came through the pipe", None)),
                },
                Ok(_) => {}
                Err(Errno::INTR) => continue,
                Err(error) => return Err(failed(error)),
            }
            match read(&self.end, &mut buffer[..]) {
                Ok(0) => break,
                Ok(length) => output.write_all(&buffer[..length]).map_err(|_| PartError::CutOff)?,
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(error) => return Err(failed(error)),
            }
        }
        // It has closed the pipe; how it ended is told apart.
        verdict.recv().map_err(|_| PartError::CutOff)
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        let _ = unlinkat(&self.folder, NAME, AtFlags::empty());
        let _ = unlinkat(&self.temporary, &self.folder_name, AtFlags::REMOVEDIR);
    }
}
