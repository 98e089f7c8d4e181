//! Which of all faults at all places are tried where there is no time for all.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    call::{Call, Fault, Point, Trap, points},
    crew::Work,
    trial::Way,
};

/// What hangs here is given up only after limits that do not follow the engine's.
const LONG_PATIENCE: [&str; 2] = ["POST /containers/*/stop", "POST /images/create"];

/// Every fault at every place of every way.
pub fn all(recorded: &[(Way, Vec<Call>)]) -> Vec<(Way, Trap)> {
    let of = |way: Way, point: Point| Fault::ALL.map(|fault| (way, Trap { point: point.clone(), fault }));
    let of_way = |(way, calls): &(Way, Vec<Call>)| {
        let way = *way;
        points(calls).into_iter().flat_map(move |point| of(way, point)).collect::<Vec<_>>()
    };
    recorded.iter().flat_map(of_way).collect()
}

/// At least `count` of them, of every kind of call and with every fault: kinds that change something both ways and in
/// turn with all faults, those that only look once.
pub fn some(recorded: &[(Way, Vec<Call>)], count: usize) -> Vec<(Way, Trap)> {
    let mut kinds: BTreeMap<String, Vec<(Way, Point)>> = BTreeMap::new();
    for (way, calls) in recorded {
        for point in points(calls) {
            kinds.entry(point.call.kind()).or_default().push((*way, point));
        }
    }
    let mut chosen = BTreeSet::new();
    let (mut faults, mut ways) = (Fault::ALL.iter().copied().cycle(), Way::ALL.iter().copied().cycle());
    for round in 0..Fault::ALL.len() {
        for (kind, points) in &kinds {
            if round > 0 && (chosen.len() >= count || !points[0].1.call.changes()) {
                continue;
            }
            let way = ways.next().unwrap_or(Way::Forth);
            let of_way: Vec<_> = points.iter().filter(|(w, _)| *w == way).collect();
            let from = if of_way.is_empty() { points.iter().collect() } else { of_way };
            let (way, point) = from[(from.len() / 2 + round) % from.len()].clone();
            let patient = |fault: &Fault| !(*fault == Fault::Hang && LONG_PATIENCE.contains(&kind.as_str()));
            let fault = faults.by_ref().find(patient).unwrap_or(Fault::Kill);
            chosen.insert((way, Trap { point, fault }));
        }
        // So that a kind does not meet with the same fault and way in each round.
        faults.next();
        ways.next();
    }
    chosen.into_iter().collect()
}

/// Each way's share of it.
pub fn by_way(chosen: &[(Way, Trap)]) -> Work {
    Way::ALL.map(|way| chosen.iter().filter(|(w, _)| *w == way).map(|(_, trap)| trap.clone()).collect())
}
