//! What an update of both application services has to wait for, item by item, against the time that it takes.

use std::{collections::BTreeMap, time::Duration};

use super::{
    HEALTHY_AFTER_A_SECOND, WINDOW,
    change::{self, Change, Step},
    load::{ROLLBACK, UPDATE, VERSIONS, assert_replicas},
    support::Site,
    verdict::Verdict,
};

/// How often it is measured; the run of middle length is shown.
const TIMES: usize = 3;
/// How much longer than the sum of its waits an update may take. What goes on side by side counts once: the plain sum is
/// larger, and would forgive more.
const TARGET: f64 = 1.5;
/// Steps whose length is not the program's to choose: migrations, health with the monitor window, nginx's new workers,
/// requests under way, applications that end in their own time.
const WAITS: [&str; 5] = ["run", "wait for", "switch", "drain", "stop"];

/// Updates and rolls back a quiet stack, and reports.
pub fn measure(site: &Site, verdict: &mut Verdict) {
    let mut updates: Vec<Change> = (0..TIMES)
        .map(|_| {
            let update = change::run(site, UPDATE);
            assert_replicas(site, VERSIONS[1]);
            change::run(site, ROLLBACK);
            update
        })
        .collect();
    updates.sort_by_key(|update| update.took);
    let update = &updates[TIMES / 2];
    let waits: Vec<&Step> = update.steps.iter().filter(|step| WAITS.contains(&step.verb.as_str())).collect();

    println!("Update of both application services, 2 + 2 replicas ({HEALTHY_AFTER_A_SECOND}), no load [{WINDOW}]");
    let mut items: BTreeMap<(&str, &str), (usize, Duration)> = BTreeMap::new();
    for step in &waits {
        let (count, took) = items.entry((chain(step), &step.verb)).or_default();
        *count += 1;
        *took += step.took;
    }
    for ((chain, verb), (count, took)) in &items {
        println!("  {chain:<9} {verb:<9} {count:>2} x {:>7.2} s [{WINDOW}]", took.as_secs_f64());
    }
    let sum: Duration = waits.iter().map(|step| step.took).sum();
    let (total, sum, some) = (update.took.as_secs_f64(), sum.as_secs_f64(), covered(&waits).as_secs_f64());
    let ratio = total / some;
    println!("  sum of all {sum:.2} s; counting once what goes on side by side {some:.2} s [{WINDOW}]");
    let figure = format!("{total:.2} s, of which {some:.2} s had to be waited for, ratio {ratio:.2}");
    verdict.line("update of both application services", &figure, &format!("<= {TARGET}"), ratio <= TARGET);
}

/// The service for which a step waits, as far as its words tell.
fn chain(step: &Step) -> &'static str {
    let named = |text: &str| ["migrate", "backend", "frontend"].into_iter().find(|service| text.contains(service));
    named(&step.object).or_else(|| named(&step.cause)).unwrap_or("ingress")
}

/// How long at least one of the steps was under way.
fn covered(steps: &[&Step]) -> Duration {
    let mut spans: Vec<_> = steps.iter().map(|step| (step.end.saturating_sub(step.took), step.end)).collect();
    spans.sort();
    let (mut covered, mut until) = (Duration::ZERO, Duration::ZERO);
    for (begin, end) in spans {
        covered += end.saturating_sub(begin.max(until));
        until = until.max(end);
    }
    covered
}
