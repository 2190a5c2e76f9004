//! How fast the walker goes through messages of the sizes that operators exchange: a note, a letter, a letter with a
//! scan. `cargo bench --bench mime`.

use divan::Bencher;
use divan::counter::BytesCount;
use sceau::proto::mime::{Limits, Walker};

/// Octets of the bodies.
const SIZES: [usize; 3] = [4_000, 75_000, 1_000_000];
/// Octets that a socket gives at once.
const PIECE: usize = 16 * 1024;

fn main() {
    divan::main();
}

/// A text and an attachment in base64.
#[divan::bench(args = SIZES)]
fn attachment(bencher: Bencher<'_, '_>, size: usize) {
    let line = "JVBERi0xLjQKJcOkw7zDtsOfCjIgMCBvYmoKPDwvTGVuZ3RoIDMgMCBSL0ZpbHRlci9GbGF0ZURl\r\n";
    let message = format!(
        "From: a@chu.mssante.example\r\nSubject: =?utf-8?Q?Compte_rendu?=\r\nContent-Type: multipart/mixed; \
         boundary=\"=_1\"\r\n\r\n--=_1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nBonjour,\r\n--=_1\r\n\
         Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n{}--=_1--\r\n",
        line.repeat(size / line.len())
    );
    walk(bencher, message.as_bytes());
}

/// One text, as it is.
#[divan::bench(args = SIZES)]
fn text(bencher: Bencher<'_, '_>, size: usize) {
    let line = "Cher confr\u{e8}re, je vous remercie de m'avoir adress\u{e9} ce patient.\r\n";
    let message = format!("Subject: x\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}", line.repeat(size / line.len()));
    walk(bencher, message.as_bytes());
}

/// One text in quoted-printable.
#[divan::bench(args = SIZES)]
fn quoted_printable(bencher: Bencher<'_, '_>, size: usize) {
    let line = "Cher confr=C3=A8re, je vous remercie de m'avoir adress=C3=A9 ce =\r\npatient.\r\n";
    let encoding = "Content-Transfer-Encoding: quoted-printable";
    let message = format!("Subject: x\r\n{encoding}\r\n\r\n{}", line.repeat(size / line.len()));
    walk(bencher, message.as_bytes());
}

fn walk(bencher: Bencher<'_, '_>, message: &[u8]) {
    bencher.counter(BytesCount::new(message.len())).bench(|| {
        let mut walker = Walker::new(Limits::default());
        message.chunks(PIECE).for_each(|piece| walker.push(piece));
        walker.finish()
    });
}
