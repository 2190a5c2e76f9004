//! What one connection may cost.

/// Octets of a tag.
pub(super) const TAG_MAX: usize = 128;

/// The limits of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Until somebody is signed in.
    pub before: Bounds,
    /// From then on.
    pub after: Bounds,
    /// Octets of a message in APPEND (APPENDLIMIT).
    pub append: u64,
    /// Messages that one command may work on (MESSAGELIMIT, RFC 9738); 0 for any number.
    pub messages: u32,
}

/// What one command may cost. All sizes are octets.
// [clients#memory-before-login]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// A line between literals, without its CRLF.
    pub line: usize,
    /// A literal that is kept in memory.
    pub literal: u64,
    /// A command with its literals, APPEND's message not counted.
    pub command: u64,
    /// What is read and thrown away of a refused command before the connection is closed.
    pub flood: u64,
    /// Refusals before the connection is closed; after login only those without a success between them.
    pub errors: u32,
}

impl Limits {
    /// The usual limits, with messages of at most so many octets.
    ///
    /// Before login a line carries a token of 8 KiB in base64; after it, the sets of UIDs that clients send.
    #[must_use]
    pub const fn with_append(append: u64) -> Self {
        let before = Bounds { line: 12 * 1024, literal: 1024, command: 16 * 1024, flood: 64 * 1024, errors: 10 };
        // a message that APPEND announced and the mailbox refuses is thrown away as a whole
        let flood = if append > 1 << 20 { append } else { 1 << 20 };
        let after = Bounds { line: 64 * 1024, literal: 64 * 1024, command: 256 * 1024, flood, errors: 100 };
        Self { before, after, append, messages: 0 }
    }

    /// The same, where one command may work on so many messages; 0 for any number.
    #[must_use]
    pub const fn with_messages(mut self, messages: u32) -> Self {
        self.messages = messages;
        self
    }
}
