//! Runs the real program, in a folder of its own.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder with a config, logs and a store, which goes away with the test.
pub(crate) struct Site {
    folder: tempfile::TempDir,
}

/// What a run of the program came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: Vec<u8>,
    pub(crate) err: String,
}

/// The project's folder.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Whether golden files are to be written instead of compared: `GUESTBOOK_BLESS=1 cargo test`.
pub(crate) fn blessing() -> bool {
    std::env::var_os("GUESTBOOK_BLESS").is_some_and(|value| !value.is_empty())
}

impl Site {
    /// An empty folder with the given config.
    pub(crate) fn new(config: &str) -> Site {
        let site = Site { folder: tempfile::tempdir().unwrap() };
        site.write("config.toml", config);
        site
    }

    /// A site of which every page below `/t/` is a term, with its log in `access.log*`.
    pub(crate) fn plain() -> Site {
        Site::new(
            "[[logs]]\npaths = [\"access.log*\"]\n[terms]\npattern = '^/t/(?<term>[^/]+)$'\n\
             [[request_types]]\nname = \"crawler_json\"\nquery = 'format=json'\n",
        )
    }

    /// A copy of the sample site.
    pub(crate) fn sample() -> Site {
        crate::sample_site::bless();
        let site = Site { folder: tempfile::tempdir().unwrap() };
        copy(&root().join("config.toml"), &site.path("config.toml"));
        copy(&root().join("samples"), &site.path("samples"));
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
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.run_with_input(args, b"")
    }

    /// Runs the program in the folder, with something on its standard input.
    pub(crate) fn run_with_input(&self, args: &[&str], input: &[u8]) -> Ran {
        let mut child = Command::new(env!("CARGO_BIN_EXE_guestbook"))
            .args(args)
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        // A program that does not read its input closes it: no failure of the test's.
        let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        writer.join().unwrap();
        let err = String::from_utf8(stderr).expect("what is said is UTF-8");
        let ran = Ran { code: status.code().unwrap_or(-1), out: stdout, err };
        assert!(!ran.err.contains("panicked"), "{}", ran.err);
        ran
    }

    /// Runs the program, which must succeed; returns what it printed.
    pub(crate) fn succeed(&self, args: &[&str]) -> String {
        let ran = self.run(args);
        assert_eq!(ran.code, 0, "{args:?}: {}", ran.err);
        ran.text()
    }

    /// The JSON report of a term.
    pub(crate) fn term(&self, term: &str, as_of: &str) -> serde_json::Value {
        let args = ["report", "--term", term, "--as-of", as_of, "--format", "json"];
        serde_json::from_str(&self.succeed(&args)).unwrap()
    }
}

impl Ran {
    pub(crate) fn text(self) -> String {
        String::from_utf8(self.out).expect("text output is UTF-8")
    }
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let name = entry.unwrap().file_name();
            copy(&from.join(&name), &to.join(&name));
        }
    } else {
        fs::copy(from, to).unwrap();
    }
}

/// A line of the combined format.
pub(crate) fn line(time: &str, path: &str, status: u16, user_agent: &str) -> String {
    format!(
        "203.0.113.9 - - [{time}] \"GET {path} HTTP/1.1\" {status} 512 \"-\" \"{user_agent}\"\n"
    )
}

/// Bytes as a gzip file.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// What a report's pings were found to be: verified, impostors, unverifiable, unchecked.
pub(crate) fn trust(report: &serde_json::Value) -> [u64; 4] {
    ["verified", "impostor", "unverifiable", "unchecked"]
        .map(|name| report["trust"][name].as_u64().unwrap())
}

/// The families of a report, with their pings.
pub(crate) fn families(report: &serde_json::Value) -> Vec<(String, u64)> {
    let rows = report["families"].as_array().unwrap().iter();
    rows.map(|row| (row["family"].as_str().unwrap().to_owned(), row["pings"].as_u64().unwrap()))
        .collect()
}
