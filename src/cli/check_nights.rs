//! Checks whether runs by cron and frames in pages will work.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::config::Settings;

use super::args::DEFAULT_CONFIG;

/// The folders in which cron looks for programs.
const CRON_PATH: [&str; 2] = ["/usr/bin", "/bin"];

/// Writes where the pages go, whether this user may write there, and the line for cron.
pub(super) fn write_nights(
    settings: &Settings,
    config: &Path,
    out: &mut impl Write,
) -> io::Result<()> {
    let folder = settings.reports_path();
    let formats = &settings.reports().formats;
    let mut problems = Vec::new();
    if let Some(denied) = unwritable(&folder) {
        problems.push(format!("this user may not write to {denied}"));
    }
    if !formats.iter().any(|format| format == "html") {
        problems.push(
            "frames need \"html\" under [reports] formats, since they show terms/TERM.html".into(),
        );
    }
    let problems: String = problems.iter().map(|problem| format!("; {problem}")).collect();
    writeln!(out, "reports {}: {}{problems}", folder.display(), formats.join(", "))?;
    let program = std::env::current_exe().unwrap_or_else(|_| "guestbook".into());
    let is_found = CRON_PATH.iter().any(|folder| program.parent() == Some(Path::new(folder)));
    // cron does not know where programs outside of its folders are, and starts in the user's home.
    let name = if is_found { "guestbook".into() } else { program.display().to_string() };
    let folder = std::env::current_dir().unwrap_or_default().join(&settings.folder);
    let folder: PathBuf = folder.components().collect();
    let flag = match config.file_name() {
        Some(file) if file != DEFAULT_CONFIG => {
            format!(" --config {}", for_cron(&file.to_string_lossy()))
        }
        _ => String::new(),
    };
    let (folder, name) = (for_cron(&folder.to_string_lossy()), for_cron(&name));
    writeln!(out, "cron    17 3 * * *  cd {folder} && {name} nightly --quiet{flag}")
}

/// Returns a word for a line of cron: in quotes if the shell would read it otherwise, and with `%` escaped, which is a line
/// end for cron.
fn for_cron(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '%' | '+');
    let quoted = match word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    };
    quoted.replace('%', r"\%")
}

/// Returns the folder that is missing and can't be made, or can't be written to. `None` if all is well.
fn unwritable(folder: &Path) -> Option<String> {
    let existing = folder.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("."));
    let existing = if existing == Path::new("") { Path::new(".") } else { existing };
    let is_denied = match tempfile_in(existing) {
        Ok(()) => false,
        Err(error) => matches!(
            error.kind(),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
        ),
    };
    is_denied.then(|| existing.display().to_string())
}

/// Makes and deletes a file, which is the only sure way to know whether one can be made.
fn tempfile_in(folder: &Path) -> io::Result<()> {
    let path = folder.join(format!(".guestbook-check-{}", std::process::id()));
    fs::File::create_new(&path)?;
    fs::remove_file(path)
}
