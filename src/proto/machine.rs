//! The shape of every protocol machine.

/// What a machine wants next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step<E> {
    /// Something happened that needs an answer before the conversation goes on.
    Event(E),
    /// Bytes for the other side.
    Send(Vec<u8>),
    /// What was sent must leave, then the TLS handshake begins; afterwards call [`Machine::secured`].
    StartTls,
    /// Nothing to do before more bytes come.
    NeedInput,
    /// What was sent must leave, then the connection ends.
    Close,
}

/// A conversation without a socket: bytes come in, events go out; answers come in, bytes go out.
pub trait Machine {
    /// What the machine asks or tells its session.
    type Event;
    /// What the session answers.
    type Answer;

    /// Takes bytes as they came, cut anywhere.
    fn receive(&mut self, bytes: &[u8]);

    /// The next step. After an event that needs an answer, [`Step::NeedInput`] until it is given.
    fn next(&mut self) -> Step<Self::Event>;

    /// Gives the answer to the last event.
    fn answer(&mut self, answer: Self::Answer);

    /// Says that TLS is in place; all that was known of the peer before is forgotten (RFC 3207 §4.2).
    fn secured(&mut self);
}
