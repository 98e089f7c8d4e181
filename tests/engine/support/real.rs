//! A real engine with an image out of a few programs of this machine: nothing has to be pulled.

use std::{collections::BTreeSet, fs, io::empty, process::Command, time::Duration};

use async_trait::async_trait;
use bollard::{Docker, query_parameters::RemoveImageOptions};
use medianestctl::engine::{ConnectOptions, Engine, connect, docker::DockerEngine};
use medianestctl::model::Labels;

use super::{Program, Setup};

pub(super) struct RealSetup {
    engine: DockerEngine,
    image: String,
}

impl RealSetup {
    pub(super) async fn new(image: String) -> Self {
        let engine = real_engine().await;
        engine.import_image(&image, &Labels::new(), root()).await.unwrap();
        Self { engine, image }
    }
}

/// The engine that tests use.
pub(crate) async fn real_engine() -> DockerEngine {
    let options = ConnectOptions {
        docker_host: std::env::var("DOCKER_HOST").ok(),
        timeout: Duration::from_secs(60),
        ..ConnectOptions::default()
    };
    connect(&options).await.expect("these tests need a Docker Engine")
}

#[async_trait]
impl Setup for RealSetup {
    fn engine(&self) -> &dyn Engine {
        &self.engine
    }

    fn program(&self, program: Program) -> (String, Vec<String>) {
        let script = match program {
            Program::Serve | Program::Sick => "trap 'exit 3' TERM; echo ready; sleep 1000 & wait".to_owned(),
            Program::Stubborn => "trap '' TERM; while :; do sleep 1000; done".into(),
            Program::Exit(code) => format!("echo out; echo err >&2; exit {code}"),
            Program::ExitSoon(code) => format!("sleep 0.5; exit {code}"),
            Program::Eat => "x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done".into(),
        };
        (self.image.clone(), super::words(&["/bin/sh", "-c", &script]))
    }

    async fn remove_image(&self, name: &str) {
        // Cleaning up images is no business of the trait: the program never removes one.
        let docker = Docker::connect_with_defaults().unwrap();
        let _ = docker.remove_image(name, None::<RemoveImageOptions>, None).await;
    }
}

/// A root file system: a shell and a few tools of this machine, with the libraries that they load.
fn root() -> Vec<u8> {
    let mut files = BTreeSet::new();
    for program in ["/bin/sh", "/bin/cat", "/bin/mv", "/bin/sleep"] {
        let libraries = Command::new("ldd").arg(program).output().expect("ldd").stdout;
        files.extend(String::from_utf8_lossy(&libraries).split_whitespace().filter(|w| w.starts_with('/')).map(str::to_owned));
        files.insert(program.to_owned());
    }
    let mut archive = tar::Builder::new(Vec::new());
    let header = |mode, size: usize| {
        let mut header = tar::Header::new_gnu();
        header.set_mode(mode);
        header.set_size(u64::try_from(size).unwrap());
        header
    };
    for directory in ["tmp", "run", "etc"] {
        let mut header = header(0o755, 0);
        header.set_entry_type(tar::EntryType::Directory);
        archive.append_data(&mut header, directory, empty()).unwrap();
    }
    archive.append_data(&mut header(0o644, 12), "etc/image", &b"of the image"[..]).unwrap();
    for file in files {
        let content = fs::read(&file).unwrap();
        archive.append_data(&mut header(0o755, content.len()), &file[1..], content.as_slice()).unwrap();
    }
    archive.into_inner().unwrap()
}
