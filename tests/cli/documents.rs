//! What is written about the program: completions, manual pages, the README.

use std::{collections::BTreeMap, fs, path::Path};

use clap::{Parser as _, ValueEnum as _, error::ErrorKind};
use clap_complete::Shell;
use medianestctl::cli::args::Args;

use crate::support::Place;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn completions_for_every_shell() {
    let place = Place::empty();
    for shell in Shell::value_variants() {
        let ran = place.run(&["completions", &shell.to_string()]).exits(0);
        assert!(ran.err.is_empty());
        for word in ["medianestctl", "deploy", "wait-timeout"] {
            assert!(ran.out.contains(word), "{shell}: no {word}");
        }
    }
}

/// The files of a directory by name.
fn files(directory: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(directory).unwrap_or_else(|e| panic!("{}: {e}", directory.display()));
    let read = |entry: fs::DirEntry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap());
    entries.map(|entry| read(entry.unwrap())).collect()
}

#[test]
fn what_is_generated_is_what_is_committed() {
    let place = Place::empty();
    place.run(&["generate", &place.directory.to_string_lossy()]).exits(0);
    for directory in ["completions", "man"] {
        let (fresh, committed) = (files(&place.directory.join(directory)), files(&Path::new(ROOT).join(directory)));
        assert!(!fresh.is_empty());
        let names = |of: &BTreeMap<String, String>| of.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&fresh), names(&committed), "{directory}/: run `make generated`");
        for (name, text) in &fresh {
            assert!(committed[name] == *text, "{directory}/{name} is not up to date: run `make generated`");
        }
    }
}

/// The commands of a line of shell that are the program's, split into words.
fn commands(line: &str) -> Vec<Vec<String>> {
    let words = shell_words::split(line).unwrap_or_else(|e| panic!("{line}: {e}"));
    let ends = |word: &String| matches!(word.as_str(), "&&" | "||" | "|" | ";" | ">" | ">>");
    words.split(ends).filter(|words| words.first().is_some_and(|w| w == "medianestctl")).map(<[String]>::to_vec).collect()
}

/// Every command of the program in a line of shell can be given.
#[track_caller]
pub fn assert_parses(line: &str) {
    let commands = commands(line);
    assert!(!commands.is_empty(), "{line}");
    for words in commands {
        if let Err(error) = Args::try_parse_from(&words) {
            let answer = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            assert!(answer, "`{line}` cannot be given: {error}");
        }
    }
}

/// The lines of the README's blocks of shell, those that go on below joined.
fn shell_lines(markdown: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let (mut inside, mut goes_on) = (false, false);
    for line in markdown.lines() {
        if let Some(language) = line.trim().strip_prefix("```") {
            inside = !inside && matches!(language, "sh" | "bash" | "console");
            goes_on = false;
            continue;
        }
        let line = line.trim();
        if !inside || line.is_empty() || line.starts_with('#') {
            continue;
        }
        let text = line.strip_prefix("$ ").unwrap_or(line);
        let (text, next_goes_on) = text.strip_suffix('\\').map_or((text, false), |text| (text, true));
        match lines.last_mut().filter(|_| goes_on) {
            Some(last) => last.push_str(text),
            None => lines.push(text.to_owned()),
        }
        goes_on = next_goes_on;
    }
    lines
}

#[test]
fn blocks_of_shell_are_found() {
    let text = "a\n```sh\n$ medianestctl deploy \\\n    --dry-run\n# no\nmake demo\n```\nmedianestctl not\n```yaml\na: b\n```\n";
    assert_eq!(shell_lines(text), ["medianestctl deploy --dry-run", "make demo"]);
    assert_eq!(commands("cd x && medianestctl status | jq . || medianestctl logs").len(), 2);
}

#[test]
fn the_commands_of_the_readme_can_be_given() {
    let markdown = fs::read_to_string(Path::new(ROOT).join("README.md")).expect("README.md");
    let makefile = fs::read_to_string(Path::new(ROOT).join("Makefile")).expect("Makefile");
    let lines = shell_lines(&markdown);
    let ours: Vec<_> = lines.iter().filter(|line| !commands(line).is_empty()).collect();
    assert!(ours.len() >= 3, "the README shows how to use the program: {lines:?}");
    for line in ours {
        assert_parses(line);
    }
    let targets = lines.iter().filter_map(|line| line.strip_prefix("make "));
    for target in targets.flat_map(|rest| rest.split('#').next().unwrap_or_default().split_whitespace().map(str::to_owned)) {
        assert!(target.contains('=') || makefile.contains(&format!("\n{target}:")), "`make {target}` is no target");
    }
}
