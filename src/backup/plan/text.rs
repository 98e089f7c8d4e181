//! A plan in words, for `--dry-run`.

use super::{BackupPlan, DumpWay, Part, VolumeWay};
use crate::backup::manifest::Consistency;

impl BackupPlan {
    /// Each part with how it is read, then what is held still, what is left out, what to know; one line each.
    pub fn to_text(&self) -> String {
        let mut lines: Vec<String> = self.parts.iter().map(line).collect();
        let still: Vec<_> = self.still.iter().map(|c| c.name.as_str()).collect();
        match (self.consistency, still.as_slice()) {
            (_, []) => {}
            (Consistency::Stop, still) => lines.push(format!("stopped meanwhile: {}", still.join(", "))),
            (_, still) => lines.push(format!("paused for the moment of the snapshots: {}", still.join(", "))),
        }
        lines.extend(self.left_out.iter().map(|left| format!("not in it: {} ({})", left.what, left.why)));
        lines.extend(self.notes.iter().map(|note| format!("note: {note}")));
        lines.push(String::new());
        lines.join("\n")
    }
}

fn line(part: &Part) -> String {
    let how = match part {
        Part::Redis { container, .. } => format!("a snapshot that {} saves now", container.name),
        Part::Postgres { container, database, way, .. } => {
            let by = match way {
                DumpWay::Engine => "through the engine",
                DumpWay::Pipe => "through a pipe",
            };
            format!("a dump of database {database} in {}, and its roles, {by}", container.name)
        }
        Part::Volume { volume, way, .. } => match way {
            VolumeWay::Directory(path) => format!("the files of volume {volume}, from {path}"),
            VolumeWay::Engine => format!("the files of volume {volume}, through the engine"),
        },
        Part::Config => "Compose files and all else of the deployment directory that is no secret".into(),
        Part::Secrets => "secrets, files of variables, keys of the deployment directory".into(),
    };
    format!("{}: {how}", part.name())
}
