# APPEND: literals of every sort, flags, dates; nothing is kept of what was wrong.
# [rfc3501#6.3.11] [rfc9051#6.3.12] [rfc4315#3] [rfc7888#3] [rfc7888#4] [rfc6855#4] [clients#imap-traps]
begin: selected
append: 200
quota: 600
C: a APPEND INBOX (\Seen $Label1) " 1-Feb-2026 09:05:00 +0100" {24}
S: + go ahead
C> Subject: one\r\n\r\nHello.\r\n\r\n
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Label1)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $Label1 \*)] kept
S: * 1 EXISTS
S: a OK [APPENDUID 1795341600 1] APPEND completed
C> b APPEND Sent {20+}\r\nSubject: two\r\n\r\nHi\r\n\r\n
S: b OK [APPENDUID 1795341601 1] APPEND completed
C> c APPEND {4}\r\n
S: + go ahead
C> Sent () {20}\r\n
S: + go ahead
C> Subject: 3rd\r\n\r\nHi\r\n\r\n
S: c OK [APPENDUID 1795341601 2] APPEND completed
C: d APPEND nothing {20}
S: d NO [TRYCREATE] there is no such mailbox, create it first
C> e APPEND nothing {20+}\r\nSubject: two\r\n\r\nHi\r\n\r\n
S: e NO [TRYCREATE] there is no such mailbox, create it first
C: f APPEND INBOX {0}
S: f NO [CANNOT] a message has at least one octet
C> g APPEND INBOX {0+}\r\n\r\n
S: g NO [CANNOT] a message has at least one octet
C: h APPEND INBOX {201}
S: h NO [TOOBIG] the message is larger than this server takes
C> i APPEND INBOX "1-Foo-2026 09:05:00 +0100" {5+}\r\nhello\r\n
S: i BAD [CLIENTBUG] the arguments have no valid form
C> j APPEND INBOX (\\Frob) {5+}\r\nhello\r\n
S: j BAD [CLIENTBUG] the arguments have no valid form
C> k APPEND INBOX {5+}\r\nhello extra\r\n
S: k BAD [CLIENTBUG] the arguments have no valid form
C> l APPEND INBOX {5+}\r\nhello (\\Frob) {5+}\r\nhello\r\n
S: l BAD [CLIENTBUG] the arguments have no valid form
C: m APPEND INBOX
S: m BAD [CLIENTBUG] the arguments have no valid form
C: n FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])
S: * 1 FETCH (UID 1 FLAGS (\Seen $Label1) INTERNALDATE " 1-Feb-2026 08:05:00 +0000" RFC822.SIZE 24 BODY[] {24}
S: Subject: one
S:
S: Hello.
S: )
S: n OK FETCH completed
# UTF-8 headers only once they are enabled
C> o APPEND INBOX UTF8 (~{19+}\r\nSubject: \xc3\xa9t\xc3\xa9\r\n\r\n.)\r\n
S: o BAD [CLIENTBUG] not now: another command must come first
C: p ENABLE UTF8=ACCEPT
S: * ENABLED UTF8=ACCEPT
S: p OK ENABLE completed
C> q APPEND INBOX UTF8 (~{19+}\r\nSubject: \xc3\xa9t\xc3\xa9\r\n\r\n.)\r\n
S: * 2 EXISTS
S: q OK [APPENDUID 1795341600 2] APPEND completed
C: r FETCH 2 ENVELOPE
S: * 2 FETCH (ENVELOPE (NIL "\xc3\xa9t\xc3\xa9" NIL NIL NIL NIL NIL NIL NIL NIL))
S: r OK FETCH completed
# beyond the quota
C: s APPEND INBOX {190}
S: + go ahead
C> 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\r\n
S: * 3 EXISTS
S: s OK [APPENDUID 1795341600 3] APPEND completed
C: t APPEND INBOX {190}
S: + go ahead
C> 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\r\n
S: * 4 EXISTS
S: t OK [APPENDUID 1795341600 4] APPEND completed
C: u APPEND INBOX {190}
S: u NO [OVERQUOTA] this mailbox is full
C: v APPEND INBOX {190+}
C> 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\r\n
S: v NO [OVERQUOTA] this mailbox is full
# NUL can't be said again in a literal
C> x APPEND INBOX {3+}\r\na\0b\r\n
S: x NO [CANNOT] the message holds a NUL byte
C: w STATUS INBOX (MESSAGES)
S: * STATUS INBOX (MESSAGES 4)
S: w OK STATUS completed
