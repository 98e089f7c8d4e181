//! Asks a registry over HTTP (OCI distribution specification 1.1), bounded in time and size.
//!
//! TLS unless the engine, too, may do without: then TLS is tried first, as the engine does it. A token or a password goes to
//! nobody but the registry itself and the token service that it names.

use std::{error::Error as _, path::PathBuf, time::Duration};

use async_trait::async_trait;
use reqwest::{
    Client, RequestBuilder, Response, StatusCode, Url,
    header::{HeaderMap, LINK, WWW_AUTHENTICATE},
    redirect::Policy,
};
use serde::Deserialize;
use tokio::time::timeout;

use super::{
    Credentials, Registry, RegistryError,
    address::{Address, is_loopback, may_be_plain},
    challenge::{self, Challenge},
    look_up, page,
};
use crate::model::ImageRef;
use crate::secret::Secret;

/// Longest time for everything that is asked about one repository.
const LIMIT: Duration = Duration::from_secs(60);
/// Longest time until a connection stands.
const CONNECT: Duration = Duration::from_secs(10);
/// Most bytes of one answer.
const BODY: usize = 4 << 20;
/// Tags of one page; registries that allow fewer give fewer.
const PAGE: usize = 1000;
/// Most pages of one repository.
const PAGES: usize = 200;
/// As what this program is known to those who give out tokens.
const CLIENT: &str = "medianestctl";

/// The registries of this world.
pub struct Registries {
    client: Client,
    /// For those on this machine or in the clear, which no proxy has a part in.
    direct: Client,
    config_dir: Option<PathBuf>,
    insecure: Vec<String>,
    engine_is_here: bool,
    pub(super) limit: Duration,
}

impl Registries {
    /// With the user's Docker configuration, and what the engine calls insecure (hosts and networks). Where the engine is on
    /// another machine, addresses like 127.0.0.1 are none of this one's.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(config_dir: Option<PathBuf>, insecure: Vec<String>, engine_is_here: bool) -> Result<Self, RegistryError> {
        // Whoever was first has chosen the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = || {
            Client::builder()
                .user_agent(concat!("medianestctl/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(CONNECT)
                .redirect(Policy::none())
        };
        let failed = |error: reqwest::Error| RegistryError::Unreachable { registry: "no registry".into(), why: words(&error) };
        let client = builder().build().map_err(failed)?;
        let direct = builder().no_proxy().build().map_err(failed)?;
        Ok(Self { client, direct, config_dir, insecure, engine_is_here, limit: LIMIT })
    }
}

#[async_trait]
impl Registry for Registries {
    async fn tags(&self, image: &ImageRef) -> Result<Vec<String>, RegistryError> {
        let address = Address::of(image);
        if is_loopback(&address.host) && !self.engine_is_here {
            return Err(RegistryError::Elsewhere { registry: address.host });
        }
        let mut talk = Talk { registries: self, image, address: &address, token: Token::None };
        match timeout(self.limit, talk.tags()).await {
            Ok(answer) => answer,
            Err(_) => Err(RegistryError::TimedOut {
                registry: address.host.clone(),
                repository: address.repository.clone(),
                seconds: self.limit.as_secs(),
            }),
        }
    }
}

/// What is shown with each request.
enum Token {
    None,
    Bearer(Secret<String>),
    Basic(String, Secret<String>),
}

impl Token {
    fn on(&self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::None => request,
            Self::Bearer(token) => request.bearer_auth(token.expose()),
            Self::Basic(user, password) => request.basic_auth(user, Some(password.expose())),
        }
    }
}

/// The answer of a token service: Docker's word for it or OAuth's.
#[derive(Deserialize)]
struct Given {
    token: Option<String>,
    access_token: Option<String>,
}

/// Questions about one repository.
struct Talk<'a> {
    registries: &'a Registries,
    image: &'a ImageRef,
    address: &'a Address,
    token: Token,
}

impl Talk<'_> {
    async fn tags(&mut self) -> Result<Vec<String>, RegistryError> {
        let mut tags = Vec::new();
        let (mut url, mut response) = self.first().await?;
        for _ in 0..PAGES {
            let next = header(response.headers(), LINK).find_map(page::next).map(str::to_owned);
            let body = self.body(response).await?;
            tags.extend(page::tags(&body).map_err(|why| self.useless(why))?);
            let Some(next) = next else { return Ok(tags) };
            url = self.follow(&url, &next)?;
            response = self.ask(&url).await?;
        }
        Err(self.useless(format!("its list of tags has more than {PAGES} pages")))
    }

    /// The first page, and under which address it was had.
    async fn first(&mut self) -> Result<(Url, Response), RegistryError> {
        let Address { host, repository } = self.address;
        let at = |scheme: &str| Url::parse(&format!("{scheme}://{host}/v2/{repository}/tags/list?n={PAGE}"));
        let at = |scheme: &str| at(scheme).map_err(|error| self.useless(format!("its name is no address ({error})")));
        let (secure, plain) = (at("https")?, at("http")?);
        match self.send(&secure).await {
            Ok(response) => Ok((secure.clone(), self.admitted(&secure, response).await?)),
            Err(error) if error.is_connect() && self.may_be_plain(&plain) => Ok((plain.clone(), self.ask(&plain).await?)),
            Err(error) => Err(self.unreachable(&error)),
        }
    }

    fn client(&self, url: &Url) -> &Client {
        let Registries { client, direct, .. } = self.registries;
        if self.may_be_plain(url) { direct } else { client }
    }

    /// Whether the engine would do without TLS there.
    fn may_be_plain(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let with_port = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        may_be_plain(&with_port, &self.registries.insecure)
    }

    async fn send(&self, url: &Url) -> Result<Response, reqwest::Error> {
        self.token.on(self.client(url).get(url.clone())).send().await
    }

    async fn ask(&mut self, url: &Url) -> Result<Response, RegistryError> {
        let response = self.send(url).await.map_err(|error| self.unreachable(&error))?;
        self.admitted(url, response).await
    }

    /// The answer to a question; asked once more with a token when the registry wants one.
    async fn admitted(&mut self, url: &Url, response: Response) -> Result<Response, RegistryError> {
        let answer = if response.status() == StatusCode::UNAUTHORIZED {
            let Some(challenge) = challenge::best(header(response.headers(), WWW_AUTHENTICATE)) else {
                return Err(self.denied("it asks for something that is not known here"));
            };
            self.authorise(challenge).await?;
            self.send(url).await.map_err(|error| self.unreachable(&error))?
        } else {
            response
        };
        match answer.status() {
            StatusCode::OK => Ok(answer),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(self.denied("the credentials do not allow it")),
            StatusCode::NOT_FOUND => {
                Err(RegistryError::NotFound { registry: self.address.host.clone(), repository: self.address.repository.clone() })
            }
            status => Err(self.useless(format!("HTTP status {status}"))),
        }
    }

    async fn authorise(&mut self, challenge: Challenge) -> Result<(), RegistryError> {
        let credentials = look_up(self.registries.config_dir.clone(), self.image).await;
        self.token = match (challenge, credentials) {
            (Challenge::Basic, Ok(Some(Credentials::Password(user, password)))) => Token::Basic(user, password),
            (Challenge::Basic, Ok(Some(Credentials::Identity(_)))) => {
                return Err(self.denied("it wants a name and a password, and there is only a token"));
            }
            (Challenge::Basic, Ok(None)) => return Err(self.denied("it wants a name and a password, and there are none")),
            (Challenge::Basic, Err(note)) => return Err(self.denied(&note)),
            (Challenge::Bearer { realm, service, scope }, credentials) => {
                let (credentials, note) = match credentials {
                    Ok(credentials) => (credentials, None),
                    Err(note) => (None, Some(note)),
                };
                let scope = scope.unwrap_or_else(|| format!("repository:{}:pull", self.address.repository));
                Token::Bearer(self.given(&realm, service.as_deref(), &scope, credentials.as_ref(), note).await?)
            }
        };
        Ok(())
    }

    /// A token from whoever gives it out.
    async fn given(
        &self,
        realm: &str,
        service: Option<&str>,
        scope: &str,
        credentials: Option<&Credentials>,
        note: Option<String>,
    ) -> Result<Secret<String>, RegistryError> {
        let mut url = Url::parse(realm).map_err(|error| self.useless(format!("its token service has no address ({error})")))?;
        if !(url.scheme() == "https" || url.scheme() == "http" && self.may_be_plain(&url)) {
            return Err(self.useless("its token service would be asked in the clear".into()));
        }
        let mut asked = Url::clone(&url);
        asked.set_query(None);
        asked.query_pairs_mut().append_pair("scope", scope);
        if let Some(service) = service {
            asked.query_pairs_mut().append_pair("service", service);
        }
        let request = match credentials {
            Some(Credentials::Identity(token)) => {
                let mut form = asked.query_pairs_mut();
                form.append_pair("grant_type", "refresh_token").append_pair("client_id", CLIENT);
                form.append_pair("refresh_token", token.expose());
                drop(form);
                let body = asked.query().unwrap_or_default().to_owned();
                let kind = "application/x-www-form-urlencoded";
                self.client(&url).post(url.clone()).header(reqwest::header::CONTENT_TYPE, kind).body(body)
            }
            credentials => {
                for (name, value) in asked.query_pairs() {
                    url.query_pairs_mut().append_pair(&name, &value);
                }
                let request = self.client(&url).get(url.clone());
                match credentials {
                    Some(Credentials::Password(user, password)) => request.basic_auth(user, Some(password.expose())),
                    _ => request,
                }
            }
        };
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        if !response.status().is_success() {
            let why = note.unwrap_or_else(|| match credentials {
                Some(_) => format!("its token service refused the credentials (HTTP status {})", response.status()),
                None => format!("its token service wants credentials, and there are none (HTTP status {})", response.status()),
            });
            return Err(self.denied(&why));
        }
        let body = self.body(response).await?;
        // What stands in a token's answer is not repeated.
        let given: Option<Given> = serde_json::from_slice(&body).ok();
        let token = given.and_then(|given| given.token.or(given.access_token)).filter(|token| !token.is_empty());
        token.map(Secret::new).ok_or_else(|| self.useless("its token service gave no token".into()))
    }

    /// The next page: of the same registry and nobody else, who would be shown the token.
    fn follow(&self, from: &Url, link: &str) -> Result<Url, RegistryError> {
        let next = from.join(link).map_err(|error| self.useless(format!("the next page has no address ({error})")))?;
        if next.origin() != from.origin() {
            return Err(self.useless("the next page is somewhere else".into()));
        }
        Ok(next)
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, RegistryError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.unreachable(&error))? {
            if body.len() + chunk.len() > BODY {
                return Err(self.useless(format!("more than {} MiB at once", BODY >> 20)));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn unreachable(&self, error: &reqwest::Error) -> RegistryError {
        RegistryError::Unreachable { registry: self.address.host.clone(), why: words(error) }
    }

    fn useless(&self, why: String) -> RegistryError {
        RegistryError::Answer { registry: self.address.host.clone(), why }
    }

    fn denied(&self, why: &str) -> RegistryError {
        let Address { host, repository } = self.address;
        RegistryError::Denied { registry: host.clone(), repository: repository.clone(), why: why.to_owned() }
    }
}

fn header(headers: &HeaderMap, name: reqwest::header::HeaderName) -> impl Iterator<Item = &str> {
    headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok())
}

/// The innermost cause, which says what happened; the outer ones say that something did.
fn words(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    let mut text = None;
    while let Some(inner) = cause {
        text = Some(inner.to_string());
        cause = inner.source();
    }
    text.unwrap_or_else(|| if error.is_timeout() { "it took too long".into() } else { "the connection broke".into() })
}
