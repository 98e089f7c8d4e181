//! A pool of threads that work on blocks side by side, whose results come out in the order in which the blocks went in.
//!
//! A block takes a place in the line of results before it is given to a worker, and the line is short: that bounds the blocks
//! in flight, and the first of the line is always with a worker, so nobody waits for a place that cannot come free.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

use super::{BLOCK, Compression, compress::Compressor};

/// More workers would need more memory than a backup may take.
const MOST_WORKERS: usize = 8;

/// A block's result, and the block's memory for another.
pub(super) struct Packed {
    pub(super) bytes: Vec<u8>,
}

type Answer = io::Result<Packed>;

struct Job {
    block: Vec<u8>,
    answer: SyncSender<Answer>,
}

/// Memory that is used again. Whoever finds none makes some: the number of blocks in flight is bounded elsewhere.
#[derive(Clone)]
struct Spare(Arc<Mutex<Vec<Vec<u8>>>>);

impl Spare {
    fn take(&self) -> Vec<u8> {
        let mut buffer = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        buffer.clear();
        buffer
    }

    fn give(&self, buffer: Vec<u8>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
    }
}

/// The end where blocks go in.
pub(super) struct Entrance {
    line: SyncSender<Receiver<Answer>>,
    jobs: SyncSender<Job>,
    blocks: Spare,
}

/// The end where results come out.
pub(super) struct Exit {
    line: Receiver<Receiver<Answer>>,
    outputs: Spare,
}

/// The other end is gone, because something failed there.
#[derive(Debug)]
pub(super) struct Gone;

impl Entrance {
    /// Memory for a block.
    pub(super) fn buffer(&self) -> Vec<u8> {
        let mut buffer = self.blocks.take();
        buffer.reserve_exact(BLOCK);
        buffer
    }

    /// Gives a block to be compressed; waits while too many are in flight.
    pub(super) fn submit(&self, block: Vec<u8>) -> Result<(), Gone> {
        let (answer, result) = sync_channel(1);
        self.line.send(result).map_err(|_| Gone)?;
        self.jobs.send(Job { block, answer }).map_err(|_| Gone)
    }
}

impl Exit {
    /// The next result; none when the entrance is closed and everything came out.
    pub(super) fn next(&self) -> Option<Answer> {
        let result = self.line.recv().ok()?;
        Some(result.recv().unwrap_or_else(|_| Err(io::Error::other("a worker is gone"))))
    }

    /// Gives a result's memory back.
    pub(super) fn give_back(&self, packed: Packed) {
        self.outputs.give(packed.bytes);
    }
}

/// Starts the workers. They end when the entrance is dropped.
pub(super) fn start(how: Compression) -> io::Result<(Entrance, Exit)> {
    let workers = thread::available_parallelism().map_or(1, usize::from).min(MOST_WORKERS);
    // One more than there are workers, so that none waits while the first result is being taken.
    let (line_in, line_out) = sync_channel(workers + 1);
    let (jobs_in, jobs_out) = sync_channel(workers + 1);
    let jobs_out = Arc::new(Mutex::new(jobs_out));
    let (blocks, outputs) = (Spare(Arc::default()), Spare(Arc::default()));
    for number in 0..workers {
        let (jobs, blocks, outputs) = (Arc::clone(&jobs_out), blocks.clone(), outputs.clone());
        let mut compressor = Compressor::new(how)?;
        thread::Builder::new().name(format!("compress-{number}")).spawn(move || {
            loop {
                // Held while waiting: the others wait for their turn just as well at the lock.
                let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok(Job { block, answer }) = job else { return };
                let mut bytes = outputs.take();
                let result = compressor.compress(&block, &mut bytes);
                blocks.give(block);
                // Nobody waits for it when the exit is gone.
                let _ = answer.send(result.map(|()| Packed { bytes }));
            }
        })?;
    }
    Ok((Entrance { line: line_in, jobs: jobs_in, blocks }, Exit { line: line_out, outputs }))
}
