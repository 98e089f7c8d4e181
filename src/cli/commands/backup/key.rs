//! `backup key`: the keys that open backups are made, tried and printed.

use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::Arc;

use chrono::Utc;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::room::{Place, Room, unlocking, warn};
use super::sheet;
use crate::backup::{
    catalog::VerifiedManifest,
    keyring::{Unlocking, identity_file, write_identity},
    keys::{Identity, Recipient},
    manifest::{Openers, RecipientPrint},
    pipeline::no_progress,
    verify::{Magic, Verifier, VerifyError},
};
use crate::cli::{
    Exit,
    args::{FromTargets, Global, KeyCommand},
    commands::next,
    error::Usage,
};
use crate::ui::Ui;

/// Carries a `backup key` command out.
pub async fn run(global: &Global, command: &KeyCommand, ui: &Ui) -> anyhow::Result<Exit> {
    let room = Room::enter(global, ui)?;
    match command {
        KeyCommand::Generate { out } => generate(global, &room, out.as_deref(), ui),
        KeyCommand::Test { unlock } => test(&room, &unlocking(unlock)?, ui).await,
        KeyCommand::Sheet { unlock } => {
            let recipients = room.keyring.recipients(&room.stack.backup.recipients)?;
            ui.data(&sheet::text(&room, &recipients, &unlocking(unlock)?)?);
            Ok(Exit::Ok)
        }
    }
}

fn generate(global: &Global, room: &Room, out: Option<&Path>, ui: &Ui) -> anyhow::Result<Exit> {
    let at_a_terminal = std::io::stdout().is_terminal() && !ui.json();
    if out.is_none() && !at_a_terminal {
        return Err(Usage {
            message: "the key would be shown, and there is no terminal to show it at".into(),
            hint: Some("name a file for it with `--out FILE`".into()),
        }
        .into());
    }
    let identity = Identity::generate();
    let recipient = identity.recipient();
    let remark = format!("opens backups of {}, made {}", room.stack.project, Utc::now().format("%Y-%m-%d"));
    match out {
        Some(path) => write_identity(path, &identity, &remark)?,
        // The one time that it is shown.
        None => _ = ui.data(identity_file(&identity, &remark).expose()),
    }
    // Only now: a recipient whose key nobody has would be worse than none.
    room.keyring.add_recipient(&recipient, &remark)?;
    if ui.json() {
        ui.document(&json!({
            "schema": 1, "recipient": recipient.to_string(), "fingerprint": recipient.print(), "file": out,
            "recipients_file": room.keyring.recipients_file(),
        }));
        return Ok(Exit::Ok);
    }
    if let Some(path) = out {
        ui.data(&format!("{recipient}\n"));
        ui.say(&format!("{} the key is in {}", ui.err().good("✓"), path.display()));
        if path.canonicalize().is_ok_and(|path| path.starts_with(&room.directory)) {
            ui.warn(
                "the key lies on the machine whose backups it opens",
                Some("move it elsewhere: who takes the machine has it"),
            );
        }
    }
    ui.say(&format!(
        "every new backup can be opened with it; without it, or another one that is listed in {}, none can",
        room.keyring.recipients_file().display()
    ));
    ui.say(&format!("next: {}", ui.err().hint(next(global, "backup key sheet --identity FILE"))));
    Ok(Exit::Ok)
}

/// What a key is good for.
struct Tried {
    recipient: Recipient,
    listed: bool,
}

async fn test(room: &Room, unlocking: &Unlocking, ui: &Ui) -> anyhow::Result<Exit> {
    let recipients = room.keyring.recipients(&room.stack.backup.recipients)?;
    let prints: Vec<RecipientPrint> = recipients.iter().map(Recipient::print).collect();
    let signer = room.keyring.signing_key()?.map(|key| key.verifying_key());
    let trusted = room.keyring.trusted()?;
    let given = unlocking.identities().iter().map(Identity::recipient);
    let tried: Vec<_> = given.map(|recipient| Tried { listed: prints.contains(&recipient.print()), recipient }).collect();
    let newest = newest(room, unlocking, ui).await?;
    let opens_no_new = !tried.is_empty() && !tried.iter().any(|tried| tried.listed);
    let opens_not_all = newest.iter().any(|(_, _, opens)| !opens);
    let fails = !unlocking.is_empty() && (opens_not_all || opens_no_new);
    if ui.json() {
        ui.document(&json!({
            "schema": 1,
            "recipients": recipients.iter().map(|r| json!({"recipient": r.to_string(), "fingerprint": r.print()})).collect::<Vec<_>>(),
            "signing_key": signer,
            "trusted": trusted,
            "keys": tried.iter().map(|tried| json!({
                "recipient": tried.recipient.to_string(), "fingerprint": tried.recipient.print(), "opens_new": tried.listed,
            })).collect::<Vec<_>>(),
            "newest": newest.iter().map(|(target, set, opens)| json!({"target": target, "set": set, "opens": opens})).collect::<Vec<_>>(),
        }));
    } else {
        let marks = ui.out();
        if recipients.is_empty() {
            ui.data("nobody is listed who could open new backups");
        }
        for recipient in &recipients {
            ui.data(&format!("{} {} opens new backups", recipient.print(), recipient));
        }
        match signer {
            Some(key) => _ = ui.data(&format!("signed with {key}")),
            None => _ = ui.data("no signing key yet: the first backup makes it"),
        }
        for key in trusted.iter().filter(|key| Some(**key) != signer) {
            ui.data(&format!("trusted as well: {key}"));
        }
        for Tried { recipient, listed } in &tried {
            let (sign, word) = if *listed { (marks.good("✓"), "opens") } else { (marks.bad("✗"), "does not open") };
            ui.data(&format!("{sign} the key {} {word} new backups", recipient.print()));
        }
        for (target, set, opens) in newest.iter().filter(|_| !unlocking.is_empty()) {
            let (sign, word) = if *opens { (marks.good("✓"), "opens") } else { (marks.bad("✗"), "does not open") };
            ui.data(&format!("{sign} what was given {word} {set} at {target}"));
        }
    }
    Ok(if fails { Exit::WrongKey } else { Exit::Ok })
}

/// The newest set of each target, and whether it is opened by what was given.
async fn newest(room: &Room, unlocking: &Unlocking, ui: &Ui) -> anyhow::Result<Vec<(String, String, bool)>> {
    let mut found = Vec::new();
    for place in room.places(&FromTargets { from: Vec::new() })? {
        match place.list().await {
            Ok(sets) => {
                if let Some(manifest) = sets.iter().rev().find_map(|found| found.manifest()) {
                    let opens = opens(&place, manifest, unlocking).await?;
                    found.push((place.name().to_string(), manifest.manifest().set.to_string(), opens));
                }
            }
            Err(error) => warn(ui, &place, &error),
        }
    }
    Ok(found)
}

/// Whether a set is opened by what was given, tried at its smallest object.
async fn opens(place: &Place, manifest: &VerifiedManifest, unlocking: &Unlocking) -> anyhow::Result<bool> {
    let openers = &manifest.manifest().openers;
    let unlock = unlocking.key_for(openers);
    if unlock.is_none() {
        return Ok(*openers == Openers::Everybody);
    }
    let objects = manifest.manifest().objects.values().enumerate();
    let smallest = objects.min_by_key(|(_, record)| record.size).map(|(at, _)| at);
    let verifier = Verifier {
        sink: Arc::clone(place.catalog()?.sink()),
        unlock,
        dumps: Arc::new(Magic),
        cancel: CancellationToken::new(),
        progress: no_progress(),
    };
    match verifier.check(manifest, &|at, _| Some(at) == smallest).await {
        // What is damaged is for `backup verify` to tell.
        Ok(_) => Ok(true),
        Err(VerifyError::WrongKey) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
