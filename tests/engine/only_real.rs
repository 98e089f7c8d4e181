//! What only a connection has: ways to fail before there is an engine, and limits on its patience.

use std::{io::Write, os::unix::fs::PermissionsExt, time::Duration};

use futures_util::StreamExt;
use medianestctl::engine::{
    Command, CommandEvent, ConnectOptions, ContainerSpec, EndpointSpec, Engine, EngineError, ErrorKind, connect,
};
use medianestctl::secret::Secret;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, UnixListener},
};

async fn failure(host: String) -> EngineError {
    let options = ConnectOptions { host: Some(host), timeout: Duration::from_secs(1), ..ConnectOptions::default() };
    connect(&options).await.unwrap_err()
}

#[tokio::test]
async fn nobody_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let missing = failure(format!("unix://{}/none.sock", dir.path().display())).await;
    assert_eq!(missing.kind, ErrorKind::Unreachable, "{missing}");
    assert!(missing.to_string().contains("none.sock"), "{missing}");
    // A socket whose program is gone.
    let path = dir.path().join("dead.sock");
    drop(UnixListener::bind(&path).unwrap());
    let dead = failure(format!("unix://{}", path.display())).await;
    assert_eq!(dead.kind, ErrorKind::Unreachable, "{dead}");
    assert!(dead.message.to_lowercase().contains("refused"), "{dead}");
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let closed = failure(format!("tcp://127.0.0.1:{port}")).await;
    assert_eq!(closed.kind, ErrorKind::Unreachable, "{closed}");
    assert_eq!(failure("tcp://no-such-host.invalid:2375".into()).await.kind, ErrorKind::Unreachable);
}

#[tokio::test]
async fn a_forbidden_socket_is_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("forbidden.sock");
    let _listener = UnixListener::bind(&path).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    // Root may connect to anything, and then nobody answers.
    let expected =
        if std::os::unix::net::UnixStream::connect(&path).is_ok() { ErrorKind::Timeout } else { ErrorKind::PermissionDenied };
    assert_eq!(failure(format!("unix://{}", path.display())).await.kind, expected);
}

#[tokio::test]
async fn a_silent_engine_is_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("silent.sock");
    let _listener = UnixListener::bind(&path).unwrap();
    let error = failure(format!("unix://{}", path.display())).await;
    assert_eq!(error.kind, ErrorKind::Timeout, "{error}");
}

/// Whether a request has arrived with its body.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
    body.len() >= length.unwrap_or(0)
}

/// Answers each request with the next of `answers`, whatever was asked, and says what the requests were.
async fn scripted(answers: Vec<&'static str>) -> (String, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let mut asked = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            while !is_whole(&request) {
                let n = stream.read(&mut buffer).await.unwrap();
                assert_ne!(n, 0, "the client hung up");
                request.extend_from_slice(&buffer[..n]);
            }
            asked.push(String::from_utf8_lossy(&request).into_owned());
            stream.write_all(answer.as_bytes()).await.unwrap();
            if answer.ends_with("...") {
                // Half an answer, and then nothing.
                tokio::time::sleep(Duration::from_secs(60)).await;
            }
        }
        asked
    });
    (format!("tcp://{address}"), server)
}

macro_rules! json {
    ($status:literal, $body:literal) => {
        concat!("HTTP/1.1 ", $status, "\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n", $body)
    };
}

const VERSION: &str = json!("200 OK", r#"{"Version":"99.0","ApiVersion":"1.99"}"#);

#[tokio::test]
async fn what_answers_must_be_an_engine() {
    let (host, _server) = scripted(vec![json!("200 OK", "{}")]).await;
    assert_eq!(failure(host).await.kind, ErrorKind::Other);
    let (host, _server) = scripted(vec!["SSH-2.0-OpenSSH_9.2\r\n"]).await;
    assert_ne!(failure(host).await.kind, ErrorKind::Timeout);
}

#[tokio::test]
async fn half_an_answer_is_given_up() {
    let (host, _server) = scripted(vec![VERSION, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{..."]).await;
    let options = ConnectOptions { host: Some(host), timeout: Duration::from_secs(1), ..ConnectOptions::default() };
    let engine = connect(&options).await.unwrap();
    let error = Engine::info(&engine).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Timeout, "{error}");
}

#[tokio::test]
async fn a_container_that_vanishes_between_list_and_look_is_left_out() {
    let list = json!("200 OK", r#"[{"Id":"aaaa"}]"#);
    let gone = json!("404 Not Found", r#"{"message":"No such container: aaaa"}"#);
    let (host, server) = scripted(vec![VERSION, list, gone]).await;
    let engine = connect(&ConnectOptions { host: Some(host), ..ConnectOptions::default() }).await.unwrap();
    let seen = Engine::containers(&engine, &"shop".parse().unwrap()).await.unwrap();
    assert!(seen.is_empty());
    assert!(server.await.unwrap()[1].contains("com.docker.compose.project%3Dshop"));
}

#[tokio::test]
async fn half_a_container_is_removed_again() {
    let old = json!("200 OK", r#"{"Version":"20.10.24","ApiVersion":"1.41"}"#);
    let created = json!("201 Created", r#"{"Id":"aaaa","Warnings":[]}"#);
    let refused = json!("404 Not Found", r#"{"message":"network b not found"}"#);
    let (host, server) = scripted(vec![old, created, refused, json!("204 No Content", "")]).await;
    let engine = connect(&ConnectOptions { host: Some(host), ..ConnectOptions::default() }).await.unwrap();
    let mut spec = ContainerSpec::holder("shop-web-1".into(), "web:1".into(), Default::default(), Vec::new());
    for network in ["a", "b"] {
        spec.networks.insert(network.into(), EndpointSpec { aliases: vec!["web".into()], address: None });
    }
    let error = Engine::create_container(&engine, &spec).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert!(error.to_string().starts_with("create container shop-web-1: connect"), "{error}");
    let asked = server.await.unwrap();
    assert!(asked[1].contains(r#""EndpointsConfig":{"a":{"Aliases":["web"]}}"#), "{}", asked[1]);
    assert!(asked[2].starts_with("POST /networks/b/connect") && asked[2].contains(r#""Aliases":["web"]"#), "{}", asked[2]);
    assert!(asked[3].starts_with("DELETE /containers/aaaa?"), "{}", asked[3]);
}

#[tokio::test]
async fn credentials_are_sent_as_the_engine_reads_them() {
    let dir = tempfile::tempdir().unwrap();
    // "user:a>b?c>d?e~~~~" in base64: what follows holds both characters that the two alphabets differ in.
    let config = br#"{"auths":{"registry.example":{"auth":"dXNlcjphPmI/Yz5kP2V+fn5+"}}}"#;
    std::fs::File::create(dir.path().join("config.json")).unwrap().write_all(config).unwrap();
    let stream = json!(
        "200 OK",
        "{\"status\":\"Pulling\"}\n{\"errorDetail\":{\"message\":\"manifest unknown\"},\"error\":\"manifest unknown\"}\n"
    );
    let (host, server) = scripted(vec![VERSION, stream]).await;
    let config_dir = Some(dir.path().display().to_string());
    let engine = connect(&ConnectOptions { host: Some(host), config_dir, ..ConnectOptions::default() }).await.unwrap();
    let image = "registry.example/shop/web:1".parse().unwrap();
    let pull = Engine::pull(&engine, &image, Duration::from_secs(5), &|_| ()).await;
    let error = pull.unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::ImageUnavailable, "manifest unknown"));
    let asked = &server.await.unwrap()[1];
    assert!(asked.contains("fromImage=registry.example%2Fshop%2Fweb&tag=1"), "{asked}");
    let header = asked.lines().find_map(|line| line.to_lowercase().starts_with("x-registry-auth: ").then(|| line[17..].trim()));
    let header = header.expect("credentials");
    assert!(!header.contains(['+', '/']) && header.contains(['-', '_']), "{header}");
}

macro_rules! attached {
    ($output:literal) => {
        concat!(
            "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n",
            "Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n",
            $output
        )
    };
}

/// What comes of a command when the engine answers so.
async fn run(answers: &[&'static str]) -> (Vec<CommandEvent>, EngineError, Vec<String>) {
    let (host, server) = scripted([&[VERSION], answers].concat()).await;
    let engine = connect(&ConnectOptions { host: Some(host), ..ConnectOptions::default() }).await.unwrap();
    let environment = vec![("PGPASSWORD".to_owned(), Secret::new("hunter2".to_owned()))];
    let command = Command { environment, ..Command::new(&["pg_dump".into()], Duration::from_secs(10)) };
    let (mut events, mut heard) = (Engine::run(&engine, "shop-postgres-1", command), Vec::new());
    let error = loop {
        match events.next().await.expect("a code or an error") {
            Ok(event) => heard.push(event),
            Err(error) => break error,
        }
    };
    assert!(events.next().await.is_none(), "something comes after {error}");
    (heard, error, server.await.unwrap())
}

const MADE: &str = json!("201 Created", r#"{"Id":"eeee"}"#);

#[tokio::test]
async fn output_that_breaks_off_is_no_success() {
    let whole = CommandEvent::Stdout("abc".into());
    for (cut, begins) in [
        (attached!("\u{1}\0\0\0\0\0\0\u{3}abc\u{1}\0\0\0\0\0\0\u{5}ab"), true),
        (attached!("\u{1}\0\0\0\0\0\0\u{3}abc\u{1}\0\0"), true),
        (attached!("no frame at all"), false),
    ] {
        let (heard, error, _) = run(&[MADE, cut]).await;
        assert_eq!(heard, begins.then(|| whole.clone()).as_slice());
        assert_eq!(error.kind, ErrorKind::Other, "{error}");
        assert!(error.message.contains("broke off"), "{error}");
    }
}

#[tokio::test]
async fn output_without_an_exit_code_is_no_success() {
    // An engine that was restarted knows nothing of the command.
    let gone = json!("404 Not Found", r#"{"message":"No such exec instance: eeee"}"#);
    let (heard, error, asked) = run(&[MADE, attached!("\u{2}\0\0\0\0\0\0\u{3}abc"), gone]).await;
    assert_eq!(heard, [CommandEvent::Stderr("abc".into())]);
    assert_eq!(error.kind, ErrorKind::Unreachable, "{error}");
    assert!(asked[1].starts_with("POST /containers/shop-postgres-1/exec ") && asked[1].contains(r#""Cmd":["pg_dump"]"#));
    assert!(asked[1].contains(r#""Env":["PGPASSWORD=hunter2"]"#), "{}", asked[1]);
}

#[tokio::test]
async fn an_engine_that_quotes_a_variable_is_not_repeated() {
    let quoted = json!("400 Bad Request", r#"{"message":"invalid variable PGPASSWORD=hunter2"}"#);
    let (_, error, _) = run(&[quoted]).await;
    assert_eq!(error.to_string(), "run `pg_dump` in container shop-postgres-1: invalid variable PGPASSWORD=***");
}
