//! What comes from an engine piece by piece, as the input of a thread that stores it.
//!
//! Owns the few pieces between the two, and the word that all of it has come. Refuses to take a stream that just stops for a
//! whole one.

use std::io::{self, Read, Write};

use bytes::{Buf, Bytes};
use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::PartError;
use crate::engine::{CommandEvent, EngineError};

/// Pieces on their way; an engine's are some 26 KB long.
const WAITING: usize = 16;
/// How much of what a command complains of is kept.
const COMPLAINT: usize = 4096;

enum Piece {
    Bytes(Bytes),
    End,
}

/// Where pieces go in.
pub(super) struct Inlet(mpsc::Sender<Piece>);

/// Where a thread takes them out.
pub(super) struct Outlet {
    pieces: mpsc::Receiver<Piece>,
    piece: Bytes,
    ended: bool,
}

/// The way from a task to a thread.
pub(super) fn way() -> (Inlet, Outlet) {
    let (inlet, pieces) = mpsc::channel(WAITING);
    (Inlet(inlet), Outlet { pieces, piece: Bytes::new(), ended: false })
}

impl Inlet {
    /// Hands on a piece; tells whether anybody takes it.
    async fn give(&self, bytes: Bytes) -> bool {
        self.0.send(Piece::Bytes(bytes)).await.is_ok()
    }

    /// Says that this was all.
    async fn end(self) {
        let _ = self.0.send(Piece::End).await;
    }
}

impl Outlet {
    /// Writes all of it to `output`.
    pub(super) fn copy(mut self, output: &mut dyn Write) -> Result<(), PartError> {
        loop {
            match self.pieces.blocking_recv() {
                // Whoever takes it no more has told why.
                Some(Piece::Bytes(bytes)) => output.write_all(&bytes).map_err(|_| PartError::CutOff)?,
                Some(Piece::End) => return Ok(()),
                None => return Err(PartError::CutOff),
            }
        }
    }
}

impl Read for Outlet {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() && !self.ended {
            match self.pieces.blocking_recv() {
                Some(Piece::Bytes(bytes)) => self.piece = bytes,
                Some(Piece::End) => self.ended = true,
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
        let length = buffer.len().min(self.piece.len());
        buffer[..length].copy_from_slice(&self.piece[..length]);
        self.piece.advance(length);
        Ok(length)
    }
}

/// Runs a command to its end and hands on its output; anything but code 0 is a failure with its last words.
pub(super) async fn run(
    what: &str,
    mut events: impl Stream<Item = Result<CommandEvent, EngineError>> + Unpin,
    inlet: Inlet,
    cancel: &CancellationToken,
) -> Result<(), PartError> {
    let mut complaint: Vec<u8> = Vec::new();
    loop {
        let event = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(PartError::CutOff),
            event = events.next() => event,
        };
        match event.ok_or(PartError::CutOff)?? {
            CommandEvent::Stdout(bytes) => {
                if !inlet.give(bytes).await {
                    return Err(PartError::CutOff);
                }
            }
            CommandEvent::Stderr(bytes) => {
                complaint.extend_from_slice(&bytes);
                let excess = complaint.len().saturating_sub(COMPLAINT);
                complaint.drain(..excess);
            }
            CommandEvent::Exit(0) => {
                inlet.end().await;
                return Ok(());
            }
            CommandEvent::Exit(code) => return Err(failed(what, code, &complaint)),
        }
    }
}

/// Hands on an archive that comes from the engine.
pub(super) async fn carry(
    mut chunks: impl Stream<Item = Result<Bytes, EngineError>> + Unpin,
    inlet: Inlet,
    cancel: &CancellationToken,
) -> Result<(), PartError> {
    loop {
        let chunk = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(PartError::CutOff),
            chunk = chunks.next() => chunk,
        };
        match chunk {
            Some(chunk) => {
                if !inlet.give(chunk?).await {
                    return Err(PartError::CutOff);
                }
            }
            None => {
                inlet.end().await;
                return Ok(());
            }
        }
    }
}

/// A command that ended badly, with its last words on one line.
pub(super) fn failed(what: &str, code: i64, complaint: &[u8]) -> PartError {
    let words = String::from_utf8_lossy(complaint);
    let words: Vec<_> = words.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let words = if words.is_empty() { String::new() } else { format!(": {}", words.join("; ")) };
    PartError::refused(what, format!("it ended with code {code}{words}"), None)
}
