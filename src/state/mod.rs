//! What is kept with the engine, so that every machine that reaches it sees one history: records, secret versions,
//! configuration content, and who is at work.
//!
//! Layer 2. Everything lies in one volume per project, reached through a container that is created and never started.
//! Refuses to put secret values anywhere but into that volume's files of mode 0600.

pub mod archive;
mod diff;
mod draft;
mod head;
mod history;
mod images;
mod journal;
mod killed;
mod known_bad;
mod lock;
mod note;
mod prunable;
mod release;
mod retention;
pub mod rollback;
mod slot;
mod store;

pub use diff::{Names, Pair, ReleaseDiff, ServiceDiff};
pub use draft::{Draft, Making};
pub use head::Head;
pub use history::{Everything, History, Loaded, Unreadable};
pub use images::ReleaseImages;
pub use journal::{Journal, Progress};
pub use lock::{Death, Fence, Holder, LEASE, Lock, LockError, LockLost, MARGIN, RENEWAL, Standing, Suspended, since_boot};
pub use note::Note;
pub use release::{Outcome, Release, ReleaseService, reason};
pub use retention::retention;
pub use store::{Opened, StateError, Store, Versions, create_holder};
