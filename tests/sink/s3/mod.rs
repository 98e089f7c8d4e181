//! What only S3 can get wrong.

mod answers;
pub mod bench;
mod faults;
mod front;
mod lock;
mod shelf;
mod tls;
