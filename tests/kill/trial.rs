//! One fault at one place: what the run and the next one make of it, and what a visitor sees of both.

use std::{
    fmt,
    process::Command,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use super::{
    call::{Call, Fault, Trap},
    proxy::Proxy,
    settled,
    shop::{RELEASES, Shop},
    visitor::{Visit, Visitor},
};
use crate::support::{Ran, address};

/// The command that goes from the first release to the second.
const FORTH: [&str; 2] = ["deploy", RELEASES[1]];
/// The command that goes back.
const BACK: [&str; 2] = ["rollback", RELEASES[0]];
/// Seconds after which a call that hangs is given up; many times what any call takes here.
const PATIENCE: &str = "12";

/// Two first deploys at once may want the same free network addresses.
static FIRST: Mutex<()> = Mutex::new(());

/// Which way a run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// An update.
    Forth,
    /// The way back.
    Back,
}

impl Way {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Forth, Self::Back];

    fn command(self) -> [&'static str; 2] {
        match self {
            Self::Forth => FORTH,
            Self::Back => BACK,
        }
    }

    fn release(self) -> &'static str {
        match self {
            Self::Forth => RELEASES[1],
            Self::Back => RELEASES[0],
        }
    }
}

/// A deployed stack on which one fault is tried after the other.
pub struct Bench {
    shop: Shop,
    proxy: Proxy,
    at: Way,
    /// Trials so far.
    count: usize,
}

/// How a trial went.
#[derive(Debug)]
pub struct Trial {
    /// Which way.
    pub way: Way,
    /// What was to go wrong.
    pub trap: Option<Trap>,
    /// It did.
    pub sprung: bool,
    /// How the run ended in which it went wrong.
    pub ran: Ran,
    /// Every call of that run.
    pub calls: Vec<Call>,
    /// What a visitor saw of it.
    pub visit: Visit,
    /// What is not as it should be.
    pub problems: Vec<String>,
    /// What both runs took.
    pub seconds: f64,
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let trap = self.trap.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string);
        let sprung = if self.sprung || self.trap.is_none() { "" } else { " (never reached)" };
        let Visit { asked, failed, slowest } = &self.visit;
        write!(
            f,
            "{:?}, {trap}{sprung}: exit {}, {:.1} s, {} of {asked} requests failed, slowest {:.2} s",
            self.way,
            self.ran.code,
            self.seconds,
            failed.len(),
            slowest.as_secs_f64(),
        )?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n    {problem}"))
    }
}

impl Bench {
    /// Deploys the first release.
    pub fn new() -> Self {
        let shop = Shop::new();
        let proxy = Proxy::new(shop.place.beside("engine.sock"), shop.engine.socket(), &shop.place.project);
        let bench = Self { shop, proxy, at: Way::Back, count: 0 };
        bench.first_deploy();
        bench
    }

    /// The way that the next trial goes.
    pub fn next_way(&self) -> Way {
        match self.at {
            Way::Forth => Way::Back,
            Way::Back => Way::Forth,
        }
    }

    fn command(&self, way: Way, patience: bool) -> Command {
        let mut command = self.shop.command(&way.command());
        command.env("DOCKER_HOST", address(self.proxy.socket()));
        if patience {
            command.env("MEDIANEST_ENGINE_TIMEOUT", PATIENCE);
        }
        command
    }

    /// Goes the other way with this in the way, and then once more without.
    pub fn trial(&mut self, trap: Option<Trap>) -> Trial {
        let (way, begin) = (self.next_way(), Instant::now());
        self.count += 1;
        if way == Way::Forth {
            self.shop.renew(self.count);
        }
        let visitor = Visitor::on_port(self.shop.port);
        self.proxy.arm(trap.clone());
        let ran = Ran::of(self.command(way, trap.as_ref().is_some_and(|t| t.fault == Fault::Hang)));
        let (calls, sprung) = self.proxy.disarm();
        let next = trap.is_some().then(|| self.shop.run(&way.command()));
        let visit = visitor.leave();
        let mut problems = ended_wrong(trap.as_ref().filter(|_| sprung).map(|t| t.fault), &ran);
        if let Some(next) = next.filter(|next| next.code != 0) {
            problems.push(format!("the next command ends with {}: {}", next.code, next.err));
        }
        if let Some(first) = visit.failed.first() {
            problems.push(format!("{} of {} requests failed, the first {first}", visit.failed.len(), visit.asked));
        }
        problems.extend(settled::problems(&self.shop, way.release(), ([127, 0, 0, 1], self.shop.port).into()));
        self.at = way;
        let seconds = begin.elapsed().as_secs_f64();
        let trial = Trial { way, trap, sprung, ran, calls, visit, problems, seconds };
        if !trial.problems.is_empty() {
            self.begin_anew();
        }
        trial
    }

    /// One trial's failure is no other one's.
    fn begin_anew(&mut self) {
        self.shop.engine.clear(&self.shop.place.project);
        self.first_deploy();
    }

    fn first_deploy(&self) {
        let _alone = FIRST.lock().unwrap_or_else(PoisonError::into_inner);
        self.shop.run(&["deploy", RELEASES[0]]).exits(0);
        if self.at == Way::Forth {
            // The way back leads to a release that there was.
            self.shop.run(&FORTH).exits(0);
        }
    }

    /// Takes it all down; what is still there.
    pub fn finish(self) -> Vec<String> {
        self.shop.run(&["down", "--volumes", "--yes"]).exits(0);
        self.shop.engine.inventory(&self.shop.place.project)
    }
}

/// Whether a run that met with `fault` ended as it may: told, not crashed.
fn ended_wrong(fault: Option<Fault>, ran: &Ran) -> Vec<String> {
    let may = match fault {
        None => ran.code == 0,
        Some(Fault::Kill | Fault::KillAfter) => ran.code == -1,
        // Done all the same, failed, not begun, undone.
        Some(Fault::Error500 | Fault::Hang | Fault::LoseAnswer) => [0, 1, 3, 6].contains(&ran.code),
    };
    if may && !ran.err.contains("panicked") { Vec::new() } else { vec![format!("the run ends with {}: {}", ran.code, ran.err)] }
}
