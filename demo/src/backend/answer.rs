//! What a handler answers when it cannot do as asked.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::SERVICE;
use super::cache::CacheError;
use super::database::DatabaseError;
use crate::log;

/// An error as the client sees it; details of the stores go to the log alone.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("not found")]
    NotFound,
    #[error("{0}")]
    BadRequest(&'static str),
    #[error("unauthorized")]
    Unauthorized,
    #[error("this answer is a fault that was asked for")]
    Fault,
    #[error("the database cannot answer")]
    Database(#[from] DatabaseError),
    #[error("the cache cannot answer")]
    Cache(#[from] CacheError),
    #[error("the file cannot be stored")]
    Storage(#[from] std::io::Error),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Fault | Self::Database(_) | Self::Cache(_) | Self::Storage(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if std::error::Error::source(&self).is_some() {
            log::error(SERVICE, &log::describe(&self));
        }
        (status, Json(json!({ "error": self.to_string() }))).into_response()
    }
}
