//! When backups are made without anybody asking: the units of systemd, or the line of a crontab, that call this program.
//!
//! Refuses to run anything: who starts the timer is told what to type.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    str::FromStr,
};

use chrono::{NaiveTime, Timelike as _, Weekday};
use thiserror::Error;

use super::files;
use crate::{model::ProjectName, secret::quoted};

/// How long one backup may take before systemd ends it.
const LONGEST: &str = "24h";
/// Servers that were set up on the same day need not all begin in the same second.
const SPREAD: &str = "5m";

/// A time of day, `03:30`, by the clock of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeOfDay(NaiveTime);

/// What a text is not.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotATime {
    /// No time of day.
    #[error("`{0}` is not a time of day such as 03:30")]
    Time(String),
    /// No day of the week.
    #[error("`{0}` is not a day of the week such as mon")]
    Day(String),
}

impl FromStr for TimeOfDay {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        let form = text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
        let time = if form { NaiveTime::parse_from_str(text, "%H:%M").ok() } else { None };
        time.map(Self).ok_or_else(|| NotATime::Time(text.to_owned()))
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%H:%M"))
    }
}

/// A day of the week, by its English name or the first letters of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day(Weekday);

impl FromStr for Day {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        text.parse().map(Self).map_err(|_| NotATime::Day(text.to_owned()))
    }
}

/// The units cannot be written.
#[derive(Debug, Error)]
#[error("cannot write the units to {}", directory.display())]
pub struct NotInstalled {
    directory: PathBuf,
    source: io::Error,
}

impl NotInstalled {
    /// What to run to mend it.
    pub fn hint(&self) -> &'static str {
        match self.source.kind() {
            io::ErrorKind::PermissionDenied => "systemd's directory is the administrator's: run it with sudo",
            _ => "name the directory of systemd's units on this machine with --unit-directory, or use --cron",
        }
    }
}

/// What is called, and when.
#[derive(Debug, Clone)]
pub struct Schedule<'a> {
    /// This program, by its absolute path.
    pub program: &'a Path,
    /// The deployment directory, by its absolute path.
    pub directory: &'a Path,
    /// The project.
    pub project: &'a ProjectName,
    /// The time.
    pub at: TimeOfDay,
    /// Only on these days; none means every day.
    pub days: &'a [Day],
}

impl Schedule<'_> {
    /// The name of the units, without their endings.
    pub fn unit(&self) -> String {
        format!("medianestctl-backup-{}", self.project)
    }

    /// The service: one backup.
    pub fn service(&self) -> String {
        let (program, directory, project) = (word(self.program), word(self.directory), self.project);
        format!(
            "[Unit]\n\
             Description=Backup of {project}\n\
             Wants=network-online.target\n\
             After=network-online.target docker.service\n\
             \n\
             [Service]\n\
             Type=oneshot\n\
             ExecStart={program} -C {directory} --non-interactive backup create\n\
             TimeoutStartSec={LONGEST}\n\
             Nice=10\n\
             IOSchedulingPriority=7\n"
        )
    }

    /// The timer. A run that was missed, because the machine was off, is made up for as soon as it is on.
    pub fn timer(&self) -> String {
        let days = self.days.iter().map(|day| day.0.to_string()).collect::<Vec<_>>().join(",");
        let days = if days.is_empty() { days } else { days + " " };
        let (project, at) = (self.project, self.at);
        format!(
            "[Unit]\n\
             Description=When {project} is backed up\n\
             \n\
             [Timer]\n\
             OnCalendar={days}*-*-* {at}:00\n\
             RandomizedDelaySec={SPREAD}\n\
             Persistent=true\n\
             \n\
             [Install]\n\
             WantedBy=timers.target\n"
        )
    }

    /// Writes the units into a directory that is there; gives their paths, the service's first.
    ///
    /// # Errors
    /// When there is no such directory, or it cannot be written to.
    pub fn install(&self, directory: &Path) -> Result<[PathBuf; 2], NotInstalled> {
        let failed = |source: io::Error| NotInstalled { directory: directory.to_owned(), source };
        if !directory.is_dir() {
            return Err(failed(io::ErrorKind::NotADirectory.into()));
        }
        let paths = ["service", "timer"].map(|kind| directory.join(format!("{}.{kind}", self.unit())));
        // The service first: a timer without one would fail.
        for (path, text) in paths.iter().zip([self.service(), self.timer()]) {
            files::replace(path, text.as_bytes(), files::PUBLIC).map_err(failed)?;
        }
        Ok(paths)
    }

    /// The line of a crontab. cron makes up for nothing that was missed.
    pub fn cron(&self) -> String {
        let (hour, minute) = (self.at.0.hour(), self.at.0.minute());
        let days = self.days.iter().map(|day| day.0.num_days_from_sunday().to_string()).collect::<Vec<_>>().join(",");
        let days = if days.is_empty() { "*".to_owned() } else { days };
        let command = format!("{} -C {} --non-interactive --quiet backup create", quoted(self.program), quoted(self.directory));
        // cron takes what follows a `%` for the command's input.
        format!("{minute} {hour} * * {days} {}\n", command.replace('%', "\\%"))
    }
}

/// A path as a word of `ExecStart` (systemd.service(5), systemd.syntax(7)): specifiers and variables mean nothing in it.
fn word(path: &Path) -> String {
    let mut text = String::from("\"");
    for c in path.to_string_lossy().chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            '%' | '$' => text.extend([c, c]),
            '\n' => text.push_str("\\n"),
            c => text.push(c),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn schedule<'a>(project: &'a ProjectName, directory: &'a str, days: &'a [Day]) -> Schedule<'a> {
        let (program, directory) = (Path::new("/usr/local/bin/medianestctl"), Path::new(directory));
        Schedule { program, directory, project, at: "03:30".parse().unwrap(), days }
    }

    #[test]
    fn what_systemd_and_cron_are_given() {
        let project = "media".parse().unwrap();
        let daily = schedule(&project, "/srv/media", &[]);
        assert_snapshot!(format!("{}\n{}\n{}", daily.service(), daily.timer(), daily.cron()), @r#"
        [Unit]
        Description=Backup of media
        Wants=network-online.target
        After=network-online.target docker.service

        [Service]
        Type=oneshot
        ExecStart="/usr/local/bin/medianestctl" -C "/srv/media" --non-interactive backup create
        TimeoutStartSec=24h
        Nice=10
        IOSchedulingPriority=7

        [Unit]
        Description=When media is backed up

        [Timer]
        OnCalendar=*-*-* 03:30:00
        RandomizedDelaySec=5m
        Persistent=true

        [Install]
        WantedBy=timers.target

        30 3 * * * /usr/local/bin/medianestctl -C /srv/media --non-interactive --quiet backup create
        "#);
    }

    #[test]
    fn days_and_odd_directories() {
        let project = "media".parse().unwrap();
        let days = ["mon".parse().unwrap(), "Sunday".parse().unwrap()];
        let odd = schedule(&project, "/srv/my $HOME %h \"x\"", &days);
        assert!(odd.timer().contains("OnCalendar=Mon,Sun *-*-* 03:30:00\n"), "{}", odd.timer());
        assert!(odd.service().contains(r#" -C "/srv/my $$HOME %%h \"x\"" --"#), "{}", odd.service());
        assert_eq!(
            odd.cron(),
            "30 3 * * 1,0 /usr/local/bin/medianestctl -C '/srv/my $HOME \\%h \"x\"' --non-interactive --quiet backup create\n"
        );
    }

    #[test]
    fn only_times_of_day_are_times() {
        for wrong in ["", "3:30", "24:00", "03:60", "03:30:00", "+3:30", "noon"] {
            assert_eq!(wrong.parse::<TimeOfDay>(), Err(NotATime::Time(wrong.to_owned())));
        }
        assert_eq!("00:05".parse::<TimeOfDay>().unwrap().to_string(), "00:05");
        assert_eq!("day".parse::<Day>(), Err(NotATime::Day("day".to_owned())));
    }
}
