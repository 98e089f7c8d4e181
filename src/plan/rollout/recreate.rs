//! All old ones stop, all new ones start: for releases that cannot run beside each other.

use std::time::Duration;

use super::{Order, Strategy};
use crate::model::Service;

/// Everything at once.
pub(in crate::plan) struct Recreate;

impl Strategy for Recreate {
    fn order(&self, _: &Service) -> Order {
        Order::StopFirst("recreate was asked for".into())
    }

    fn batch(&self, _: &Service) -> usize {
        usize::MAX
    }

    fn delay(&self, _: &Service) -> Duration {
        Duration::ZERO
    }
}
