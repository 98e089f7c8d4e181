//! The client against servers that say what registries say, and what they should not.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use tempfile::TempDir;

use super::*;

/// A request, as far as anybody looks at it.
#[derive(Debug, Clone)]
struct Asked {
    /// Method and target.
    line: String,
    authorization: String,
    body: String,
}

/// A server; it ends with the process.
struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Answers each request with what `answer` makes of it and of the server's own address; hangs up where it makes nothing.
    fn start(answer: impl Fn(&Asked, &str) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (Arc::clone(&asked), Arc::new(answer));
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                thread::spawn(move || serve(client, &seen, |request| answer(request, &format!("http://127.0.0.1:{port}"))));
            }
        });
        Self { port, asked }
    }

    fn lines(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|asked| asked.line.clone()).collect()
    }
}

fn serve(mut client: TcpStream, seen: &Mutex<Vec<Asked>>, answer: impl Fn(&Asked) -> String) {
    let mut reader = BufReader::new(client.try_clone().unwrap());
    // The beginning of TLS, which nobody speaks here.
    if reader.fill_buf().is_ok_and(|bytes| bytes.first() == Some(&0x16)) {
        return;
    }
    let (mut head, mut line) = (Vec::new(), String::new());
    while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
        head.push(std::mem::take(&mut line));
    }
    let header = |name: &str| {
        let of =
            |line: &String| line.split_once(": ").filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim().to_owned());
        head.iter().find_map(of).unwrap_or_default()
    };
    let mut body = vec![0; header("content-length").parse().unwrap_or(0)];
    reader.read_exact(&mut body).unwrap();
    let line = head.first().and_then(|line| line.strip_suffix(" HTTP/1.1\r\n")).unwrap_or_default().to_owned();
    let asked = Asked { line, authorization: header("authorization"), body: String::from_utf8(body).unwrap() };
    seen.lock().unwrap().push(asked.clone());
    let _ = client.write_all(answer(&asked).as_bytes());
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

fn tags(tags: &[&str]) -> String {
    answer("200 OK", "", &serde_json::json!({"name": "shop/api", "tags": tags}).to_string())
}

fn registries(config: Option<&TempDir>) -> Registries {
    Registries::new(config.map(|dir| dir.path().to_owned()), Vec::new(), true).unwrap()
}

async fn ask(server: &Server, config: Option<&TempDir>) -> Result<Vec<String>, RegistryError> {
    registries(config).tags(&format!("127.0.0.1:{}/shop/api:v1", server.port).parse().unwrap()).await
}

/// A Docker configuration with the password `pass` of `user`, or with an identity token.
fn config(server: &Server, entry: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let text = format!(r#"{{"auths": {{"127.0.0.1:{}": {entry}}}}}"#, server.port);
    fs::write(dir.path().join("config.json"), text).unwrap();
    dir
}

/// `user:pass`.
const PASSWORD: &str = r#"{"auth": "dXNlcjpwYXNz"}"#;

#[tokio::test]
async fn a_list_goes_on_as_long_as_there_is_a_next_page() {
    let server = Server::start(|asked, own| {
        let page = |link: String, tag: &str| {
            answer("200 OK", &format!("Link: <{link}>; rel=\"next\"\r\n"), &format!(r#"{{"tags": ["{tag}"]}}"#))
        };
        match asked.line.as_str() {
            "GET /v2/shop/api/tags/list?n=1000" => page("/v2/shop/api/tags/list?last=v1&n=1000".into(), "v1"),
            "GET /v2/shop/api/tags/list?last=v1&n=1000" => page(format!("{own}/v2/shop/api/tags/list?last=v2"), "v2"),
            _ => tags(&["v3"]),
        }
    });
    assert_eq!(ask(&server, None).await.unwrap(), ["v1", "v2", "v3"]);
    assert_eq!(server.lines().len(), 3);
}

#[tokio::test]
async fn a_next_page_that_is_somewhere_else_or_never_the_last_is_not_followed() {
    let stranger = Server::start(|_, _| tags(&["v9"]));
    let link = format!("Link: <http://127.0.0.1:{}/v2/shop/api/tags/list>; rel=\"next\"\r\n", stranger.port);
    let server = Server::start(move |_, _| answer("200 OK", &link, r#"{"tags": ["v1"]}"#));
    let error = ask(&server, None).await.unwrap_err();
    assert!(error.to_string().ends_with("the next page is somewhere else"), "{error}");
    assert_eq!(stranger.lines(), Vec::<String>::new());
    let server = Server::start(|_, _| answer("200 OK", "Link: </v2/a?b>; rel=\"next\"\r\n", r#"{"tags": ["v1"]}"#));
    let error = ask(&server, None).await.unwrap_err();
    assert!(error.to_string().ends_with("more than 200 pages"), "{error}");
}

/// A registry that wants a token, which the service beside it gives to `user:pass`, and to nobody else when `closed`.
fn with_tokens(closed: bool) -> Server {
    Server::start(move |asked, own| {
        if asked.line.starts_with("GET /token") {
            return match asked.authorization.as_str() {
                "Basic dXNlcjpwYXNz" => answer("200 OK", "", r#"{"token": "for-the-user"}"#),
                "" if !closed => answer("200 OK", "", r#"{"access_token": "for-anybody"}"#),
                _ => answer("401 Unauthorized", "", "no"),
            };
        }
        if asked.line.starts_with("POST /token") {
            return answer("200 OK", "", r#"{"access_token": "for-the-bearer"}"#);
        }
        if asked.authorization.starts_with("Bearer for-") {
            return tags(&["v1"]);
        }
        let wanted = format!(
            "WWW-Authenticate: Bearer realm=\"{own}/token\",service=\"reg.example\",scope=\"repository:shop/api:pull\"\r\n"
        );
        answer("401 Unauthorized", &wanted, r#"{"errors": []}"#)
    })
}

#[tokio::test]
async fn a_token_is_got_for_who_asks() {
    let token = "GET /token?scope=repository%3Ashop%2Fapi%3Apull&service=reg.example";
    let list = "GET /v2/shop/api/tags/list?n=1000";
    let server = with_tokens(false);
    assert_eq!(ask(&server, None).await.unwrap(), ["v1"]);
    assert_eq!(server.lines(), [list, token, list]);

    let server = with_tokens(true);
    let dir = config(&server, PASSWORD);
    assert_eq!(ask(&server, Some(&dir)).await.unwrap(), ["v1"]);
    assert_eq!(server.lines(), [list, token, list]);
    let shown: Vec<_> = server.asked.lock().unwrap().iter().map(|asked| asked.authorization.clone()).collect();
    assert_eq!(
        shown,
        ["", "Basic dXNlcjpwYXNz", "Bearer for-the-user"],
        "a password is shown to whoever gives tokens out, alone"
    );

    let server = with_tokens(true);
    let dir = config(&server, r#"{"auth": "dXNlcjo=", "identitytoken": "long-lived"}"#);
    assert_eq!(ask(&server, Some(&dir)).await.unwrap(), ["v1"]);
    let post = server.asked.lock().unwrap()[1].clone();
    assert_eq!(post.line, "POST /token");
    let form = "scope=repository%3Ashop%2Fapi%3Apull&service=reg.example&grant_type=refresh_token&client_id=medianestctl\
                &refresh_token=long-lived";
    assert_eq!((post.body.as_str(), post.authorization.as_str()), (form, ""));
}

#[tokio::test]
async fn without_the_right_credentials_it_is_said_which_are_missing() {
    let server = with_tokens(true);
    let error = ask(&server, None).await.unwrap_err();
    assert!(error.to_string().contains("wants credentials, and there are none"), "{error}");
    assert_eq!(
        error.hint().unwrap(),
        format!("log in with `docker login 127.0.0.1:{}`, as somebody who may read it", server.port)
    );
    let dir = config(&server, r#"{"auth": "dXNlcjp3cm9uZw=="}"#);
    let error = ask(&server, Some(&dir)).await.unwrap_err();
    assert!(error.to_string().contains("refused the credentials (HTTP status 401 Unauthorized)"), "{error}");
    assert!(!format!("{error:?}").contains("wrong"), "{error:?}");
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("config.json"), r#"{"credsStore": "that-is-not-installed"}"#).unwrap();
    let error = ask(&server, Some(&dir)).await.unwrap_err();
    assert!(error.to_string().contains("credential"), "{error}");
}

#[tokio::test]
async fn a_name_and_a_password_are_given_to_who_wants_them() {
    let server = Server::start(|asked, _| match asked.authorization.as_str() {
        "Basic dXNlcjpwYXNz" => tags(&["v1"]),
        _ => answer("401 Unauthorized", "WWW-Authenticate: Basic realm=\"Registry\"\r\n", ""),
    });
    let dir = config(&server, PASSWORD);
    assert_eq!(ask(&server, Some(&dir)).await.unwrap(), ["v1"]);
    let error = ask(&server, None).await.unwrap_err();
    assert!(error.to_string().contains("it wants a name and a password, and there are none"), "{error}");
    let dir = config(&server, r#"{"auth": "dXNlcjp3cm9uZw=="}"#);
    let error = ask(&server, Some(&dir)).await.unwrap_err();
    assert!(error.to_string().ends_with("the credentials do not allow it"), "{error}");
    assert_eq!(server.lines().len(), 5, "each is asked twice at most, and not a second time with nothing to show");
}

#[tokio::test]
async fn wrong_answers_are_errors_that_say_what_came() {
    let realm = |realm: &str| answer("401 Unauthorized", &format!("WWW-Authenticate: Bearer realm=\"{realm}\"\r\n"), "");
    for (given, said) in [
        (answer("404 Not Found", "", "{}"), "knows no shop/api"),
        (answer("403 Forbidden", "", "{}"), "the credentials do not allow it"),
        (answer("500 Internal Server Error", "", "{}"), "HTTP status 500 Internal Server Error"),
        (answer("429 Too Many Requests", "", "{}"), "HTTP status 429 Too Many Requests"),
        (answer("307 Temporary Redirect", "Location: /elsewhere\r\n", ""), "HTTP status 307 Temporary Redirect"),
        (answer("200 OK", "", "<html>"), "no list of tags"),
        (answer("200 OK", "", &format!("{{\"tags\": [\"{}\"]}}", "a".repeat(5 << 20))), "more than 4 MiB at once"),
        (answer("401 Unauthorized", "", ""), "it asks for something that is not known here"),
        (answer("401 Unauthorized", "WWW-Authenticate: Negotiate\r\n", ""), "it asks for something that is not known here"),
        (realm("http://auth.example/token"), "its token service would be asked in the clear"),
        (realm("token"), "its token service has no address"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".into(), "cannot be reached"),
        ("what".into(), "cannot be reached"),
        (String::new(), "cannot be reached"),
    ] {
        let server = Server::start(move |_, _| given.clone());
        let error = ask(&server, None).await.unwrap_err();
        assert!(error.to_string().contains(said), "{said}: {error}");
    }
    for given in ["{}", "[]", r#"{"token": ""}"#, "not-a-token"] {
        let server = Server::start(move |asked, own| match asked.line.starts_with("GET /token") {
            true => answer("200 OK", "", given),
            false => answer("401 Unauthorized", &format!("WWW-Authenticate: Bearer realm=\"{own}/token\"\r\n"), ""),
        });
        let error = ask(&server, None).await.unwrap_err();
        assert!(error.to_string().ends_with("its token service gave no token"), "{given}: {error}");
    }
}

#[tokio::test]
async fn nobody_is_waited_for_without_end() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let image = format!("127.0.0.1:{}/shop/api:v1", silent.local_addr().unwrap().port()).parse().unwrap();
    let mut impatient = registries(None);
    impatient.limit = Duration::from_millis(50);
    let error = impatient.tags(&image).await.unwrap_err();
    assert!(matches!(error, RegistryError::TimedOut { .. }), "{error}");
    drop(silent);
    let error = registries(None).tags(&image).await.unwrap_err();
    assert!(matches!(error, RegistryError::Unreachable { .. }) && error.to_string().contains("refused"), "{error}");
}

#[tokio::test]
async fn an_address_of_the_engines_machine_is_none_of_this_one() {
    let server = Server::start(|_, _| tags(&["v1"]));
    let elsewhere = Registries::new(None, Vec::new(), false).unwrap();
    let error = elsewhere.tags(&format!("127.0.0.1:{}/shop/api:v1", server.port).parse().unwrap()).await.unwrap_err();
    assert!(matches!(error, RegistryError::Elsewhere { .. }) && error.hint().is_some());
    assert_eq!(server.lines(), Vec::<String>::new());
}
