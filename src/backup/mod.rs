//! Backups of a stack's data. Owns what a backup is and where it is kept; refuses to know the command line and the terminal.

pub mod sink;
