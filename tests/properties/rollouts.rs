//! Updates and rollbacks of every sort, each cut short or met by something at some point or by nothing: after each of them
//! one more command brings the stack to rest, in the release that was wanted or in the one that there was.

use std::time::Duration;

use medianestctl::engine::fake::{Behaviour, FakeEngine, FakeImage};
use medianestctl::model::Thresholds;
use medianestctl::plan::{Trial, Way};
use proptest::prelude::*;
use tokio::time::advance;

use super::convergence::{assert_settled_but_for_orphans, cases, provide};
use super::shape::{Bones, Flesh, Form, Kind, Update, bones, flesh, project};
use crate::support::{Fate, Operator, Project, Trouble, Watched};

/// What the operator asks for.
#[derive(Debug, Clone)]
enum Command {
    Update(Flesh, Means),
    /// To the release before.
    Rollback,
}

/// How replicas are replaced.
#[derive(Debug, Clone, Copy)]
enum Means {
    AsTheFileSays,
    Recreate,
    /// It answers with this status and after so many seconds, the others with 200 after a fiftieth.
    Canary(u16, &'static str),
}

/// What it meets.
#[derive(Debug, Clone, Copy)]
enum Mishap {
    Nothing,
    /// A call, reading or changing.
    Call(usize, Fate),
    /// A service whose image is no good.
    Sick(usize),
}

/// One command, what it meets, and whether the operator then goes back to what there was.
#[derive(Debug, Clone)]
struct Turn {
    command: Command,
    mishap: Mishap,
    gives_up: bool,
}

fn turn() -> impl Strategy<Value = Turn> {
    let canary = prop_oneof![Just((200, "0.020")), Just((503, "0.001")), Just((200, "0.900"))];
    let means = prop_oneof![
        3 => Just(Means::AsTheFileSays),
        1 => Just(Means::Recreate),
        2 => canary.prop_map(|(status, seconds)| Means::Canary(status, seconds)),
    ];
    let command = prop_oneof![
        2 => (flesh(), means).prop_map(|(flesh, means)| Command::Update(flesh, means)),
        1 => Just(Command::Rollback),
    ];
    let fate = prop_oneof![4 => Just(Fate::Killed), 1 => Just(Fate::Error), 1 => Just(Fate::Lost), 1 => Just(Fate::Hang)];
    let mishap = prop_oneof![
        2 => Just(Mishap::Nothing),
        5 => (0..250usize, fate).prop_map(|(n, fate)| Mishap::Call(n, fate)),
        2 => (0..6usize).prop_map(Mishap::Sick),
    ];
    (command, mishap, any::<bool>()).prop_map(|(command, mishap, gives_up)| Turn { command, mishap, gives_up })
}

impl Means {
    fn way(self) -> Way {
        match self {
            Self::AsTheFileSays => Way::Rolling,
            Self::Recreate => Way::Recreate,
            Self::Canary(..) => {
                let thresholds = Thresholds { errors_permille: 10, p95_percent: 200, requests: 20, requests_for_p95: 100 };
                Way::Canary(Trial { percent: 20, bake: Duration::from_secs(5), thresholds })
            }
        }
    }
}

/// A stack's life so far.
struct Life<'b> {
    bones: &'b Bones,
    engine: FakeEngine,
    /// What each release that came about was made of, by its number.
    releases: Vec<(u64, Flesh)>,
}

impl Life<'_> {
    fn current(&self) -> &Flesh {
        &self.releases.last().expect("something was deployed").1
    }

    /// The stack is at rest in this form; one release is current, and it is the last one that came about.
    async fn settles(&self, flesh: &Flesh) {
        let project = project(self.bones, flesh);
        assert_settled_but_for_orphans(&project, &self.engine).await;
        let operator = Operator::new(&project, &self.engine);
        let head = operator.opened().await.expect("records are kept").head;
        let history = operator.history().await.up_to(head.last);
        let last = history.releases.iter().rfind(|r| r.came_about()).map(|r| r.number);
        assert_eq!(head.release, last, "the last release that came about is the current one");
    }

    /// Finds out which release came about, if any: a command that was cut short may have come to its end.
    async fn note(&mut self, wanted: &Flesh) {
        let found = {
            let project = project(self.bones, wanted);
            let operator = Operator::new(&project, &self.engine);
            let number = operator.opened().await.and_then(|opened| opened.head.release);
            let number = number.filter(|number| self.releases.iter().all(|(known, _)| known != number));
            let history = operator.history().await;
            number.map(|number| (number, history.release(number).and_then(|release| release.rollback_of)))
        };
        let Some((number, of)) = found else { return };
        let flesh = match of {
            Some(of) => self.releases.iter().find(|(known, _)| *known == of).expect("it has come about").1.clone(),
            None => wanted.clone(),
        };
        self.releases.push((number, flesh));
    }

    async fn deploy(&mut self, flesh: &Flesh) {
        let project = project(self.bones, flesh);
        provide(&self.engine, &project);
        project.deploy(&self.engine).await.unwrap();
        self.note(flesh).await;
        self.settles(flesh).await;
    }

    async fn take(&mut self, turn: &Turn) {
        let origin = self.current().clone();
        let wanted = match &turn.command {
            Command::Update(flesh, _) => flesh.clone(),
            // Whatever it returns to is found out when it has.
            Command::Rollback => origin.clone(),
        };
        let mut project = project(self.bones, &wanted);
        project.patience = Some(Duration::from_secs(3));
        provide(&self.engine, &project);
        if let Mishap::Sick(which) = turn.mishap {
            sicken(&self.engine, &project, which);
        }
        let mut engine = Watched::proxy_of("zoo", &self.engine);
        if let Mishap::Call(n, fate) = turn.mishap {
            engine = engine.fails(n, fate);
        }
        if let Command::Update(_, Means::Canary(status, seconds)) = turn.command {
            engine = engine.logs_trial((status, seconds, 120), (200, "0.020", 120));
        }
        let outcome = engine.live(run(&project, &engine, &turn.command)).await;
        provide(&self.engine, &project);
        // Nobody waits for one that was killed, and the next command comes when it comes.
        advance(Duration::from_secs(1)).await;
        self.note(&wanted).await;
        let done = matches!(outcome, Some(Ok(())));
        let rests = match turn.command {
            // What is sick is no longer so by now: the next command finds other images.
            Command::Update(..) => done && !matches!(turn.mishap, Mishap::Sick(_)),
            Command::Rollback => done,
        };
        if rests {
            let now = self.current().clone();
            self.settles(&now).await;
        } else {
            self.deploy(if turn.gives_up { &origin } else { &wanted }).await;
        }
    }
}

async fn run(project: &Project, engine: &Watched, command: &Command) -> Result<(), Trouble> {
    let mut operator = Operator::new(project, engine);
    match command {
        Command::Update(_, means) => {
            operator.way = means.way();
            operator.deploy().await.map(drop)
        }
        Command::Rollback => operator.rollback(None).await.map(drop),
    }
}

fn sicken(engine: &FakeEngine, project: &Project, which: usize) {
    let sick = FakeImage::unchecked(Behaviour::NeverHealthy { output: "no".into() });
    let stack = project.stack();
    // A job need not be healthy: it would make a release that no tag leads to any more.
    if let Some(service) = stack.services.values().filter(|service| !service.is_job(&stack)).nth(which) {
        let _ = engine.clone().with_image(&service.image.to_string(), sick);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases() / 3) })]

    #[test]
    fn every_update_and_rollback_comes_to_rest(
        bones in bones(),
        first in flesh(),
        turns in prop::collection::vec(turn(), 1..5),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut life = Life { bones: &bones, engine: FakeEngine::new(), releases: Vec::new() };
            life.deploy(&first).await;
            for turn in &turns {
                life.take(turn).await;
            }
        });
    }
}

/// A killed update made the next deploy switch away and back to what was recorded, and nobody wrote down that it is so.
#[test]
fn what_the_ingress_has_is_known_when_it_is_what_it_had() {
    let form = |replicas, restarts, order| Form {
        replicas,
        tag: 1,
        setting: 0,
        secret: false,
        config: false,
        restarts,
        healthy: false,
        update: Update { order, parallelism: None },
    };
    let one = || form(1, false, None);
    let bones = Bones { services: vec![(Kind::Service, vec![false; 6]); 5], data: vec![false; 6] };
    let flesh =
        |services, routed| Flesh { services, routed: (0..6).map(|n| n == routed).collect(), verify: false, secret: 0, config: 0 };
    let first = flesh(vec![one(), one(), one(), form(2, false, Some("stop-first")), one(), one()], 3);
    let next = flesh(vec![one(), one(), one(), form(1, true, None), form(2, false, None), one()], 4);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    for call in 24..34 {
        let command = Command::Update(next.clone(), Means::AsTheFileSays);
        let turn = Turn { command, mishap: Mishap::Call(call, Fate::Killed), gives_up: true };
        runtime.block_on(async {
            let mut life = Life { bones: &bones, engine: FakeEngine::new(), releases: Vec::new() };
            life.deploy(&first).await;
            life.take(&turn).await;
        });
    }
}
