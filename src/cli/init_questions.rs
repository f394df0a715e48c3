//! The questions of `init`.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::setup::{FoundSite, Proposal};

/// Asks on a terminal, and takes the default elsewhere.
pub(super) struct Questions {
    asks: bool,
}

impl Questions {
    /// Returns whether to ask: unless `takes_defaults`, if there is a terminal to ask on.
    pub(super) fn new(takes_defaults: bool) -> Questions {
        Questions {
            asks: !takes_defaults && io::stdin().is_terminal() && io::stderr().is_terminal(),
        }
    }

    /// Returns the site that the guestbook is for. The first is the default.
    pub(super) fn site(&self, sites: &[(FoundSite, String)]) -> io::Result<usize> {
        if sites.len() < 2 {
            return Ok(0);
        }
        let list = sites.iter().map(|(_, words)| words.as_str());
        self.choose("Which site is the guestbook for?", list, "1", |answer| {
            let number: usize = answer.parse().ok()?;
            (1..=sites.len()).contains(&number).then(|| number - 1)
        })
    }

    /// Returns the proposals that are accepted. They were listed before, with numbers from 1.
    pub(super) fn terms(&self, proposals: &[Proposal]) -> io::Result<Vec<usize>> {
        if proposals.is_empty() {
            return Ok(Vec::new());
        }
        let defaults = (0..proposals.len()).filter(|at| proposals[*at].is_default);
        let default: Vec<String> = defaults.map(|at| (at + 1).to_string()).collect();
        let default = if default.is_empty() { "none".into() } else { default.join(",") };
        let question = "Which pages are terms, with a history each? Type numbers with commas, or \"none\"; Enter takes the proposal.";
        self.choose(question, [].into_iter(), &default, |answer| {
            if answer == "none" {
                return Some(Vec::new());
            }
            let numbers = answer.split([',', ' ']).filter(|part| !part.is_empty());
            let chosen = numbers.map(|part| part.parse::<usize>().ok()?.checked_sub(1));
            let chosen: Vec<usize> = chosen.collect::<Option<_>>()?;
            chosen.iter().all(|at| *at < proposals.len()).then_some(chosen)
        })
    }

    /// Returns whether `nightly` fetches the lists of addresses every week.
    pub(super) fn refresh(&self) -> io::Result<bool> {
        let question = "Fetch the lists of addresses that operators of agents publish, every week? Each operator's server \
                        is asked for its list; without them, nobody's claim can be verified.";
        self.choose(question, [].into_iter(), "yes", |answer| match answer {
            "yes" | "y" | "Y" => Some(true),
            "no" | "n" | "N" => Some(false),
            _ => None,
        })
    }

    /// Asks until `parse` accepts the answer. An empty answer is the default, and so is the end of the input.
    fn choose<'l, T>(
        &self,
        question: &str,
        list: impl Iterator<Item = &'l str>,
        default: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> io::Result<T> {
        let defaulted = || parse(default).expect("the default is a valid answer");
        if !self.asks {
            return Ok(defaulted());
        }
        let mut err = io::stderr();
        writeln!(err, "\n{question}")?;
        for (at, words) in list.enumerate() {
            writeln!(err, "  {} {words}", at + 1)?;
        }
        loop {
            write!(err, "[{default}] ")?;
            err.flush()?;
            let mut answer = String::new();
            let bytes = io::stdin().lock().read_line(&mut answer)?;
            let answer = answer.trim();
            if bytes == 0 || answer.is_empty() {
                return Ok(defaulted());
            }
            if let Some(answer) = parse(answer) {
                return Ok(answer);
            }
        }
    }
}
