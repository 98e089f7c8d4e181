//! A registry that has one image, and dies in the middle of handing it out.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::channel,
    },
    thread,
};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::private::Private;

/// The size of the image's one layer. Half of it is handed out.
const LAYER: usize = 4 << 20;

/// The registry.
pub struct Dying {
    /// Its port, as the engine sees it.
    pub port: u16,
    dead: Arc<AtomicBool>,
}

impl Dying {
    /// Where `private` reaches it as `127.0.0.1`.
    pub fn before(private: &Private) -> Self {
        let dead = Arc::new(AtomicBool::new(false));
        let (network, gone) = (private.network(), Arc::clone(&dead));
        let (sender, port) = channel();
        thread::spawn(move || {
            move_into_link_name_space(std::os::fd::AsFd::as_fd(&network), Some(LinkNameSpaceType::Network)).unwrap();
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            sender.send(listener.local_addr().unwrap().port()).unwrap();
            for client in listener.incoming().map_while(Result::ok) {
                if gone.load(Ordering::SeqCst) {
                    // With the listener: from now on nobody is there.
                    return;
                }
                let gone = Arc::clone(&gone);
                thread::spawn(move || serve(&client, &gone));
            }
        });
        Self { port: port.recv().unwrap(), dead }
    }

    /// Whether it has died.
    pub fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }
}

fn named(bytes: &[u8]) -> String {
    let digits: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}

fn serve(client: &TcpStream, dead: &AtomicBool) {
    let layer = vec![7; LAYER];
    let config = json!({
        "architecture": "amd64", "os": "linux", "config": {},
        "rootfs": {"type": "layers", "diff_ids": [named(&layer)]},
    });
    let config = config.to_string().into_bytes();
    let kind = "application/vnd.docker.distribution.manifest.v2+json";
    let manifest = json!({
        "schemaVersion": 2, "mediaType": kind,
        "config": {
            "mediaType": "application/vnd.docker.container.image.v1+json", "size": config.len(), "digest": named(&config),
        },
        "layers": [{
            "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": LAYER, "digest": named(&layer),
        }],
    });
    let manifest = manifest.to_string().into_bytes();
    let mut reader = BufReader::new(client);
    let mut line = String::new();
    if reader.read_line(&mut line).is_err() {
        return;
    }
    let mut words = line.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let body: &[u8] = match path {
        _ if path.contains("/manifests/") => &manifest,
        _ if path.ends_with(&named(&config)) => &config,
        _ if path.ends_with(&named(&layer)) => &layer,
        _ => b"{}",
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nDocker-Distribution-API-Version: registry/2.0\r\nDocker-Content-Digest: {}\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        named(body),
        body.len()
    );
    let mut writer = client;
    let dies = body.len() == LAYER && method == "GET";
    dead.fetch_or(dies, Ordering::SeqCst);
    let body = if method == "HEAD" { &body[..0] } else { &body[..if dies { LAYER / 2 } else { body.len() }] };
    let _ = writer.write_all(head.as_bytes()).and_then(|()| writer.write_all(body));
    let _ = client.shutdown(std::net::Shutdown::Write);
    let _ = reader.read_to_end(&mut Vec::new());
}
