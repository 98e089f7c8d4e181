//! A run of the tool to which the engine's socket is not kind.
#![allow(dead_code, reason = "the test and the whole matrix each use their part of it")]

pub mod call;
pub mod choice;
pub mod crew;
pub mod proxy;
pub mod settled;
pub mod shop;
pub mod trial;
pub mod visitor;
pub mod wire;
