//! The closed list of what a peer or a client may be told: one public text each, with its SMTP code and enhanced
//! status code (RFC 3463, RFC 5248) and its IMAP response code (RFC 5530, RFC 9051 §7.1).
//!
//! A public text says what to do, and never a path, a name, a version or whether something else exists.

/// What happened, as the outside may know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// The storage did not take the write, or something failed that should not.
    Storage,
    /// The disk or the store is full.
    StorageFull,
    /// Too busy now.
    Busy,
    /// The server is going down.
    ShuttingDown,
    /// The peer or client was silent for too long.
    TimedOut,
    /// Something must happen in TLS and there is none.
    TlsRequired,
    /// The certificate's subject is not in the white list, or the connection has no certificate.
    OperatorUnknown,
    /// The reverse-path's domain is not one of this operator's.
    DomainNotOperators,
    /// The trust data needed for a judgement is out of date.
    TrustStale,
    /// The certificate was revoked while its session was open.
    TrustWithdrawn,
    /// A login is needed first.
    LoginRequired,
    /// Name or password is wrong, or the account is not active: one reply for all of these.
    LoginFailed,
    /// Too many failed logins from there or for this name: wait.
    LoginThrottled,
    /// The certificate is not valid, or opens no mailbox here, or not the one that was asked for.
    CertificateRefused,
    /// Who checks tokens can't be asked now.
    TokensUnavailable,
    /// The mechanism is not offered.
    MechanismUnknown,
    /// The login's exchange has no valid form.
    LoginMalformed,
    /// The sender's address does not belong to the login.
    NotYourAddress,
    /// The recipient is outside the trust space.
    OutsideTrustSpace,
    /// No such recipient here.
    RecipientUnknown,
    /// The recipient's account takes no mail now.
    RecipientInactive,
    /// The recipient's mailbox has no room.
    MailboxFull,
    /// The message is larger than allowed.
    MessageTooLarge,
    /// Too many recipients in one transaction.
    TooManyRecipients,
    /// A header or the structure of the message is beyond the limits.
    MessageMalformed,
    /// A bare CR or LF.
    BareLineEnd,
    /// A message without a single octet.
    EmptyMessage,
    /// A mailbox that has others below it.
    HasChildren,
    /// More than thirty or so `Received:` fields.
    MailLoop,
    /// A command that is not known.
    CommandUnknown,
    /// A command whose arguments have no valid form.
    Syntax,
    /// A command that is not allowed now.
    OutOfSequence,
    /// A line longer than allowed.
    LineTooLong,
    /// A parameter that is not known.
    ParameterUnknown,
    /// An address that has no valid form.
    AddressSyntax,
    /// Too many errors on one connection.
    TooManyErrors,
    /// No such mailbox, or no right to know of it.
    NoSuchMailbox,
    /// The mailbox that messages are to go to does not exist, and the client may create it.
    NoDestination,
    /// The mailbox exists already.
    MailboxExists,
    /// The name cannot be a mailbox name.
    BadMailboxName,
    /// The operation cannot be done on this mailbox.
    CannotOnThisMailbox,
    /// The mailbox was opened read-only.
    ReadOnly,
    /// A limit of the server: mailboxes, keywords, sessions.
    LimitReached,
    /// The message is gone.
    MessageGone,
    /// The charset is not supported.
    BadCharset,
    /// COMPRESS while something is compressed already.
    CompressionActive,
    /// A transfer encoding that can't be undone.
    UnknownEncoding,
    /// CREATE for a use that no mailbox can have.
    UseUnsupported,
    /// Something that only the administrator may do.
    NotPermitted,
    /// A search of which changes are not told.
    NoUpdate,
    /// A search that is not followed is to be followed no longer.
    NoSuchSearch,
    /// More messages than one command may work on.
    TooManyAtOnce,
    /// A URL that stands for nothing here.
    BadUrl,
    /// A right that the login does not have over this mailbox.
    NoRight,
    /// Rights can't be given to this identifier.
    NoSuchIdentifier,
    /// The value of an annotation is larger than allowed.
    AnnotationTooLarge,
    /// As many annotations as there may be.
    TooManyAnnotations,
    /// An event that NOTIFY does not tell of.
    BadEvent,
    /// More events than NOTIFY tells of.
    NotifyOverflow,
    /// A NUL byte in the content of a message.
    NulInContent,
    /// A command that is known and not served.
    NotImplemented,
    /// DATA when every recipient was refused, or none was named.
    NoRecipients,
    /// A non-ASCII address without SMTPUTF8, on either side.
    Utf8Needed,
    /// The login's exchange was cancelled by the client.
    LoginCancelled,
    /// Bytes in clear came after STARTTLS (an injection, or a client that does not wait).
    PlaintextAfterStartTls,
    /// Content declared BINARYMIME that is to come by DATA.
    BinaryNeedsChunks,
    /// Octets above 127 that were not declared.
    EightBitUndeclared,
    /// A release time beyond what EHLO announced.
    HoldTooLong,
    /// A message that would be late before it is released.
    LateBeforeRelease,
    /// One connection has had as many messages as it may.
    TooManyMessages,
    /// One operator, or one address, holds as many connections as it may.
    TooManyConnections,
    /// As many messages or recipients in a time as one peer or account may send.
    TooFast,
    /// The peer brings its content more slowly than is worth a connection.
    TooSlow,
    /// Outbound: no host of the recipient's domain could be found.
    PeerNotFound,
    /// Outbound: no connection, or it broke.
    PeerUnreachable,
    /// Outbound: the peer was silent for too long.
    PeerSilent,
    /// Outbound: the peer offers no TLS, or its handshake failed.
    PeerWithoutTls,
    /// Outbound: the peer's certificate is not one that the white list has for the recipient's domain.
    PeerNotTrusted,
    /// Outbound: the peer's replies have no valid form or order.
    PeerProtocol,
    /// Outbound: the peer does not offer BINARYMIME, and sealed content is not converted.
    PeerWithoutBinary,
    /// Outbound: the peer does not offer REQUIRETLS, which the sender asked for.
    PeerWithoutRequireTls,
    /// Outbound: the peer does not offer DELIVERBY, and the message has to come back when it is late.
    PeerWithoutDeliverBy,
    /// Outbound: the time in which the message was to be delivered is over, or the peer needs longer.
    DeliveryTimeExpired,
    /// Outbound: the peer cannot carry what the message needs (8-bit content), and sealed content is not converted.
    PeerCannotCarry,
    /// The scanner for malware does not answer, and nothing is taken that it has not examined.
    ScannerDown,
    /// The scanner found malware.
    Malware,
}

/// The three public forms of one status.
struct Row {
    smtp: u16,
    enhanced: &'static str,
    imap: Option<&'static str>,
    text: &'static str,
}

const fn row(smtp: u16, enhanced: &'static str, imap: Option<&'static str>, text: &'static str) -> Row {
    Row { smtp, enhanced, imap, text }
}

impl Status {
    #[allow(clippy::too_many_lines, reason = "a table: one line per status")]
    #[rustfmt::skip]
    const fn row(self) -> Row {
        match self {
            Self::Storage => row(451, "4.3.0", Some("SERVERBUG"), "temporary failure of this server, try again"),
            Self::StorageFull => row(451, "4.3.1", Some("OVERQUOTA"), "insufficient system storage, try again later"),
            Self::Busy => row(421, "4.3.2", Some("UNAVAILABLE"), "too busy now, try again later"),
            Self::TrustWithdrawn => row(421, "4.7.1", Some("UNAVAILABLE"), "this certificate is accepted no longer"),
            Self::ShuttingDown => row(421, "4.3.2", Some("UNAVAILABLE"), "this server is going down, try again later"),
            Self::TimedOut => row(421, "4.4.2", Some("UNAVAILABLE"), "nothing was heard for too long, closing"),
            Self::TlsRequired => row(530, "5.7.0", Some("PRIVACYREQUIRED"), "issue STARTTLS first"),
            Self::OperatorUnknown => row(554, "5.7.1", None, "this certificate is not one of a listed operator"),
            Self::DomainNotOperators => row(550, "5.7.1", None, "the sender's domain is not listed for this certificate"),
            Self::TrustStale => row(451, "4.7.1", None, "the trust data of this server is being renewed, try again later"),
            Self::LoginRequired => row(530, "5.7.0", Some("NOPERM"), "log in first"),
            Self::LoginFailed => row(535, "5.7.8", Some("AUTHENTICATIONFAILED"), "the name or the password is wrong"),
            Self::LoginThrottled => row(454, "4.7.0", Some("UNAVAILABLE"), "too many failed logins, try again later"),
            Self::CertificateRefused => row(535, "5.7.8", Some("AUTHENTICATIONFAILED"), "this certificate is no login"),
            Self::TokensUnavailable => {
                row(454, "4.7.0", Some("UNAVAILABLE"), "tokens cannot be checked now, try later")
            }
            Self::MechanismUnknown => row(504, "5.5.4", Some("CANNOT"), "this mechanism is not offered"),
            Self::LoginMalformed => row(501, "5.5.2", Some("CLIENTBUG"), "the login exchange has no valid form"),
            Self::NotYourAddress => row(553, "5.7.1", Some("NOPERM"), "this sender address does not belong to your login"),
            Self::OutsideTrustSpace => row(550, "5.7.1", None, "this recipient is outside MSSante's trust space"),
            Self::RecipientUnknown => row(550, "5.1.1", None, "there is no such mailbox here"),
            Self::RecipientInactive => row(550, "5.2.1", None, "this mailbox takes no messages"),
            Self::MailboxFull => row(452, "4.2.2", Some("OVERQUOTA"), "this mailbox is full"),
            Self::MessageTooLarge => row(552, "5.3.4", Some("TOOBIG"), "the message is larger than this server takes"),
            Self::TooManyRecipients => row(452, "4.5.3", Some("LIMIT"), "too many recipients, send the others in another transaction"),
            Self::MessageMalformed => row(554, "5.6.0", Some("CANNOT"), "the structure of the message is beyond the limits"),
            Self::BareLineEnd => row(550, "5.6.11", Some("CANNOT"), "a CR or LF stands alone, lines end with CRLF"),
            Self::EmptyMessage => row(554, "5.6.0", Some("CANNOT"), "a message has at least one octet"),
            Self::HasChildren => row(550, "5.5.0", Some("HASCHILDREN"), "the mailbox has others below it"),
            Self::MailLoop => row(554, "5.4.6", None, "this message has passed too many servers"),
            Self::CommandUnknown => row(500, "5.5.1", Some("CLIENTBUG"), "command not recognised"),
            Self::Syntax => row(501, "5.5.4", Some("CLIENTBUG"), "the arguments have no valid form"),
            Self::OutOfSequence => row(503, "5.5.1", Some("CLIENTBUG"), "not now: another command must come first"),
            Self::LineTooLong => row(500, "5.5.2", Some("TOOBIG"), "the line is too long"),
            Self::ParameterUnknown => row(555, "5.5.4", Some("CLIENTBUG"), "a parameter is not recognised"),
            Self::AddressSyntax => row(501, "5.1.3", Some("CLIENTBUG"), "the address has no valid form"),
            Self::TooManyErrors => row(421, "4.7.0", Some("LIMIT"), "too many errors, closing"),
            Self::NoSuchMailbox => row(550, "5.1.1", Some("NONEXISTENT"), "there is no such mailbox"),
            Self::NoDestination => row(550, "5.1.1", Some("TRYCREATE"), "there is no such mailbox, create it first"),
            Self::MailboxExists => row(550, "5.5.0", Some("ALREADYEXISTS"), "the mailbox exists already"),
            Self::BadMailboxName => row(550, "5.1.3", Some("CANNOT"), "this cannot be the name of a mailbox"),
            Self::CannotOnThisMailbox => row(550, "5.5.0", Some("CANNOT"), "this cannot be done with this mailbox"),
            Self::ReadOnly => row(550, "5.7.1", Some("NOPERM"), "the mailbox was opened for reading only"),
            Self::LimitReached => row(452, "4.5.3", Some("LIMIT"), "a limit of this server is reached"),
            Self::MessageGone => row(550, "5.1.1", Some("EXPUNGEISSUED"), "the message is gone"),
            Self::CompressionActive => row(503, "5.5.1", Some("COMPRESSIONACTIVE"), "compression is active already"),
            Self::UnknownEncoding => row(554, "5.6.1", Some("UNKNOWN-CTE"), "the encoding of this part is not known"),
            Self::UseUnsupported => row(501, "5.5.4", Some("USEATTR"), "no mailbox can be for this"),
            Self::NotPermitted => row(550, "5.7.1", Some("NOPERM"), "only the administrator may do this"),
            Self::NoRight => row(550, "5.7.1", Some("NOPERM"), "you do not have the right to do this"),
            Self::NoSuchIdentifier => row(550, "5.1.1", Some("CANNOT"), "rights cannot be given to this identifier"),
            Self::AnnotationTooLarge => row(552, "5.3.4", Some("METADATA MAXSIZE 8192"), "the annotation is too large"),
            Self::TooManyAnnotations => row(452, "4.5.3", Some("METADATA TOOMANY"), "there are too many annotations"),
            Self::BadEvent => row(504, "5.5.4", Some("BADEVENT (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange MailboxMetadataChange ServerMetadataChange)"), "this event is not told"),
            Self::NotifyOverflow => row(452, "4.5.3", Some("NOTIFICATIONOVERFLOW"), "this is more than is told"),
            Self::BadCharset => row(501, "5.5.4", Some("BADCHARSET"), "this charset is not supported"),
            Self::NoUpdate => row(501, "5.5.4", Some("NOUPDATE"), "changes of this search are not told"),
            Self::NoSuchSearch => row(501, "5.5.4", Some("CLIENTBUG"), "no search with this tag is followed"),
            Self::TooManyAtOnce => row(452, "4.5.3", Some("MESSAGELIMIT"), "too many messages for one command, name fewer"),
            Self::BadUrl => row(554, "5.5.4", Some("BADURL"), "this URL stands for nothing here"),
            Self::NulInContent => row(550, "5.6.11", Some("CANNOT"), "the message holds a NUL byte"),
            Self::NotImplemented => row(502, "5.5.1", Some("CANNOT"), "this command is not served here"),
            Self::NoRecipients => row(554, "5.5.1", None, "no valid recipients"),
            Self::Utf8Needed => row(553, "5.6.7", None, "an address that is not ASCII needs SMTPUTF8"),
            Self::LoginCancelled => row(501, "5.7.0", None, "the login was cancelled"),
            Self::PlaintextAfterStartTls => row(554, "5.5.1", None, "bytes in clear after STARTTLS, closing"),
            Self::BinaryNeedsChunks => row(503, "5.5.1", None, "binary content comes by BDAT, not by DATA"),
            Self::EightBitUndeclared => row(554, "5.6.3", None, "octets above 127 were not declared, send them with BODY=8BITMIME"),
            Self::HoldTooLong => row(501, "5.5.4", None, "the release time is beyond what the reply to EHLO allows"),
            Self::LateBeforeRelease => row(501, "5.5.4", None, "BY ends before the release time"),
            Self::TooManyMessages => row(421, "4.7.0", None, "enough messages for one connection, open another"),
            Self::TooManyConnections => row(421, "4.7.0", Some("LIMIT"), "too many connections from you, close some or use them longer"),
            Self::TooFast => row(451, "4.7.1", Some("LIMIT"), "too many messages in a short time, send the rest later"),
            Self::TooSlow => row(421, "4.4.2", None, "content comes too slowly, closing"),
            Self::PeerNotFound => row(451, "4.4.3", None, "no server was found for the recipient's domain"),
            Self::PeerUnreachable => row(451, "4.4.1", None, "the recipient's server did not answer"),
            Self::PeerSilent => row(451, "4.4.2", None, "the recipient's server was silent for too long"),
            Self::PeerWithoutTls => row(451, "4.7.5", None, "no TLS could be set up with the recipient's server"),
            Self::PeerNotTrusted => row(451, "4.7.1", None, "the recipient's server is not one that is listed for the domain"),
            Self::PeerProtocol => row(451, "4.5.0", None, "the recipient's server broke the protocol"),
            Self::PeerWithoutBinary => row(554, "5.6.3", None, "the recipient's server does not take binary messages"),
            Self::PeerWithoutRequireTls => row(554, "5.7.30", None, "the recipient's server does not offer REQUIRETLS, which was asked for"),
            Self::PeerWithoutDeliverBy => row(554, "5.3.3", None, "the recipient's server does not offer DELIVERBY, which was asked for"),
            Self::DeliveryTimeExpired => row(554, "5.4.7", None, "it could not be delivered in the time that was asked"),
            Self::ScannerDown => row(451, "4.7.0", None, "the message could not be examined for malware, try again later"),
            Self::Malware => row(554, "5.7.0", None, "malware was found in the message, remove the attachment"),
            Self::PeerCannotCarry => row(554, "5.6.3", None, "the recipient's server does not take 8-bit messages"),
        }
    }

    /// The SMTP reply code.
    #[must_use]
    pub const fn smtp(self) -> u16 {
        self.row().smtp
    }

    /// The enhanced status code (RFC 3463).
    #[must_use]
    pub const fn enhanced(self) -> &'static str {
        self.row().enhanced
    }

    /// The IMAP response code, where one says more than the text.
    #[must_use]
    pub const fn imap(self) -> Option<&'static str> {
        self.row().imap
    }

    /// The public text.
    #[must_use]
    pub const fn text(self) -> &'static str {
        self.row().text
    }
}
