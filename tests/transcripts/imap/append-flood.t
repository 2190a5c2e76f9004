# What is too big is refused before it comes; what comes nevertheless is thrown away, up to a limit.
# [rfc7888#4] [clients#imap-traps]
begin: signed in
append: 200
C> a APPEND INBOX {201+}\r\n01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789!\r\nb NOOP\r\n
S: a NO [TOOBIG] the message is larger than this server takes
S: b OK NOOP completed
C: c APPEND INBOX {4294967296+}
S: c NO [TOOBIG] the message is larger than this server takes
S: * BYE [TOOBIG] the line is too long
-- connection closed
