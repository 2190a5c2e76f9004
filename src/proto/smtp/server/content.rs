//! The content of a message as it streams through, by DATA or in chunks: piece by piece, never whole in memory.
//!
//! A chunk that is refused is read all the same: its octets must never be taken for commands. Where the peer's count
//! can't be read, or is beyond what is worth reading, the connection ends instead.

use bytes::Buf as _;

use crate::mail::Status;
use crate::proto::smtp::chunk::{ChunkDecoder, Form};
use crate::proto::smtp::command::{self, Command, Verb};
use crate::proto::smtp::data::DataDecoder;
use crate::proto::smtp::keywords::Security;

use super::{Event, Move, Phase, Question, Server, reply};

/// Octets that are read beyond twice the limit of a message before the connection ends: dot-stuffing, and a peer that
/// sends on after the limit.
const SWALLOW_MAX: u64 = 64 * 1024;
/// Octets below which a chunk counts as tiny: it costs more than it brings.
const TINY: u64 = 1024;

/// How the end of content is found.
#[derive(Debug)]
enum Framing {
    /// DATA: by CRLF.CRLF.
    Data { decoder: DataDecoder, finished: bool },
    /// BDAT: by count.
    Chunks { decoder: ChunkDecoder, chunk: Chunk, tiny: u32 },
}

/// The present chunk.
#[derive(Debug, Clone, Copy, Default)]
struct Chunk {
    size: u64,
    left: u64,
    last: bool,
}

/// What was said of the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Declared {
    pub(super) form: Form,
    /// Octets above 127 may come.
    pub(super) eight_bit: bool,
}

/// The state of one message's content.
#[derive(Debug)]
pub(super) struct Content {
    framing: Framing,
    eight_bit_allowed: bool,
    /// Octets as they came.
    raw: u64,
    /// Octets of content that were handed on.
    bytes: u64,
    fault: Option<Status>,
    refusal: Option<Status>,
}

impl Content {
    pub(super) fn by_data(declared: Declared) -> Self {
        Self::new(Framing::Data { decoder: DataDecoder::default(), finished: false }, declared)
    }

    pub(super) fn in_chunks(declared: Declared) -> Self {
        let decoder = ChunkDecoder::new(declared.form);
        Self::new(Framing::Chunks { decoder, chunk: Chunk::default(), tiny: 0 }, declared)
    }

    fn new(framing: Framing, declared: Declared) -> Self {
        Self { framing, eight_bit_allowed: declared.eight_bit, raw: 0, bytes: 0, fault: None, refusal: None }
    }

    /// The session wants no more of it.
    pub(super) fn refuse(&mut self, status: Status) {
        self.refusal = Some(status);
    }

    /// A chunk begins. Whether there were too many tiny ones.
    fn begin_chunk(&mut self, size: u64, last: bool, limit: u64, tiny_max: u32) -> Result<(), Status> {
        let Framing::Chunks { chunk, tiny, .. } = &mut self.framing else { return Ok(()) };
        *chunk = Chunk { size, left: size, last };
        *tiny += u32::from(size < TINY && !last);
        // what is too large is known before it comes
        if self.raw.saturating_add(size) > limit {
            self.fault.get_or_insert(Status::MessageTooLarge);
        }
        if *tiny > tiny_max { Err(Status::TooManyErrors) } else { Ok(()) }
    }

    /// Takes what it can of the input; gives the content and how many bytes were used.
    fn decode(&mut self, input: &[u8], limit: u64) -> (Vec<u8>, usize) {
        let mut piece = Vec::with_capacity(input.len());
        let consumed = match &mut self.framing {
            Framing::Data { decoder, finished } => {
                let decoded = decoder.decode(input, &mut piece);
                *finished = decoded.finished;
                decoded.consumed
            }
            Framing::Chunks { decoder, chunk, .. } => {
                let length = input.len().min(usize::try_from(chunk.left).unwrap_or(usize::MAX));
                decoder.decode(&input[..length], &mut piece);
                chunk.left -= length as u64;
                length
            }
        };
        self.raw += consumed as u64;
        self.judge(&mut piece, limit);
        (piece, consumed)
    }

    /// Keeps of a piece what may be handed on.
    fn judge(&mut self, piece: &mut Vec<u8>, limit: u64) {
        if self.fault.is_some() {
            return piece.clear();
        }
        let room = usize::try_from(limit.saturating_sub(self.bytes)).unwrap_or(usize::MAX);
        if piece.len() > room {
            self.fault = Some(Status::MessageTooLarge);
            piece.truncate(room);
        }
        if !self.eight_bit_allowed
            && !piece.is_ascii()
            && let Some(at) = piece.iter().position(|byte| !byte.is_ascii())
        {
            self.fault = Some(Status::EightBitUndeclared);
            piece.truncate(at);
        }
        self.bytes += piece.len() as u64;
    }

    /// What is wrong with the content itself.
    fn fault(&self) -> Option<Status> {
        let form = match &self.framing {
            Framing::Data { decoder, .. } => decoder.fault(),
            Framing::Chunks { decoder, .. } => decoder.fault(),
        };
        form.or(self.fault)
    }

    /// Whether all of DATA or of the present chunk was read.
    fn is_read(&self) -> bool {
        match &self.framing {
            Framing::Data { finished, .. } => *finished,
            Framing::Chunks { chunk, .. } => chunk.left == 0,
        }
    }

    /// The size of a chunk that is not the last one.
    fn unfinished(&self) -> Option<u64> {
        match &self.framing {
            Framing::Chunks { chunk, .. } if !chunk.last => Some(chunk.size),
            _ => None,
        }
    }

    /// The line end that the last line lacks.
    fn complete(&mut self) -> &'static [u8] {
        match &mut self.framing {
            Framing::Data { .. } => b"",
            Framing::Chunks { decoder, .. } => decoder.finish().unwrap_or_default(),
        }
    }
}

impl Server {
    /// BDAT: whatever is to be said of it, its octets follow the line at once.
    // [rfc3030#2]
    pub(super) fn on_chunk(&mut self, line: &[u8]) -> Move {
        // nobody sends content in clear by mistake, and it is not worth reading
        if self.security == Security::Clear {
            self.tried_in_clear = true;
            return self.close(Status::TlsRequired);
        }
        // without its count nobody knows where the chunk ends
        let Ok(Command::Chunk { size, last }) = command::parse(line, &self.settings) else {
            return self.close(Status::Syntax);
        };
        if size > self.allowance() {
            return self.close(Status::MessageTooLarge);
        }
        if let Err(status) = self.may_come(Some(Verb::Bdat)) {
            self.counters.skipped += 1;
            if self.counters.skipped > self.settings.limits.tiny_chunks {
                return self.close(Status::TooManyErrors);
            }
            self.phase = Phase::Skip { left: size, status };
            return Move::Done;
        }
        let Some(transaction) = &mut self.transaction else { return Move::Done };
        let begun = std::mem::replace(&mut transaction.in_chunks, true);
        let declared = transaction.declared;
        if !begun {
            self.content = Content::in_chunks(declared);
        }
        let limits = &self.settings.limits;
        if let Err(status) = self.content.begin_chunk(size, last, limits.message, limits.tiny_chunks) {
            return self.close(status);
        }
        self.phase = Phase::Content;
        if begun { Move::Done } else { self.ask(Question::Chunks, Event::Data) }
    }

    /// Octets of content that may still come, as they are on the wire.
    fn allowance(&self) -> u64 {
        let raw = self.transaction.as_ref().filter(|transaction| transaction.in_chunks).map_or(0, |_| self.content.raw);
        self.settings.limits.message.saturating_mul(2).saturating_add(SWALLOW_MAX).saturating_sub(raw)
    }

    /// Reads over a chunk that came when none could, then says why.
    pub(super) fn skip_piece(&mut self, left: u64, status: Status) -> Move {
        if left == 0 {
            self.phase = Phase::Command;
            return self.complain(status);
        }
        if self.lines.input.is_empty() {
            return Move::Starved;
        }
        let length = self.lines.input.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        self.lines.input.advance(length);
        self.phase = Phase::Skip { left: left - length as u64, status };
        Move::Done
    }

    /// The next piece of content, or its end.
    pub(super) fn content_piece(&mut self) -> Move {
        if self.content.is_read() {
            return self.content_read();
        }
        if self.lines.input.is_empty() {
            return Move::Starved;
        }
        let limit = self.settings.limits.message;
        let raw = self.content.raw;
        let allowance = limit.saturating_mul(2).saturating_add(SWALLOW_MAX).saturating_sub(raw);
        if allowance == 0 {
            self.close(Status::MessageTooLarge);
            return Move::Done;
        }
        let length = self.lines.input.len().min(usize::try_from(allowance).unwrap_or(usize::MAX));
        let (piece, consumed) = self.content.decode(&self.lines.input[..length], limit);
        self.lines.input.advance(consumed);
        self.hand_on(piece)
    }

    fn hand_on(&mut self, piece: Vec<u8>) -> Move {
        if piece.is_empty() || self.content.refusal.is_some() {
            return Move::Done;
        }
        self.ask(Question::Content, Event::Content(piece))
    }

    /// DATA or a chunk is over.
    fn content_read(&mut self) -> Move {
        if let Some(size) = self.content.unfinished()
            && self.content.refusal.or(self.content.fault()).is_none()
        {
            reply::chunk(&mut self.output, size);
            self.phase = Phase::Command;
            return Move::Done;
        }
        let mut end = Vec::new();
        if self.content.refusal.is_none() && self.content.unfinished().is_none() {
            let missing = self.content.complete();
            self.content.bytes += missing.len() as u64;
            end.extend_from_slice(missing);
        }
        if end.is_empty() { self.content_end() } else { self.hand_on(end) }
    }

    fn content_end(&mut self) -> Move {
        self.phase = Phase::Command;
        // what a pipelining client has sent after a chunk that failed is no error of its own
        let in_pieces = self.content.unfinished().is_some();
        if let Some(status) = self.content.refusal {
            self.failed_before = in_pieces;
            return self.say_refusal(status);
        }
        if let Some(status) = self.content.fault() {
            self.abandon(Some(status));
            self.failed_before = in_pieces;
            return self.complain(status);
        }
        self.ask(Question::ContentEnd, Event::ContentEnd { bytes: self.content.bytes })
    }
}
