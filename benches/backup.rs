//! The way of files into a backup and back, beside the same with stock tools, and each stage alone.
//!
//! `cargo bench --bench backup -- [MIB]`: trees of so many MiB (1024), of media (which does not compress) and of text (which does),
//! in a directory for temporary files; everything is read once before, so that the disk says little.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

use std::{
    convert::Infallible,
    fs,
    io::{self, Read, Write},
    os::fd::AsFd as _,
    path::Path,
    process::Command,
    time::Instant,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt as _;
use medianestctl::backup::{
    keys::{Identity, Lock, Unlock},
    manifest::ObjectRecord,
    pipeline::{Compression, Expected, StoreSettings, Stored, fetch, no_progress, store},
    set::{Component, ObjectName},
    sink::{ObjectKey, SinkError, SinkErrorKind, StoredObject, Upload},
    source::{Devices, ExtractOptions, Links, archive, extract, open_directory},
};
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

struct FileUpload(fs::File, u64);

#[async_trait]
impl Upload for FileUpload {
    async fn write(&mut self, chunk: Bytes) -> Result<(), SinkError> {
        self.1 += chunk.len() as u64;
        self.0.write_all(&chunk).map_err(|error| SinkError::new(SinkErrorKind::Other, "write", error.to_string()))
    }

    async fn finish(self: Box<Self>) -> Result<StoredObject, SinkError> {
        let key = ObjectKey::new("object".to_owned()).unwrap();
        Ok(StoredObject { key, size: self.1, modified: chrono::DateTime::UNIX_EPOCH })
    }

    async fn abort(self: Box<Self>) {}
}

fn noise(state: &mut u64, bytes: &mut [u8]) {
    for chunk in bytes.chunks_mut(8) {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        chunk.copy_from_slice(&state.to_le_bytes()[..chunk.len()]);
    }
}

/// Files of 1 to 30 MiB that do not compress.
fn make_media(root: &Path, mib: usize) {
    let (mut state, mut made, mut number) = (88_172_645_463_325_252, 0, 0);
    while made < mib {
        let size = (1 + number * 7 % 30).min(mib - made);
        let mut bytes = vec![0; size << 20];
        noise(&mut state, &mut bytes);
        fs::write(root.join(format!("film-{number}.mkv")), bytes).unwrap();
        (made, number) = (made + size, number + 1);
    }
}

/// Lines of SQL with numbers, words and digests.
fn make_text(root: &Path, mib: usize) {
    const WORDS: [&str; 16] = [
        "media",
        "request",
        "approved",
        "series",
        "season",
        "the",
        "of",
        "user",
        "admin",
        "pending",
        "movie",
        "title",
        "night",
        "city",
        "available",
        "denied",
    ];
    let (mut state, mut made, mut number) = (362_436_069, 0, 0_u64);
    while made < mib {
        let size = 16.min(mib - made);
        let mut text = Vec::with_capacity((size << 20) + 400);
        while text.len() < size << 20 {
            let mut random = [0; 24];
            noise(&mut state, &mut random);
            number += 1;
            write!(
                text,
                "INSERT INTO requests VALUES ({number}, '2026-{:02}-{:02} 12:{:02}:00+00', '",
                random[0] % 12 + 1,
                random[1] % 28 + 1,
                random[2] % 60
            )
            .unwrap();
            for byte in &random[3..15] {
                write!(text, "{} ", WORDS[usize::from(byte % 16)]).unwrap();
            }
            writeln!(
                text,
                "', '{:02x}{:02x}{:02x}{:02x}{:02x}{:02x}');",
                random[16], random[17], random[18], random[19], random[20], random[21]
            )
            .unwrap();
        }
        text.truncate(size << 20);
        fs::write(root.join(format!("dump-{made}.sql")), text).unwrap();
        made += size;
    }
}

fn cpu_seconds() -> f64 {
    let usage = |stat: &str| {
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
        // utime, stime, and those of children that have ended.
        fields[11..15].iter().map(|field| field.parse::<f64>().unwrap()).sum::<f64>() / 100.0
    };
    usage(&fs::read_to_string("/proc/self/stat").unwrap())
}

fn row<T>(what: &str, bytes: u64, work: impl FnOnce() -> T) -> T {
    let (cpu, start) = (cpu_seconds(), Instant::now());
    let value = work();
    let seconds = start.elapsed().as_secs_f64();
    println!("| {what} | {:.0} | {seconds:.2} | {:.2} |", bytes as f64 / 1e6 / seconds, cpu_seconds() - cpu);
    value
}

fn shell(command: &str) {
    let status = Command::new("bash").args(["-euo", "pipefail", "-c", command]).status().unwrap();
    assert!(status.success(), "{command}");
}

fn main() {
    let mib = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1024);
    let work = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let identity = Identity::generate();
    fs::write(work.path().join("key"), identity.to_text().expose()).unwrap();
    let settings =
        StoreSettings { compression: Compression::ZSTD, lock: Some(Lock::recipients(vec![identity.recipient()]).unwrap()) };
    for (kind, make) in [("media", make_media as fn(&Path, usize)), ("text", make_text)] {
        let (from, to) = (work.path().join(kind), work.path().join(format!("{kind}-back")));
        fs::create_dir_all(&from).unwrap();
        fs::create_dir_all(&to).unwrap();
        make(&from, mib);
        let bytes = (mib as u64) << 20;
        let object = work.path().join("object");
        let tree = || open_directory(&from).unwrap();
        println!("\n| {kind}, {mib} MiB | MB/s | s | CPU-s |\n|---|---|---|---|");
        archive(tree(), &mut io::sink(), &mut |_| Ok(())).unwrap();
        row("alone: walk, tar, sha256 per file", bytes, || archive(tree(), &mut io::sink(), &mut |_| Ok(())).unwrap());
        let mut plain = Vec::new();
        for entry in fs::read_dir(&from).unwrap() {
            plain.append(&mut fs::read(entry.unwrap().path()).unwrap());
        }
        row("alone: sha256", bytes, || Sha256::digest(&plain));
        row("alone: age", bytes, || {
            let recipient: age::x25519::Recipient = identity.recipient().to_string().parse().unwrap();
            let encryptor = age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient)).unwrap();
            let mut writer = encryptor.wrap_output(io::sink()).unwrap();
            writer.write_all(&plain).unwrap();
            writer.finish().unwrap();
        });
        row("alone: zstd -3, one thread", bytes, || {
            let mut compressor = zstd::bulk::Compressor::new(3).unwrap();
            plain.chunks(4 << 20).map(|block| compressor.compress(block).unwrap().len()).sum::<usize>()
        });
        drop(plain);
        let upload = |path: &Path| Box::new(FileUpload(fs::File::create(path).unwrap(), 0)) as Box<dyn Upload>;
        let stored: Stored = row("**backup**", bytes, || {
            let root = tree();
            let source = move |output: &mut dyn Write| archive(root, output, &mut |_| Ok(()));
            runtime.block_on(store(&settings, source, upload(&object), &CancellationToken::new(), no_progress())).unwrap().0
        });
        row("backup, not encrypted", bytes, || {
            let (root, open) = (tree(), StoreSettings { lock: None, ..settings.clone() });
            let source = move |output: &mut dyn Write| archive(root, output, &mut |_| Ok(()));
            let other = work.path().join("other");
            runtime.block_on(store(&open, source, upload(&other), &CancellationToken::new(), no_progress())).unwrap();
            fs::remove_file(other).unwrap();
        });
        let name = ObjectName { component: Component::Config, packing: Compression::ZSTD.packing(), encrypted: true };
        let expected = Expected::of(&name, &ObjectRecord::from(stored));
        let unlock = Unlock::Identities(vec![identity.clone()]);
        let read = || {
            let file = fs::File::open(&object).unwrap();
            futures_util::stream::unfold(file, |mut file| async move {
                let mut chunk = vec![0; 1 << 20];
                let length = file.read(&mut chunk).unwrap();
                chunk.truncate(length);
                (length > 0).then(|| (Ok(Bytes::from(chunk)), file))
            })
            .boxed()
        };
        row("verify", bytes, || {
            let consumer = |input: &mut dyn Read| Ok::<_, Infallible>(io::copy(input, &mut io::sink()).unwrap_or(0));
            runtime.block_on(fetch(read(), expected, Some(&unlock), consumer, &CancellationToken::new(), no_progress())).unwrap();
        });
        row("**restore**", bytes, || {
            let limits = medianestctl::backup::manifest::FileTotals { entries: u64::MAX, bytes: u64::MAX };
            let options = ExtractOptions { owners: true, devices: Devices::Refuse, links: Links::AsRecorded, limits };
            let destination = open_directory(&to).unwrap();
            let consumer = move |input: &mut dyn Read| extract(input, destination.as_fd(), &options, &|_| true);
            runtime.block_on(fetch(read(), expected, Some(&unlock), consumer, &CancellationToken::new(), no_progress())).unwrap();
        });
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap().to_owned();
        let (from, to, directory) = (from.display(), to.display(), work.path().display());
        let recipient = identity.recipient();
        shell(&format!("rm -rf {to} && mkdir {to}"));
        for compress in ["zstd -q -3", "gzip -6", "pigz"] {
            if mib > 256 && compress == "gzip -6" {
                // It takes minutes, and its rate is the same for less.
                continue;
            }
            row(&format!("tar \\| {compress} \\| age"), bytes, || {
                shell(&format!("tar -C {from} -c . | {compress} | age -r {recipient} > {directory}/stock"))
            });
        }
        shell(&format!("tar -C {from} -c . | zstd -q -3 | age -r {recipient} > {directory}/stock"));
        row("age -d \\| zstd -d \\| tar -x", bytes, || {
            shell(&format!("age -d -i {directory}/key {directory}/stock | zstd -q -d | tar -C {to} -x"))
        });
        println!(
            "\nstored {} of {} bytes; {peak} (with a tree's content in memory for the stages alone)",
            stored.size, stored.plain_size
        );
        shell(&format!("rm -rf {from} {to}"));
    }
}
