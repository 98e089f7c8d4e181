//! Every fault at every call to the engine that an update and the way back make: `make kill-matrix`.
//!
//! `kill_matrix SHARD JOBS`: `SHARD` is `i/n`, the share of one of n runs; `JOBS` stacks are worked on side by side.
//! What was tried is written down in `target/kill-matrix/`, so that a run that was cut short goes on where it ended;
//! another build of the tool begins anew. The first Ctrl-C lets what is under way end. Ends with 1 when something does
//! not hold.
#![allow(clippy::print_stdout, clippy::panic, clippy::expect_used, clippy::unwrap_used, missing_docs)]

#[path = "../tests/kill/mod.rs"]
mod kill;
#[path = "../tests/cli/support/mod.rs"]
mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write as _,
    path::PathBuf,
    process::ExitCode,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use kill::{
    call::{Call, Trap},
    choice,
    crew::Crew,
    trial::{Trial, Way},
};
use sha2::{Digest as _, Sha256};

fn digest(bytes: &[u8]) -> u64 {
    Sha256::digest(bytes).iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

fn key(way: Way, trap: &Trap) -> String {
    format!("{way:?}, {trap}")
}

/// What was found out earlier: what was tried, and what came of it. One line each.
struct Ledger {
    path: PathBuf,
    known: BTreeMap<String, String>,
}

impl Ledger {
    /// Of this build of the tool.
    fn open() -> Self {
        let tool = fs::read(env!("CARGO_BIN_EXE_medianestctl")).expect("the tool is built");
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).with_file_name("kill-matrix");
        fs::create_dir_all(&directory).expect("target/ can be written");
        let path = directory.join(format!("{:016x}.txt", digest(&tool)));
        let text = fs::read_to_string(&path).unwrap_or_default();
        let known = text.lines().filter_map(|line| line.split_once('\t')).map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        Self { path, known }
    }

    fn add(&mut self, key: String, outcome: String) {
        // Several shards may write to it: a line is one write.
        let mut file = fs::OpenOptions::new().append(true).create(true).open(&self.path).expect("the ledger can be written");
        file.write_all(format!("{key}\t{outcome}\n").as_bytes()).expect("the ledger can be written");
        self.known.insert(key, outcome);
    }
}

/// `i/n`.
fn shard(text: &str) -> Option<(u64, u64)> {
    let (index, of) = text.split_once('/')?;
    let (index, of): (u64, u64) = (index.parse().ok()?, of.parse().ok()?);
    (1 <= index && index <= of).then_some((index - 1, of))
}

fn main() -> ExitCode {
    // Cargo adds an argument of its own.
    let arguments: Vec<_> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let text = arguments.first().map_or("1/1", String::as_str);
    let Some((index, of)) = shard(text) else {
        println!("error: `{text}` is no shard\nhint: write SHARD=1/4 for the first of four");
        return ExitCode::from(2);
    };
    let jobs = arguments.get(1).and_then(|jobs| jobs.parse().ok()).unwrap_or(1);

    static STOP: AtomicBool = AtomicBool::new(false);
    thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let _ = runtime.block_on(tokio::signal::ctrl_c());
        println!("stopping when what is under way has ended");
        STOP.store(true, Ordering::Relaxed);
    });

    let ledger = Mutex::new(Ledger::open());
    let mut crew = Crew::of(jobs);
    let recorded = crew.record(|trial| println!("{trial}\n    {} calls", trial.calls.len()));
    let mine = |(way, trap): &(Way, Trap)| digest(key(*way, trap).as_bytes()) % of == index;
    let chosen: Vec<_> = choice::all(&recorded).into_iter().filter(mine).collect();
    let untried = |(way, trap): &&(Way, Trap)| !ledger.lock().unwrap().known.contains_key(&key(*way, trap));
    let open: Vec<_> = chosen.iter().filter(untried).cloned().collect();
    let kinds: BTreeSet<_> = recorded.iter().flat_map(|(_, calls)| calls).map(Call::kind).collect();
    println!("{} combinations, {} kinds of calls; {} are still to be tried", chosen.len(), kinds.len(), open.len());

    crew.work(choice::by_way(&open), &STOP, &|trial: &Trial| {
        let Some(trap) = &trial.trap else { return };
        println!("{trial}");
        let outcome = match (trial.sprung, trial.problems.is_empty()) {
            (false, true) => "never reached".to_owned(),
            (true, true) => "holds".to_owned(),
            (_, false) => format!("FAILED: {}", trial.problems.join("; ").replace(['\n', '\t'], " ")),
        };
        ledger.lock().unwrap().add(key(trial.way, trap), outcome);
    });
    let left = crew.finish();
    report(&ledger.into_inner().unwrap(), &chosen, &left)
}

fn report(ledger: &Ledger, chosen: &[(Way, Trap)], left: &[String]) -> ExitCode {
    let outcome = |(way, trap): &(Way, Trap)| Some((key(*way, trap), ledger.known.get(&key(*way, trap))?));
    let tried: Vec<_> = chosen.iter().filter_map(outcome).collect();
    let count = |wanted: &str| tried.iter().filter(|(_, outcome)| outcome.starts_with(wanted)).count();
    println!(
        "\n{} combinations, {} tried: {} hold, {} never reached, {} failed",
        chosen.len(),
        tried.len(),
        count("holds"),
        count("never reached"),
        count("FAILED")
    );
    for (key, outcome) in tried.iter().filter(|(_, outcome)| outcome.starts_with("FAILED")) {
        println!("{key}: {outcome}");
    }
    if !left.is_empty() {
        println!("left over after `down --volumes`: {left:?}");
    }
    println!("written down in {}", ledger.path.display());
    ExitCode::from(u8::from(count("FAILED") > 0 || !left.is_empty() || tried.len() < chosen.len()))
}
