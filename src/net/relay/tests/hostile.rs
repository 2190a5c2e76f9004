//! A peer with the right certificate that drops the connection or talks nonsense at each step of the dialogue: what
//! becomes of each recipient, and that nobody hangs. Anything but a yes to the whole content leaves a recipient in the
//! queue, or fails it where the peer refused it for good; a yes is never inferred.

use std::fmt::Write as _;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, BufReader};
use tokio_rustls::TlsAcceptor;

use super::*;

/// What the peer does next.
#[derive(Debug, Clone)]
enum Act {
    /// Says this.
    Say(&'static str),
    /// Waits for a line that begins so.
    Hear(&'static str),
    /// The handshake.
    Tls,
    /// Reads up to the line with the final dot.
    Content,
    /// Reads the last chunk, its command included.
    Chunk,
    /// Reads a little of what comes.
    Taste,
    /// Says this again and again.
    Endless(&'static str),
    /// Says this, one octet after the other, slowly, again and again.
    Drip(&'static str),
    /// Says nothing more and keeps the connection.
    Silence,
}

use Act::{Chunk, Content as Body, Drip, Endless, Hear, Say, Silence, Taste, Tls};

/// What is expected of a recipient: `+` relayed, `-` failed, `~` to be tried again.
type Wanted = &'static str;

const HELLO: &[Act] = &[
    Say("220 mx.a.fr ESMTP\r\n"),
    Hear("EHLO"),
    Say("250-mx.a.fr\r\n250-PIPELINING\r\n250 STARTTLS\r\n"),
    Hear("STARTTLS"),
    Say("220 go ahead\r\n"),
    Tls,
    Hear("EHLO"),
];
const OFFERS: &[Act] = &[Say("250-mx.a.fr\r\n250-PIPELINING\r\n250 8BITMIME\r\n"), Hear("MAIL")];
const ONE: &[Act] = &[Say("250 sender\r\n"), Hear("RCPT"), Say("250 first\r\n"), Hear("RCPT")];
const BOTH: &[Act] = &[Say("250 second\r\n"), Hear("DATA")];
const CONTENT: &[Act] = &[Say("354 go ahead\r\n"), Body];

/// Name, how far the dialogue goes well (0 to 5: nothing, in TLS, MAIL, first RCPT, DATA, content), what comes then,
/// what is expected of the two recipients.
const TABLE: &[(&str, usize, &[Act], Wanted)] = &[
    ("gone at once", 0, &[], "~~"),
    ("half a greeting", 0, &[Say("220 mx.a")], "~~"),
    ("not welcome", 0, &[Say("554 no\r\n"), Hear("QUIT")], "~~"),
    ("going down at the greeting", 0, &[Say("421 later\r\n")], "~~"),
    ("a greeting in another tongue", 0, &[Say("* OK IMAP4rev1\r\n"), Hear("QUIT")], "~~"),
    ("a lone line feed", 0, &[Say("220 mx.a.fr\n"), Hear("EHLO")], "~~"),
    ("a greeting without end", 0, &[Endless("220-mx.a.fr\r\n")], "~~"),
    ("a line without end", 0, &[Endless("220 mx.a.fr ")], "~~"),
    ("a greeting drop by drop", 0, &[Drip("220-mx.a.fr\r\n")], "~~"),
    ("silence", 0, &[Silence], "~~"),
    ("gone after EHLO", 0, &[Say("220 x\r\n"), Hear("EHLO")], "~~"),
    ("EHLO refused", 0, &[Say("220 x\r\n"), Hear("EHLO"), Say("502 no\r\n"), Silence], "~~"),
    ("no STARTTLS", 0, &[Say("220 x\r\n"), Hear("EHLO"), Say("250 x\r\n"), Silence], "~~"),
    (
        "STARTTLS refused",
        0,
        &[
            Say("220 x\r\n"),
            Hear("EHLO"),
            Say("250-x\r\n250 STARTTLS\r\n"),
            Hear("STARTTLS"),
            Say("454 no\r\n"),
            Silence,
        ],
        "~~",
    ),
    (
        "gone after 220 to STARTTLS",
        0,
        &[Say("220 x\r\n"), Hear("EHLO"), Say("250-x\r\n250 STARTTLS\r\n"), Hear("STARTTLS"), Say("220 go\r\n")],
        "~~",
    ),
    (
        "text in place of the handshake",
        0,
        &[
            Say("220 x\r\n"),
            Hear("EHLO"),
            Say("250-x\r\n250 STARTTLS\r\n"),
            Hear("STARTTLS"),
            Say("220 go\r\n"),
            Taste,
            Say("250 ok\r\n250 ok\r\n"),
            Silence,
        ],
        "~~",
    ),
    (
        "replies in clear behind the 220",
        0,
        &[
            Say("220 x\r\n"),
            Hear("EHLO"),
            Say("250-x\r\n250 STARTTLS\r\n"),
            Hear("STARTTLS"),
            Say("220 go\r\n250 injected\r\n"),
            Silence,
        ],
        "~~",
    ),
    ("gone in TLS", 1, &[], "~~"),
    ("going down in TLS", 1, &[Say("421 later\r\n")], "~~"),
    ("EHLO refused in TLS", 1, &[Say("550 no\r\n"), Silence], "~~"),
    ("two codes in one reply", 1, &[Say("250-mx.a.fr\r\n550 no\r\n"), Silence], "~~"),
    ("gone after MAIL", 2, &[], "~~"),
    ("going down at MAIL", 2, &[Say("421 later\r\n")], "~~"),
    (
        "sender refused",
        2,
        &[Say("550 5.1.8 no\r\n503 first MAIL\r\n503 first MAIL\r\n503 first MAIL\r\n"), Silence],
        "--",
    ),
    (
        "sender deferred",
        2,
        &[Say("451 4.3.0 later\r\n503 first MAIL\r\n503 first MAIL\r\n503 first MAIL\r\n"), Silence],
        "~~",
    ),
    ("354 to MAIL", 2, &[Say("354 go ahead\r\n"), Silence], "~~"),
    ("MAIL answered without end", 2, &[Endless("250-yes\r\n")], "~~"),
    ("MAIL answered drop by drop", 2, &[Drip("250-yes\r\n")], "~~"),
    ("silence after MAIL", 2, &[Silence], "~~"),
    ("a NUL in a reply", 2, &[Say("2\u{0}500 yes\r\n"), Silence], "~~"),
    ("gone after the first recipient", 3, &[], "~~"),
    ("going down at the second recipient", 3, &[Say("421 later\r\n")], "~~"),
    ("second recipient refused, then gone", 3, &[Say("550 5.1.1 unknown\r\n"), Hear("DATA")], "~-"),
    (
        "second recipient refused, the first served",
        3,
        &[Say("550 5.1.1 unknown\r\n"), Hear("DATA"), Say("354 go\r\n"), Body, Say("250 ok\r\n"), Silence],
        "+-",
    ),
    (
        "second recipient deferred, the first served",
        3,
        &[Say("450 4.2.0 greylisted\r\n"), Hear("DATA"), Say("354 go\r\n"), Body, Say("250 ok\r\n"), Silence],
        "+~",
    ),
    ("354 to a recipient", 3, &[Say("354 go ahead\r\n"), Silence], "~~"),
    ("gone at DATA", 4, &[], "~~"),
    ("going down at DATA", 4, &[Say("421 later\r\n")], "~~"),
    ("DATA refused", 4, &[Say("554 5.5.1 no\r\n"), Hear("RSET"), Say("250 ok\r\n"), Silence], "--"),
    ("DATA deferred", 4, &[Say("451 4.3.0 later\r\n"), Hear("RSET"), Say("250 ok\r\n"), Silence], "~~"),
    ("250 to DATA", 4, &[Say("250 ok\r\n"), Silence], "~~"),
    ("silence after DATA", 4, &[Silence], "~~"),
    ("gone after 354", 4, &[Say("354 go ahead\r\n")], "~~"),
    ("gone in the content", 4, &[Say("354 go ahead\r\n"), Taste], "~~"),
    ("the yes before the content", 4, &[Say("354 go ahead\r\n250 2.0.0 ok\r\n"), Silence], "~~"),
    ("gone after the final dot", 5, &[], "~~"),
    ("half a yes", 5, &[Say("250 2.0.0 o")], "~~"),
    ("half a yes of two lines", 5, &[Say("250-2.0.0 ok\r\n")], "~~"),
    ("a yes and gone", 5, &[Say("250 2.0.0 ok\r\n")], "++"),
    ("a yes and chatter", 5, &[Say("250 2.0.0 ok\r\n250 ok\r\n250 ok\r\n"), Silence], "++"),
    ("too large after all", 5, &[Say("552 5.3.4 too large\r\n"), Silence], "--"),
    ("no room after all", 5, &[Say("452 4.3.1 no room\r\n"), Silence], "~~"),
    ("going down after the final dot", 5, &[Say("421 4.3.2 later\r\n")], "~~"),
    ("354 after the final dot", 5, &[Say("354 go on\r\n"), Silence], "~~"),
    ("150 after the final dot", 5, &[Say("150 wait\r\n"), Silence], "~~"),
    ("nonsense after the final dot", 5, &[Say("\u{fffd}\u{fffd}\r\n"), Silence], "~~"),
    ("silence after the final dot", 5, &[Silence], "~~"),
    ("the verdict drop by drop", 5, &[Drip("250-wait\r\n")], "~~"),
];

/// To a peer that takes chunks a small message leaves with its envelope: what it answers then.
const AT_ONCE: &[(&str, &[Act], Wanted)] = &[
    ("all is well", &[Say("250 a\r\n250 b\r\n250 c\r\n250 2.0.0 ok\r\n"), Silence], "++"),
    ("one recipient refused", &[Say("250 a\r\n250 b\r\n550 5.1.1 no\r\n250 2.0.0 ok\r\n"), Silence], "+-"),
    (
        "nobody accepted",
        &[
            Say("250 a\r\n550 5.1.1 no\r\n450 4.2.0 no\r\n554 5.5.1 nobody\r\n"),
            Hear("RSET"),
            Say("250 ok\r\n"),
            Silence,
        ],
        "-~",
    ),
    ("the sender deferred", &[Say("451 4.3.0 a\r\n503 b\r\n503 c\r\n503 d\r\n"), Silence], "~~"),
    ("the content refused", &[Say("250 a\r\n250 b\r\n250 c\r\n554 5.6.0 no\r\n"), Silence], "--"),
    ("gone without a word", &[], "~~"),
    ("gone before the verdict", &[Say("250 a\r\n250 b\r\n250 c\r\n")], "~~"),
    ("silence", &[Silence], "~~"),
    ("going down", &[Say("421 4.3.2 later\r\n")], "~~"),
    ("354 where none is due", &[Say("250 a\r\n250 b\r\n250 c\r\n354 go\r\n"), Silence], "~~"),
];

/// A peer that plays these acts to whoever connects, each time from the beginning.
async fn peer(world: &World, acts: Vec<Act>) -> u16 {
    let issued = world.lab.issue(&operator_a()).unwrap();
    let (chain, key) = (issued.chain_pem(), issued.key_pem());
    let chain = CertificateDer::pem_slice_iter(chain.as_bytes()).map(Result::unwrap).collect();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config =
        builder.with_no_client_auth().with_single_cert(chain, PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap());
    let acceptor = TlsAcceptor::from(Arc::new(config.unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A peer that was left in the middle of its play has nothing to complain about.
            spawn(play(stream, acceptor.clone(), acts.clone()));
        }
    });
    port
}

async fn play(stream: tokio::net::TcpStream, acceptor: TlsAcceptor, acts: Vec<Act>) {
    let mut plain = BufReader::new(stream);
    let tls = acts.iter().position(|act| matches!(act, Tls)).unwrap_or(acts.len());
    if perform(&mut plain, &acts[..tls]).await.is_none() || tls == acts.len() {
        return;
    }
    if let Ok(stream) = acceptor.accept(plain.into_inner()).await {
        perform(&mut BufReader::new(stream), &acts[tls + 1..]).await;
    }
}

/// Plays some acts; none when the other side has left or said something else.
async fn perform<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufReader<S>, acts: &[Act]) -> Option<()> {
    for act in acts {
        match act {
            Say(text) => say(stream, text.as_bytes()).await?,
            Hear(start) => {
                let mut line = String::new();
                stream.read_line(&mut line).await.ok().filter(|_| line.starts_with(start))?;
            }
            Body => {
                let mut line = Vec::new();
                while line != b".\r\n" {
                    line.clear();
                    stream.read_until(b'\n', &mut line).await.ok().filter(|count| *count > 0)?;
                }
            }
            Chunk => {
                let mut line = String::new();
                stream.read_line(&mut line).await.ok()?;
                let size: usize = line.strip_prefix("BDAT ")?.trim_end().strip_suffix(" LAST")?.parse().ok()?;
                stream.read_exact(&mut vec![0; size]).await.ok()?;
            }
            Taste => drop(stream.read(&mut [0; 8]).await),
            Endless(text) => loop {
                say(stream, text.as_bytes()).await?;
            },
            Drip(text) => loop {
                for octet in text.as_bytes() {
                    say(stream, &[*octet]).await?;
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            },
            Silence => while stream.read(&mut [0; 64]).await.is_ok_and(|count| count > 0) {},
            Tls => return None,
        }
    }
    Some(())
}

async fn say<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) -> Option<()> {
    stream.write_all(bytes).await.ok()?;
    stream.flush().await.ok()
}

fn mark(outcome: &Outcome) -> char {
    match outcome {
        Outcome::Relayed { .. } => '+',
        Outcome::Failed { .. } => '-',
        Outcome::Deferred { .. } | Outcome::Unreached { .. } => '~',
    }
}

fn acts(good: usize, then: &[Act]) -> Vec<Act> {
    let parts: [&[Act]; 5] = [HELLO, OFFERS, ONE, BOTH, CONTENT];
    parts[..good].iter().flat_map(|part| part.iter()).chain(then).cloned().collect()
}

/// Whether the play ends in a wait that only our patience ends.
fn is_a_wait(then: &[Act]) -> bool {
    matches!(then.last(), Some(Silence | Drip(_)))
}

#[tokio::test]
// [rfc5321#4.5.3.2] [rfc5321#3.8]
async fn whatever_a_peer_does_each_recipient_has_its_true_outcome() {
    let world = World::new(NOW);
    let mut wrong = String::new();
    for (name, good, then, wanted) in TABLE {
        let port = peer(&world, acts(*good, then)).await;
        let mut transport = transport(&world, port, &operator_b());
        let long = Duration::from_secs(20);
        let span = if is_a_wait(then) { Duration::from_millis(400) } else { long };
        transport.settings.patience =
            Patience { command: span, data: span, verdict: span, piece: long, quit: span, ..Patience::default() };
        let delivery = transport.deliver(hello(&["claire@a.fr", "denis@a.fr"]));
        let Ok(outcomes) = tokio::time::timeout(Duration::from_secs(60), delivery).await else {
            let _ = writeln!(wrong, "{name}: hangs");
            continue;
        };
        let marks: String = outcomes.iter().map(mark).collect();
        if marks != *wanted {
            let _ = writeln!(wrong, "{name}: {marks} where {wanted} is right: {outcomes:?}");
        }
        // Only where no server answered for the message is the domain said not to be reached.
        let unreached = outcomes.iter().all(|outcome| matches!(outcome, Outcome::Unreached { .. }));
        if unreached != (*good < 2) {
            let _ = writeln!(wrong, "{name}: unreached is {unreached}: {outcomes:?}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test]
// [rfc3030#2] [rfc2920#3.1]
async fn a_small_message_leaves_with_its_envelope_and_nothing_is_inferred() {
    const CHUNKS: &[Act] = &[
        Say("250-mx.a.fr\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 8BITMIME\r\n"),
        Hear("MAIL"),
        Hear("RCPT"),
        Hear("RCPT"),
        Chunk,
    ];
    let world = World::new(NOW);
    for (name, then, wanted) in AT_ONCE {
        let port = peer(&world, [HELLO, CHUNKS, then].concat()).await;
        let mut transport = transport(&world, port, &operator_b());
        let span = if is_a_wait(then) { Duration::from_millis(400) } else { Duration::from_secs(20) };
        transport.settings.patience = Patience { command: span, verdict: span, ..Patience::default() };
        let outcomes = transport.deliver(hello(&["claire@a.fr", "denis@a.fr"])).await;
        assert_eq!(outcomes.iter().map(mark).collect::<String>(), *wanted, "{name}: {outcomes:?}");
    }
}

#[tokio::test]
async fn a_connection_with_chatter_on_it_is_not_used_again() {
    let world = World::new(NOW);
    let chatter = acts(5, &[Say("250 2.0.0 ok\r\n550 5.7.1 no\r\n"), Silence]);
    let port = peer(&world, chatter).await;
    let transport = transport(&world, port, &operator_b());
    for _ in 0..2 {
        let outcomes = transport.deliver(hello(&["claire@a.fr", "denis@a.fr"])).await;
        assert_eq!(outcomes.iter().map(mark).collect::<String>(), "++", "{outcomes:?}");
    }
}
