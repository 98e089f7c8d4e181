//! What we write is read by the tools that every system has, and the manifest is checked by them. No tool is a failure.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use medianestctl::backup::{
    keys::Identity,
    pipeline::Compression,
    source::{archive, open_directory},
};

use crate::{
    archive::{EVERYTHING, extracted},
    memory::Setup,
    pipeline::{noise, text},
    tree::{differences, fingerprint, make_hostile},
};

/// Runs a shell command with its input; gives its output.
fn shell(command: &str, directory: &Path, input: &[u8]) -> Vec<u8> {
    let mut child = Command::new("bash")
        .args(["-euo", "pipefail", "-c", command])
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let feed = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    let fed = feed.join().unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    fed.unwrap();
    output.stdout
}

fn write_identity(directory: &Path, identity: &Identity) {
    fs::write(directory.join("key.txt"), identity.to_text().expose()).unwrap();
}

#[tokio::test]
async fn age_and_zstd_and_gzip_read_what_we_write() {
    let directory = tempfile::tempdir().unwrap();
    for plain in [Vec::new(), b"x".to_vec(), [text(5 << 20), noise(9 << 20, 5), text(3)].concat()] {
        for (compression, tool) in [(Compression::ZSTD, "zstd -d"), (Compression::GZIP.at_level(1), "gzip -d")] {
            let setup = Setup::encrypted(compression);
            write_identity(directory.path(), setup.key.as_ref().unwrap());
            let (bytes, _) = setup.store(&plain).await;
            assert!(
                shell(&format!("age -d -i key.txt | {tool}"), directory.path(), &bytes) == plain,
                "{tool}, {} bytes",
                plain.len()
            );
            let (bytes, _) = Setup { compression, key: None }.store(&plain).await;
            assert!(shell(tool, directory.path(), &bytes) == plain);
        }
    }
}

/// The way of the restore without us, as `docs/backup-format.md` has it.
#[tokio::test]
async fn gnu_tar_restores_the_whole_tree() {
    let (from, to, keys) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    make_hostile(from.path());
    let setup = Setup::encrypted(Compression::ZSTD);
    write_identity(keys.path(), setup.key.as_ref().unwrap());
    let root = open_directory(from.path()).unwrap();
    let (bytes, ..) = setup.store_from(move |output| archive(root, output, &mut |_| Ok(())).map_err(std::io::Error::other)).await;
    let command = format!(
        "age -d -i key.txt | zstd -d | tar --extract --xattrs --xattrs-include='*' --numeric-owner --same-permissions --directory {}",
        to.path().display()
    );
    shell(&command, keys.path(), &bytes);
    assert_eq!(differences(&fingerprint(from.path()), &fingerprint(to.path())), Vec::<String>::new());
}

/// Archives of others, of the old scripts for one, are read: GNU's long names, plain ustar, PAX and its sparse files.
#[test]
fn archives_of_gnu_tar_are_read() {
    let from = tempfile::tempdir().unwrap();
    make_hostile(from.path());
    let before = fingerprint(from.path());
    let pax = "tar --create --format=pax --sparse --xattrs --xattrs-include='*' --numeric-owner .";
    let to = tempfile::tempdir().unwrap();
    extracted(&shell(pax, from.path(), b""), to.path(), &EVERYTHING).unwrap();
    assert_eq!(differences(&before, &fingerprint(to.path())), Vec::<String>::new());

    let plain = tempfile::tempdir().unwrap();
    for name in ["a", "directory/b", &format!("{0}/{0}/c", "long".repeat(20))] {
        let path = plain.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, name).unwrap();
    }
    let names = |root: &Path| {
        fingerprint(root)
            .into_iter()
            .map(|(path, seen)| (path, seen.mode, seen.owner, seen.mtime.0, seen.sha256))
            .collect::<Vec<_>>()
    };
    for format in ["gnu", "ustar", "oldgnu"] {
        let to = tempfile::tempdir().unwrap();
        let bytes = shell(&format!("tar --create --format={format} ."), plain.path(), b"");
        extracted(&bytes, to.path(), &EVERYTHING).unwrap();
        assert_eq!(names(plain.path()), names(to.path()), "{format}");
    }
}

/// The fixture's signature, checked with jq and openssl as the format's description says.
#[test]
fn openssl_checks_a_manifest() {
    let directory = tempfile::tempdir().unwrap();
    let manifest = include_bytes!("../fixtures/backup-manifest-format-1.json");
    fs::write(directory.path().join("manifest.json"), manifest).unwrap();
    let command = r#"
        { echo 'medianestctl backup manifest 1'; jq -cj 'del(.signature)' manifest.json; } > signed
        jq -r .signature.value manifest.json | xxd -r -p > signature
        { printf '302a300506032b6570032100'; jq -r '.signature.key | ltrimstr("ed25519:")' manifest.json; } | xxd -r -p > key.der
        openssl pkeyutl -verify -rawin -in signed -sigfile signature -pubin -keyform DER -inkey key.der
    "#;
    let told = shell(command, directory.path(), b"");
    assert_eq!(String::from_utf8_lossy(&told).trim(), "Signature Verified Successfully");
}
