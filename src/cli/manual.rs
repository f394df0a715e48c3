//! Prints the completions of shells and the manual pages, which are made from the command line's own description.

use std::fs;
use std::io::Write;

use anyhow::Context;
use clap::CommandFactory;

use super::args::{Args, CompletionsArgs, ManArgs};
use super::exit::ExitStatus;

/// Prints the completions of a shell.
pub(super) fn completions(
    args: &CompletionsArgs,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "guestbook", &mut text);
    out.write_all(&text)?;
    Ok(ExitStatus::Success)
}

/// Prints the manual page of the program, or writes those of all commands into a folder.
pub(super) fn man(args: &ManArgs, out: &mut impl Write) -> anyhow::Result<ExitStatus> {
    match &args.out {
        None => clap_mangen::Man::new(Args::command()).render(out)?,
        Some(folder) => {
            fs::create_dir_all(folder)
                .and_then(|()| clap_mangen::generate_to(Args::command(), folder))
                .with_context(|| format!("can't write {}", folder.display()))?;
        }
    }
    Ok(ExitStatus::Success)
}
