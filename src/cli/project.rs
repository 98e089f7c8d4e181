//! What most commands need first: the project's files read, the engine reached, one look at what is there.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;

use super::{
    args::Global,
    env,
    error::{NoEngine, Usage},
    source::Machine,
};
use crate::backup::plan::Reach;
use crate::compose::{self, Loaded, Request};
use crate::engine::{self, ConnectOptions, Engine, EngineError, Wanted, docker::DockerEngine};
use crate::model::{Contents, EngineInfo, Fingerprint, ImageRef, Observed, ProjectName, Stack};
use crate::preflight;
use crate::secret::{self, FingerprintKey, ProblemKind, StoreError};
use crate::state::{Note, Opened, Store, Versions};
use crate::ui::Ui;

/// The names under which a Compose file is looked for, the preferred one first (Compose specification).
pub const COMPOSE_NAMES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];
/// The names of the file that is merged over it without being named.
const OVERRIDE_NAMES: [&str; 4] =
    ["compose.override.yaml", "compose.override.yml", "docker-compose.override.yaml", "docker-compose.override.yml"];
/// The variable that says which release runs.
pub const VERSION_VARIABLE: &str = "MEDIANEST_VERSION";
/// How long the engine may take to answer one call, unless the environment says otherwise.
const ENGINE_TIMEOUT: Duration = Duration::from_secs(120);

/// The deployment directory.
pub fn directory(global: &Global) -> PathBuf {
    global.directory.clone().unwrap_or_else(|| PathBuf::from("."))
}

fn text(path: &Path) -> anyhow::Result<String> {
    path.to_str().map(str::to_owned).with_context(|| format!("the path {} is not valid UTF-8", path.display()))
}

/// The Compose files: those named, else those of `COMPOSE_FILE`, else the directory's own with its override.
fn files(global: &Global, directory: &Path) -> anyhow::Result<Vec<String>> {
    if !global.file.is_empty() {
        // As if the command had been given in the directory, like `make -C` and `git -C`.
        return global.file.iter().map(|file| text(&directory.join(file))).collect();
    }
    if let Some(list) = env::text(env::COMPOSE_FILE) {
        return list.split(':').map(|file| text(&directory.join(file))).collect();
    }
    let find = |names: &[&str]| names.iter().map(|name| directory.join(name)).find(|path| path.exists());
    let Some(main) = find(&COMPOSE_NAMES) else {
        return Err(Usage {
            message: format!("there is no {} in {}", COMPOSE_NAMES[0], directory.display()),
            hint: Some("make one with `medianestctl init`, or name the directory with `-C`".into()),
        }
        .into());
    };
    let mut found = vec![text(&main)?];
    if let Some(path) = find(&OVERRIDE_NAMES) {
        found.push(text(&path)?);
    }
    Ok(found)
}

/// Reads the project, and says what it warns of. `version` replaces what `.env` says.
pub fn load(global: &Global, ui: &Ui, version: Option<&str>) -> anyhow::Result<Loaded> {
    let loaded = read(global, version)?;
    for warning in &loaded.warnings {
        let place = warning.place.as_ref().map(|p| format!("{p}: ")).unwrap_or_default();
        let key = if warning.key.is_empty() { String::new() } else { format!("{}: ", warning.key) };
        ui.warn(&format!("{place}{key}{}", warning.message), warning.hint.as_deref());
    }
    if let Some(version) = version
        && loaded.stack.version.as_deref() != Some(version)
    {
        return Err(does_not_follow(&format!("`{version}` would change nothing")).into());
    }
    Ok(loaded)
}

/// The files do not use the variable that a version is given by.
pub fn does_not_follow(so: &str) -> Usage {
    Usage {
        message: format!("the Compose files do not follow {VERSION_VARIABLE}, so {so}"),
        hint: Some(format!("say `x-medianest: {{version: ${{{VERSION_VARIABLE}}}}}` and use the variable in the images' tags")),
    }
}

/// Reads the project and says nothing. `version` replaces what `.env` says.
pub fn read(global: &Global, version: Option<&str>) -> anyhow::Result<Loaded> {
    let directory = directory(global);
    let overrides: BTreeMap<_, _> =
        version.map(|version| (VERSION_VARIABLE.to_owned(), version.to_owned())).into_iter().collect();
    let request = Request {
        // Absolute: bind mounts mean the engine's paths, and a project may take its name from the directory's.
        directory: text(&std::path::absolute(&directory)?)?,
        files: files(global, &directory)?,
        env_files: global.env_file.iter().map(|file| text(&directory.join(file))).collect::<Result<_, _>>()?,
        project_name: global.project_name.clone(),
        profiles: global.profile.clone(),
        overrides,
    };
    Ok(compose::load(&Machine, &request)?)
}

/// The project's name, without reading more than is needed: commands on containers work when the files are broken.
pub fn name(global: &Global, ui: &Ui) -> anyhow::Result<ProjectName> {
    match &global.project_name {
        Some(name) => name.parse().map_err(|e: crate::model::NameError| Usage { message: e.to_string(), hint: None }.into()),
        None => Ok(load(global, ui, None)?.stack.project),
    }
}

/// How the engine is reached.
fn connect_options(global: &Global) -> ConnectOptions {
    let home = || env::text(env::HOME).map(|home| format!("{home}/.docker"));
    ConnectOptions {
        host: global.host.clone(),
        docker_host: env::text(env::DOCKER_HOST),
        context: env::text(env::DOCKER_CONTEXT),
        config_dir: env::text(env::DOCKER_CONFIG).or_else(home),
        tls_verify: env::is_set(env::DOCKER_TLS_VERIFY),
        timeout: engine_timeout(env::text(env::ENGINE_TIMEOUT).as_deref()),
    }
}

/// What is no whole number of seconds above 0 counts as not set, as with the other variables.
fn engine_timeout(seconds: Option<&str>) -> Duration {
    let seconds = seconds.and_then(|text| text.parse().ok()).filter(|seconds| *seconds > 0);
    seconds.map_or(ENGINE_TIMEOUT, Duration::from_secs)
}

/// Where the user's Docker configuration is.
pub fn docker_config(global: &Global) -> Option<PathBuf> {
    connect_options(global).config_dir.map(PathBuf::from)
}

/// The engine.
pub async fn connect(global: &Global) -> Result<DockerEngine, NoEngine> {
    engine::connect(&connect_options(global)).await.map_err(NoEngine)
}

/// Whether the engine runs on this machine, so that its ports and paths are this machine's.
pub fn engine_is_local(global: &Global) -> bool {
    connect_options(global).lead_to_a_local_socket()
}

/// What of the engine's machine can be read and written directly.
pub fn reach(global: &Global, info: &EngineInfo) -> Reach {
    // A socket may lead elsewhere, so the machine's name is asked too.
    let here = rustix::system::uname().nodename().to_string_lossy() == info.host.as_str();
    let root = rustix::process::geteuid().is_root();
    if engine_is_local(global) && here && root { Reach::Machine } else { Reach::Engine }
}

/// One look at the engine: what is there, and what the tool keeps there.
pub struct Site {
    /// What is there.
    pub observed: Observed,
    /// What is current; `None` before the first deploy.
    pub opened: Option<Opened>,
}

impl Site {
    /// What was found, with what the tool keeps.
    pub fn of(project: &ProjectName, mut observed: Observed, opened: Option<Opened>) -> Self {
        if let Some(opened) = &opened {
            observed.kept = opened.head.kept();
        }
        Note::find(project, observed.volumes.values()).add_to(&mut observed.kept);
        Self { observed, opened }
    }
}

/// Looks at the engine; `local` says that its machine is this one.
pub async fn look(engine: &dyn Engine, project: &ProjectName, stack: Option<&Stack>, local: bool) -> anyhow::Result<Site> {
    let images = stack.map(|s| s.services.values().map(|s| s.image.clone()).collect()).unwrap_or_default();
    let store = Store::new(engine, project.clone());
    let (observed, opened) = futures_util::join!(observe(engine, project, images, local), store.open());
    Ok(Site::of(project, observed?, opened?))
}

/// Looks at what is there, but for what the tool keeps; `images` are looked up too.
pub async fn observe(
    engine: &dyn Engine,
    project: &ProjectName,
    images: BTreeSet<ImageRef>,
    local: bool,
) -> Result<Observed, EngineError> {
    let host_routes = if local { preflight::local_routes() } else { Vec::new() };
    engine::observe(engine, project, Wanted { images, host_routes }).await
}

/// The contents of the stack's secrets and configs with their versions.
pub struct Provided {
    /// Versions, for planning.
    pub contents: Contents,
    /// Contents, for carrying out.
    pub granted: Versions,
    /// The key that the versions were made with.
    pub key: FingerprintKey,
}

/// Reads the secrets: from their files, and where a machine lacks them from the version that the engine keeps.
pub async fn provide(engine: &dyn Engine, stack: &Stack, opened: Option<&Opened>) -> anyhow::Result<Provided> {
    let key = match opened {
        Some(opened) => opened.key.clone(),
        None => FingerprintKey::generate(&mut secret::system_random)?,
    };
    let store = Store::new(engine, stack.project.clone());
    let mut provided = Provided { contents: Contents::default(), granted: Versions::default(), key };
    for (name, file) in &stack.secrets {
        let value = match secret::read_file(name, Path::new(&file.path)) {
            Ok(value) => value,
            Err(missing @ StoreError::Missing { .. }) => {
                let kept = opened.and_then(|opened| opened.head.secrets.get(name));
                let kept = match kept {
                    Some(version) => store.secret(name, version).await?,
                    None => None,
                };
                kept.ok_or(missing)?
            }
            Err(error) => return Err(error.into()),
        };
        let version = fingerprint(&provided.key, value.expose());
        provided.contents.secrets.insert(name.clone(), version.clone());
        provided.granted.secrets.insert(name.clone(), (version, value));
    }
    for (name, config) in &stack.configs {
        let version = fingerprint(&provided.key, &config.content);
        provided.contents.configs.insert(name.clone(), version.clone());
        provided.granted.configs.insert(name.clone(), (version, config.content.clone()));
    }
    Ok(provided)
}

fn fingerprint(key: &FingerprintKey, content: &[u8]) -> Fingerprint {
    key.fingerprint(&[content])
}

/// What is wrong with the stack's secrets. One that the engine keeps is not missing.
pub fn secret_problems(stack: &Stack, opened: Option<&Opened>) -> Vec<secret::Problem> {
    let files: BTreeMap<_, _> = stack.secrets.iter().map(|(name, file)| (name.clone(), PathBuf::from(&file.path))).collect();
    let kept = |name: &str| opened.is_some_and(|o| o.head.secrets.keys().any(|k| k.as_str() == name));
    let mut problems = secret::verify_files(&files);
    problems.retain(|p| !(p.kind == ProblemKind::Missing && kept(&p.name)));
    problems
}
