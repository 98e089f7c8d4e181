//! The fake engine with an image for each program.

use std::time::Duration;

use async_trait::async_trait;
use medianestctl::engine::{
    Engine,
    fake::{Asked, Behaviour, CommandScript, FakeEngine, FakeImage, Inside, Reply},
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
        commands: Some(CommandScript::new(shell)),
        ..FakeImage::default()
    }
}

/// As much of a shell as the cases use.
fn shell(inside: &mut Inside<'_>, asked: &Asked<'_>) -> Option<Reply> {
    let mut reply = Reply::default();
    if asked.argv[0] == "/no-such-program" {
        return Some(Reply { code: 127, stdout: b"no such file".to_vec(), ..reply });
    }
    if matches!(asked.argv, [_, file] if file == "/proc/self/status") {
        let uid = asked.user.and_then(|user| user.split(':').next()).unwrap_or("0");
        return Some(Reply { stdout: format!("Name:\tcat\nUid:\t{uid}\t{uid}\n").into(), ..reply });
    }
    let script = match asked.argv {
        [shell, flag, script] if shell == "/bin/sh" && flag == "-c" => script,
        _ => return None,
    };
    for command in script.split(';').map(str::trim) {
        match command.split_once(' ').unwrap_or((command, "")) {
            ("echo", text) => match text.strip_suffix(" >&2") {
                Some(text) => reply.stderr.extend_from_slice(format!("{text}\n").as_bytes()),
                None => reply.stdout.extend_from_slice(format!("{}\n", expanded(text, asked)).as_bytes()),
            },
            ("sleep", seconds) => reply.after += Duration::from_secs_f64(seconds.parse().ok()?),
            ("mv", files) => {
                let (from, to) = files.split_once(' ')?;
                inside.rename(from, to);
            }
            // To nowhere, all of it.
            ("exec" | "cat", _) => {}
            ("exit", code) => return Some(Reply { code: code.parse().ok()?, ..reply }),
            _ => return None,
        }
    }
    Some(reply)
}

/// `$NAME`, when the text is only that.
fn expanded(text: &str, asked: &Asked<'_>) -> String {
    let value = |name: &str| asked.environment.iter().find(|(n, _)| n == name).map(|(_, value)| value.expose().clone());
    text.strip_prefix('$').and_then(value).unwrap_or_else(|| text.to_owned())
}
