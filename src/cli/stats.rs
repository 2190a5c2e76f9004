//! `sceau stats`: what ANS follows, month by month, as a table, CSV or JSON. Numbers only.

use std::process::ExitCode;

use clap::Args;

use super::ask::ask;
use super::terminal::{json, tell};
use super::{ConfigFile, Failure, Outcome};
use crate::server::edge;
use crate::server::office::Request;
use crate::server::stats::{CountsFacts, MonthFacts, RefusedFacts};

#[derive(Args)]
pub(super) struct Arguments {
    #[arg(long, value_name = "AAAA-MM", value_parser = month, help = "Mois (sinon : le mois en cours, en UTC)")]
    month: Option<String>,
    #[arg(long, conflicts_with = "json", help = "En CSV, une ligne par compteur")]
    csv: bool,
    #[arg(long, help = "En JSON")]
    json: bool,
    #[command(flatten)]
    file: ConfigFile,
}

/// `2026-11`.
fn month(text: &str) -> Result<String, String> {
    let good = text.split_once('-').is_some_and(|(year, month)| {
        let digits = |text: &str, length| text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
        digits(year, 4) && digits(month, 2) && ("01".."13").contains(&month)
    });
    if good { Ok(text.to_owned()) } else { Err("un mois s'écrit 2026-11".to_owned()) }
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let now = || edge::system().now().rfc3339().chars().take(7).collect();
    let month = arguments.month.clone().unwrap_or_else(now);
    let facts: MonthFacts = ask(&arguments.file.load()?, Request::Stats { month })?;
    if arguments.json {
        tell(&json(&facts)?)?;
    } else if arguments.csv {
        tell(csv(&facts).trim_end())?;
    } else {
        table(&facts)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Commas need no quotes here: domains, identifiers of software and reasons hold none.
fn csv(facts: &MonthFacts) -> String {
    let mut text = "month,kind,direction,domain,product,reason,count,cda,ins_qualified,ins_unqualified,to_patients,\
                    from_patients\n"
        .to_owned();
    for row in &facts.messages {
        let CountsFacts { direction, domain, product, messages, cda, ins_qualified, .. } = row;
        let rest = [row.ins_unqualified, row.to_patients, row.from_patients].map(|n| n.to_string()).join(",");
        text += &format!(
            "{},messages,{direction},{domain},{product},,{messages},{cda},{ins_qualified},{rest}\n",
            facts.month
        );
    }
    for RefusedFacts { direction, domain, reason, times } in &facts.refused {
        text += &format!("{},refused,{direction},{domain},,{reason},{times},,,,,\n", facts.month);
    }
    text
}

fn table(facts: &MonthFacts) -> Result<(), Failure> {
    tell(&format!("Mois {} (UTC)\n", facts.month))?;
    for (direction, title) in [("in", "Reçus des autres opérateurs"), ("out", "Envoyés par nos utilisateurs")] {
        let rows: Vec<&CountsFacts> = facts.messages.iter().filter(|row| row.direction == direction).collect();
        tell(&format!("{title} : {} messages", rows.iter().map(|row| row.messages).sum::<u64>()))?;
        if rows.is_empty() {
            continue;
        }
        tell(&line(
            ["  domaine", "logiciel", "messages", "CDA", "INS qualif.", "INS non q.", "vers pat.", "de pat."]
                .map(str::to_owned),
        ))?;
        for row in rows {
            let percent = |part: u64| format!("{part} ({} %)", (part * 100).checked_div(row.messages).unwrap_or(0));
            tell(&line([
                format!("  {}", row.domain),
                row.product.clone(),
                row.messages.to_string(),
                percent(row.cda),
                percent(row.ins_qualified),
                row.ins_unqualified.to_string(),
                row.to_patients.to_string(),
                row.from_patients.to_string(),
            ]))?;
        }
    }
    tell(&format!("\nRefus : {}", facts.refused.iter().map(|row| row.times).sum::<u64>()))?;
    for RefusedFacts { direction, domain, reason, times } in &facts.refused {
        let who = if direction == "in" { "opérateur" } else { "utilisateur" };
        tell(&format!("  {domain:<44} {who:<12} {times:>8}  {reason}"))?;
    }
    Ok(())
}

fn line([domain, product, numbers @ ..]: [String; 8]) -> String {
    let numbers: Vec<_> = numbers.iter().map(|number| format!("{number:>13}")).collect();
    format!("{domain:<44} {product:<28}{}", numbers.join(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_and_csv() {
        assert!(month("2026-11").is_ok() && month("2026-00").is_err() && month("2026-13").is_err());
        assert!(month("26-11").is_err() && month("2026-1").is_err() && month("").is_err());
        let facts = MonthFacts {
            month: "2026-11".into(),
            messages: vec![CountsFacts {
                direction: "in".into(),
                domain: "chu.mssante.fr".into(),
                product: "LPS-1".into(),
                messages: 7,
                cda: 3,
                ins_qualified: 2,
                ins_unqualified: 1,
                to_patients: 0,
                from_patients: 5,
            }],
            refused: vec![RefusedFacts {
                direction: "in".into(),
                domain: "-".into(),
                reason: "revoked".into(),
                times: 4,
            }],
        };
        let csv = csv(&facts);
        let lines: Vec<_> = csv.lines().collect();
        assert_eq!(lines[1], "2026-11,messages,in,chu.mssante.fr,LPS-1,,7,3,2,1,0,5");
        assert_eq!(lines[2], "2026-11,refused,in,-,,revoked,4,,,,,");
        assert!(lines.iter().all(|line| line.matches(',').count() == 11));
    }
}
