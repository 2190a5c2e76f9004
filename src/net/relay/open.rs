//! One connection to another operator's server: brought up, used for messages, taken down. The client machine says
//! what to say; here are the socket, the handshake, the judgement of the peer and the time-outs.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::client::TlsStream;

use crate::flows::Outbound;
use crate::mail::{Address, Domain, RcptParams, Status, Time};
use crate::net::tls::{RelayTls, peer_alert};
use crate::proto::smtp::client::{Answer, Client, Event, Failure, Outcome, Recipient, Stage, Transaction};
use crate::proto::{Machine, Step};
use crate::sessions::TlsFacts;
use crate::trust::{Snapshot, VerifiedOperator};

/// Octets of a message that leaves with its envelope where the peer lets it. Less than what waits in any socket, so that
/// neither side waits for the other.
const AT_ONCE_MAX: u64 = 48 * 1024;
/// Octets taken from the socket at a time.
const READ_SIZE: usize = 4096;

/// How long the peer may let us wait.
// [rfc5321#4.5.3.2]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// To be connected.
    pub connect: Duration,
    /// For the TLS handshake.
    pub handshake: Duration,
    /// For the greeting (§4.5.3.2.1), and the replies to EHLO, MAIL and RCPT (§4.5.3.2.2, §4.5.3.2.3).
    pub command: Duration,
    /// For the reply to DATA (§4.5.3.2.4).
    pub data: Duration,
    /// For a piece of content to be taken (§4.5.3.2.5).
    pub piece: Duration,
    /// For the reply to the content (§4.5.3.2.6).
    pub verdict: Duration,
    /// For the reply to QUIT, which nobody needs.
    pub quit: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        Self {
            connect: Duration::from_secs(30),
            handshake: minutes(1),
            command: minutes(5),
            data: minutes(2),
            piece: minutes(3),
            verdict: minutes(10),
            quit: Duration::from_secs(5),
        }
    }
}

impl Patience {
    fn at(&self, stage: Stage) -> Duration {
        match stage {
            Stage::Data => self.data,
            Stage::Content => self.piece,
            Stage::Verdict => self.verdict,
            Stage::Quit | Stage::Closed => self.quit,
            Stage::Greeting | Stage::Hello | Stage::Handshake | Stage::Ready | Stage::Envelope => self.command,
        }
    }
}

/// Why a connection could not be used, in words for the log and the queue's display.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble(pub(super) String);

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A connection on which a message can be sent: in TLS, greeted. Whose it is was not judged yet for any domain.
pub(super) struct Open {
    machine: Client,
    stream: TlsStream<TcpStream>,
    patience: Patience,
    /// What the handshake established.
    pub(super) facts: TlsFacts,
    /// The other end.
    pub(super) address: SocketAddr,
    /// Whom the other end was judged to be last.
    pub(super) judged: Option<Judgement>,
    /// What the stream failed with last.
    error: Option<String>,
}

/// That the other end is the operator of a domain.
pub(super) struct Judgement {
    pub(super) domain: Domain,
    /// The trust data that it was made with.
    pub(super) grounds: Arc<Snapshot>,
    pub(super) at: Time,
    pub(super) peer: Peer,
}

/// A connection in TLS, on which nothing was said yet.
pub(super) struct Secured(Open);

impl Secured {
    /// Connects and does the handshake. Who the peer is must be judged before [`Secured::greet`].
    ///
    /// # Errors
    /// Why not. A handshake that failed was logged.
    pub(super) async fn connect(
        us: &Domain,
        host: &str,
        address: SocketAddr,
        tls: &RelayTls,
        patience: Patience,
    ) -> Result<Self, Trouble> {
        let mut stream = connected(address, patience.connect).await?;
        let mut machine = Client::new(us.clone());
        let mut error = None;
        match turn(&mut machine, &mut stream, &patience, &mut error).await {
            Turn::StartTls => {}
            Turn::Event(Event::Failed(failure)) => return Err(trouble(&failure, error.as_deref())),
            Turn::Event(_) | Turn::Over => return Err(Trouble("the conversation ended before TLS".to_owned())),
        }
        let handshake = timeout(patience.handshake, Box::pin(tls.connect(stream, host, address))).await;
        let secured = handshake.map_err(|_| Trouble("TLS handshake: silent for too long".to_owned()))?;
        let (stream, facts) = secured.map_err(|audit| Trouble(format!("TLS handshake: {audit}")))?;
        Ok(Self(Open { machine, stream, patience, facts, address, judged: None, error }))
    }

    /// What the handshake established.
    pub(super) fn facts(&self) -> &TlsFacts {
        &self.0.facts
    }

    /// Greets a peer that was judged.
    ///
    /// # Errors
    /// Why it does not want us.
    pub(super) async fn greet(self) -> Result<Open, Trouble> {
        let mut open = self.0;
        open.machine.secured();
        match open.turn().await {
            Turn::Event(Event::Ready(_)) => Ok(open),
            Turn::Event(Event::Failed(failure)) => Err(trouble(&failure, open.error.as_deref())),
            Turn::Event(_) | Turn::StartTls | Turn::Over => Err(Trouble("the conversation ended".to_owned())),
        }
    }
}

async fn connected(address: SocketAddr, patience: Duration) -> Result<TcpStream, Trouble> {
    let stream = match timeout(patience, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(Trouble(error.to_string())),
        Err(_) => return Err(Trouble("no connection in time".to_owned())),
    };
    // replies are awaited after small writes
    stream.set_nodelay(true).map_err(|error| Trouble(error.to_string()))?;
    Ok(stream)
}

/// What sending one message came to.
pub(super) struct Sent {
    /// One outcome per recipient.
    pub(super) outcomes: Vec<Outcome>,
    /// Why the connection failed, if it did.
    pub(super) failure: Option<Trouble>,
    /// Whether the peer answered anything about the message.
    begun: bool,
}

impl Sent {
    /// Whether the connection was dead before the message was begun, so that another may be tried at once. When it died
    /// with the message on its way that may be a second copy, as a later attempt would be.
    pub(super) fn was_dead(&self) -> bool {
        self.failure.is_some() && !self.begun
    }
}

impl Open {
    /// Sends one message, now; gives the connection back when it can be used again.
    pub(super) async fn send(mut self, message: &mut Outbound, now: Time) -> (Sent, Option<Self>) {
        let before = self.machine.replies();
        message.content.rewind();
        self.machine.answer(Answer::Begin(transaction(message, now)));
        let mut sent = Sent { outcomes: Vec::new(), failure: None, begun: false };
        let open = loop {
            match self.turn().await {
                Turn::Event(Event::Content) => {
                    let answer = next_piece(message);
                    self.machine.answer(answer);
                }
                Turn::Event(Event::Outcomes(outcomes)) => sent.outcomes = outcomes,
                Turn::Event(Event::Failed(failure)) => sent.failure = Some(trouble(&failure, self.error.as_deref())),
                Turn::Event(Event::Ready(_)) => break true,
                Turn::StartTls | Turn::Over => break false,
            }
        };
        // A 421 is the peer's word on the connection: a server that goes down, or has waited long enough, says so to
        // whatever comes next.
        let goodbye =
            sent.outcomes.iter().any(|outcome| matches!(outcome, Outcome::Refused(reply) if reply.code == 421));
        sent.begun = self.machine.replies() > before + u64::from(goodbye);
        (sent, open.then_some(self))
    }

    /// Whether the peer sends the notices that a sender asks for.
    pub(super) fn reports(&self) -> bool {
        self.machine.offers().has("DSN")
    }

    /// Whether the peer has said nothing since the last message, not even goodbye.
    pub(super) async fn is_quiet(&mut self) -> bool {
        timeout(Duration::ZERO, self.stream.read(&mut [0])).await.is_err()
    }

    /// Takes leave.
    pub(super) async fn quit(mut self) {
        self.machine.answer(Answer::Quit);
        while !matches!(self.turn().await, Turn::Over) {}
        // the peer may be gone already
        let _ = timeout(self.patience.quit, self.stream.shutdown()).await;
    }

    async fn turn(&mut self) -> Turn {
        turn(&mut self.machine, &mut self.stream, &self.patience, &mut self.error).await
    }
}

fn transaction(message: &Outbound, now: Time) -> Transaction {
    let wishes = &message.wishes;
    let recipients = message.recipients.iter().zip(&message.params).map(recipient).collect();
    Transaction {
        at_once: message.size <= AT_ONCE_MAX,
        binary: wishes.binary,
        require_tls: wishes.require_tls,
        deliver_by: wishes.deliver_by.map(|deadline| deadline.left(now)),
        priority: wishes.priority,
        eight_bit: message.eight_bit,
        utf8: message.utf8,
        ret: wishes.ret,
        // ours when the sender gave none, so that a report of the peer names our envelope
        envid: Some(wishes.envid.clone().unwrap_or_else(|| message.envelope.to_string())),
        ..Transaction::new(message.reverse_path.clone(), recipients, message.size)
    }
}

fn recipient((address, params): (&Address, &RcptParams)) -> Recipient {
    Recipient { address: address.clone(), notify: params.notify, original: params.original.clone() }
}

fn next_piece(message: &mut Outbound) -> Answer {
    match message.content.next_piece() {
        Ok(Some(piece)) => Answer::Content(piece),
        Ok(None) => Answer::ContentEnd,
        Err(fault) => {
            tracing::error!(target: "sceau::net::relay", envelope = %message.envelope, %fault, "content can't be read");
            Answer::Abort(fault.status)
        }
    }
}

/// What the machine came to.
enum Turn {
    Event(Event),
    StartTls,
    Over,
}

/// Carries bytes until the machine has something to tell.
async fn turn<S: AsyncRead + AsyncWrite + Unpin>(
    machine: &mut Client,
    stream: &mut S,
    patience: &Patience,
    error: &mut Option<String>,
) -> Turn {
    let mut buffer = [0; READ_SIZE];
    // Until when the reply that is awaited may take, whole: not from octet to octet.
    let mut awaited: Option<(u64, Instant)> = None;
    loop {
        let carried = match machine.next() {
            Step::Event(event) => return Turn::Event(event),
            Step::StartTls => return Turn::StartTls,
            Step::Close => return Turn::Over,
            Step::Send(bytes) => {
                awaited = None;
                timeout(patience.piece, write(stream, &bytes)).await
            }
            Step::NeedInput => {
                let until = match awaited {
                    Some((replies, until)) if replies == machine.replies() => until,
                    _ => now() + patience.at(machine.stage()),
                };
                awaited = Some((machine.replies(), until));
                let read = timeout_at(until, stream.read(&mut buffer)).await;
                read.map(|read| read.and_then(|count| heard(machine, &buffer[..count])))
            }
        };
        match carried {
            Ok(Ok(())) => {}
            Ok(Err(failed)) => {
                *error =
                    Some(peer_alert(&failed).map_or_else(|| failed.to_string(), |alert| format!("TLS alert {alert}")));
                machine.lost(Status::PeerUnreachable);
            }
            Err(_) => machine.lost(Status::PeerSilent),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "net/ is where time comes in")]
fn now() -> Instant {
    Instant::now()
}

async fn write<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

fn heard(machine: &mut Client, bytes: &[u8]) -> io::Result<()> {
    if bytes.is_empty() {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the peer closed the connection"));
    }
    machine.receive(bytes);
    Ok(())
}

fn trouble(failure: &Failure, error: Option<&str>) -> Trouble {
    Trouble(match (&failure.reply, error) {
        (Some(reply), _) if reply.code >= 400 => format!("at {:?}: {reply}", failure.stage),
        (None, Some(error)) if failure.status == Status::PeerUnreachable => format!("at {:?}: {error}", failure.stage),
        _ => format!("at {:?}: {} {}", failure.stage, failure.status.enhanced(), failure.status.text()),
    })
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Open({})", self.address)
    }
}

/// So that a trouble can be told with the host that it came from.
pub(super) fn at(host: &str, address: SocketAddr, trouble: &Trouble) -> String {
    format!("{host} [{}]: {trouble}", address.ip())
}

/// The peer that a connection leads to is shared by those who tell of it.
pub(super) type Peer = Arc<VerifiedOperator>;
