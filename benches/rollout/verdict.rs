//! Targets, met or missed, each on a line with the windows that it was measured with.

use super::WINDOW;

/// Whether anything was missed so far.
#[derive(Default)]
pub struct Verdict {
    missed: Vec<String>,
}

impl Verdict {
    /// Prints what was measured, the figure, and its target beside it.
    pub fn line(&mut self, what: &str, figure: &str, target: &str, met: bool) {
        println!("{what}: {figure}; target {target}: {} [{WINDOW}]", if met { "met" } else { "MISSED" });
        if !met {
            self.missed.push(what.to_owned());
        }
    }

    /// The exit code.
    pub fn conclude(&self) -> i32 {
        match self.missed.as_slice() {
            [] => println!("every target is met"),
            missed => println!("missed: {}", missed.join("; ")),
        }
        i32::from(!self.missed.is_empty())
    }
}
