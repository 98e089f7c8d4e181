//! The fake engine with an image for each program.

use std::time::Duration;

use async_trait::async_trait;
use medianestctl::engine::{
    Engine, ExecOutput,
    fake::{Behaviour, ExecScript, FakeEngine, FakeImage, Inside},
};

use super::{Program, Setup};

pub(super) struct FakeSetup(FakeEngine);

impl FakeSetup {
    pub(super) fn new() -> Self {
        let images = Program::ALL.into_iter().map(|program| (reference(program), image(program)));
        Self(images.fold(FakeEngine::new(), |engine, (reference, image)| engine.with_image(&reference, image)))
    }
}

#[async_trait]
impl Setup for FakeSetup {
    fn engine(&self) -> &dyn Engine {
        &self.0
    }

    fn program(&self, program: Program) -> (String, Vec<String>) {
        (reference(program), vec![format!("{program:?}")])
    }

    async fn remove_image(&self, _name: &str) {}
}

fn reference(program: Program) -> String {
    let word = |c: char| c.is_ascii_alphanumeric().then(|| c.to_ascii_lowercase());
    format!("contract/{}:1", format!("{program:?}").chars().filter_map(word).collect::<String>())
}

fn image(program: Program) -> FakeImage {
    let ends = |code, after, log: &[&str]| Behaviour::ExitsWith { code, after, log: super::words(log) };
    let (script, logs, on_stop): (_, &[&str], _) = match program {
        Program::Serve => (Behaviour::default(), &["ready"], Some((Duration::ZERO, 3))),
        Program::Stubborn => (Behaviour::default(), &[], None),
        Program::Exit(code) => (ends(code, Duration::ZERO, &["err"]), &["out"], None),
        Program::ExitSoon(code) => (ends(code, Duration::from_millis(500), &[]), &[], None),
        Program::Eat => (Behaviour::OomAfter(Duration::from_millis(100)), &[], None),
        Program::Sick => (Behaviour::NeverHealthy { output: "sick".into() }, &[], Some((Duration::ZERO, 3))),
    };
    FakeImage {
        script,
        logs: super::words(logs),
        on_stop,
        files: [("/etc/image".to_owned(), b"of the image".to_vec())].into(),
        exec: Some(ExecScript::new(shell)),
        ..FakeImage::default()
    }
}

/// As much of a shell as the cases use.
fn shell(_inside: &mut Inside<'_>, argv: &[String]) -> Option<ExecOutput> {
    if argv[0] == "/no-such-program" {
        return Some(ExecOutput { code: 127, output: b"no such file".to_vec() });
    }
    let script = match argv {
        [shell, flag, script] if shell == "/bin/sh" && flag == "-c" => script,
        _ => return None,
    };
    let mut output = Vec::new();
    for command in script.split(';').map(str::trim) {
        match command.split_once(' ')? {
            ("echo", text) => output.extend_from_slice(format!("{}\n", text.trim_end_matches(" >&2")).as_bytes()),
            ("exit", code) => return Some(ExecOutput { code: code.parse().ok()?, output }),
            _ => return None,
        }
    }
    Some(ExecOutput { code: 0, output })
}
