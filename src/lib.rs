//! Brings a Compose stack about on a Docker Engine, and says honestly how it went.
//!
//! One straight line runs through the crate:
//!
//! ```text
//! Compose files + .env ─▶ compose::load ─▶ model::Stack ─┐
//!                                                        ├─▶ plan::deploy ─▶ Plan ─▶ (shown, confirmed)
//! Docker Engine ─▶ engine::observe ─▶ model::Observed ───┘                    │
//!                                                                             ▼
//!                                    execute::run(Plan, Engine, Cancel) ─▶ event::Event ─▶ ui
//! ```
//!
//! Decided in `plan`, done in `execute`, said in `ui`.
//!
//! | layer | modules | may use |
//! |---|---|---|
//! | 0 | `model`, `event` | std, serde, data types |
//! | 1 pure | `compose`, `plan`, `drift`, `status`, `ingress::render`, `ingress::trial`, `secret` but for its store, `backup::digest`, `backup::set`, `backup::signature`, `backup::manifest`, `backup::index`, `backup::retention`, `backup::plan`, `backup::sample` | 0; no tokio, files, environment, bollard, clock |
//! | 2 adapters | `engine`, `registry`, `state`, `secret::store`, `backup::keys`, `backup::pipeline`, `backup::source`, `backup::sink` | 0–1 |
//! | 3 drivers | `execute`, `ingress::switch` and what it needs, `preflight`, the rest of `backup` | 0–2 |
//! | 4 | `ui` | 0–3, read only |
//! | 5 | `cli` | all |
//!
//! `tests/architecture.rs` reads the imports and holds the crate to this table.

pub mod backup;
pub mod cli;
pub mod compose;
pub mod drift;
pub mod engine;
pub mod event;
pub mod execute;
pub mod ingress;
pub mod model;
pub mod plan;
pub mod preflight;
pub mod registry;
pub mod secret;
pub mod state;
pub mod status;
pub mod ui;
