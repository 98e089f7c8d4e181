//! Files, variables, names and profiles: how a project comes together.

use super::{load_text, loaded, mistakes, request, source};
use crate::compose::{MapSource, Request, load};

const PLAIN: &str = "services: {a: {image: 'x:${V:-none}'}}\n";

fn tag(source: &MapSource, request: &Request) -> String {
    let loaded = load(source, request).unwrap_or_else(|errors| panic!("{errors}"));
    loaded.stack.services["a"].image.tag().unwrap().to_owned()
}

#[test]
fn the_first_of_overrides_environment_and_files_gives_a_variable() {
    let files = source(PLAIN).file("/srv/app/.env", "V=dot").file("one.env", "V=one\nW=1").file("two.env", "V=two");
    let mut request = request();
    assert_eq!(tag(&source(PLAIN), &request), "none");
    assert_eq!(tag(&files, &request), "dot");
    request.env_files = vec!["one.env".into()];
    assert_eq!(tag(&files, &request), "one");
    request.env_files.push("two.env".into());
    assert_eq!(tag(&files, &request), "two");
    assert_eq!(
        load(&files, &request).unwrap().variables.into_iter().collect::<Vec<_>>(),
        [("V".into(), "two".into()), ("W".into(), "1".into())]
    );
    let with_environment = files.var("V", "env");
    assert_eq!(tag(&with_environment, &request), "env");
    request.overrides.insert("V".into(), "over".into());
    assert_eq!(tag(&with_environment, &request), "over");
}

#[test]
fn a_later_environment_file_sees_the_earlier_one() {
    let files = source(PLAIN).file("one.env", "A=1").file("two.env", "V=${A}2");
    let request = Request { env_files: vec!["one.env".into(), "two.env".into()], ..request() };
    assert_eq!(tag(&files, &request), "12");
}

#[test]
fn files_that_are_not_there() {
    let request = Request { files: vec!["no.yaml".into(), "none.yaml".into()], env_files: vec!["no.env".into()], ..request() };
    let errors = load(&MapSource::default(), &request).unwrap_err();
    assert_eq!(
        errors.to_string(),
        "the Compose file `no.yaml` does not exist (hint: check the path, or pass `--file`)\n\
         the Compose file `none.yaml` does not exist (hint: check the path, or pass `--file`)\n\
         the environment file `no.env` does not exist (hint: check the path)"
    );
    assert_eq!(mistakes(""), ["compose.yaml:1:1: the Compose file is empty"]);
    assert_eq!(mistakes("# nothing\n"), ["compose.yaml:1:1: the Compose file is empty"]);
    let none = Request { files: Vec::new(), ..super::request() };
    assert_eq!(load(&MapSource::default(), &none).unwrap_err().to_string(), "no Compose file was given");
}

#[test]
fn required_and_missing_variables() {
    let text = "services:\n  a:\n    image: x:${V:?name the version}\n    user: ${W?}\n    hostname: ${X!}\n    command: \
                [\"$Y\", \"$Y\", \"$Z\"]\n";
    assert_eq!(
        mistakes(text),
        [
            "compose.yaml:3:12: services.a.image: the required variable `V` is not set or empty: name the version (hint: set \
             `V` in the environment or in `/srv/app/.env`, which does not exist yet: `medianestctl init` makes it)",
            "compose.yaml:4:11: services.a.user: the required variable `W` is not set (hint: set `W` in the environment or in \
             `/srv/app/.env`, which does not exist yet: `medianestctl init` makes it)",
            "compose.yaml:5:15: services.a.hostname: invalid variable: a variable's name takes letters, digits and `_`, then \
             `}` or one of `:- - :? ? :+ +` (hint: write `$$` for a dollar sign)",
        ]
    );
    let loaded = loaded("services:\n  a:\n    image: x\n    command: [\"$Y\", \"$Y\", \"$Z\", \"$$Q\", \"$(x)\"]\n");
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "compose.yaml:4:15: services.a.command[0]: the variable `Y` is not set, nothing takes its place (hint: set it in \
             the environment or in the `.env` file)",
            "compose.yaml:4:27: services.a.command[2]: the variable `Z` is not set, nothing takes its place (hint: set it in \
             the environment or in the `.env` file)",
        ]
    );
    assert_eq!(loaded.stack.services["a"].command.as_ref().unwrap(), &["", "", "", "$Q", "$(x)"]);
}

#[test]
fn keys_are_not_interpolated() {
    let loaded = loaded("services: {a: {image: x, labels: {\"$V\": \"${HOSTNAME:-h}\"}}}\n");
    assert_eq!(loaded.stack.services["a"].labels["$V"], "h");
}

#[test]
fn the_projects_name() {
    let project = |source: &MapSource, request: &Request| load(source, request).unwrap().stack.project.to_string();
    let mut request = request();
    let plain = "services: {a: {image: 'x:${COMPOSE_PROJECT_NAME}'}}\n";
    assert_eq!(project(&source(plain), &request), "app");
    let named = source(&format!("name: ${{N:-named}}\n{plain}"));
    assert_eq!(project(&named, &request), "named");
    assert_eq!(tag(&named, &request), "named");
    let with_file = named.file("/srv/app/.env", "COMPOSE_PROJECT_NAME=dot");
    assert_eq!(project(&with_file, &request), "dot");
    let with_environment = with_file.var("COMPOSE_PROJECT_NAME", "env");
    assert_eq!(project(&with_environment, &request), "env");
    request.project_name = Some("given".into());
    assert_eq!(project(&with_environment, &request), "given");
    assert_eq!(tag(&with_environment, &request), "given");
    request.project_name = Some("Not Valid".into());
    let errors = load(&with_environment, &request).unwrap_err().to_string();
    assert!(errors.starts_with("name: the project name that was given: `Not Valid` is not a project name"), "{errors}");
    assert!(errors.ends_with("(hint: `notvalid` would be one)"), "{errors}");
}

#[test]
fn the_directory_names_the_project() {
    let named = |directory: &str, source: MapSource| {
        let request = Request { directory: directory.into(), ..request() };
        load(&source, &request).map(|loaded| loaded.stack.project.to_string())
    };
    let text = "services: {a: {image: x}}\n";
    assert_eq!(named("/srv/Media.Nest 2/", source(text)).unwrap(), "medianest2");
    assert_eq!(named("/srv/_-x", source(text)).unwrap(), "x");
    assert_eq!(named("sub/Dir", source(text)).unwrap(), "dir");
    assert_eq!(named(".", source(text).var("PWD", "/home/u/nest")).unwrap(), "nest");
    assert_eq!(named("..", source(text).var("PWD", "/home/u/nest")).unwrap(), "u");
    let errors = named(".", source(text)).unwrap_err().to_string();
    assert_eq!(
        errors,
        "name: the project has no name, and its directory gives none (hint: add `name: …` to the file, or pass `--project-name`)"
    );
}

#[test]
fn profiles() {
    let text = "services:\n  a: {image: x}\n  b: {image: x, profiles: [p]}\n  c: {image: x, profiles: [q, r]}\n";
    let names = |source: &MapSource, profiles: &[&str]| {
        let request = Request { profiles: profiles.iter().map(|p| (*p).to_owned()).collect(), ..request() };
        load(source, &request).unwrap().stack.services.into_keys().map(String::from).collect::<Vec<_>>()
    };
    let plain = source(text);
    assert_eq!(names(&plain, &[]), ["a"]);
    assert_eq!(names(&plain, &["p"]), ["a", "b"]);
    assert_eq!(names(&plain, &["r", "p"]), ["a", "b", "c"]);
    assert_eq!(names(&plain, &["*"]), ["a", "b", "c"]);
    let environment = plain.clone().var("COMPOSE_PROFILES", "q, p");
    assert_eq!(names(&environment, &[]), ["a", "b", "c"]);
    assert_eq!(names(&environment, &["p"]), ["a", "b"]);
    assert_eq!(names(&plain.file("/srv/app/.env", "COMPOSE_PROFILES=p"), &[]), ["a", "b"]);
}

#[test]
fn what_an_inactive_service_uses_is_not_read_and_not_kept() {
    let text = "services:\n  a: {image: x}\n  b: {image: x, profiles: [p], env_file: no.env, configs: [c], networks: [n], \
                volumes: ['v:/v'], secrets: [s]}\n\
                configs: {c: {file: no.conf}}\nnetworks: {n: }\nvolumes: {v: }\nsecrets: {s: {file: x}}\n";
    let stack = loaded(text).stack;
    assert_eq!(stack.networks.keys().collect::<Vec<_>>(), ["default"]);
    assert!(stack.configs.is_empty() && stack.volumes.is_empty() && stack.secrets.is_empty());
}

#[test]
fn waiting_for_an_inactive_service() {
    let text = |required| {
        format!(
            "services:\n  a:\n    image: x\n    depends_on:\n      b: {{condition: service_started, required: {required}}}\n  \
             b: {{image: x, profiles: [p]}}\n"
        )
    };
    assert_eq!(
        mistakes(&text(true)),
        ["compose.yaml:5:10: services.a.depends_on.b: the service `b` belongs to a profile that is not active (hint: \
             activate it with `--profile p`)"]
    );
    let loaded = loaded(&text(false));
    assert!(loaded.stack.services["a"].depends_on.is_empty());
    assert_eq!(loaded.warnings[0].message, "the service `b` belongs to a profile that is not active, nothing waits for it");
}

#[test]
fn environment_files_of_a_service() {
    let text = "services:\n  a:\n    image: x\n    env_file: [one.env, {path: ../two.env, required: false}, {path: no.env, \
                required: false}]\n    \
                environment: {OWN: own, TAKEN: , ABSENT: }\n";
    let files = source(text)
        .file("/srv/app/one.env", "A=1\nB=1\nOWN=file\nC=$OWN-$A\nTAKEN=file\nABSENT=file\n")
        .file("/srv/two.env", "B=2\nD=$B$A\nE=$TAKEN\n")
        .var("TAKEN", "process");
    let loaded = load(&files, &request()).unwrap();
    let environment = &loaded.stack.services["a"].environment;
    let shown: Vec<String> = environment.iter().map(|(k, v)| format!("{k}={}", v.as_deref().unwrap_or("~"))).collect();
    assert_eq!(shown, ["A=1", "ABSENT=~", "B=2", "C=own-1", "D=21", "E=process", "OWN=own", "TAKEN=process"]);
    assert!(loaded.variables.is_empty());
    assert_eq!(
        mistakes("services:\n  a:\n    image: x\n    env_file: no.env\n"),
        ["compose.yaml:4:15: services.a.env_file: the environment file `/srv/app/no.env` cannot be read: there is no such \
             file (hint: create it, or say `required: false` in the long form)"]
    );
}

#[test]
fn configs_are_read_and_secrets_are_not() {
    let text = "services: {a: {image: x, configs: [f, i], secrets: [s]}}\nconfigs:\n  f: {file: ./conf/f}\n  i: {content: \
                'v=${V:-1} $$x'}\nsecrets: {s: {file: ~/s}}\n";
    let files = source(text).file("/srv/app/conf/f", b"\x00raw ${V}".to_vec()).var("HOME", "/home/u");
    let stack = load(&files, &request()).unwrap().stack;
    assert_eq!(stack.configs["f"].content, b"\x00raw ${V}");
    assert_eq!(stack.configs["i"].content, b"v=1 $x");
    assert_eq!(stack.secrets["s"].path, "/home/u/s");
    assert_eq!(
        mistakes("services: {a: {image: x, configs: [f]}}\nconfigs:\n  f: {file: ./conf/f}\n"),
        ["compose.yaml:3:13: configs.f.file: the file `/srv/app/conf/f` cannot be read: there is no such file (hint: \
             create the file, or mend the path: it starts at the project's directory)"]
    );
}

#[test]
fn a_relative_directory_gives_relative_paths() {
    let files = source("services: {a: {image: x, volumes: ['./d:/d'], secrets: [s]}}\nsecrets: {s: {file: ../s}}\n");
    let stack = load(&files, &Request { directory: "deploy".into(), ..request() }).unwrap().stack;
    assert_eq!(stack.services["a"].mounts[0].source, crate::model::MountSource::Bind("deploy/d".into()));
    assert_eq!(stack.secrets["s"].path, "s");
    assert_eq!((stack.directory.as_str(), stack.files), ("deploy", vec!["compose.yaml".to_owned()]));
}

#[test]
fn mistakes_name_the_file_that_they_are_in() {
    let files = source("services:\n  a:\n    image: x\n    scale: 1\n")
        .file("b.yaml", "services:\n  a:\n    scale: two\n    ports: {}\n");
    let request = Request { files: vec!["compose.yaml".into(), "b.yaml".into()], ..request() };
    let errors: Vec<String> = load(&files, &request).unwrap_err().0.iter().map(ToString::to_string).collect();
    assert_eq!(
        errors,
        [
            "b.yaml:3:12: services.a.scale: expected a whole number, found the string `two` (hint: write digits only, such as \
             `2`)",
            "b.yaml:4:12: services.a.ports: expected a list, found a map (hint: write one item a line, each after `- `)",
        ]
    );
}

#[test]
fn the_secrets_of_environment_files_stay_out_of_messages() {
    let files = source(PLAIN).file("/srv/app/.env", "A=s3cret\nB=\"s3cret\nno end");
    let errors = load(&files, &request()).unwrap_err();
    assert!(!format!("{errors:?} {errors}").contains("s3cret"), "{errors:?}");
    assert_eq!(
        errors.to_string(),
        "/srv/app/.env:2:1: B: the quoted value has no closing quote (hint: write `NAME=value` on a line, with quotes around \
         a value that has spaces or `#` in it)"
    );
}

#[test]
fn a_broken_file_stops_what_would_follow_from_it() {
    let errors = load_text("services:\n  a: [\n").unwrap_err();
    assert_eq!(errors.0.len(), 1, "{errors}");
}
