//! Sets as they are kept: what is found of them, what is refused, what goes and what is taken away.

#[path = "sets/arbitrary.rs"]
mod arbitrary;
#[path = "sets/catalog.rs"]
mod catalog;
#[path = "sets/damage.rs"]
mod damage;
#[path = "sets/export.rs"]
mod export;
#[path = "sets/prune.rs"]
mod prune;
