//! Every system call that writes the store, or reads a log, fails or is the last one before the process is killed.
//!
//! strace injects the faults, so these tests run only if they are asked for:
//! `cargo test faults -- --ignored`.

use std::process::{Command, Output};

use crate::kill::{LINES, assert_consistent, log};
use crate::program::Site;

/// The system calls that change the store.
const WRITES: &str = "pwrite64,write,ftruncate,fdatasync,fsync,unlink";

/// More faults than a run has system calls of a kind. It keeps a bug from looping forever.
const FAULTS_MAX: usize = 2_000;

const LOGS: u32 = 3;

/// A site with three logs. If `is_known`, half of the first one was read before.
fn site(is_known: bool) -> Site {
    let site = Site::plain();
    if is_known {
        let first = log(0);
        site.write("access.log.0", &first[..first.len() / 2]);
        site.succeed(&["ingest"]);
    }
    for n in 0..LOGS {
        site.write(&format!("access.log.{n}"), log(n));
    }
    site
}

/// Runs `ingest` with this fault at the `at`-th of the system calls on files whose path is given.
fn ingest_with_fault(site: &Site, paths: &[&str], calls: &str, fault: &str, at: usize) -> Output {
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o", "trace.txt", "-e", &format!("trace={calls}")]);
    command.args(["-e", &format!("inject={calls}:{fault}:when={at}")]);
    for path in paths {
        command.arg("-P").arg(std::fs::canonicalize(site.path("")).unwrap().join(path));
    }
    command.args([env!("CARGO_BIN_EXE_guestbook"), "ingest", "--quiet", "--threads", "1"]);
    command.current_dir(site.path("")).output().expect("strace is installed")
}

/// Injects the fault at each system call, one run for each. Asserts that nothing is lost and nothing counts twice,
/// and returns how many runs failed.
fn assert_exact_at_every_fault(is_known: bool, paths: &[&str], calls: &str, fault: &str) -> usize {
    for at in 1..FAULTS_MAX {
        let site = site(is_known);
        let output = ingest_with_fault(&site, paths, calls, fault, at);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!errors.contains("panicked"), "{fault} at {at}: {errors}");
        if !fault.starts_with("signal") && !output.status.success() {
            assert!(
                errors.contains("error: ") || errors.contains("warning: "),
                "{fault} at {at}: no message: {errors}"
            );
        }
        let was_injected =
            std::fs::read_to_string(site.path("trace.txt")).unwrap().contains("INJECTED")
                || output.status.code().is_none();
        if output.status.success() {
            assert_eq!(assert_consistent(&site), i64::from(LOGS * LINES), "{fault} at {at}");
        }
        site.succeed(&["ingest"]);
        assert_eq!(assert_consistent(&site), i64::from(LOGS * LINES), "{fault} at {at}");
        if !was_injected {
            return at - 1;
        }
    }
    panic!("more than {FAULTS_MAX} system calls");
}

const STORE: [&str; 3] = ["guestbook.db", "guestbook.db-wal", "guestbook.db-shm"];

#[test]
#[ignore = "needs strace"]
fn a_process_killed_at_any_write_stores_both_or_neither() {
    for is_known in [false, true] {
        let faults = assert_exact_at_every_fault(is_known, &STORE, WRITES, "signal=KILL");
        assert!(faults >= 20, "only {faults} writes");
    }
}

#[test]
#[ignore = "needs strace"]
fn a_write_that_fails_loses_and_doubles_nothing() {
    for is_known in [false, true] {
        for fault in ["error=EIO", "error=ENOSPC"] {
            let faults = assert_exact_at_every_fault(is_known, &STORE, WRITES, fault);
            assert!(faults >= 20, "only {faults} writes");
        }
    }
}

#[test]
#[ignore = "needs strace"]
fn a_read_that_fails_loses_and_doubles_nothing() {
    let calls = "read,pread64";
    let faults = assert_exact_at_every_fault(true, &["access.log.0"], calls, "error=EIO");
    assert!(faults >= 2, "only {faults} reads");
    let faults = assert_exact_at_every_fault(true, &STORE, calls, "error=EIO");
    assert!(faults >= 5, "only {faults} reads");
}
