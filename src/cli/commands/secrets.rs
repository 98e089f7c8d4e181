//! `secrets`: generate, list, verify.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use chrono::{DateTime, Utc};

use crate::cli::{
    Exit,
    args::{Global, SecretsCommand},
    project,
};
use crate::model::{SecretFile, SecretName, Stack};
use crate::secret::{self, DatabaseNames, SecretDir};
use crate::ui::{Table, Ui};

/// Carries a `secrets` command out.
pub fn run(global: &Global, command: &SecretsCommand, ui: &Ui) -> anyhow::Result<Exit> {
    let loaded = project::load(global, ui, None)?;
    let directory = SecretDir::open(directory(global, &loaded.stack))?;
    match command {
        SecretsCommand::Generate => generate(&loaded.stack, &loaded.variables, &directory, ui),
        SecretsCommand::List => list(&directory, ui),
        SecretsCommand::Verify => verify(&loaded.stack, &directory, ui),
    }
}

/// Where most of the stack's secrets lie, each in a file of its name; one that lies elsewhere is the user's own.
pub fn directory(global: &Global, stack: &Stack) -> PathBuf {
    let mut count: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for (name, file) in &stack.secrets {
        let path = PathBuf::from(&file.path);
        if let (Some(parent), true) = (path.parent(), path.file_name() == Some(name.as_str().as_ref())) {
            *count.entry(parent.to_owned()).or_default() += 1;
        }
    }
    let most = count.into_iter().max_by_key(|(_, count)| *count).map(|(directory, _)| directory);
    most.unwrap_or_else(|| project::directory(global).join("secrets"))
}

/// The stack's secrets that lie in `directory` under their own names.
pub fn inside(stack: &Stack, directory: &SecretDir) -> BTreeSet<SecretName> {
    let here =
        |(name, file): (&SecretName, &SecretFile)| (directory.file(name).as_os_str() == file.path.as_str()).then(|| name.clone());
    stack.secrets.iter().filter_map(here).collect()
}

/// The database's user and name as the Compose files resolve them.
pub fn database_names(variables: &BTreeMap<String, String>) -> DatabaseNames {
    let default = DatabaseNames::default();
    let value = |name: &str, default: String| {
        let set = std::env::var(name).ok().or_else(|| variables.get(name).cloned());
        set.filter(|value| !value.is_empty()).unwrap_or(default)
    };
    DatabaseNames { user: value("POSTGRES_USER", default.user), database: value("POSTGRES_DB", default.database) }
}

fn generate(stack: &Stack, variables: &BTreeMap<String, String>, directory: &SecretDir, ui: &Ui) -> anyhow::Result<Exit> {
    let wanted = inside(stack, directory);
    let created = directory.generate_missing(&wanted, &database_names(variables), &mut secret::system_random)?;
    if ui.json() {
        ui.document(&serde_json::json!({"schema": 1, "directory": directory.path(), "created": created}));
        return Ok(Exit::Ok);
    }
    for name in &created {
        ui.data(&format!("created {name}"));
    }
    let kept = wanted.len() - wanted.iter().filter(|name| created.contains(name)).count();
    ui.say(&format!("{} created, {kept} kept as they are, in {}", created.len(), directory.path().display()));
    if created.iter().any(|name| name.as_str() == "plex_client_secret") {
        ui.say("plex_client_secret is a random value until you put the one that Plex gave you there");
    }
    Ok(Exit::Ok)
}

fn list(directory: &SecretDir, ui: &Ui) -> anyhow::Result<Exit> {
    let secrets = directory.list()?;
    if ui.json() {
        ui.document(&serde_json::json!({"schema": 1, "directory": directory.path(), "secrets": secrets}));
        return Ok(Exit::Ok);
    }
    let mut table = Table::default();
    table.row(["NAME", "BYTES", "MODE", "CHANGED", "PROBLEM"]);
    for secret in secrets {
        let changed = secret.modified.map(|t: DateTime<Utc>| t.format("%Y-%m-%d %H:%M").to_string()).unwrap_or_default();
        let problems: Vec<_> = secret.problems.iter().map(|p| p.what.clone()).collect();
        table.row([secret.name, secret.size.to_string(), format!("{:04o}", secret.mode), changed, problems.join("; ")]);
    }
    ui.data(&table.render());
    Ok(Exit::Ok)
}

fn verify(stack: &Stack, directory: &SecretDir, ui: &Ui) -> anyhow::Result<Exit> {
    let required: Vec<_> = inside(stack, directory).into_iter().collect();
    let mut problems = directory.verify(&required);
    let elsewhere = stack.secrets.iter().filter(|(name, _)| !required.contains(name));
    let elsewhere = elsewhere.map(|(name, file)| (name.clone(), PathBuf::from(&file.path))).collect();
    problems.extend(secret::verify_files(&elsewhere));
    let blocked = problems.iter().any(|p| p.kind.blocks());
    if ui.json() {
        ui.document(&serde_json::json!({"schema": 1, "directory": directory.path(), "ok": !blocked, "problems": problems}));
    } else {
        let marks = ui.out();
        for problem in &problems {
            let sign = if problem.kind.blocks() { marks.bad("✗") } else { marks.warning("!") };
            ui.data(&format!("{sign} {}: {}\n  {} {}", problem.name, problem.what, marks.hint("hint:"), problem.hint));
        }
        if problems.is_empty() {
            ui.data(&format!("{} {} secrets are there, strong, private and consistent", marks.good("✓"), stack.secrets.len()));
        }
    }
    Ok(if blocked { Exit::VerificationFailed } else { Exit::Ok })
}
