//! The exit codes: a documented contract with scripts and CI.

use std::process::ExitCode;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, or nothing to do.
    Ok = 0,
    /// Failed, in a way that no other code names; `status`: not healthy.
    Failure = 1,
    /// The command line is wrong.
    Usage = 2,
    /// A prerequisite is missing; nothing was changed.
    Preflight = 3,
    /// The Compose files, `.env` or secrets are wrong; nothing was changed.
    Configuration = 4,
    /// Somebody else is at work on this project.
    Locked = 5,
    /// The new version was not healthy; the old one serves.
    RolledBack = 6,
    /// The new version was not healthy, and the old one could not be brought back.
    RollbackFailed = 7,
    /// What should be proven could not be (`secrets verify`, `backup verify`).
    VerificationFailed = 8,
    /// Consent is needed and nobody could be asked, or it was refused.
    ConfirmationNeeded = 9,
    /// `plan --exit-code`: there are changes to make.
    ChangesPending = 10,
    /// Part of it was done: a place for backups could not be used, the others could.
    Partial = 11,
    /// The key that was given does not open the backup.
    WrongKey = 12,
    /// A defect of the program.
    Internal = 70,
    /// Ended by Ctrl-C.
    Interrupted = 130,
    /// Ended by SIGTERM.
    Terminated = 143,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
