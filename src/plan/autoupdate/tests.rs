use chrono::{Duration as Span, NaiveDate, NaiveDateTime, NaiveTime, Weekday};
use proptest::prelude::*;

use super::*;
use crate::model::{Labels, Window, Zone};

fn subject(image: &str, services: &[&str], runs: &[&str]) -> Subject {
    Subject {
        image: image.parse().unwrap(),
        services: services.iter().map(|name| name.parse().unwrap()).collect(),
        runs: runs.iter().map(|id| ImageId((*id).into())).collect(),
        never_pulled: false,
    }
}

fn content(id: &str, digests: &[&str]) -> ObservedImage {
    ObservedImage {
        id: ImageId(id.into()),
        repo_digests: digests.iter().map(|digest| format!("shop/api@{digest}")).collect(),
        created: None,
        user: String::new(),
        labels: Labels::new(),
    }
}

fn finding(image: &str, service: &str, verdict: Verdict) -> Finding {
    Finding { subject: subject(image, &[service], &["old"]), digest: Some(format!("sha256:{service}")), verdict }
}

#[test]
fn what_is_never_followed() {
    let known = content("a", &["sha256:1"]);
    let of = |subject: &Subject| exempt(subject, &[&known]);
    for database in ["postgres:16", "docker.io/library/redis", "reg.example:5000/x/mariadb:11"] {
        assert_eq!(of(&subject(database, &["db"], &["a"])), Some(Verdict::Database));
    }
    // A database is one first of all, whatever else would speak against it.
    assert_eq!(of(&subject("postgres:16", &["db"], &[])), Some(Verdict::Database));
    let pinned = format!("shop/api:1@sha256:{}", "a".repeat(64));
    assert_eq!(of(&subject(&pinned, &["api"], &["a"])), Some(Verdict::Pinned));
    assert_eq!(of(&Subject { never_pulled: true, ..subject("shop/api:1", &["api"], &["a"]) }), Some(Verdict::NeverPulled));
    assert_eq!(of(&subject("shop/api:1", &["api"], &[])), Some(Verdict::NotDeployed));
    assert_eq!(of(&subject("shop/api:1", &["api"], &["a"])), None);
    assert_eq!(exempt(&subject("shop/api:1", &["api"], &["a"]), &[&content("a", &[])]), Some(Verdict::BuiltHere));
}

#[test]
fn what_runs_decides_and_not_where_the_tag_leads() {
    let api = subject("shop/api:1", &["api"], &["a"]);
    let none = Tried::default();
    let runs = content("a", &["sha256:1", "sha256:2"]);
    assert_eq!(judge(&api, &[&runs], "sha256:2", &none), Verdict::Current);
    assert_eq!(judge(&api, &[&runs], "sha256:3", &none), Verdict::Due);
    // Half of the replicas run something else, or something that the engine cannot show any more.
    let half = subject("shop/api:1", &["api"], &["a", "b"]);
    assert_eq!(judge(&half, &[&runs, &content("b", &["sha256:3"])], "sha256:3", &none), Verdict::Due);
    assert_eq!(judge(&half, &[&runs], "sha256:2", &none), Verdict::Due);
}

#[test]
fn what_failed_is_not_tried_again_until_it_changes() {
    let mut tried = Tried::default();
    let due = [finding("shop/api:1", "api", Verdict::Due), finding("shop/web:1", "web", Verdict::Due)];
    let waits = finding("shop/job:1", "job", Verdict::MovedAgain);
    let has = |tried: &Tried, f: &Finding| tried.has_failed(&f.subject.image, f.digest.as_deref().unwrap());
    tried.failed(&[due[0].clone(), due[1].clone(), waits.clone()], Some(&"web".parse().unwrap()), false);
    assert_eq!([&due[0], &due[1], &waits].map(|f| has(&tried, f)), [false, true, false], "only the culprit is blamed");
    assert_eq!(judge(&due[1].subject, &[&content("old", &["sha256:0"])], "sha256:web", &tried), Verdict::FailedBefore);
    assert_eq!(judge(&due[1].subject, &[&content("old", &["sha256:0"])], "sha256:other", &tried), Verdict::Due);
    // Somebody has put it right by hand.
    assert_eq!(judge(&due[1].subject, &[&content("old", &["sha256:web"])], "sha256:web", &tried), Verdict::Current);
    for (culprit, together) in [(None, false), (Some("nobody"), false), (Some("web"), true)] {
        let mut tried = Tried::default();
        tried.failed(&due, culprit.map(|name| name.parse().unwrap()).as_ref(), together);
        assert!(due.iter().all(|f| has(&tried, f)), "{culprit:?} {together}");
    }
}

#[test]
fn an_age_is_counted_from_when_an_image_was_built() {
    let now = DateTime::from_timestamp(1_767_225_600, 0).unwrap();
    let day = Duration::from_secs(86_400);
    assert!(old_enough(Some(now - Span::hours(24)), now, day));
    assert!(!old_enough(Some(now - Span::hours(24) + Span::seconds(1)), now, day));
    assert!(!old_enough(Some(now + Span::hours(48)), now, day), "a clock that runs ahead");
    assert!(!old_enough(None, now, day), "nobody knows");
    assert!(old_enough(None, now, Duration::ZERO));
    assert!(old_enough(Some(DateTime::UNIX_EPOCH), now, day), "a reproducible build");
}

#[test]
fn what_is_too_young_says_when_it_will_be_old_enough() {
    let created = DateTime::from_timestamp(1_767_225_600, 0);
    let said = |min_age| Verdict::TooYoung { created, min_age }.to_string();
    assert_eq!(
        said(36 * 3600),
        "waits until 2026-01-02 12:00:00 UTC: the new one was built at 2026-01-01 00:00:00 UTC and must be 36.0 h old"
    );
    assert!(said(u64::MAX).starts_with("waits: the new one was built at 2026-01-01"), "longer than any clock counts");
}

#[test]
fn a_version_comes_whole_or_not_at_all() {
    let mut findings = vec![
        finding("shop/api:v2", "api", Verdict::Due),
        finding("shop/web:v2", "web", Verdict::Current),
        finding("postgres:16", "db", Verdict::Database),
    ];
    together(&mut findings);
    assert_eq!(findings[0].verdict, Verdict::Due, "what needs no update keeps nobody waiting");
    findings.push(finding("shop/job:v2", "job", Verdict::Unknown { error: "no".into() }));
    together(&mut findings);
    assert_eq!(findings[0].verdict, Verdict::InCompany);
    assert_eq!(findings[1].verdict, Verdict::Current);
}

#[test]
fn versions_are_chosen_by_number() {
    let candidates = ["v1.2.0", "v1.10.0", "1.9.9", "v2.0.0", "v2.1.0-rc.1"].map(String::from);
    let best = |current: &str, range: Option<&str>| newer(Some(current), range, &candidates).unwrap();
    assert_eq!(best("v1.1.0", None), Some("v2.0.0"));
    assert_eq!(best("v1.1.0", Some("<2.0.0")), Some("v1.10.0"));
    assert_eq!(best("v1.1.0", Some("~1.2")), Some("v1.2.0"));
    assert_eq!(best("v1.1.0", Some(">=2.1.0-rc.0")), Some("v2.1.0-rc.1"));
    assert_eq!(best("v1.10.0", Some("^1")), None, "never back, never the same");
    assert_eq!(newer(None, None, &[]), Ok(None));
    assert_eq!(newer(Some("latest"), None, &[]), Ok(None));
    assert_eq!(newer(None, None, &candidates), Err(VersionError::NoVersion));
    assert_eq!(newer(Some("latest"), None, &candidates), Err(VersionError::NotSemantic("latest".into())));
    assert_eq!(newer(Some("v1.0.0"), None, &["main".into()]), Err(VersionError::NotSemantic("main".into())));
}

fn at(day: u32, time: &str) -> NaiveDateTime {
    // 2026-06-01 is a Monday.
    NaiveDate::from_ymd_opt(2026, 6, day).unwrap().and_time(NaiveTime::parse_from_str(time, "%H:%M").unwrap())
}

fn window(hours: &str, days: &[Weekday]) -> Window {
    Window { hours: hours.parse().unwrap(), days: days.to_vec(), zone: Zone::Utc }
}

#[test]
fn a_window_opens_and_closes() {
    assert!(is_open(None, at(1, "12:00")));
    let night = window("02:00-05:00", &[]);
    let open = |window: &Window, day, time| is_open(Some(window), at(day, time));
    assert_eq!(["01:59", "02:00", "04:59", "05:00"].map(|t| open(&night, 1, t)), [false, true, true, false]);
    let weekend = window("22:00-04:00", &[Weekday::Sat]);
    // The sixth is a Saturday: its night ends on Sunday.
    assert_eq!(["21:59", "22:00", "23:59"].map(|t| open(&weekend, 6, t)), [false, true, true]);
    assert_eq!(["00:00", "03:59", "04:00", "22:00"].map(|t| open(&weekend, 7, t)), [true, true, false, false]);
    assert!(!open(&weekend, 6, "03:00"), "the night of Friday");
}

fn hours() -> impl Strategy<Value = (u16, u16)> {
    (0u16..1440, 0u16..1440).prop_filter("a window has two ends", |(from, to)| from != to)
}

proptest! {
    #[test]
    fn a_window_is_open_for_as_long_as_it_says((from, to) in hours(), days in proptest::sample::subsequence(vec![
        Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun], 0..=7))
    {
        let clock = |m: u16| format!("{:02}:{:02}", m / 60, m % 60);
        let window = window(&format!("{}-{}", clock(from), clock(to)), &days);
        let week = (0..7 * 1440).filter(|m| is_open(Some(&window), at(1, "00:00") + Span::minutes(*m))).count();
        let length = usize::from((to + 1440 - from) % 1440);
        prop_assert_eq!(week, length * if days.is_empty() { 7 } else { days.len() });
    }

    #[test]
    fn whatever_is_found_only_what_is_due_may_change(
        verdicts in proptest::collection::vec(0usize..5, 1..6), moved in proptest::collection::vec(any::<bool>(), 6),
    ) {
        let verdict = |n: usize| [Verdict::Due, Verdict::Current, Verdict::Database, Verdict::FailedBefore, Verdict::MovedAgain][n].clone();
        let findings: Vec<_> = verdicts.iter().enumerate().map(|(i, v)| {
            let (name, old) = (format!("s{i}"), format!("old{i}"));
            Finding { subject: subject(&format!("shop/{name}:1"), &[&name], &[&old]), digest: None, verdict: verdict(*v) }
        }).collect();
        let contents = (0..findings.len()).map(|i| format!("old{i}")).map(|id| (ImageId(id.clone()), content(&id, &[]))).collect();
        let tag = |i: usize| content(&format!("{}{i}", if moved[i] { "new" } else { "old" }), &[]);
        let tags = (0..findings.len()).map(|i| (format!("shop/s{i}:1"), tag(i))).collect();
        let hold = Hold::of(&findings, &contents, &tags);
        for (i, finding) in findings.iter().enumerate() {
            let held = hold.pinned.get(&finding.subject.image.to_string());
            let must = finding.verdict != Verdict::Due && moved[i];
            prop_assert_eq!(held.map(|id| id.0.clone()), must.then(|| format!("old{i}")));
        }
        prop_assert!(hold.pinned.iter().all(|(name, id)| hold.images[name].id == *id && hold.images[&id.to_string()].id == *id));
    }
}
