//! nginx as its processes show it: who is the master, how it was started, which workers serve and which only finish.
//!
//! Pure. nginx writes what each process does into its command line, which the engine lists (`docker top`); so neither a
//! status page nor a program in the image is needed.

use std::collections::BTreeSet;

use crate::engine::Process;

const MASTER: &str = "nginx: master process ";
const WORKER: &str = "nginx: worker process";
const LEAVING: &str = "is shutting down";
/// Options of nginx that the master's line may show and that its test must be given too.
const OPTIONS: [&str; 4] = ["-c", "-p", "-g", "-e"];
/// First processes that pass signals on to what they run.
const INITS: [&str; 5] = ["docker-init", "podman-init", "tini", "dumb-init", "catatonit"];

/// One look at a container's processes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Nginx {
    /// The command line that the master was started with, in words.
    pub(super) master: Option<Vec<String>>,
    /// Workers that take new connections.
    pub(super) serving: BTreeSet<u32>,
    /// Workers of an older configuration that finish what they have.
    pub(super) leaving: BTreeSet<u32>,
    /// The first process, when it is neither nginx nor one that passes signals on.
    pub(super) stranger: Option<String>,
}

impl Nginx {
    /// Reads the engine's list.
    pub(super) fn of(processes: &[Process]) -> Self {
        let mut seen = Self::default();
        for process in processes {
            if let Some(line) = process.command.strip_prefix(MASTER) {
                seen.master.get_or_insert_with(|| words(line));
            } else if process.command.starts_with(WORKER) {
                let leaves = process.command.contains(LEAVING);
                let set = if leaves { &mut seen.leaving } else { &mut seen.serving };
                set.insert(process.pid);
            }
        }
        let first = processes.first().map(|p| p.command.as_str()).filter(|line| !line.starts_with("nginx: "));
        seen.stranger = first.filter(|line| !passes_signals_on(line)).map(str::to_owned);
        seen
    }

    /// Whether the configuration that a reload was to bring is in force: somebody new serves, and none of those who
    /// served before takes connections any more. nginx starts the new workers first, so either alone proves nothing.
    pub(super) fn replaced(&self, before: &BTreeSet<u32>) -> bool {
        self.serving.iter().any(|worker| !before.contains(worker)) && self.serving.is_disjoint(before)
    }

    /// The command that tests the configuration as the master would read it.
    pub(super) fn test(&self) -> Option<Vec<String>> {
        let (program, options) = self.master.as_deref()?.split_first()?;
        let command = [program.clone(), "-t".to_owned()];
        Some(command.into_iter().chain(options.iter().cloned()).collect())
    }
}

fn passes_signals_on(command: &str) -> bool {
    let program = command.split(' ').next().unwrap_or_default();
    INITS.contains(&program.rsplit('/').next().unwrap_or_default())
}

/// The program and the options that matter, from a line in which spaces between words and within them look alike: a
/// value reaches to the next option.
fn words(line: &str) -> Vec<String> {
    let mut words = line.split(' ').filter(|w| !w.is_empty());
    let mut found = vec![words.next().unwrap_or("nginx").to_owned()];
    let mut value: Option<String> = None;
    for word in words {
        if word.starts_with('-') {
            found.extend(value.take());
            if OPTIONS.contains(&word) {
                found.push(word.to_owned());
                value = Some(String::new());
            } else if let Some(option) = OPTIONS.iter().find(|o| word.starts_with(**o)) {
                // `-c/etc/nginx.conf`, which nginx takes as well.
                found.push((*option).to_owned());
                value = Some(word[option.len()..].to_owned());
            }
        } else if let Some(value) = &mut value {
            if !value.is_empty() {
                value.push(' ');
            }
            value.push_str(word);
        }
    }
    found.extend(value);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn processes(lines: &[(u32, &str)]) -> Vec<Process> {
        lines.iter().map(|(pid, line)| Process { pid: *pid, command: (*line).to_owned() }).collect()
    }

    #[test]
    fn the_test_reads_what_the_master_reads() {
        let cases: [(&str, &[&str]); 6] = [
            ("nginx", &["nginx", "-t"]),
            ("nginx -g daemon off;", &["nginx", "-t", "-g", "daemon off;"]),
            (
                "/usr/sbin/nginx -c /etc/a/nginx.conf -g daemon off; worker_processes 2;",
                &["/usr/sbin/nginx", "-t", "-c", "/etc/a/nginx.conf", "-g", "daemon off; worker_processes 2;"],
            ),
            (
                "nginx -p /srv/my site -e stderr -q -c x.conf",
                &["nginx", "-t", "-p", "/srv/my site", "-e", "stderr", "-c", "x.conf"],
            ),
            ("nginx -c/etc/b.conf", &["nginx", "-t", "-c", "/etc/b.conf"]),
            ("nginx -q", &["nginx", "-t"]),
        ];
        for (line, wanted) in cases {
            let seen = Nginx::of(&processes(&[(7, &format!("{MASTER}{line}"))]));
            assert_eq!(seen.test().unwrap(), wanted, "{line}");
        }
        assert_eq!(Nginx::of(&processes(&[(7, "sleep 5")])).test(), None);
    }

    #[test]
    fn a_reload_is_in_force_when_new_workers_serve_and_no_old_one_does() {
        let master = (1, "nginx: master process nginx");
        let (worker, leaving) = ("nginx: worker process", "nginx: worker process is shutting down");
        let before = Nginx::of(&processes(&[master, (2, worker), (3, worker), (9, leaving)])).serving;
        assert_eq!(before, [2, 3].into());
        let replaced = |lines: &[(u32, &str)]| Nginx::of(&processes(lines)).replaced(&before);
        assert!(!replaced(&[master, (2, worker), (3, worker)]), "nothing happened");
        assert!(!replaced(&[master, (2, worker), (3, worker), (4, worker), (5, worker)]), "the old ones still serve");
        assert!(!replaced(&[master, (2, leaving), (3, worker), (4, worker)]), "one old one still serves");
        assert!(!replaced(&[master, (2, leaving), (3, leaving)]), "nobody serves");
        assert!(replaced(&[master, (2, leaving), (3, leaving), (4, worker)]));
        assert!(replaced(&[master, (4, worker), (5, worker)]), "the old ones are gone");
    }

    #[test]
    fn who_would_get_the_signal() {
        let stranger = |line: &str| Nginx::of(&processes(&[(1, line), (2, "nginx: master process nginx")])).stranger;
        assert_eq!(stranger("/bin/sh -c nginx; true").as_deref(), Some("/bin/sh -c nginx; true"));
        assert_eq!(stranger("/sbin/docker-init -- nginx"), None);
        assert_eq!(stranger("nginx: worker process"), None, "numbers of processes begin again some day");
    }
}
