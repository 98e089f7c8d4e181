//! `init`: makes a deployment directory. What exists there is never changed.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
};

use anyhow::Context as _;

use super::{
    next,
    secrets::{self, database_names},
};
use crate::cli::{
    Exit,
    args::{Environment, Global, Init},
    project::{self, COMPOSE_NAMES},
};
use crate::secret::{self, SecretDir};
use crate::ui::{self, Ui};

/// The bundled stack: path in the deployment directory, content. The main file is the last: where it stands the rest does.
const STACK: [(&str, &str); 7] = [
    ("compose.tls.yaml", include_str!("../../../compose/compose.tls.yaml")),
    ("compose.dev.yaml", include_str!("../../../compose/compose.dev.yaml")),
    ("nginx/nginx.conf", include_str!("../../../compose/nginx/nginx.conf")),
    ("nginx/site.conf", include_str!("../../../compose/nginx/site.conf")),
    ("nginx/upstreams.conf", include_str!("../../../compose/nginx/upstreams.conf")),
    ("nginx/tls.conf", include_str!("../../../compose/nginx/tls.conf")),
    ("compose.yaml", include_str!("../../../compose/compose.yaml")),
];
const OVERRIDE: &str = include_str!("../../../templates/compose.override.yaml");
const PRODUCTION: &str = include_str!("../../../templates/env/production.env");
const DEVELOPMENT: &str = include_str!("../../../templates/env/development.env");
const TEST: &str = include_str!("../../../templates/env/test.env");

/// Makes the directory.
pub fn run(global: &Global, args: &Init, ui: &Ui) -> anyhow::Result<Exit> {
    let directory = project::directory(global);
    let mut made = Vec::new();
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o750)
        .create(&directory)
        .with_context(|| format!("cannot make the directory {}", directory.display()))?;
    if !directory.join(".env").exists() {
        let text = environment(global, args, ui)?;
        // Not for others: people put passwords into .env whatever one tells them.
        write_new(&directory, ".env", &text, 0o600, &mut made)?;
    }
    let own_stack = COMPOSE_NAMES.iter().any(|name| directory.join(name).exists());
    if !own_stack {
        for (path, content) in STACK {
            write_new(&directory, path, content, 0o644, &mut made)?;
        }
        write_new(&directory, "compose.override.yaml", OVERRIDE, 0o644, &mut made)?;
    }
    let loaded = project::load(global, ui, None)?;
    let secrets = SecretDir::open(secrets::directory(global, &loaded.stack))?;
    let wanted = secrets::inside(&loaded.stack, &secrets);
    let created = secrets.generate_missing(&wanted, &database_names(&loaded.variables), &mut secret::system_random)?;
    if ui.json() {
        ui.document(&serde_json::json!({
            "schema": 1, "directory": directory, "project": loaded.stack.project, "files": made, "secrets": created,
        }));
        return Ok(Exit::Ok);
    }
    for path in &made {
        ui.say(&format!("created {}", directory.join(path).display()));
    }
    if !created.is_empty() {
        ui.say(&format!("created {} secrets in {}", created.len(), secrets.path().display()));
    }
    if made.is_empty() && created.is_empty() {
        ui.say("everything is there already; nothing was changed");
    }
    // The project's name stands in .env by now.
    let here = Global { project_name: None, ..global.clone() };
    let steps = format!("{} && {}", next(&here, "check"), next(&here, "deploy"));
    ui.say(&format!("next: {}", ui.err().hint(steps)));
    Ok(Exit::Ok)
}

/// The `.env` of the chosen kind with the answers put in.
fn environment(global: &Global, args: &Init, ui: &Ui) -> anyhow::Result<String> {
    let template = match args.environment {
        Environment::Production => PRODUCTION,
        Environment::Development => DEVELOPMENT,
        Environment::Test => TEST,
    };
    let default =
        |name: &str| template.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default().to_owned();
    let mut answers = vec![(
        "PUBLIC_URL",
        match &args.public_url {
            Some(url) => url.clone(),
            None => ui::input(ui, "The address that people will type into their browser", &default("PUBLIC_URL"))?,
        },
    )];
    answers.extend(args.bind.map(|bind| ("MEDIANEST_BIND", bind.to_string())));
    answers.extend(args.http_port.map(|port| ("HTTP_PORT", port.to_string())));
    answers.extend(args.release.clone().map(|release| (project::VERSION_VARIABLE, release)));
    answers.extend(global.project_name.clone().map(|name| ("COMPOSE_PROJECT_NAME", name)));
    let set = |line: &str| {
        let answer = answers.iter().find(|(name, _)| line.strip_prefix(name).is_some_and(|rest| rest.starts_with('=')));
        answer.map_or_else(|| line.to_owned(), |(name, value)| format!("{name}={value}"))
    };
    Ok(template.lines().map(set).collect::<Vec<_>>().join("\n") + "\n")
}

/// Writes a file that does not exist yet; one that does is left as it is.
fn write_new(directory: &Path, path: &str, content: &str, mode: u32, made: &mut Vec<String>) -> anyhow::Result<()> {
    let target = directory.join(path);
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent).with_context(|| format!("cannot make the directory {}", parent.display()))?;
    }
    match OpenOptions::new().write(true).create_new(true).mode(mode).open(&target) {
        Ok(mut file) => {
            file.write_all(content.as_bytes()).with_context(|| format!("cannot write {}", target.display()))?;
            made.push(path.to_owned());
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error).with_context(|| format!("cannot write {}", target.display())),
    }
}
