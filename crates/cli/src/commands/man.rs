//! `tenure man [DIR]`: the manual pages, made from the command line itself so that they cannot disagree with it.

use crate::error::{Code, Error};
use crate::exit::Exit;
use crate::output::Output;
use std::path::PathBuf;

/// What `man` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write one page for each command into this directory, instead of the first page to stdout
    dir: Option<PathBuf>,
}

/// Prints the first page, or writes all of them.
pub(crate) fn run(args: &Args, output: &Output) -> Result<Exit, Error> {
    let Some(dir) = &args.dir else {
        output.data(&page(&crate::args::command()));
        return Ok(Exit::Ok);
    };
    let failed =
        |error| Error::new(Code::File, format!("cannot write manual pages to `{}`: {error}", dir.display()));
    std::fs::create_dir_all(dir).map_err(failed)?;
    clap_mangen::generate_to(crate::args::command(), dir).map_err(failed)?;
    output.talk(&format!("manual pages are in {}", dir.display()));
    Ok(Exit::Ok)
}

fn page(command: &clap::Command) -> String {
    let mut bytes = Vec::new();
    let rendered = clap_mangen::Man::new(command.clone()).render(&mut bytes);
    rendered.expect("writing to memory does not fail");
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_every_command() {
        let page = page(&crate::args::command());
        for word in ["tenure\\-start", "tenure\\-workflow", "tenure\\-dev"] {
            assert!(page.contains(word), "{word}");
        }
    }
}
