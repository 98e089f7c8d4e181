//! An engine that is not there, may not be talked to, or does not answer.

use std::{fs, os::unix::fs::PermissionsExt as _, os::unix::net::UnixListener, process::Command};

use insta::assert_snapshot;

use crate::support::{Mute, Place, Ran, as_nobody, free_port, program};

const APP: &str = "services: {app: {image: \"example.org/app:1\"}}\n";

/// Every command that needs an engine.
const COMMANDS: [&str; 12] =
    ["autoupdate", "plan", "deploy", "status", "logs", "start", "stop", "restart", "down", "migrate", "releases", "prune"];

#[test]
fn without_an_engine_every_command_says_so() {
    let place = Place::with_compose(APP);
    let host = format!("unix://{}", place.beside("absent.sock").display());
    for command in COMMANDS {
        let mut asked = place.command(&[command]);
        asked.env("DOCKER_HOST", &host);
        let ran = Ran::of(asked).exits(3).one_error();
        assert!(ran.err.contains("absent.sock") && ran.err.contains("note: nothing was changed"), "{command}: {}", ran.err);
        let mut asked = place.command(&[command, "--json"]);
        asked.env("DOCKER_HOST", &host);
        assert_eq!(Ran::of(asked).exits(3).json_error()["code"], "engine", "{command}");
    }
    let mut deploy = place.command(&["deploy"]);
    deploy.env("DOCKER_HOST", &host);
    assert_snapshot!(place.plain(&Ran::of(deploy).err));
}

#[test]
fn the_flag_says_where_the_engine_is_in_place_of_the_variable() {
    let place = Place::with_compose(APP);
    let mute = Mute::at(place.beside("variable.sock"));
    let mut status = place.command(&["-H", "unix:///nonexistent/flag.sock", "status"]);
    status.env("DOCKER_HOST", format!("unix://{}", mute.socket().display()));
    let ran = Ran::of(status).exits(3).one_error();
    assert!(ran.err.contains("/nonexistent/flag.sock") && mute.calls() == 0, "{}", ran.err);
}

#[test]
fn nobody_listens() {
    let place = Place::with_compose(APP);
    let socket = place.beside("left.sock");
    // A socket that an engine has left behind.
    drop(UnixListener::bind(&socket).unwrap());
    let port = format!("tcp://127.0.0.1:{}", free_port());
    for host in [format!("unix://{}", socket.display()), port] {
        let ran = place.run(&["-H", &host, "deploy"]).exits(3).one_error();
        assert!(ran.err.contains("Connection refused") && ran.err.contains(&host), "{}", ran.err);
    }
}

#[test]
fn no_permission() {
    let place = Place::with_compose(APP);
    let socket = place.beside("closed.sock");
    let _listener = UnixListener::bind(&socket).unwrap();
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o000)).unwrap();
    let place = place.at(&socket);
    let ran = Ran::of(by_nobody(&place, &place.command(&["deploy"]))).exits(3).one_error();
    assert_snapshot!(place.plain(&ran.err));
}

/// The same command by a user without rights. The program may lie where that user cannot go.
fn by_nobody(place: &Place, command: &Command) -> Command {
    let copy = place.beside("medianestctl");
    fs::copy(command.get_program(), &copy).unwrap();
    let mut theirs = Command::new(copy);
    let variables = command.get_envs().filter_map(|(name, value)| Some((name, value?)));
    theirs.args(command.get_args()).env_clear().envs(variables);
    as_nobody(&mut theirs);
    theirs
}

#[test]
fn an_engine_that_never_answers_is_given_up() {
    let place = Place::with_compose(APP);
    let mute = Mute::at(place.beside("mute.sock"));
    let place = place.at(mute.socket());
    let ran = place.run(&["deploy"]).exits(3).one_error();
    assert_eq!(mute.calls(), 1);
    assert_snapshot!(place.plain(&ran.err));
}

#[test]
fn what_is_not_supported_is_refused_by_name() {
    let place = Place::with_compose(APP);
    for host in ["ssh://server", "https://server:2376", "npipe:////./pipe/docker_engine"] {
        let ran = place.run(&["-H", host, "status"]).exits(3).one_error();
        assert!(ran.err.contains("not supported"), "{}", ran.err);
    }
    let mut status = place.command(&["status"]);
    status.env("DOCKER_CONTEXT", "elsewhere");
    let ran = Ran::of(status).exits(3).one_error();
    assert!(ran.err.contains("`elsewhere`"), "{}", ran.err);
}

#[test]
fn check_goes_on_without_an_engine() {
    let place = Place::bundled();
    let place = place.at("/nonexistent/engine.sock".as_ref());
    let document = place.run(&["check", "--json"]).exits(3).document();
    assert_eq!((&document["schema"], &document["ready"]), (&1.into(), &false.into()));
    let findings = document["findings"].as_array().unwrap();
    let of = |code: &str| findings.iter().find(|f| f["code"] == code).unwrap_or_else(|| panic!("no {code}: {document}"));
    assert_eq!(of("engine.reachable")["severity"], "failure");
    assert!(of("engine.reachable")["hint"].is_string());
    for code in ["stack.readable", "secrets.valid", "host.files"] {
        assert_eq!(of(code)["severity"], "ok", "{document}");
    }
    let ran = place.run(&["check"]).exits(3);
    assert!(ran.out.contains("not ready: 1 problem must be mended first"), "{}", ran.out);
}

#[test]
fn without_a_project_there_is_nothing_to_do() {
    let place = Place::empty();
    let mute = Mute::at(place.beside("mute.sock"));
    let place = place.at(mute.socket());
    for command in COMMANDS.into_iter().chain(["config"]) {
        let ran = place.run(&[command]).exits(2).one_error();
        assert!(ran.err.contains("there is no compose.yaml") && ran.err.contains(" init`"), "{command}: {}", ran.err);
    }
    let home = place.beside("home");
    let mut elsewhere = program(&home);
    elsewhere.args(["status", "-C"]).arg(place.beside("nowhere"));
    Ran::of(elsewhere).exits(2).one_error();
    assert_eq!(mute.calls(), 0);
}
