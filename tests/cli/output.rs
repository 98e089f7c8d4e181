//! Streams, colours, help, JSON, and what an error looks like.

use clap::{Command, CommandFactory as _};
use insta::assert_snapshot;
use medianestctl::cli::args::Args;

use crate::support::{Place, Ran};

/// Every command that can be named, as the words that name it.
fn commands() -> Vec<Vec<String>> {
    fn below(command: &Command, path: &[String], found: &mut Vec<Vec<String>>) {
        for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help") {
            let path = [path, &[sub.get_name().to_owned()]].concat();
            below(sub, &path, found);
            found.push(path);
        }
    }
    let mut found = Vec::new();
    below(&Args::command(), &[], &mut found);
    assert!(found.len() >= 17, "{found:?}");
    found
}

fn run(args: &[&str]) -> Ran {
    Place::empty().run(args)
}

#[test]
fn help_has_an_example_for_every_command() {
    for path in commands() {
        let mut args: Vec<&str> = path.iter().map(String::as_str).collect();
        args.push("--help");
        let ran = run(&args).exits(0);
        assert_eq!(ran.err, "");
        let example = ran.out.lines().find(|line| line.starts_with("Example")).unwrap_or_else(|| panic!("{path:?}: no example"));
        assert!(example.contains(&format!("medianestctl {}", path[0])) || example.contains("medianestctl -C"), "{example}");
    }
    assert!(run(&["--help"]).exits(0).out.contains("medianestctl init && medianestctl check && medianestctl deploy"));
}

#[test]
fn every_example_of_the_help_can_be_given() {
    for path in commands() {
        let mut command = Args::command();
        let mut shown = &mut command;
        for name in &path {
            shown = shown.find_subcommand_mut(name).unwrap();
        }
        let help = shown.render_help().to_string();
        let examples = help.lines().filter_map(|line| line.find("medianestctl ").map(|at| &line[at..]));
        for example in examples.filter(|line| !line.contains('[')) {
            crate::documents::assert_parses(example);
        }
    }
}

#[test]
fn the_version() {
    let ran = run(&["--version"]).exits(0);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), (concat!("medianestctl ", env!("CARGO_PKG_VERSION"), "\n"), ""));
}

#[test]
fn a_command_line_that_cannot_be_understood() {
    for args in [
        &["no-such-command"][..],
        &["deploy", "--no-such-flag"],
        &["deploy", "v1", "v2"],
        &["completions", "no-such-shell"],
        &["deploy", "--wait-timeout", "soon"],
        &["status", "-q", "-v"],
        &["status", "--output", "xml"],
        &["init", "--http-port", "70000"],
    ] {
        let ran = run(args).exits(2);
        assert!(ran.out.is_empty() && ran.err.starts_with("error: "), "{args:?}: {}", ran.err);
        for json in [&["--json"][..], &["--output", "json"], &["--output=json"]] {
            let with_json = [json, args].concat();
            // Two formats at once are an error of their own, told in either.
            let error = run(&with_json).exits(2).json_error();
            assert_eq!(error["code"], "usage", "{error}");
        }
    }
    // Help where a command is missing: on standard error, as nothing was asked for.
    let ran = run(&[]).exits(2);
    assert!(ran.out.is_empty() && ran.err.contains("Usage: medianestctl"), "{}", ran.err);
    assert_snapshot!(run(&["deploi"]).err);
    assert_snapshot!(run(&["--json", "deploi"]).out);
}

#[test]
fn every_command_tells_a_machine_of_an_error_in_one_shape() {
    let mut told = 0;
    for path in commands() {
        let command = path.join(" ");
        let args: Vec<&str> = path.iter().map(String::as_str).chain(["--json"]).collect();
        let place = Place::empty();
        match command.as_str() {
            // These have subcommands, arguments or findings of their own to tell of.
            "secrets" | "lock" | "maintenance" | "completions" | "releases show" | "releases diff" | "backup show"
            | "backup export" | "backup key" => {
                assert_eq!(place.run(&args).exits(2).json_error()["code"], "usage")
            }
            "check" => assert_eq!(place.run(&args).exits(3).document()["ready"], false),
            "init" => {
                place.write(".env", "=nothing\n");
                assert_eq!(place.run(&args).exits(4).json_error()["code"], "configuration");
            }
            _ => {
                let error = place.run(&args).exits(2).json_error();
                assert_eq!(error["code"], "usage", "{command}");
                assert!(error["hints"][0].as_str().unwrap().contains(" init`"), "{command}: {error}");
            }
        }
        told += 1;
    }
    assert!(told >= 17);
}

#[test]
fn data_goes_to_one_stream_and_the_rest_to_the_other() {
    let place = Place::bundled();
    let ran = place.run(&["config", "--services"]).exits(0);
    assert!(!ran.out.is_empty() && ran.err.is_empty());
    let ran = place.run(&["-H", "unix:///nonexistent.sock", "status"]).exits(3);
    assert!(ran.out.is_empty() && !ran.err.is_empty());
    // A warning is no data, and no JSON.
    place.write("compose.override.yaml", "services: {redis: {hostname: \"${NOT_SET_ANYWHERE}\"}}\n");
    let ran = place.run(&["config", "--services"]).exits(0);
    assert!(ran.err.contains("warning:") && ran.err.contains("NOT_SET_ANYWHERE") && !ran.out.contains("warning"), "{}", ran.err);
    let ran = place.run(&["config", "--json"]).exits(0);
    assert!(ran.err.contains("warning:") && ran.document()["services"].is_object(), "{}", ran.err);
}

#[test]
fn colours_only_where_they_are_wanted() {
    let place = Place::bundled();
    let coloured = |args: &[&str], no_color: Option<&str>| {
        let mut command = place.command(args);
        command.args(["-H", "unix:///nonexistent.sock"]);
        command.envs(no_color.map(|value| ("NO_COLOR", value)));
        Ran::of(command).all().contains('\u{1b}')
    };
    assert!(!coloured(&["status"], None), "not in a pipe");
    assert!(!coloured(&["status"], Some("1")));
    assert!(coloured(&["--color", "always", "status"], None));
    assert!(coloured(&["--color", "always", "status"], Some("1")), "what is asked for wins over the environment");
    assert!(!coloured(&["--color", "never", "status"], None));
    assert!(!coloured(&["--color", "always", "--json", "status"], None), "JSON has no colours");
    assert!(coloured(&["--color", "always", "check"], None));
}

#[test]
fn quiet_leaves_errors_and_data() {
    let place = Place::empty();
    let ran = place.run(&["-q", "-p", &place.project, "init"]).exits(0);
    assert_eq!(ran.all(), "");
    std::fs::remove_file(place.directory.join("secrets/jwt_secret")).unwrap();
    let ran = place.run(&["-q", "secrets", "generate"]).exits(0);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("created jwt_secret\n", ""));
    place.run(&["-q", "-H", "unix:///nonexistent.sock", "status"]).exits(3).one_error();
}

#[test]
fn both_ways_to_ask_for_json_are_the_same() {
    let place = Place::bundled();
    let short = place.run(&["--json", "config"]).exits(0).out;
    assert_eq!(place.run(&["--output", "json", "config"]).exits(0).out, short);
    assert_eq!(place.run(&["config", "--json"]).exits(0).out, short);
    let plain = place.run(&["--output", "plain", "secrets", "list"]).exits(0).out;
    assert_eq!(plain, place.run(&["secrets", "list"]).exits(0).out);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = Place::bundled();
    let mut command = place.command(&["config"]);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

#[test]
fn the_deployment_directory_can_come_from_the_environment() {
    let place = Place::bundled();
    let mut command = crate::support::program(&place.beside("home"));
    command.args(["config", "--services"]).env("MEDIANEST_DIR", &place.directory);
    assert_eq!(Ran::of(command).exits(0).out.lines().count(), 6);
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    let place = Place::bundled();
    for args in [&["config"][..], &["config", "--json"], &["secrets", "list"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = place.command(args).stdout(full).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}: {err}");
        assert!(err.contains("error: the output could not be written: "), "{args:?}: {err}");
    }
}
