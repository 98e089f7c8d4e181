//! `config`: the project as it is understood.

use crate::cli::{
    Exit,
    args::{Config, ConfigFormat, Global},
    project,
};
use crate::ui::Ui;

/// Prints the resolved project.
pub fn run(global: &Global, args: &Config, ui: &Ui) -> anyhow::Result<Exit> {
    let loaded = project::load(global, ui, None)?;
    let stack = &loaded.stack;
    if args.services {
        ui.data(&lines(stack.services.keys().map(ToString::to_string)));
    } else if args.images {
        let images: std::collections::BTreeSet<_> = stack.services.values().map(|s| s.image.to_string()).collect();
        ui.data(&lines(images.into_iter()));
    } else if args.format == ConfigFormat::Json || ui.json() {
        ui.document(&loaded.canonical);
    } else {
        ui.data(&serde_yaml::to_string(&loaded.canonical)?);
    }
    Ok(Exit::Ok)
}

fn lines(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join("\n")
}
