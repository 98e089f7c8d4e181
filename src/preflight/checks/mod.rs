//! The checks, one a file. Owns their order and nothing else.

mod clock;
mod cpu;
mod disk;
mod engine;
mod files;
mod images;
mod inodes;
mod memory;
mod ports;
mod secrets;
mod stack;
mod storage;
mod version;

use super::Check;

/// Every check, in the order in which a person would mend things: first what hides other findings.
pub fn checks() -> Vec<Box<dyn Check>> {
    vec![
        Box::new(engine::Reachable),
        Box::new(version::Version),
        Box::new(stack::Readable),
        Box::new(secrets::Secrets),
        Box::new(files::Files),
        Box::new(ports::Ports),
        Box::new(cpu::Cpu),
        Box::new(memory::Memory),
        Box::new(disk::Space),
        Box::new(inodes::Inodes),
        Box::new(storage::Driver),
        Box::new(clock::Clock),
        Box::new(images::Images),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{
        super::{
            Facts, run_all,
            testing::{FakeHost, facts},
        },
        *,
    };

    #[test]
    fn codes_are_different_and_of_one_shape() {
        let codes: BTreeSet<_> = checks().iter().map(|check| check.id()).collect();
        assert_eq!(codes.len(), checks().len());
        let word = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
        assert!(codes.iter().all(|code| code.split_once('.').is_some_and(|(subject, aspect)| word(subject) && word(aspect))));
        assert!(checks().iter().all(|check| !check.title().is_empty()));
    }

    #[tokio::test]
    async fn a_report_fails_when_one_check_does() {
        let host = FakeHost::default();
        let report = run_all(&facts(&host)).await;
        assert!(!report.failed(), "{report:?}");
        let report = run_all(&Facts { stack_problem: Some("no such file".into()), ..facts(&host) }).await;
        assert!(report.failed() && report.count(super::super::Severity::Failure) == 1);
        let json = serde_json::to_value(&report).unwrap();
        let failure = json["findings"].as_array().unwrap().iter().find(|finding| finding["severity"] == "failure").unwrap();
        assert_eq!((&failure["code"], &failure["message"]), (&"stack.readable".into(), &"no such file".into()));
    }
}
