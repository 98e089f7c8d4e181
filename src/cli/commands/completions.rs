//! `completions`, and the hidden generator of what is committed below completions/ and man/.

use std::{fs, path::Path};

use clap::{CommandFactory as _, ValueEnum as _};
use clap_complete::Shell;

use crate::cli::{Exit, args::Args};
use crate::ui::Ui;

const NAME: &str = "medianestctl";

fn script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), NAME, &mut script);
    script
}

/// Prints a shell's script.
pub fn print(shell: Shell, ui: &Ui) -> anyhow::Result<Exit> {
    ui.data(&String::from_utf8_lossy(&script(shell)));
    Ok(Exit::Ok)
}

/// Writes all of them, and the man pages.
pub fn generate(directory: &Path) -> anyhow::Result<Exit> {
    let (completions, man) = (directory.join("completions"), directory.join("man"));
    fs::create_dir_all(&completions)?;
    fs::create_dir_all(&man)?;
    for shell in Shell::value_variants() {
        let file = match shell {
            Shell::Zsh => format!("_{NAME}"),
            other => format!("{NAME}.{other}"),
        };
        fs::write(completions.join(file), script(*shell))?;
    }
    clap_mangen::generate_to(Args::command(), &man)?;
    Ok(Exit::Ok)
}
