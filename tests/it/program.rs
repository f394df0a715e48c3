//! Runs the compiled program in a temporary folder.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A temporary folder with a config, logs and a store. It is deleted when the value is dropped.
pub(crate) struct Site {
    folder: tempfile::TempDir,
}

/// The exit code and output of a run of the program. The code is -1 if a signal ended it.
#[derive(Debug)]
pub(crate) struct RunResult {
    pub(crate) code: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

/// A pseudo-random sequence (a linear congruential generator), so that a failure can be repeated.
pub(crate) struct Seeded(pub(crate) u64);

impl Seeded {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

/// Returns the root folder of the project.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Returns whether golden files are written instead of compared: `GUESTBOOK_BLESS=1 cargo test`.
pub(crate) fn is_blessing() -> bool {
    std::env::var_os("GUESTBOOK_BLESS").is_some_and(|value| !value.is_empty())
}

impl Site {
    /// Creates a folder with only this config.
    pub(crate) fn new(config: &str) -> Site {
        let site = Site { folder: tempfile::tempdir().unwrap() };
        site.write("config.toml", config);
        site
    }

    /// Creates a site whose terms are the pages below `/t/` and whose logs are `access.log*`.
    pub(crate) fn plain() -> Site {
        Site::new(
            "[[logs]]\npaths = [\"access.log*\"]\n[terms]\npattern = '^/t/(?<term>[^/]+)$'\n\
             [[request_types]]\nname = \"crawler_json\"\nquery = 'format=json'\n",
        )
    }

    /// Copies the sample site.
    pub(crate) fn sample() -> Site {
        crate::sample_site::bless();
        let site = Site { folder: tempfile::tempdir().unwrap() };
        copy_recursively(&root().join("config.toml"), &site.path("config.toml"));
        copy_recursively(&root().join("samples"), &site.path("samples"));
        site
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn append(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let mut file = fs::File::options().append(true).create(true).open(self.path(name)).unwrap();
        file.write_all(bytes.as_ref()).unwrap();
    }

    /// Runs the program in the folder.
    pub(crate) fn run(&self, args: &[&str]) -> RunResult {
        self.run_with_input(args, b"")
    }

    /// Runs the program in the folder with this standard input.
    pub(crate) fn run_with_input(&self, args: &[&str], input: &[u8]) -> RunResult {
        self.run_command(&mut Command::new(env!("CARGO_BIN_EXE_guestbook")), args, input)
    }

    /// Runs the program as a user without permissions on the folder. This matters if the tests run as root, for whom
    /// no permission is checked. Any other user runs the program directly.
    #[cfg(unix)]
    pub(crate) fn run_as_nobody(&self, args: &[&str]) -> RunResult {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        use std::os::unix::process::CommandExt;
        const NOBODY: u32 = 65_534;
        if fs::metadata(self.path("")).unwrap().uid() != 0 {
            return self.run(args);
        }
        // The build folder of root may not be readable by others, so the program is copied.
        let home = tempfile::tempdir().unwrap();
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let program = home.path().join("guestbook");
        fs::copy(env!("CARGO_BIN_EXE_guestbook"), &program).unwrap();
        self.run_command(Command::new(program).uid(NOBODY).gid(NOBODY), args, b"")
    }

    fn run_command(&self, command: &mut Command, args: &[&str], input: &[u8]) -> RunResult {
        let mut child = command
            .args(args)
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        // If the program does not read its input, writing fails. That is no error.
        let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        writer.join().unwrap();
        let stderr = String::from_utf8(stderr).expect("standard error is UTF-8");
        let result = RunResult { code: status.code().unwrap_or(-1), stdout, stderr };
        assert!(!result.stderr.contains("panicked"), "{}", result.stderr);
        result
    }

    /// Runs the program, asserts that it succeeds, and returns its standard output.
    pub(crate) fn succeed(&self, args: &[&str]) -> String {
        let result = self.run(args);
        assert_eq!(result.code, 0, "{args:?}: {}", result.stderr);
        result.text()
    }

    /// Returns the JSON report of a term.
    pub(crate) fn term(&self, term: &str, as_of: &str) -> serde_json::Value {
        let args = ["report", "--term", term, "--as-of", as_of, "--format", "json"];
        serde_json::from_str(&self.succeed(&args)).unwrap()
    }
}

impl RunResult {
    pub(crate) fn text(self) -> String {
        String::from_utf8(self.stdout).expect("text output is UTF-8")
    }
}

fn copy_recursively(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let name = entry.unwrap().file_name();
            copy_recursively(&from.join(&name), &to.join(&name));
        }
    } else {
        fs::copy(from, to).unwrap();
    }
}

/// Returns a line in the combined format.
pub(crate) fn line(time: &str, path: &str, status: u16, user_agent: &str) -> String {
    format!(
        "203.0.113.9 - - [{time}] \"GET {path} HTTP/1.1\" {status} 512 \"-\" \"{user_agent}\"\n"
    )
}

/// Compresses bytes with gzip.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Returns the pings of a report by trust: verified, impostor, unverifiable, unchecked.
pub(crate) fn trust(report: &serde_json::Value) -> [u64; 4] {
    ["verified", "impostor", "unverifiable", "unchecked"]
        .map(|name| report["trust"][name].as_u64().unwrap())
}

/// Returns the families of a report with their pings.
pub(crate) fn families(report: &serde_json::Value) -> Vec<(String, u64)> {
    let rows = report["families"].as_array().unwrap().iter();
    rows.map(|row| (row["family"].as_str().unwrap().to_owned(), row["pings"].as_u64().unwrap()))
        .collect()
}
