//! Who holds a lock: written into labels, which never change, and compared with the processes that live on this machine.

use std::fs;

use chrono::{DateTime, Utc};

use crate::model::{Labels, ProjectName, label, made_for};

const WHO: &str = "io.medianest.lock.who";
const COMMAND: &str = "io.medianest.lock.command";
const SINCE: &str = "io.medianest.lock.since";
const PROCESS: &str = "io.medianest.lock.process";
const MACHINE: &str = "io.medianest.lock.machine";
/// The role of a lock's container.
const ROLE: &str = "lock";

/// Who is at work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// `user@host`.
    pub who: String,
    /// The command, without its arguments' values.
    pub command: String,
    /// Since when, by the holder's clock.
    pub since: Option<DateTime<Utc>>,
    /// Process number and start time in clock ticks, `4711:123456`.
    process: String,
    /// Boot and process namespace: process numbers mean something only within these.
    machine: String,
}

impl Holder {
    /// This process.
    pub fn this_process(who: String, command: &str, since: DateTime<Utc>) -> Self {
        let pid = std::process::id();
        Self {
            who,
            command: command.to_owned(),
            since: Some(since),
            process: identity(pid).unwrap_or_default(),
            machine: machine(),
        }
    }

    pub(super) fn labels(&self, project: &ProjectName) -> Labels {
        [
            (label::PROJECT, project.to_string()),
            (label::ROLE, ROLE.into()),
            (WHO, self.who.clone()),
            (COMMAND, self.command.clone()),
            (SINCE, self.since.map(|t| t.to_rfc3339()).unwrap_or_default()),
            (PROCESS, self.process.clone()),
            (MACHINE, self.machine.clone()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    pub(super) fn from_labels(labels: &Labels) -> Self {
        let text = |name: &str| labels.get(name).cloned().unwrap_or_default();
        Self {
            who: text(WHO),
            command: text(COMMAND),
            since: text(SINCE).parse().ok(),
            process: text(PROCESS),
            machine: text(MACHINE),
        }
    }

    /// Whether a container with these labels is the lock of `project`, and not something else under its name.
    pub(super) fn are_of_a_lock(labels: &Labels, project: &ProjectName) -> bool {
        made_for(project, labels) && labels.get(label::ROLE).is_some_and(|role| role == ROLE)
    }

    /// Whether it is certain that the holder does not live any more.
    pub(super) fn is_dead(&self) -> bool {
        if self.machine.is_empty() || self.machine != machine() {
            return false;
        }
        let pid = self.process.split(':').next().and_then(|pid| pid.parse().ok());
        // Somebody else's process may be hidden from us: only what is known to be gone is gone.
        let gone = |pid: u32| {
            let id = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
            id.is_some_and(|id| rustix::process::test_kill_process(id) == Err(rustix::io::Errno::SRCH))
        };
        pid.is_some_and(|pid| gone(pid) || identity(pid).is_some_and(|now| now != self.process))
    }
}

/// A process by number and start, as numbers are used again.
fn identity(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The command in parentheses may hold anything; start time is the 20th field after it (proc(5), field 22).
    let start = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?;
    Some(format!("{pid}:{start}"))
}

fn machine() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let namespace = fs::read_link("/proc/self/ns/pid").map(|p| p.to_string_lossy().into_owned()).unwrap_or_default();
    format!("{} {namespace}", boot.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder() -> Holder {
        Holder::this_process("ann@laptop".into(), "deploy", DateTime::UNIX_EPOCH)
    }

    #[test]
    fn only_a_process_of_this_machine_can_be_known_dead() {
        assert!(!holder().is_dead());
        let gone = Holder { process: "1:1".into(), ..holder() };
        assert!(gone.is_dead());
        let elsewhere = Holder { machine: "another".into(), ..gone };
        assert!(!elsewhere.is_dead());
    }

    #[test]
    fn labels_carry_the_holder() {
        let labels = holder().labels(&"shop".parse().unwrap());
        assert_eq!(Holder::from_labels(&labels), holder());
        assert!(Holder::are_of_a_lock(&labels, &"shop".parse().unwrap()));
        assert!(!Holder::are_of_a_lock(&labels, &"other".parse().unwrap()));
        assert!(!Holder::are_of_a_lock(&Labels::new(), &"shop".parse().unwrap()));
    }
}
