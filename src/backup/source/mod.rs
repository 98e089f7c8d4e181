//! What is backed up: files as a PAX archive that loses nothing, and their way back.
//!
//! | part | what it owns |
//! |---|---|
//! | `walk` | going through a directory, relative to open directories, following no link |
//! | `archive` | from a directory to an archive and index entries |
//! | `held` | files that are read at one moment, for an archive that is made later |
//! | `scan` | from an archive that comes from elsewhere to index entries, while it goes by |
//! | `member`, `pax`, `sparse` | the format of one member |
//! | `read` | reading an archive, member after member |
//! | `inspect` | going through an archive without putting anything anywhere |
//! | `extract`, `place` | putting members below a directory, and refusing those that belong elsewhere |
//! | `attributes` | extended attributes, of which access control lists are two |
//!
//! Refuses to follow symbolic links, to leave a file out without a word, and to write anywhere but below the directory given.

mod archive;
mod attributes;
mod error;
mod extract;
mod held;
mod inspect;
mod member;
mod note;
mod pax;
mod place;
mod read;
mod scan;
mod sparse;
mod walk;

pub use archive::{Archived, Chosen, archive, archive_chosen, open_directory};
pub use error::{ExtractError, Refusal, SourceError};
pub use extract::{Devices, ExtractOptions, Extracted, Links, extract};
pub use held::{Held, HoldLimits, hold};
pub use inspect::inspect;
pub use note::{Note, Notes, Remark};
pub use scan::scan;
