//! The threads that wait: for signals, and for the DNS.

use anyhow::Context;
use tokio::runtime::Runtime;

use crate::config::Settings;
use crate::dns::Resolver;

use super::talk::Talk;

/// Threads that last for as long as the command does.
pub(super) fn runtime() -> anyhow::Result<Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(1).enable_all().build().context("can't start the runtime")
}

/// Who is asked what addresses are called, if that is to be asked. That nobody can be is no reason to read no log.
pub(super) fn resolver(settings: &Settings, runtime: &Runtime, talk: &Talk) -> Option<Resolver> {
    match Resolver::start(settings.resolver?, runtime.handle()) {
        Ok(resolver) => Some(resolver),
        Err(error) => {
            talk.warn(&format!("[trust] resolver: {error}"));
            None
        }
    }
}
