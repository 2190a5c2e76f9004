//! An explanation: numbered steps with a mark each, details below them, a conclusion.

use std::fmt;

use serde::Serialize;

use crate::mail::Time;

/// How a step ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Mark {
    /// Nothing in the way.
    Good,
    /// Nothing in the way, but worth a look.
    Warning,
    /// This is why not.
    Bad,
    /// A fact.
    Note,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Step {
    mark: Mark,
    text: String,
    details: Vec<String>,
}

/// All of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Explanation {
    title: String,
    steps: Vec<Step>,
    /// What follows from the steps.
    conclusion: Vec<String>,
}

impl Explanation {
    pub(super) fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), steps: Vec::new(), conclusion: Vec::new() }
    }

    pub(super) fn good(&mut self, text: impl Into<String>) {
        self.step(Mark::Good, text);
    }

    pub(super) fn warning(&mut self, text: impl Into<String>) {
        self.step(Mark::Warning, text);
    }

    pub(super) fn bad(&mut self, text: impl Into<String>) {
        self.step(Mark::Bad, text);
    }

    pub(super) fn note(&mut self, text: impl Into<String>) {
        self.step(Mark::Note, text);
    }

    pub(super) fn step(&mut self, mark: Mark, text: impl Into<String>) {
        self.steps.push(Step { mark, text: text.into(), details: Vec::new() });
    }

    /// A line below the last step.
    pub(super) fn detail(&mut self, text: impl Into<String>) {
        if let Some(step) = self.steps.last_mut() {
            step.details.push(text.into());
        }
    }

    pub(super) fn conclude(&mut self, text: impl Into<String>) {
        self.conclusion.push(text.into());
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.title)?;
        for (number, step) in self.steps.iter().enumerate() {
            let mark = match step.mark {
                Mark::Good => "bon",
                Mark::Warning => "ATTENTION",
                Mark::Bad => "FAUX",
                Mark::Note => "info",
            };
            writeln!(f, "{:>3}. {mark:<9}  {}", number + 1, step.text)?;
            for detail in &step.details {
                writeln!(f, "                - {detail}")?;
            }
        }
        for line in &self.conclusion {
            write!(f, "\n=> {line}")?;
        }
        writeln!(f)
    }
}

/// `24/03/2025 à 14:05 UTC`.
pub(super) fn date(time: Time) -> String {
    let text = time.rfc3339();
    match (text.get(..4), text.get(5..7), text.get(8..10), text.get(11..16)) {
        (Some(year), Some(month), Some(day), Some(clock)) => format!("{day}/{month}/{year} à {clock} UTC"),
        _ => text,
    }
}

/// A span in words: `3 jours`, `5 heures`.
pub(super) fn days(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let plural = |number: i64, word: &str| format!("{number} {word}{}", if number > 1 { "s" } else { "" });
    match seconds {
        0..7200 => plural(seconds / 60, "minute"),
        7200..172_800 => plural(seconds / 3600, "heure"),
        _ => plural(seconds / 86_400, "jour"),
    }
}
