//! What SEARCH is to return (RFC 4731, RFC 5182, RFC 9394): `RETURN (MIN MAX COUNT)`.

use super::args::{Args, Parsed, syntax};
use super::resync::{Window, window};

/// The results that were asked for. Without `RETURN` there is none of these, and the answer is a plain list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Returns {
    /// `MIN`
    pub min: bool,
    /// `MAX`
    pub max: bool,
    /// `COUNT`
    pub count: bool,
    /// `ALL`
    pub all: bool,
    /// `SAVE`: what is found is what `$` means from now on.
    pub save: bool,
    /// `PARTIAL`
    pub partial: Option<Window>,
    /// `UPDATE`: what changes of the result is told from now on (RFC 5267 §4.3).
    pub update: bool,
}

impl Returns {
    /// Whether anything is told at all: `RETURN (SAVE)` is not answered with results.
    // [rfc5182#2.1]
    #[must_use]
    pub fn tells(self) -> bool {
        self.min || self.max || self.count || self.all || self.partial.is_some()
    }
}

/// `RETURN (…) `, or nothing.
// [rfc4731#3.1] [rfc5182#2.1] [rfc9394#3.1]
pub(super) fn parse(args: &mut Args<'_>) -> Parsed<Option<Returns>> {
    if !args.take(b"RETURN ") {
        return Ok(None);
    }
    let mut returns = Returns::default();
    args.list_or_empty(|args| option(args, &mut returns))?;
    args.space()?;
    // [rfc5267#4.3] UPDATE alone asks for the result too: without it there would be nothing to be updated
    if returns == (Returns { update: returns.update, ..Returns::default() }) {
        returns.all = true;
    }
    if returns.all && returns.partial.is_some() {
        return Err(syntax("ALL and PARTIAL exclude each other"));
    }
    Ok(Some(returns))
}

fn option(args: &mut Args<'_>, returns: &mut Returns) -> Parsed<()> {
    match args.word()?.as_str() {
        "MIN" => returns.min = true,
        "MAX" => returns.max = true,
        "COUNT" => returns.count = true,
        "ALL" => returns.all = true,
        "SAVE" => returns.save = true,
        "UPDATE" => returns.update = true,
        // [rfc5267#4.2] a hint that more will be asked of the same search: what headers say is kept anyway
        "CONTEXT" => {}
        "PARTIAL" => {
            args.space()?;
            if returns.partial.replace(window(args)?).is_some() {
                return Err(syntax("PARTIAL stands twice"));
            }
        }
        _ => return Err(syntax("a return option of SEARCH is not known")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    // [rfc4731#3.1] [rfc5182#2.1] [rfc9394#3.1] [rfc5267#4.2] [rfc5267#4.3]
    #[test]
    fn what_is_returned() {
        let read = |text: &str| parse(&mut Args::new(text.as_bytes()));
        let none = Returns::default();
        for (text, expected) in [
            ("ALL", None),
            ("RETURN () ALL", Some(Returns { all: true, ..none })),
            ("return (min MAX) ALL", Some(Returns { min: true, max: true, ..none })),
            ("RETURN (SAVE) ALL", Some(Returns { save: true, ..none })),
            ("RETURN (UPDATE) ALL", Some(Returns { update: true, all: true, ..none })),
            ("RETURN (UPDATE CONTEXT COUNT) ALL", Some(Returns { update: true, count: true, ..none })),
            ("RETURN (SAVE COUNT ALL) 1", Some(Returns { save: true, count: true, all: true, ..none })),
        ] {
            assert_eq!(read(text).unwrap(), expected, "{text}");
        }
        assert!(read("RETURN (PARTIAL 1:10) 1").unwrap().unwrap().tells());
        assert!(!read("RETURN (SAVE) 1").unwrap().unwrap().tells());
        for text in ["RETURN ()", "RETURN (FOO) 1", "RETURN (ALL PARTIAL 1:2) 1", "RETURN (PARTIAL 1:2 PARTIAL 1:2) 1"]
        {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
