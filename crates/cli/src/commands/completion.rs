//! `tenure completion SHELL`.

use crate::exit::Exit;
use crate::output::Output;
use clap_complete::Shell;

/// What `completion` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell that is to complete
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script.
pub(crate) fn run(args: &Args, output: &Output) -> Exit {
    output.data(&script(args.shell));
    Exit::Ok
}

fn script(shell: Shell) -> String {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut crate::args::command(), "tenure", &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_completes_every_command() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell, Shell::Elvish] {
            let script = script(shell);
            for word in ["definition", "workflow", "bench"] {
                assert!(script.contains(word), "{shell}: {word}");
            }
        }
    }
}
