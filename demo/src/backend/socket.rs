//! The web socket under `/socket.io/`: says which instance it is, then echoes, and says goodbye when the process stops.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;

use super::App;

pub(super) async fn connect(State(app): State<Arc<App>>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(async move |socket| {
        // An error means that the client has gone.
        let _ = converse(socket, &app).await;
    })
}

async fn converse(mut socket: WebSocket, app: &App) -> Result<(), axum::Error> {
    socket.send(Message::Text(app.identity.instance.as_str().into())).await?;
    let stop = app.shutdown.clone().requested();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            message = socket.recv() => match message.transpose()? {
                Some(message @ (Message::Text(_) | Message::Binary(_))) => socket.send(message).await?,
                Some(Message::Ping(_) | Message::Pong(_)) => (),
                Some(Message::Close(_)) | None => return Ok(()),
            },
            () = &mut stop => {
                let farewell = CloseFrame { code: close_code::AWAY, reason: "restarting".into() };
                return socket.send(Message::Close(Some(farewell))).await;
            }
        }
    }
}
