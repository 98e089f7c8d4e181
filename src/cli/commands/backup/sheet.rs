//! The sheet for the safe: what somebody needs who has nothing but a set and this paper.

use std::fmt::Write as _;

use super::room::Room;
use crate::backup::{
    keyring::Unlocking,
    keys::{Identity, Recipient},
};
use crate::cli::args::FromTargets;

/// The sheet's text. The keys are on it when they were given, and only then.
pub fn text(room: &Room, recipients: &[Recipient], unlocking: &Unlocking) -> anyhow::Result<String> {
    let stack = &room.stack.project;
    let mut text = String::new();
    let mut line = |words: &str| _ = writeln!(text, "{words}");
    line(&format!("RECOVERY OF {}", stack.as_str().to_uppercase()));
    line("");
    line("Where its backups are");
    for place in room.places(&FromTargets { from: Vec::new() })? {
        line(&format!("  {}: {}", place.name(), place.describe()));
    }
    line(&format!("  each in a folder {stack}/DATE-NUMBER; a folder without manifest.json is none"));
    line("");
    line("Which keys open them (fingerprint, public key)");
    for recipient in recipients {
        line(&format!("  {}  {recipient}", recipient.print()));
    }
    if recipients.is_empty() {
        line("  none is listed");
    }
    line("");
    line("Whose signature they have");
    let trusted = room.keyring.trusted()?;
    for key in &trusted {
        line(&format!("  {key}"));
    }
    if trusted.is_empty() {
        line("  the first backup makes the key; print this sheet again then");
    }
    line("");
    line("The key (a line for the file key.txt; whoever has it can read everything)");
    if unlocking.identities().is_empty() {
        line("  ______________________________________________________________________________");
        line("  (print it with `medianestctl backup key sheet --identity FILE`, or say where it lies)");
    }
    for identity in unlocking.identities() {
        line(&format!("  {}", Identity::to_text(identity).expose()));
    }
    line("");
    line("With medianestctl");
    line("  medianestctl restore --identity key.txt");
    line("");
    line("Without it: age, zstd, tar and pg_restore, which every Linux has or can install");
    line("  age -d -i key.txt config.tar.zst.age | zstd -d | tar -x --numeric-owner -p -C /where");
    line("  age -d -i key.txt VOLUME.tar.zst.age | zstd -d | tar -x --xattrs --xattrs-include='*' --numeric-owner -p -C /where");
    line("  age -d -i key.txt DATABASE.dump.zst.age | zstd -d | pg_restore --dbname=NAME");
    line("  jq -r '.objects | to_entries[] | \"\\(.value.sha256)  \\(.key)\"' manifest.json | sha256sum -c");
    line("  docs/backup-format.md of medianestctl says the rest: Redis, roles, signatures");
    Ok(text)
}
