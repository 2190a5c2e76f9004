//! The content of a message as it streams through: piece by piece, never whole in memory.

use bytes::Buf as _;

use crate::mail::Status;
use crate::proto::smtp::data::DataDecoder;

use super::{Event, Move, Phase, Question, Server};

/// Octets that are read beyond twice the limit of a message before the connection ends: dot-stuffing, and a peer that
/// sends on after the limit.
const SWALLOW_MAX: u64 = 64 * 1024;

/// The state of one message's content.
#[derive(Debug, Default)]
pub(super) struct Content {
    decoder: DataDecoder,
    /// Octets as they came.
    raw: u64,
    /// Octets of content that were handed on.
    bytes: u64,
    too_large: bool,
    refusal: Option<Status>,
    finished: bool,
}

impl Content {
    /// The session wants no more of it.
    pub(super) fn refuse(&mut self, status: Status) {
        self.refusal = Some(status);
    }

    /// Decodes what `allowance` permits of the input; gives the content and how many bytes were used.
    fn decode(&mut self, input: &[u8], limit: u64) -> (Vec<u8>, usize) {
        let mut piece = Vec::with_capacity(input.len());
        let decoded = self.decoder.decode(input, &mut piece);
        self.finished = decoded.finished;
        self.raw += decoded.consumed as u64;
        let room = usize::try_from(limit.saturating_sub(self.bytes)).unwrap_or(usize::MAX);
        if piece.len() > room {
            self.too_large = true;
            piece.truncate(room);
        }
        self.bytes += piece.len() as u64;
        (piece, decoded.consumed)
    }

    /// What is wrong with the content itself.
    fn fault(&self) -> Option<Status> {
        self.decoder.fault().or(self.too_large.then_some(Status::MessageTooLarge))
    }
}

impl Server {
    /// The next piece of content, or its end.
    pub(super) fn content_piece(&mut self) -> Move {
        if self.content.finished {
            return self.content_end();
        }
        if self.lines.input.is_empty() {
            return Move::Starved;
        }
        let limit = self.settings.limits.message;
        let allowance = limit.saturating_mul(2).saturating_add(SWALLOW_MAX).saturating_sub(self.content.raw);
        if allowance == 0 {
            self.close(Status::MessageTooLarge);
            return Move::Done;
        }
        let length = self.lines.input.len().min(usize::try_from(allowance).unwrap_or(usize::MAX));
        let (piece, consumed) = self.content.decode(&self.lines.input[..length], limit);
        self.lines.input.advance(consumed);
        if piece.is_empty() || self.content.refusal.is_some() {
            return Move::Done;
        }
        self.ask(Question::Content, Event::Content(piece))
    }

    fn content_end(&mut self) -> Move {
        self.phase = Phase::Command;
        if let Some(status) = self.content.refusal {
            return self.say_refusal(status);
        }
        if let Some(status) = self.content.fault() {
            self.abandon(Some(status));
            self.complain(status);
            return Move::Done;
        }
        self.ask(Question::ContentEnd, Event::ContentEnd { bytes: self.content.bytes })
    }
}
