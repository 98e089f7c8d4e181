//! The load against servers that do wrong in a known way: each must be told, and told apart.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread,
    time::Duration,
};

use crate::load::{FailureKind, Load, Mix, Report};

/// What a server does with a connection on which a request has just come in.
type Handler = fn(&mut TcpStream, request: &str, nth: usize);

/// Never.
const NEVER: Duration = Duration::from_secs(24 * 3600);

/// One client with a connection of its own for each request, and nobody else.
fn fresh_only() -> Mix {
    Mix {
        brisk: (0, NEVER),
        lazy: (0, NEVER),
        fresh: Duration::from_millis(5),
        slow: NEVER,
        upload: NEVER,
        trickle: NEVER,
        sockets: 0,
    }
}

/// One client that keeps its connection, and nobody else.
fn brisk_only() -> Mix {
    Mix { brisk: (1, Duration::from_millis(5)), fresh: NEVER, ..fresh_only() }
}

/// Serves for as long as the test's process lives; each connection until its handler hangs up.
fn serve(handler: Handler) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || converse(stream, handler));
        }
    });
    port
}

fn converse(mut stream: TcpStream, handler: Handler) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    for nth in 0.. {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            (reader.read_line(&mut head).ok()? > 0).then_some(())?;
        }
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "))?.parse().ok()?;
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        handler(&mut stream, &(head + &String::from_utf8_lossy(&body)), nth);
    }
    None
}

/// What comes to light after so many requests.
fn report(port: u16, mix: Mix, requests: u64) -> Report {
    let load = Load::start(port, mix);
    load.until_booked(requests);
    load.finish()
}

#[track_caller]
fn assert_all_fail(handler: Handler, kind: FailureKind) {
    let report = report(serve(handler), fresh_only(), 10);
    assert_eq!(report.failures.keys().collect::<Vec<_>>(), [&kind], "{report}");
    assert_eq!(report.failed(), report.requests(), "{report}");
    assert_eq!(report.before.latencies.quantile(1.0), None, "a failed request has no latency");
}

fn answer(stream: &mut TcpStream, status: u16, headers: &str, body: &str) {
    let _ = write!(stream, "HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len());
}

/// What the stack would answer; `headers` come on top, each with its line end.
fn well(stream: &mut TcpStream, request: &str, version: &str, headers: &str) {
    let signed = format!("x-medianest-service: frontend\r\nx-medianest-version: {version}\r\n{headers}");
    match request.split(' ').take(2).collect::<Vec<_>>()[..] {
        ["GET", "/"] => answer(stream, 200, &signed, &format!("<small>{version}</small></html>")),
        ["GET", "/api/queue"] => answer(stream, 200, &signed, r#"{"length": 1}"#),
        ["GET", "/api/media"] => answer(stream, 200, &signed, r#"{"items": []}"#),
        ["POST", "/api/queue"] => answer(stream, 201, &signed, r#"{"length": 1}"#),
        ["POST", "/api/media"] => answer(stream, 201, &signed, request.split_once("\r\n\r\n").unwrap().1),
        _ => answer(stream, 404, &signed, ""),
    }
}

fn hang_up(stream: &TcpStream) {
    let _ = stream.shutdown(std::net::Shutdown::Both);
}

#[test]
fn nobody_listens() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let report = report(port, fresh_only(), 5);
    assert_eq!(report.failures.keys().collect::<Vec<_>>(), [&FailureKind::Refused], "{report}");
}

#[test]
fn a_connection_that_ends_before_the_answer() {
    assert_all_fail(|stream, _, _| hang_up(stream), FailureKind::CutOff);
}

#[test]
fn a_connection_that_ends_within_the_answer() {
    let half = |stream: &mut TcpStream, _: &str, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it");
        hang_up(stream);
    };
    assert_all_fail(half, FailureKind::CutOff);
}

#[test]
fn a_connection_that_is_reset() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // A connection that is closed with something unread in it is reset by the kernel.
    thread::spawn(move || listener.incoming().map_while(Result::ok).try_for_each(|stream| stream.peek(&mut [0; 1]).map(drop)));
    let report = report(port, fresh_only(), 10);
    assert_eq!(report.failures.keys().collect::<Vec<_>>(), [&FailureKind::Reset], "{report}");
}

#[test]
fn bad_gateway_and_too_many_requests() {
    assert_all_fail(|stream, _, _| answer(stream, 502, "", "Bad Gateway"), FailureKind::Status(502));
    assert_all_fail(|stream, _, _| answer(stream, 429, "", "slow down"), FailureKind::Status(429));
}

#[test]
fn another_body_than_was_asked_for() {
    assert_all_fail(
        |stream, request, _| {
            answer(stream, if request.starts_with("POST") { 201 } else { 200 }, "x-medianest-version: v1\r\n", "half a page")
        },
        FailureKind::WrongBody,
    );
}

#[test]
fn an_answer_without_a_length_is_not_taken_for_whole() {
    assert_all_fail(
        |stream, _, _| {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        },
        FailureKind::Malformed,
    );
}

#[test]
fn a_kept_connection_that_ends_instead_of_the_next_answer_is_a_failure() {
    let port = serve(|stream, request, nth| if nth == 2 { hang_up(stream) } else { well(stream, request, "v1", "") });
    let report = report(port, brisk_only(), 9);
    let (_, examples) = &report.failures[&FailureKind::CutOff];
    assert!(examples.iter().any(|example| example.reused), "{report}");
}

#[test]
fn a_server_may_end_a_connection_by_announcing_it() {
    let port = serve(|stream, request, _| {
        well(stream, request, "v1", "Connection: close\r\n");
        hang_up(stream);
    });
    let report = report(port, brisk_only(), 1);
    assert_eq!((report.failed(), report.reused), (0, 0), "{report}");
}

#[test]
fn versions_are_seen_from_the_begin_of_a_period() {
    let port = serve(|stream, request, nth| well(stream, request, if nth < 2 { "v1" } else { "v2" }, ""));
    let load = Load::start(port, brisk_only());
    load.until_booked(1);
    load.begin("update");
    load.until_booked(2);
    let report = load.finish();
    assert_eq!(report.before.name, "before");
    assert!(report.before.first_answer("v1").is_some() && report.before.first_answer("v3").is_none(), "{report:?}");
    assert_eq!(report.changes[0].name, "update");
    assert!(report.changes[0].first_answer("v2").is_some(), "{report:?}");
}

/// Answers the handshake, says its name, and sends back the echo of one message; then says goodbye.
#[test]
fn a_web_socket_that_is_closed_is_a_drop_and_comes_back() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
            let upgrade = "HTTP/1.1 101 Switching Protocols\r\nx-medianest-version: v1\r\n\r\n";
            // Text "a", then close with code 1001.
            stream.write_all(&[upgrade.as_bytes(), b"\x81\x01a", b"\x88\x02\x03\xe9"].concat()).unwrap();
            let _ = reader.read_to_end(&mut Vec::new());
        }
    });
    let load = Load::start(port, Mix { fresh: NEVER, sockets: 1, ..fresh_only() });
    load.until_booked(3);
    let report = load.finish();
    assert_eq!(report.failed(), 0, "{report}");
    assert!(report.most_drops() >= 2, "{report}");
    assert_eq!(report.drop_reasons.keys().collect::<Vec<_>>(), ["closed by the server with code 1001"]);
}
