//! `classify`: who a user agent belongs to.

use std::borrow::Cow;
use std::io::{self, BufRead, Write};

use serde::Serialize;

use crate::classify::{Kind, Namer, Purpose, Verdict};
use crate::config::Settings;
use crate::render::{json_line, plain};

use super::Ending;
use super::args::{Classify, ListForm};

/// A user agent, and who it belongs to.
#[derive(Serialize)]
struct Classified<'a> {
    user_agent: &'a str,
    #[serde(flatten)]
    verdict: Verdict<'a>,
}

/// Tells of each user agent that was typed, or of each line of standard input, in order.
pub(super) fn classify(
    settings: &Settings,
    args: &Classify,
    out: &mut impl Write,
) -> anyhow::Result<Ending> {
    let namer = &settings.rules.namer;
    for user_agent in &args.user_agents {
        if user_agent == "-" {
            classify_lines(namer, args.format, out)?;
        } else {
            write(namer, user_agent, args.format, out)?;
        }
    }
    Ok(Ending::Done)
}

fn classify_lines(namer: &Namer, form: ListForm, out: &mut impl Write) -> anyhow::Result<()> {
    let mut input = io::stdin().lock();
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        let text: Cow<'_, str> = String::from_utf8_lossy(&line);
        write(namer, text.trim_end_matches(['\r', '\n']), form, out)?;
        line.clear();
    }
    Ok(())
}

fn write(
    namer: &Namer,
    user_agent: &str,
    form: ListForm,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let verdict = namer.name(user_agent);
    match form {
        ListForm::Json => out.write_all(&json_line(&Classified { user_agent, verdict }))?,
        ListForm::Text => writeln!(out, "{}\n  {}", plain(user_agent), words(&verdict))?,
    }
    Ok(())
}

fn words(verdict: &Verdict<'_>) -> String {
    let rule = plain(&verdict.rule);
    let Verdict { kind, agent, family, operator, purpose, .. } = verdict;
    match (kind, agent, family) {
        (Kind::Agent, Some(agent), Some(family)) => {
            let of = operator.map(|operator| format!(" of {operator}")).unwrap_or_default();
            let told = purpose.filter(|purpose| *purpose != Purpose::Other);
            let purpose = told.map(|purpose| format!(", {purpose}")).unwrap_or_default();
            let family = if agent == family { String::new() } else { format!(", family {family}") };
            format!("{agent}{of}{family}{purpose}: {rule}")
        }
        (Kind::Empty, ..) => "empty".into(),
        _ => format!("a person: {rule}"),
    }
}
