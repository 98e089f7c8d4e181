//! Tries a new replica out before it gets traffic: one request, as the ingress would send it.
//!
//! The request is made in the ingress's container, because what counts is whether *it* reaches the replica. By `curl`,
//! or where the image has none by `wget`, which cannot tell more than that all is well. Refuses to judge by less than
//! what was asked for.

use std::time::Duration;

use thiserror::Error;

use crate::engine::{Engine, EngineError, ErrorKind};
use crate::model::Smoke;

/// How long an answer may take where the smoke test does not say; also how long one is waited for that comes too late, so
/// that it can be told how late.
const LIMIT: Duration = Duration::from_secs(30);
/// How long a connection may take, in seconds: to an address that nobody has it would take all of the limit.
const CONNECT_SECONDS: &str = "5";
/// How much of a body is shown.
const SHOWN: usize = 200;

/// Why a replica does not get traffic.
#[derive(Debug, Error)]
pub enum SmokeError {
    /// The engine refused.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// No HTTP answer came.
    #[error("{url} gives no answer: {why}")]
    NoAnswer {
        /// What was asked for.
        url: String,
        /// What the program in the ingress says.
        why: String,
    },
    /// Another status.
    #[error("{url} answers with status {found} and not {expected}")]
    Status {
        /// What was asked for.
        url: String,
        /// Expected.
        expected: u16,
        /// Found.
        found: u16,
    },
    /// The body does not contain what it must.
    #[error("the first 64 KiB of {url} do not contain `{expected}`: {found}")]
    Body {
        /// What was asked for.
        url: String,
        /// The text that must be there.
        expected: String,
        /// The beginning of what is there.
        found: String,
    },
    /// The answer took too long.
    #[error("{url} answers after {} ms and not within {} ms", found.as_millis(), expected.as_millis())]
    Slow {
        /// What was asked for.
        url: String,
        /// The time that it may take.
        expected: Duration,
        /// The time that it took.
        found: Duration,
    },
    /// The ingress's image has nothing that could ask this.
    #[error("{container} has no program that can ask for {url} and tell {what}")]
    NoProgram {
        /// The ingress.
        container: String,
        /// What was to be asked for.
        url: String,
        /// What would have to be told.
        what: &'static str,
    },
}

impl SmokeError {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoProgram { .. } => Some("use an image of nginx with `curl` in it, as the official ones are".into()),
            _ => None,
        }
    }
}

/// Asks the replica at `address` (an IP address or a name) and `port`, from within `ingress`.
pub async fn check(engine: &dyn Engine, ingress: &str, address: &str, port: u16, smoke: &Smoke) -> Result<(), SmokeError> {
    let url = format!("http://{address}:{port}{}", smoke.path);
    let seconds = LIMIT.as_secs().to_string();
    // The body goes nowhere: what curl tells after it must not be cut off behind a long one.
    let told = [
        "curl",
        "-sS",
        "--connect-timeout",
        CONNECT_SECONDS,
        "-m",
        &seconds,
        "-o",
        "/dev/null",
        "-w",
        "%{http_code} %{time_total}",
        &url,
    ];
    let (code, text) = run(engine, ingress, &told, &url).await?;
    if missing(code) {
        return by_wget(engine, ingress, &url, smoke).await;
    }
    let Some((found, took)) = answer(&text).filter(|_| code == 0) else {
        return Err(SmokeError::NoAnswer { url, why: text.trim().to_owned() });
    };
    if found != smoke.status {
        return Err(SmokeError::Status { url, expected: smoke.status, found });
    }
    if let Some(expected) = smoke.latency.filter(|expected| took > *expected) {
        return Err(SmokeError::Slow { url, expected, found: took });
    }
    if smoke.body.is_some() {
        let (code, body) = run(engine, ingress, &["curl", "-sS", "-m", &seconds, &url], &url).await?;
        return contains(&url, code, &body, smoke);
    }
    Ok(())
}

async fn by_wget(engine: &dyn Engine, ingress: &str, url: &str, smoke: &Smoke) -> Result<(), SmokeError> {
    let cannot = |what| SmokeError::NoProgram { container: ingress.to_owned(), url: url.to_owned(), what };
    if smoke.status != 200 {
        return Err(cannot("which status comes"));
    }
    if smoke.latency.is_some() {
        return Err(cannot("how long it takes"));
    }
    let seconds = LIMIT.as_secs().to_string();
    let (code, body) = run(engine, ingress, &["wget", "-q", "-O", "-", "-T", &seconds, url], url).await?;
    if missing(code) {
        return Err(cannot("what comes"));
    }
    contains(url, code, &body, smoke)
}

fn contains(url: &str, code: i64, body: &str, smoke: &Smoke) -> Result<(), SmokeError> {
    let url = url.to_owned();
    let shown = || body.trim().chars().take(SHOWN).collect::<String>();
    match &smoke.body {
        _ if code != 0 => Err(SmokeError::NoAnswer { url, why: format!("exit code {code}: {}", shown()) }),
        Some(expected) if !body.contains(expected) => Err(SmokeError::Body { url, expected: expected.clone(), found: shown() }),
        _ => Ok(()),
    }
}

/// Status and time as curl was told to write them, after whatever else it says.
fn answer(text: &str) -> Option<(u16, Duration)> {
    let (status, time) = text.lines().last()?.trim().split_once(' ')?;
    let status = status.parse().ok().filter(|status| *status != 0)?;
    Some((status, Duration::try_from_secs_f64(time.replace(',', ".").parse().ok()?).ok()?))
}

/// The exit code says that there is no such program.
fn missing(code: i64) -> bool {
    matches!(code, 126 | 127)
}

async fn run(engine: &dyn Engine, ingress: &str, words: &[&str], url: &str) -> Result<(i64, String), SmokeError> {
    let command: Vec<_> = words.iter().map(|w| (*w).to_owned()).collect();
    // The program gives up by itself before that.
    match engine.exec(ingress, &command, LIMIT + Duration::from_secs(5)).await {
        Ok(output) => Ok((output.code, String::from_utf8_lossy(&output.output).into_owned())),
        Err(e) if e.kind == ErrorKind::Timeout => Err(SmokeError::NoAnswer { url: url.to_owned(), why: e.message }),
        Err(e) => Err(e.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ExecOutput;
    use crate::engine::fake::{ExecScript, FakeEngine, FakeImage};
    use crate::model::{ContainerSpec, Labels};

    /// What comes of `smoke` where programs answer with exit code and text.
    async fn outcome(smoke: Smoke, programs: impl Fn(&[String]) -> (i64, &'static str) + Send + Sync + 'static) -> String {
        let script = ExecScript::new(move |_, argv| {
            let (code, text) = programs(argv);
            Some(ExecOutput { code, output: text.into() })
        });
        let engine = FakeEngine::new().with_image("proxy:1", FakeImage { exec: Some(script), ..FakeImage::default() });
        let spec = ContainerSpec::holder("proxy".into(), "proxy:1".into(), Labels::new(), Vec::new());
        engine.create_container(&ContainerSpec { command: Some(vec!["nginx".into()]), ..spec }).await.unwrap();
        engine.start("proxy").await.unwrap();
        match check(&engine, "proxy", "10.0.0.5", 80, &smoke).await {
            Ok(()) => "good".into(),
            Err(error) => error.to_string(),
        }
    }

    fn smoke(status: u16, body: Option<&str>, latency: Option<u64>) -> Smoke {
        let latency = latency.map(Duration::from_millis);
        Smoke { path: "/x".into(), status, body: body.map(str::to_owned), latency }
    }

    #[tokio::test(start_paused = true)]
    async fn curl_tells_status_body_and_time() {
        let curl = |argv: &[String]| if argv.contains(&"-w".to_owned()) { (0, "200 0.250") } else { (0, "hello world") };
        let cases = [
            (smoke(200, None, None), "good"),
            (smoke(200, Some("hello"), Some(250)), "good"),
            (smoke(201, None, None), "http://10.0.0.5:80/x answers with status 200 and not 201"),
            (smoke(200, None, Some(249)), "http://10.0.0.5:80/x answers after 250 ms and not within 249 ms"),
            (smoke(200, Some("bye"), None), "the first 64 KiB of http://10.0.0.5:80/x do not contain `bye`: hello world"),
        ];
        for (smoke, wanted) in cases {
            assert_eq!(outcome(smoke, curl).await, wanted);
        }
        let refused = |_: &[String]| (7, "curl: (7) Failed to connect\n000 0.000");
        let told = outcome(smoke(200, None, None), refused).await;
        assert!(told.starts_with("http://10.0.0.5:80/x gives no answer: curl: (7) Failed"), "{told}");
    }

    #[tokio::test(start_paused = true)]
    async fn wget_tells_whether_all_is_well_and_no_more() {
        let wget = |argv: &[String]| if argv[0] == "wget" { (0, "hello") } else { (127, "no such file") };
        let cases = [
            (smoke(200, None, None), "good"),
            (smoke(200, Some("hello"), None), "good"),
            (smoke(204, None, None), "proxy has no program that can ask for http://10.0.0.5:80/x and tell which status comes"),
            (smoke(200, None, Some(9)), "proxy has no program that can ask for http://10.0.0.5:80/x and tell how long it takes"),
        ];
        for (smoke, wanted) in cases {
            assert_eq!(outcome(smoke, wget).await, wanted);
        }
        let failing = |argv: &[String]| if argv[0] == "wget" { (8, "HTTP/1.1 500") } else { (127, "") };
        assert!(outcome(smoke(200, None, None), failing).await.contains("gives no answer: exit code 8: HTTP/1.1 500"));
        assert!(outcome(smoke(200, None, None), |_| (127, "")).await.contains("has no program"));
    }
}
