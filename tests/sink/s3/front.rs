//! What stands before the store and breaks the calls that a test names.

use std::{
    convert::Infallible,
    future::pending,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper::{
    Method, Request, Response,
    body::{Body, Frame, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use s3s::service::S3Service;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

/// The calls that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    Head,
    Get,
    List,
    Put,
    Delete,
    Create,
    Part,
    Complete,
    Abort,
    Uploads,
}

#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// Answered with this status, code and message, the store not asked.
    Answer(u16, &'static str, &'static str),
    /// The connection ends, the store not asked.
    Reset,
    /// The store does it, and the connection ends before the answer.
    LoseAnswer,
    /// No answer, ever.
    Hang,
    /// The connection ends after so many bytes of the answer's content.
    Cut(usize),
}

/// Which calls are broken, and how many of them.
struct Rule {
    call: Call,
    fault: Fault,
    left: usize,
}

#[derive(Default)]
struct Told {
    rules: Vec<Rule>,
    seen: Vec<Call>,
}

#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<Told>>);

impl Faults {
    /// Breaks the next calls of this kind.
    pub fn next(&self, count: usize, call: Call, fault: Fault) {
        self.0.lock().unwrap().rules.push(Rule { call, fault, left: count });
    }

    pub fn always(&self, call: Call, fault: Fault) {
        self.next(usize::MAX, call, fault);
    }

    pub fn none(&self) {
        self.0.lock().unwrap().rules.clear();
    }

    /// How often such a call came in.
    pub fn seen(&self, call: Call) -> usize {
        self.0.lock().unwrap().seen.iter().filter(|seen| **seen == call).count()
    }

    fn of(&self, call: Call) -> Option<Fault> {
        let mut told = self.0.lock().unwrap();
        told.seen.push(call);
        let rule = told.rules.iter_mut().find(|rule| rule.call == call && rule.left > 0)?;
        rule.left -= 1;
        Some(rule.fault)
    }
}

fn call(request: &Request<Incoming>) -> Call {
    let query = request.uri().query().unwrap_or_default();
    let has = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
    match *request.method() {
        Method::HEAD => Call::Head,
        Method::GET if has("uploads") => Call::Uploads,
        Method::GET if has("list-type") => Call::List,
        Method::GET => Call::Get,
        Method::PUT if has("partNumber") => Call::Part,
        Method::PUT => Call::Put,
        Method::DELETE if has("uploadId") => Call::Abort,
        Method::DELETE => Call::Delete,
        Method::POST if has("uploads") => Call::Create,
        Method::POST => Call::Complete,
        ref other => panic!("a call that was not foreseen: {other} {}", request.uri()),
    }
}

type Content = UnsyncBoxBody<Bytes, io::Error>;

async fn answer(store: S3Service, faults: Faults, request: Request<Incoming>) -> io::Result<Response<Content>> {
    let broken = || io::Error::other("broken on purpose");
    let fault = faults.of(call(&request));
    match fault {
        Some(Fault::Answer(status, code, message)) => {
            let is_head = request.method() == Method::HEAD;
            // As stores do, all of it is read before it is refused.
            let _ = request.into_body().collect().await;
            let text = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>");
            let content = Full::new(if is_head { Bytes::new() } else { text.into() });
            let content = content.map_err(|never: Infallible| match never {}).boxed_unsync();
            return Ok(Response::builder().status(status).header("content-type", "application/xml").body(content).unwrap());
        }
        Some(Fault::Reset) => return Err(broken()),
        Some(Fault::Hang) => pending().await,
        Some(Fault::LoseAnswer | Fault::Cut(_)) | None => {}
    }
    let answer = store.call(request.map(s3s::Body::from)).await.map_err(|error| io::Error::other(format!("{error:?}")))?;
    let answer = answer.map(|content| content.map_err(io::Error::other).boxed_unsync());
    match fault {
        Some(Fault::LoseAnswer) => {
            // Some answers are made while they are read.
            let _ = answer.into_body().collect().await;
            Err(broken())
        }
        Some(Fault::Cut(after)) => Ok(answer.map(|content| Cut { content, left: after }.boxed_unsync())),
        _ => Ok(answer),
    }
}

struct Cut {
    content: Content,
    left: usize,
}

impl Body for Cut {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.left == 0 {
            return Poll::Ready(Some(Err(io::Error::other("broken on purpose"))));
        }
        let polled = Pin::new(&mut self.content).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = polled {
            let frame = frame.map_data(|mut data| data.split_to(data.len().min(self.left)));
            self.left -= frame.data_ref().map_or(0, Bytes::len);
            return Poll::Ready(Some(Ok(frame)));
        }
        polled
    }
}

/// Serves until it is dropped.
pub struct Front {
    pub address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Drop for Front {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Front {
    pub fn new(store: S3Service, faults: Faults, tls: Option<TlsAcceptor>) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let listener = TcpListener::from_std(listener).unwrap();
        let serving = tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let (store, faults, tls) = (store.clone(), faults.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(socket, store, faults).await,
                        // Who does not trust us ends the connection.
                        Some(tls) => {
                            if let Ok(socket) = tls.accept(socket).await {
                                serve(socket, store, faults).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, serving }
    }
}

async fn serve(socket: impl AsyncRead + AsyncWrite + Unpin + 'static, store: S3Service, faults: Faults) {
    let service = service_fn(move |request| answer(store.clone(), faults.clone(), request));
    // A connection that is broken on purpose ends in an error.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(socket), service).await;
}
