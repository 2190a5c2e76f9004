# MULTIAPPEND, CATENATE and REPLACE: all or nothing, in one step for every other client.
# [rfc3502#6.3.11] [rfc4469#3] [rfc4469#4] [rfc4469#4.1] [rfc8508#3.1] [rfc8508#3.4] [rfc5092#7]
begin: selected
append: 200
message: plain.eml
# several messages, each with flags and a date of its own
C> a APPEND Sent (\\Seen) {18+}\r\nSubject: a\r\n\r\nHi\r\n {18+}\r\nSubject: b\r\n\r\nHi\r\n ($x) " 1-Feb-2026 09:05:00 +0100" {18+}\r\nSubject: c\r\n\r\nHi\r\n\r\n
S: a OK [APPENDUID 1795341601 1:3] APPEND completed
# one that waits for each invitation
C: b APPEND Sent {18}
S: + go ahead
C> Subject: d\r\n\r\nHi\r\n {18}\r\n
S: + go ahead
C> Subject: e\r\n\r\nHi\r\n\r\n
S: b OK [APPENDUID 1795341601 4:5] APPEND completed
# of three with one that is wrong nothing is kept
C> c APPEND Sent {18+}\r\nSubject: f\r\n\r\nHi\r\n {201+}\r\n000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000 {18+}\r\nSubject: g\r\n\r\nHi\r\n\r\n
S: c NO [TOOBIG] the message is larger than this server takes
C> d APPEND Sent {18+}\r\nSubject: f\r\n\r\nHi\r\n {0+}\r\n\r\n
S: d NO [CANNOT] a message has at least one octet
C> e APPEND Sent {18+}\r\nSubject: f\r\n\r\nHi\r\n {3+}\r\na\0b {3+}\r\nabc\r\n
S: e NO [CANNOT] the message holds a NUL byte
C: f STATUS Sent (MESSAGES UIDNEXT)
S: * STATUS "Sent" (MESSAGES 5 UIDNEXT 6)
S: f OK STATUS completed
# a message out of parts of others: what leaves a body so is a transfer
C> g APPEND Drafts (\\Draft) CATENATE (URL "/Sent/;UID=1/;SECTION=HEADER" TEXT {5+}\r\nnew\r\n URL "/Sent;UIDVALIDITY=1795341601/;UID=2/;section=TEXT/;PARTIAL=0.2")\r\n
S: g OK [APPENDUID 1795341602 1] APPEND completed
C> h APPEND Drafts CATENATE (URL {12}\r\n
S: + go ahead
C> /Sent/;UID=3)\r\n
S: h OK [APPENDUID 1795341602 2] APPEND completed
# a URL of nothing, wherever it stands: nothing is kept
C: i APPEND Drafts CATENATE (URL "/Sent/;UID=99")
S: i NO [BADURL "/Sent/;UID=99"] this URL stands for nothing here
C: j APPEND Drafts CATENATE (URL "/nowhere/;UID=1")
S: j NO [BADURL "/nowhere/;UID=1"] this URL stands for nothing here
C: k APPEND Drafts CATENATE (URL "/Sent;UIDVALIDITY=7/;UID=1")
S: k NO [BADURL "/Sent;UIDVALIDITY=7/;UID=1"] this URL stands for nothing here
C: l APPEND Drafts CATENATE (URL "/Sent/;UID=1/;SECTION=7")
S: l NO [BADURL "/Sent/;UID=1/;SECTION=7"] this URL stands for nothing here
C: m APPEND Drafts CATENATE (URL "imap://host/Sent/;UID=1")
S: m NO [BADURL "imap://host/Sent/;UID=1"] this URL stands for nothing here
C> n APPEND Drafts CATENATE (TEXT {3+}\r\nabc URL "/Sent/;UID=99" TEXT {3+}\r\nabc)\r\n
S: n NO [BADURL "/Sent/;UID=99"] this URL stands for nothing here
C> o APPEND Drafts CATENATE (TEXT {0+}\r\n)\r\n
S: o NO [CANNOT] a message has at least one octet
# the limit of a message holds for its parts together
C> p APPEND Drafts CATENATE (URL "/INBOX/;UID=1" TEXT {3+}\r\nabc)\r\n
S: p NO [TOOBIG] the message is larger than this server takes
C: q SELECT Drafts
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] kept
S: * 2 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 1] first unseen
S: * OK [UIDVALIDITY 1795341602] UIDs valid
S: * OK [UIDNEXT 3] predicted next UID
S: * OK [MAILBOXID (F4)] the same under any name
S: * OK [HIGHESTMODSEQ 15] last change
S: q OK [READ-WRITE] SELECT completed
C: r FETCH 1:2 (FLAGS BODY.PEEK[])
S: * 1 FETCH (FLAGS (\Draft) BODY[] {21}
S: Subject: a
S:
S: new
S: Hi)
S: * 2 FETCH (FLAGS () BODY[] {18}
S: Subject: c
S:
S: Hi
S: )
S: r OK FETCH completed
# a draft is saved anew: the old one is gone in the same step
C> s REPLACE 1 Drafts (\\Draft) {18+}\r\nSubject: A\r\n\r\nHi\r\n\r\n
S: * OK [APPENDUID 1795341602 3] it takes the other's place
S: * 1 EXPUNGE
S: * 2 EXISTS
S: s OK REPLACE completed
C> t UID REPLACE 3 Sent {18+}\r\nSubject: h\r\n\r\nHi\r\n\r\n
S: * OK [APPENDUID 1795341601 6] it takes the other's place
S: * 2 EXPUNGE
S: t OK UID REPLACE completed
C> u REPLACE * Drafts CATENATE (TEXT {18+}\r\nSubject: i\r\n\r\nHi\r\n)\r\n
S: * OK [APPENDUID 1795341602 4] it takes the other's place
S: * 1 EXPUNGE
S: * 1 EXISTS
S: u OK REPLACE completed
# what is not there can't be replaced, and nothing is kept
C: v UID REPLACE 1 Drafts {3}
S: v NO [EXPUNGEISSUED] the message is gone
C: w REPLACE 2 Drafts {3}
S: w BAD [CLIENTBUG] the arguments have no valid form
C> x REPLACE 1 Drafts {3+}\r\nabc {3+}\r\nabc\r\n
S: x BAD [CLIENTBUG] the arguments have no valid form
C: y EXAMINE Drafts
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS ()] read-only
S: * 1 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 1] first unseen
S: * OK [UIDVALIDITY 1795341602] UIDs valid
S: * OK [UIDNEXT 5] predicted next UID
S: * OK [MAILBOXID (F4)] the same under any name
S: * OK [HIGHESTMODSEQ 21] last change
S: y OK [READ-ONLY] EXAMINE completed
C: z REPLACE 1 Drafts {3}
S: z NO [NOPERM] the mailbox was opened for reading only
== what is recorded?
-- transfer imap-peek
