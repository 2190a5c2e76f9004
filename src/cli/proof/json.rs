//! Proofs for programs. Keys are English and stable; values that people read stay in [`super::text`].

use serde_json::{Map, Value, json};

use super::Judgement;
use crate::ledger::ProofFile;
use crate::ledger::verify::{Hour, Invalid};
use crate::mail::Time;
use crate::seal::event::Plain;

/// A proof as it stands, unverified.
pub(super) fn shown(file: &ProofFile) -> String {
    line(&json!({ "result": "unverified", "event": event(file), "log": log(file) }))
}

/// The judgement and the proof.
pub(super) fn judged(file: Option<&ProofFile>, judged: &Result<Judgement, Invalid>) -> String {
    let mut answer = match judged {
        Err(why) => json!({ "result": "invalid", "code": why.code(), "reason": why.to_string() }),
        Ok(judgement) => valid(judgement),
    };
    if let (Some(file), Some(fields)) = (file, answer.as_object_mut()) {
        fields.insert("event".to_owned(), event(file));
        fields.insert("log".to_owned(), log(file));
    }
    line(&answer)
}

fn valid(judgement: &Judgement) -> Value {
    let verdict = &judgement.verdict;
    let time = |time: Option<Time>| time.map(Time::rfc3339);
    let pieces: Vec<Value> = judgement
        .pieces
        .iter()
        .map(|(path, number)| json!({ "file": path.display().to_string(), "part": number }))
        .collect();
    json!({
        "result": if verdict.hour == Hour::Attested { "valid" } else { "unattested" },
        "assurance": verdict.assurance.word(),
        "after": time(verdict.after),
        "before": time(verdict.before),
        "stamped": time(verdict.stamped),
        "message": judgement.message.map(|found| json!({ "unsealed": found.unsealed, "line_ends": found.line_ends })),
        "pieces": pieces,
    })
}

fn event(file: &ProofFile) -> Value {
    let leaf = file.leaf();
    let mut fields = Map::new();
    fields.insert("kind".to_owned(), leaf.kind().word().into());
    for plain in Plain::ALL {
        if let Some(value) = leaf.plain(plain) {
            fields.insert(plain.name().to_owned(), value.into());
        }
    }
    let disclosed: Map<String, Value> =
        file.disclosures().iter().map(|o| (o.field.to_string(), o.value.clone().into())).collect();
    let hidden = leaf.commitments().filter(|(field, _)| file.disclosed(*field).is_none());
    fields.insert("hidden".to_owned(), hidden.map(|(field, _)| Value::from(field.to_string())).collect());
    fields.insert("disclosed".to_owned(), disclosed.into());
    fields.insert("hash".to_owned(), leaf.hash().to_string().into());
    fields.into()
}

fn log(file: &ProofFile) -> Value {
    let proof = file.proof();
    json!({ "origin": proof.checkpoint.origin, "index": proof.index, "size": proof.checkpoint.size })
}

fn line(value: &Value) -> String {
    format!("{value}\n")
}
