//! The life of a server, whatever it serves: slow start, bind, serve, drain, and the faults that strike on the way.

use std::future::IntoFuture;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use tokio::net::TcpListener;

use crate::environment::{Environment, Unfit};
use crate::faults::Faults;
use crate::identity::{Identity, sign};
use crate::shutdown::Shutdown;
use crate::{Failure, log};

/// What the environment says about serving.
#[derive(Debug)]
pub(crate) struct Server {
    identity: Arc<Identity>,
    faults: Arc<Faults>,
    shutdown: Shutdown,
    host: Option<IpAddr>,
    port: u16,
    drain_limit: Duration,
}

impl Server {
    /// `host_variable` names the address to bind; where it holds something else (a host name), all addresses are bound.
    pub(crate) fn new(
        environment: &Environment,
        identity: Arc<Identity>,
        faults: Arc<Faults>,
        shutdown: Shutdown,
        host_variable: &str,
        default_port: u16,
    ) -> Result<Self, Unfit> {
        Ok(Self {
            identity,
            faults,
            shutdown,
            host: environment.get(host_variable).and_then(|host| host.parse().ok()),
            port: environment.parse("PORT", "a port number")?.unwrap_or(default_port),
            drain_limit: Duration::from_secs(environment.parse("SHUTDOWN_TIMEOUT_S", "a whole number")?.unwrap_or(10)),
        })
    }

    /// Prepares with `start_up`, then serves what it made until the process is asked to stop and the last answer is out.
    pub(crate) async fn run(&self, start_up: impl Future<Output = Result<Router, Failure>>) -> Result<ExitCode, Failure> {
        let prepared = async {
            tokio::time::sleep(self.faults.slow_start).await;
            start_up.await
        };
        let router = match self.shutdown.unless_requested(prepared).await {
            Ok(router) => router?,
            Err(code) => return Ok(code),
        };
        let router = router.layer(from_fn_with_state(self.identity.clone(), sign));
        let ballast = vec![1_u8; self.faults.allocate_bytes];
        let listener = self.bind().await?;
        self.crash_later();
        self.log(&format!("{} listening on {}", self.identity.release.name, listener.local_addr()?));

        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let drained = axum::serve(listener, service).with_graceful_shutdown(self.shutdown.clone().requested());
        tokio::select! {
            result = drained.into_future() => {
                result?;
                self.log("shut down, nothing left in flight");
            }
            () = self.drain_limit_passed() => self.log("shut down at the limit, with requests in flight"),
        }
        // Held, and so counted against the container's memory, for as long as the server lives.
        drop(std::hint::black_box(ballast));
        Ok(ExitCode::SUCCESS)
    }

    async fn bind(&self) -> std::io::Result<TcpListener> {
        match self.host {
            Some(host) => TcpListener::bind((host, self.port)).await,
            // Both families, as Node does; a kernel without IPv6 gets the other one.
            None => match TcpListener::bind((Ipv6Addr::UNSPECIFIED, self.port)).await {
                Ok(listener) => Ok(listener),
                Err(_) => TcpListener::bind((Ipv4Addr::UNSPECIFIED, self.port)).await,
            },
        }
    }

    fn crash_later(&self) {
        let Some(delay) = self.faults.crash_after else { return };
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            log::complain("error: crashed, as FAULT_CRASH_AFTER_S asks");
            std::process::exit(1);
        });
    }

    async fn drain_limit_passed(&self) {
        self.shutdown.clone().requested().await;
        self.log("asked to stop: no new connections, finishing what is in flight");
        tokio::time::sleep(self.drain_limit).await;
    }

    fn log(&self, message: &str) {
        log::info(self.identity.service, message);
    }
}
