//! Bytes into a sink and back.

use std::{
    io::{self, Read as _},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use futures_util::{StreamExt as _, stream};
use medianestctl::backup::{
    keys::{Identity, Lock, Unlock},
    pipeline::{Compression, Damage, FetchError, Moved, Progress, StoreError, StoreSettings, fetch, no_progress, store},
    sink::SinkErrorKind,
};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

use crate::memory::{Fate, Setup, full, passphrase, stream as chunks, upload, upload_with};

const BLOCK: usize = 4 << 20;

/// Bytes as good as random, always the same.
pub fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

pub fn text(length: usize) -> Vec<u8> {
    noise(length, 7).into_iter().map(|byte| b'a' + byte % 16).collect()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Around the borders of blocks, chunks and the cipher's own pieces, of text and noise, written in pieces of any size.
    #[test]
    fn any_bytes_come_back(
        border in prop::sample::select(vec![0, 1, 64 << 10, 1 << 20, BLOCK, 2 * BLOCK]),
        off in -40_i64..40,
        piece in 1..3_000_000_usize,
        compressible: bool,
        gzip: bool,
        encrypted: bool,
    ) {
        let length = usize::try_from(border as i64 + off).unwrap_or(0);
        let plain = if compressible { text(length) } else { noise(length, 3) };
        let compression = if gzip { Compression::GZIP.at_level(1) } else { Compression::ZSTD };
        let setup = if encrypted { Setup::encrypted(compression) } else { Setup { compression, key: None } };
        let runtime = runtime();
        let source = plain.clone();
        let (bytes, stored, ()) = runtime.block_on(setup.store_from(move |output| source.chunks(piece).try_for_each(|piece| output.write_all(piece))));
        prop_assert_eq!((stored.plain_size, stored.size), (plain.len() as u64, bytes.len() as u64));
        prop_assert_eq!(stored.plain_sha256.as_bytes()[..].to_vec(), Sha256::digest(&plain).to_vec());
        prop_assert_eq!(stored.sha256.as_bytes()[..].to_vec(), Sha256::digest(&bytes).to_vec());
        prop_assert!(!encrypted || bytes.starts_with(b"age-encryption.org/v1\n"));
        prop_assert!(runtime.block_on(setup.fetch(bytes, stored)).unwrap() == plain);
    }
}

/// At each of many places a bit is turned, and at each of many more it is cut: none goes by, and none is called a wrong key.
#[tokio::test]
async fn every_damage_is_found() {
    let plain = [text(150_000), noise(300_000, 5)].concat();
    for setup in [
        Setup::encrypted(Compression::ZSTD),
        Setup { compression: Compression::ZSTD, key: None },
        Setup { compression: Compression::GZIP, key: None },
    ] {
        let (bytes, stored) = setup.store(&plain).await;
        let places = (0..bytes.len()).step_by(bytes.len() / 120).chain(bytes.len() - 40..bytes.len());
        for place in places {
            let mut damaged = bytes.clone();
            damaged[place] ^= 0x10;
            let outcome = setup.fetch(damaged, stored).await;
            let is_header = setup.key.is_some() && place < 200;
            // Where the recipient's line is turned into that of another, it is another's.
            assert!(
                matches!(outcome, Err(FetchError::Damaged(_))) || is_header && matches!(outcome, Err(FetchError::WrongKey)),
                "byte {place}: {outcome:?}"
            );
            let cut = setup.fetch(bytes[..place].to_vec(), stored).await;
            assert!(matches!(cut, Err(FetchError::Damaged(_))), "cut at {place}: {cut:?}");
        }
        let longer = setup.fetch([bytes.clone(), vec![0]].concat(), stored).await;
        assert!(matches!(longer, Err(FetchError::Damaged(Damage::Long(_)))), "{longer:?}");
        let cut = setup.fetch(bytes[..bytes.len() - 1].to_vec(), stored).await;
        let expected = Damage::Short { found: stored.size - 1, expected: stored.size };
        assert!(
            matches!(&cut, Err(FetchError::Damaged(damage)) if *damage == expected)
                || setup.key.is_none()
                || matches!(cut, Err(FetchError::Damaged(_))),
            "{cut:?}"
        );
    }
}

/// Another object, whole and well encrypted for the same key, is not the recorded one.
#[tokio::test]
async fn an_object_in_anothers_place_is_found() {
    let setup = Setup::encrypted(Compression::ZSTD);
    let ((_, stored), (other, _)) = (setup.store(&text(5000)).await, setup.store(&noise(5000, 9)).await);
    assert!(matches!(setup.fetch(other, stored).await, Err(FetchError::Damaged(_))));
    let (again, _) = setup.store(&text(5000)).await;
    // Age makes each header anew, some bytes longer or shorter.
    let outcome = setup.fetch(again, stored).await;
    assert!(matches!(outcome, Err(FetchError::Damaged(Damage::Digest | Damage::Short { .. } | Damage::Long(_)))), "{outcome:?}");
}

/// The consumer stops where it likes; what follows is checked all the same.
#[tokio::test]
async fn what_nobody_reads_is_checked() {
    let setup = Setup { compression: Compression::ZSTD, key: None };
    let plain = noise(3 * BLOCK, 5);
    let (bytes, stored) = setup.store(&plain).await;
    let first = |input: &mut dyn io::Read| {
        let mut first = [0; 10];
        input.read_exact(&mut first).map(|()| first)
    };
    assert_eq!(setup.fetch_with(bytes.clone(), stored, first).await.unwrap(), plain[..10]);
    let mut damaged = bytes;
    let place = damaged.len() - 5;
    damaged[place] ^= 1;
    assert!(matches!(setup.fetch_with(damaged, stored, first).await, Err(FetchError::Damaged(_))));
}

/// A manifest that says less than comes out stops a bomb where it says.
#[tokio::test]
async fn a_bomb_is_stopped_at_its_recorded_size() {
    for compression in [Compression::ZSTD, Compression::GZIP.at_level(1)] {
        let setup = Setup { compression, key: None };
        let (bytes, mut stored, ()) = setup.store_from(|output| (0..64).try_for_each(|_| output.write_all(&[0; 1 << 20]))).await;
        assert!(bytes.len() < 1 << 20);
        stored.plain_size = 1 << 20;
        let seen = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&seen);
        let outcome = setup.fetch_with(bytes, stored, move |input| {
            let mut buffer = vec![0; 1 << 16];
            loop {
                match input.read(&mut buffer)? {
                    0 => return Ok(()),
                    length => counted.fetch_add(length as u64, Ordering::Relaxed),
                };
            }
        });
        assert!(matches!(outcome.await, Err(FetchError::Damaged(Damage::Content))));
        assert!(seen.load(Ordering::Relaxed) <= 1 << 20);
    }
}

#[tokio::test]
async fn keys_that_do_not_fit_are_told_apart_from_damage() {
    let setup = Setup::encrypted(Compression::ZSTD);
    let (bytes, stored) = setup.store(b"plain").await;
    let read = |unlock: Option<Unlock>, bytes: Vec<u8>| {
        let expected = setup.expected(stored);
        async move {
            fetch(
                chunks(bytes),
                expected,
                unlock.as_ref(),
                |input| io::copy(input, &mut io::sink()),
                &CancellationToken::new(),
                no_progress(),
            )
            .await
        }
    };
    assert!(matches!(read(Some(Unlock::Identities(vec![Identity::generate()])), bytes.clone()).await, Err(FetchError::WrongKey)));
    assert!(matches!(
        read(Some(Unlock::Passphrase(passphrase("some words or others"))), bytes.clone()).await,
        Err(FetchError::WrongKey)
    ));
    assert!(matches!(read(None, bytes.clone()).await, Err(FetchError::NoKey)));
    assert_eq!(read(setup.unlock(), bytes).await.unwrap(), 5);
}

#[tokio::test]
async fn a_passphrase_opens_what_it_closed() {
    let lock = Lock::passphrase_with_work(passphrase("some words or others"), 4).unwrap();
    let settings = StoreSettings { compression: Compression::ZSTD, lock: Some(lock) };
    let (upload, object) = upload();
    let source = |output: &mut dyn io::Write| output.write_all(b"plain");
    let (stored, ()) = store(&settings, source, upload, &CancellationToken::new(), no_progress()).await.unwrap();
    let bytes = object.lock().unwrap().bytes.clone();
    let expected = Setup::encrypted(Compression::ZSTD).expected(stored);
    for (word, fits) in [("some words or others", true), ("some words or otherz", false)] {
        let consumer = |input: &mut dyn io::Read| io::copy(input, &mut io::sink());
        let unlock = Unlock::Passphrase(passphrase(word));
        let outcome =
            fetch(chunks(bytes.clone()), expected, Some(&unlock), consumer, &CancellationToken::new(), no_progress()).await;
        assert_eq!(outcome.is_ok(), fits, "{outcome:?}");
        assert!(fits || matches!(outcome, Err(FetchError::WrongKey)));
    }
}

/// The source's failure is told as its own, and nothing is left of what it had written.
#[tokio::test]
async fn a_source_that_fails_leaves_nothing() {
    let setup = Setup::encrypted(Compression::ZSTD);
    for written in [0, 100, 3 * BLOCK] {
        let (upload, object) = upload();
        let source = move |output: &mut dyn io::Write| {
            output.write_all(&noise(written, 1))?;
            Err::<(), _>(io::Error::other("the dump failed"))
        };
        let outcome = store(&setup.settings(), source, upload, &CancellationToken::new(), no_progress()).await;
        assert!(matches!(&outcome, Err(StoreError::Source(error)) if error.to_string() == "the dump failed"), "{outcome:?}");
        let object = object.lock().unwrap();
        assert_eq!(object.fate, Fate::Aborted);
        // What went out before has no end, so that no reader takes it for a whole object.
        let key = setup.unlock().unwrap();
        let Unlock::Identities(keys) = key else { panic!() };
        let identity: age::x25519::Identity = keys[0].to_text().expose().parse().unwrap();
        let whole = age::Decryptor::new(object.bytes.as_slice())
            .and_then(|d| d.decrypt(std::iter::once(&identity as &dyn age::Identity)))
            .is_ok_and(|mut plain| plain.read_to_end(&mut Vec::new()).is_ok());
        assert!(!whole, "after {written} bytes");
    }
}

#[tokio::test]
async fn a_sink_that_fails_stops_the_source() {
    let setup = Setup { compression: Compression::ZSTD, key: None };
    let (upload, object) = upload_with(|there| if there >= 5 << 20 { Err(full()) } else { Ok(()) });
    // It would go on for ever.
    let source = |output: &mut dyn io::Write| -> io::Result<()> {
        let noise = noise(1 << 20, 1);
        loop {
            output.write_all(&noise)?;
        }
    };
    let outcome = store(&setup.settings(), source, upload, &CancellationToken::new(), no_progress()).await;
    assert!(matches!(&outcome, Err(StoreError::Sink(error)) if error.kind == SinkErrorKind::Full), "{outcome:?}");
    assert_eq!(object.lock().unwrap().fate, Fate::Aborted);
}

#[tokio::test]
async fn a_cancelled_backup_stops_and_leaves_nothing() {
    let setup = Setup::encrypted(Compression::ZSTD);
    let cancel = CancellationToken::new();
    let at = cancel.clone();
    let (upload, object) = upload_with(move |there| {
        if there >= 3 << 20 {
            at.cancel();
        }
        Ok(())
    });
    let source = |output: &mut dyn io::Write| -> io::Result<()> {
        loop {
            output.write_all(&[1; 4096])?;
            output.write_all(&noise(100_000, 3))?;
        }
    };
    let outcome = store(&setup.settings(), source, upload, &cancel, no_progress()).await;
    assert!(matches!(outcome, Err(StoreError::Cancelled)), "{outcome:?}");
    assert_eq!(object.lock().unwrap().fate, Fate::Aborted);
}

#[tokio::test]
async fn a_restore_stops_when_it_is_cancelled_or_its_sink_or_consumer_fails() {
    let setup = Setup::encrypted(Compression::ZSTD);
    let (bytes, stored) = setup.store(&noise(3 * BLOCK, 1)).await;
    let (expected, unlock) = (setup.expected(stored), setup.unlock());
    let all = |input: &mut dyn io::Read| io::copy(input, &mut io::sink());

    let never = chunks(bytes[..8 << 20].to_vec()).chain(stream::pending()).boxed();
    let cancel = CancellationToken::new();
    let at = cancel.clone();
    let progress: Progress = Arc::new(move |moved: Moved| {
        if moved.plain > 0 {
            at.cancel()
        }
    });
    let outcome = fetch(never, expected, unlock.as_ref(), all, &cancel, progress).await;
    assert!(matches!(outcome, Err(FetchError::Cancelled)), "{outcome:?}");

    let failing = chunks(bytes[..2 << 20].to_vec()).chain(stream::iter([Err(full())])).boxed();
    let outcome = fetch(failing, expected, unlock.as_ref(), all, &CancellationToken::new(), no_progress()).await;
    assert!(matches!(outcome, Err(FetchError::Sink(_))), "{outcome:?}");

    let outcome = setup.fetch_with(bytes, stored, |_| Err::<(), _>(io::Error::other("the database refused"))).await;
    assert!(matches!(&outcome, Err(FetchError::Consumer(error)) if error.to_string() == "the database refused"), "{outcome:?}");
}

/// However slow the sink is, the source is never far ahead of it: what is in memory is bounded by the number of cores.
#[tokio::test]
async fn memory_is_bounded_by_back_pressure() {
    let setup = Setup { compression: Compression::ZSTD, key: None };
    let (plain, ahead) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let (seen, farthest) = (Arc::clone(&plain), Arc::clone(&ahead));
    let (upload, _) = upload_with(move |there| {
        farthest.fetch_max(seen.load(Ordering::SeqCst).saturating_sub(there as u64), Ordering::SeqCst);
        Ok(())
    });
    let noise = noise(BLOCK, 1);
    let source = move |output: &mut dyn io::Write| (0..40).try_for_each(|_| output.write_all(&noise));
    let count = Arc::clone(&plain);
    let progress: Progress = Arc::new(move |moved: Moved| {
        count.fetch_add(moved.plain, Ordering::SeqCst);
    });
    store(&setup.settings(), source, upload, &CancellationToken::new(), progress).await.unwrap();
    assert_eq!(plain.load(Ordering::SeqCst), 40 * BLOCK as u64);
    let workers = std::thread::available_parallelism().unwrap().get().min(8) as u64;
    let bound = (workers + 4) * BLOCK as u64 + (8 << 20);
    assert!(ahead.load(Ordering::SeqCst) <= bound, "{} MiB ahead", ahead.load(Ordering::SeqCst) >> 20);
}

#[tokio::test]
async fn progress_adds_up() {
    let setup = Setup::encrypted(Compression::ZSTD);
    let sums = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
    let progress = || {
        let sums = Arc::clone(&sums);
        Arc::new(move |moved: Moved| {
            sums.0.fetch_add(moved.plain, Ordering::Relaxed);
            sums.1.fetch_add(moved.stored, Ordering::Relaxed);
        }) as Progress
    };
    let plain = text(BLOCK + 5);
    let (upload, object) = upload();
    let source = move |output: &mut dyn io::Write| output.write_all(&plain);
    let (stored, ()) = store(&setup.settings(), source, upload, &CancellationToken::new(), progress()).await.unwrap();
    assert_eq!((sums.0.swap(0, Ordering::Relaxed), sums.1.swap(0, Ordering::Relaxed)), (stored.plain_size, stored.size));
    let bytes = object.lock().unwrap().bytes.clone();
    let consumer = |input: &mut dyn io::Read| io::copy(input, &mut io::sink());
    fetch(chunks(bytes), setup.expected(stored), setup.unlock().as_ref(), consumer, &CancellationToken::new(), progress())
        .await
        .unwrap();
    assert_eq!((sums.0.load(Ordering::Relaxed), sums.1.load(Ordering::Relaxed)), (stored.plain_size, stored.size));
}
