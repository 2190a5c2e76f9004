//! The SMTP server machine against the naive model of a session: the same replies and events, however the input is cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sceau::proto::smtp::Profile;

#[path = "../../tests/it/smtp/model.rs"]
mod model;

fuzz_target!(|input: (bool, u8, Vec<u8>, Vec<u8>)| {
    let (submission, step, clear, tls) = input;
    let profile = if submission { Profile::Submission } else { Profile::Operators };
    let text = |choices: &[u8]| -> Vec<u8> {
        // fewer than the machine takes of commands that bring nothing forward
        choices.iter().take(90).flat_map(|choice| model::PIECES[usize::from(*choice) % model::PIECES.len()]).copied().collect()
    };
    let clear = if clear.is_empty() { b"EHLO b.fr\r\nSTARTTLS\r\n".to_vec() } else { text(&clear) };
    let tls = [b"EHLO b.fr\r\n", text(&tls).as_slice()].concat();
    let cuts = vec![usize::from(step).max(1); clear.len() + tls.len()];
    assert_eq!(model::observe(profile, &clear, &tls, &cuts), model::predict(profile, &clear, &tls));
});
