//! Volumes, archives, and who may write where.

use std::{collections::BTreeMap, io::Read, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use medianestctl::engine::{ErrorKind, VolumeSpec};
use medianestctl::model::{Mount, MountSource, ObservedVolume};

use crate::support::{Lab, Program, mount, words};

/// An archive of one file.
fn archive(path: &str, content: &[u8]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(u64::try_from(content.len()).unwrap());
    header.set_mode(0o640);
    header.set_uid(70);
    header.set_gid(71);
    header.set_mtime(1_000_000_000);
    builder.append_data(&mut header, path, content).unwrap();
    builder.into_inner().unwrap()
}

/// An archive of one directory.
fn directory(path: &str) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Directory);
    header.set_size(0);
    header.set_mode(0o700);
    header.set_uid(70);
    header.set_gid(71);
    builder.append_data(&mut header, path, std::io::empty()).unwrap();
    builder.into_inner().unwrap()
}

#[derive(Debug, PartialEq)]
struct Entry {
    owner: (u64, u64),
    mode: u32,
    content: Vec<u8>,
}

fn entries(archive: &[u8]) -> BTreeMap<String, Entry> {
    let mut found = BTreeMap::new();
    for entry in tar::Archive::new(archive).entries().unwrap() {
        let mut entry = entry.unwrap();
        let header = entry.header().clone();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        let owner = (header.uid().unwrap(), header.gid().unwrap());
        // Not through `Path`, which would hide slashes and dots.
        let path = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
        found.insert(path, Entry { owner, mode: header.mode().unwrap() & 0o7777, content });
    }
    found
}

async fn get(lab: &Lab, name: &str, path: &str) -> Option<BTreeMap<String, Entry>> {
    lab.engine().get_archive(name, path).await.unwrap().map(|archive| entries(&archive))
}

pub(crate) async fn a_volume_is_shared_by_archives(lab: &Lab) {
    let volume = lab.volume().await;
    let (writer, reader) = (lab.holder(vec![mount(&volume, "/data")]), lab.holder(vec![mount(&volume, "/elsewhere")]));
    lab.create(&writer).await;
    lab.create(&reader).await;
    assert!(lab.inspect(&writer.name).await.volumes.contains(&volume));
    lab.engine().put_archive(&writer.name, "/data", archive("a/b", b"abc")).await.unwrap();
    let seen = get(lab, &reader.name, "/elsewhere/a/b").await.unwrap();
    let expected = Entry { owner: (70, 71), mode: 0o640, content: b"abc".to_vec() };
    assert_eq!(seen, [("b".to_owned(), expected)].into());
    // Again with other content, after the writer is gone.
    lab.engine().put_archive(&writer.name, "/data", archive("a/b", b"defg")).await.unwrap();
    lab.engine().remove_container(&writer.name, false).await.unwrap();
    assert_eq!(get(lab, &reader.name, "/elsewhere/a/b").await.unwrap()["b"].content, b"defg");
}

pub(crate) async fn archives_have_the_directorys_name(lab: &Lab) {
    let volume = lab.volume().await;
    let holder = lab.holder(vec![mount(&volume, "/some/data")]);
    lab.create(&holder).await;
    lab.engine().put_archive(&holder.name, "/some/data", archive("a/b", b"")).await.unwrap();
    let names = |seen: Option<BTreeMap<String, Entry>>| seen.unwrap().into_keys().collect::<Vec<_>>();
    assert_eq!(names(get(lab, &holder.name, "/some/data").await), ["data/", "data/a/", "data/a/b"]);
    assert_eq!(names(get(lab, &holder.name, "/some/data/").await), ["data/", "data/a/", "data/a/b"]);
    assert_eq!(names(get(lab, &holder.name, "/some/data/.").await), ["./", "./a/", "./a/b"]);
    assert_eq!(names(get(lab, &holder.name, "/some").await), ["some/", "some/data/", "some/data/a/", "some/data/a/b"]);
    assert_eq!(get(lab, &holder.name, "/etc/image").await.unwrap()["image"].content, b"of the image");
}

pub(crate) async fn what_is_not_there(lab: &Lab) {
    let holder = lab.holder(Vec::new());
    lab.create(&holder).await;
    assert_eq!(lab.engine().get_archive(&holder.name, "/nowhere").await.unwrap(), None);
    assert_eq!(lab.engine().get_archive(&lab.name("nobody"), "/etc").await.unwrap(), None);
    for (name, path) in [(holder.name.clone(), "/nowhere"), (lab.name("nobody"), "/etc")] {
        let error = lab.engine().put_archive(&name, path, archive("a", b"")).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotFound, "{error}");
    }
}

pub(crate) async fn a_file_is_no_place_to_unpack(lab: &Lab) {
    let holder = lab.holder(Vec::new());
    lab.create(&holder).await;
    assert_eq!(lab.engine().put_archive(&holder.name, "/etc/image", archive("a", b"")).await.unwrap_err().kind, ErrorKind::Other);
    let garbage = lab.engine().put_archive(&holder.name, "/etc", b"not an archive".to_vec()).await.unwrap_err();
    assert_eq!(garbage.kind, ErrorKind::Other, "{garbage}");
}

pub(crate) async fn a_read_only_root_takes_files_in_volumes_only(lab: &Lab) {
    let volume = lab.volume().await;
    let mut holder = lab.holder(vec![mount(&volume, "/data"), Mount { read_only: true, ..mount(&volume, "/ro") }]);
    holder.read_only = true;
    lab.create(&holder).await;
    lab.engine().put_archive(&holder.name, "/data", archive("a", b"1")).await.unwrap();
    for refused in ["/etc", "/ro", "/"] {
        let error = lab.engine().put_archive(&holder.name, refused, archive("a", b"2")).await.unwrap_err();
        assert!(error.message.contains("read-only"), "{refused}: {error}");
    }
    assert_eq!(get(lab, &holder.name, "/ro/a").await.unwrap()["a"].content, b"1");
}

pub(crate) async fn the_root_of_a_volume_gets_an_owner(lab: &Lab) {
    let volume = lab.volume().await;
    let holder = lab.holder(vec![mount(&volume, "/data")]);
    lab.create(&holder).await;
    let root = |seen: Option<BTreeMap<String, Entry>>| seen.map(|s| (s["data/"].owner, s["data/"].mode));
    assert_eq!(root(get(lab, &holder.name, "/data").await), Some(((0, 0), 0o755)));
    // An archive's own root says nothing about the place where it is unpacked.
    lab.engine().put_archive(&holder.name, "/data", directory("./")).await.unwrap();
    assert_eq!(root(get(lab, &holder.name, "/data").await), Some(((0, 0), 0o755)));
    // From above it does.
    lab.engine().put_archive(&holder.name, "/", directory("data/")).await.unwrap();
    assert_eq!(root(get(lab, &holder.name, "/data").await), Some(((70, 71), 0o700)));
}

pub(crate) async fn a_new_volume_gets_the_images_content(lab: &Lab) {
    let (copied, empty) = (lab.volume().await, lab.volume().await);
    let mut holder = lab.holder(vec![mount(&copied, "/etc")]);
    lab.create(&holder).await;
    assert_eq!(get(lab, &holder.name, "/etc/image").await.unwrap()["image"].content, b"of the image");
    holder = lab.holder(vec![mount(&empty, "/etc")]);
    holder.no_copy = vec!["/etc".into()];
    lab.create(&holder).await;
    assert_eq!(get(lab, &holder.name, "/etc").await.unwrap().into_keys().collect::<Vec<_>>(), ["etc/"]);
}

pub(crate) async fn a_volume_in_use_stays(lab: &Lab) {
    let volume = lab.volume().await;
    let holder = lab.holder(vec![mount(&volume, "/data")]);
    lab.create(&holder).await;
    assert_eq!(lab.engine().remove_volume(&volume).await.unwrap_err().kind, ErrorKind::Conflict);
    lab.engine().remove_container(&holder.name, false).await.unwrap();
    assert!(lab.engine().volumes().await.unwrap().iter().any(|v| v.name == volume), "its container's removal leaves it");
    for _ in 0..2 {
        lab.engine().remove_volume(&volume).await.unwrap();
    }
    assert!(!lab.engine().volumes().await.unwrap().iter().any(|v| v.name == volume));
}

pub(crate) async fn a_volume_is_made_once(lab: &Lab) {
    let labels = |value: &str| [("a".to_owned(), value.to_owned())].into();
    let mut spec = VolumeSpec { name: lab.volume_name(), labels: labels("first"), driver: None, driver_opts: BTreeMap::new() };
    lab.engine().create_volume(&spec).await.unwrap();
    let holder = lab.holder(vec![mount(&spec.name, "/data")]);
    lab.create(&holder).await;
    lab.engine().put_archive(&holder.name, "/data", archive("a", b"1")).await.unwrap();
    spec.labels = labels("second");
    lab.engine().create_volume(&spec).await.unwrap();
    let seen = lab.engine().volumes().await.unwrap().into_iter().find(|v| v.name == spec.name);
    let seen = seen.map(|volume| ObservedVolume { mountpoint: None, ..volume });
    assert_eq!(seen, Some(ObservedVolume { name: spec.name.clone(), labels: labels("first"), mountpoint: None }));
    assert!(get(lab, &holder.name, "/data/a").await.is_some());
}

pub(crate) async fn anonymous_volumes_outlive_their_container(lab: &Lab) {
    let source = MountSource::Anonymous;
    let holder = lab.holder(vec![Mount { source, target: "/data".into(), read_only: false }]);
    lab.create(&holder).await;
    let volumes = lab.inspect(&holder.name).await.volumes;
    let volume = volumes.first().expect("a volume").clone();
    let there = async || lab.engine().volumes().await.unwrap().iter().any(|v| v.name == volume);
    assert!(there().await);
    lab.engine().remove_container(&holder.name, false).await.unwrap();
    assert!(there().await, "what is in it exists nowhere else");
    lab.engine().remove_volume(&volume).await.unwrap();
}

pub(crate) async fn large_archives_go_round(lab: &Lab) {
    let volume = lab.volume().await;
    let holder = lab.holder(vec![mount(&volume, "/data")]);
    lab.create(&holder).await;
    let content: Vec<u8> = (0..16u32 << 20).map(|n| u8::try_from(n.wrapping_mul(2_654_435_761) >> 24).unwrap()).collect();
    lab.engine().put_archive(&holder.name, "/data", archive("large", &content)).await.unwrap();
    assert!(get(lab, &holder.name, "/data/large").await.unwrap()["large"].content == content);
}

pub(crate) async fn archives_go_through_in_pieces(lab: &Lab) {
    let volume = lab.volume().await;
    let holder = lab.holder(vec![mount(&volume, "/data")]);
    lab.create(&holder).await;
    let content: Vec<u8> = (0..8u32 << 20).map(|n| u8::try_from(n.wrapping_mul(2_654_435_761) >> 24).unwrap()).collect();
    let tar = archive("large", &content);
    // Pieces of odd lengths, an empty one among them, that begin and end anywhere.
    let pieces: Vec<_> = std::iter::once(&[][..]).chain(tar.chunks(99_991)).map(|p| Ok(Bytes::copy_from_slice(p))).collect();
    lab.engine().archive_in(&holder.name, "/data", stream::iter(pieces).boxed()).await.unwrap();
    let back = lab.engine().archive_out(&holder.name, "/data/large").await.unwrap().expect("an archive");
    let back: Vec<Bytes> = back.try_collect().await.unwrap();
    assert!(back.len() > 8, "{} pieces", back.len());
    assert!(entries(&back.concat())["large"].content == content);
    assert!(lab.engine().archive_out(&holder.name, "/data/nowhere").await.unwrap().is_none());
    assert!(lab.engine().archive_out(&lab.name("nobody"), "/data").await.unwrap().is_none());
}

pub(crate) async fn an_archive_whose_source_fails_is_no_success(lab: &Lab) {
    let volume = lab.volume().await;
    let holder = lab.holder(vec![mount(&volume, "/data")]);
    lab.create(&holder).await;
    // What came until then would do for an archive.
    let tar = archive("a", b"1");
    let broken = [Ok(Bytes::copy_from_slice(&tar)), Err(std::io::Error::other("the disk is gone"))];
    let error = lab.engine().archive_in(&holder.name, "/data", stream::iter(broken).boxed()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Other, "{error}");
    assert!(error.message.contains("the disk is gone"), "{error}");
}

pub(crate) async fn running_containers_take_files(lab: &Lab) {
    let volume = lab.volume().await;
    let mut spec = lab.spec(Program::Serve);
    spec.mounts = vec![mount(&volume, "/data")];
    spec.read_only = true;
    lab.run(&spec).await;
    let run = async |argv: &[&str]| lab.engine().exec(&spec.name, &words(argv), Duration::from_secs(20)).await.unwrap();
    lab.engine().put_archive(&spec.name, "/data", archive("new", b"2")).await.unwrap();
    assert_eq!(run(&["/bin/cat", "/data/new"]).await.output, b"2");
    // How a file is replaced at one stroke: a new one beside it, then its name.
    assert_eq!(run(&["/bin/mv", "/data/new", "/data/current"]).await.code, 0);
    assert_eq!(run(&["/bin/cat", "/data/current"]).await.output, b"2");
    assert_ne!(run(&["/bin/cat", "/data/new"]).await.code, 0);
    assert_eq!(get(lab, &spec.name, "/data/current").await.unwrap()["current"].owner, (70, 71));
}
