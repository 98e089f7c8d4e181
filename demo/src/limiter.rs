//! The application's rate limiter: so many requests per client address and window, then 429 until the window ends.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Past this many clients, those whose window is over are forgotten.
const CLIENTS_BEFORE_SWEEP: usize = 10_000;

/// Fixed windows, each starting with its client's first request.
#[derive(Debug)]
pub(crate) struct Limiter {
    /// None: unlimited.
    limit: Option<u32>,
    window: Duration,
    clients: Mutex<HashMap<String, Window>>,
}

#[derive(Debug)]
struct Window {
    started: Instant,
    requests: u32,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Allowed,
    Refused { retry_after: Duration },
}

impl Limiter {
    /// `limit` 0 means unlimited.
    pub(crate) fn new(limit: u32, window: Duration) -> Self {
        Self { limit: (limit > 0).then_some(limit), window, clients: Mutex::default() }
    }

    /// Counts one request of `client`.
    pub(crate) fn admit(&self, client: &str, now: Instant) -> Verdict {
        let Some(limit) = self.limit else { return Verdict::Allowed };
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if clients.len() >= CLIENTS_BEFORE_SWEEP {
            clients.retain(|_, window| now.duration_since(window.started) < self.window);
        }
        // Looked up before inserted: almost every request is of a client that is known.
        if !clients.contains_key(client) {
            clients.insert(client.to_owned(), Window { started: now, requests: 0 });
        }
        let Some(window) = clients.get_mut(client) else { return Verdict::Allowed };
        let mut age = now.duration_since(window.started);
        if age >= self.window {
            *window = Window { started: now, requests: 0 };
            age = Duration::ZERO;
        }
        if window.requests >= limit {
            return Verdict::Refused { retry_after: self.window - age };
        }
        window.requests += 1;
        Verdict::Allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn refusals(limiter: &Limiter, client: &str, requests: u32, now: Instant) -> usize {
        (0..requests).filter(|_| limiter.admit(client, now) != Verdict::Allowed).count()
    }

    #[test]
    fn the_request_after_the_limit_is_refused_until_the_window_ends() {
        let (limiter, start) = (Limiter::new(100, MINUTE), Instant::now());
        assert_eq!(refusals(&limiter, "10.0.0.1", 100, start), 0);
        let late = start + Duration::from_secs(45);
        assert_eq!(limiter.admit("10.0.0.1", late), Verdict::Refused { retry_after: Duration::from_secs(15) });
        assert_eq!(limiter.admit("10.0.0.1", start + MINUTE), Verdict::Allowed);
    }

    #[test]
    fn clients_do_not_share_their_budget() {
        let (limiter, now) = (Limiter::new(1, MINUTE), Instant::now());
        assert_eq!(refusals(&limiter, "10.0.0.1", 2, now), 1);
        assert_eq!(limiter.admit("10.0.0.2", now), Verdict::Allowed);
    }

    #[test]
    fn zero_means_unlimited() {
        assert_eq!(refusals(&Limiter::new(0, MINUTE), "10.0.0.1", 10_000, Instant::now()), 0);
    }

    #[test]
    fn clients_whose_window_is_over_are_forgotten() {
        let (limiter, start) = (Limiter::new(1, MINUTE), Instant::now());
        for client in 0..CLIENTS_BEFORE_SWEEP {
            limiter.admit(&client.to_string(), start);
        }
        limiter.admit("late", start + MINUTE);
        assert_eq!(limiter.clients.lock().unwrap().len(), 1);
    }
}
