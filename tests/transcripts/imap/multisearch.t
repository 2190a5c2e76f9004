# ESEARCH: several mailboxes at once, by UID; nothing is told of a mailbox in which nothing was found. UIDBATCHES.
# [rfc7377#2.1] [rfc7377#2.2] [rfc5465#6] [rfc10022#3.1]
begin: signed in
message: plain.eml
message: plain.eml \Seen
C: a CREATE Projets/Nord
S: a OK [MAILBOXID (F11)] CREATE completed
C> b APPEND Sent {20+}\r\nSubject: two\r\n\r\nHi\r\n {20+}\r\nSubject: abc\r\n\r\nHi\r\n\r\n
S: b OK [APPENDUID 1795341601 1:2] APPEND completed
C> c APPEND Projets/Nord (\\Seen) {20+}\r\nSubject: two\r\n\r\nHi\r\n\r\n
S: c OK [APPENDUID 1795341607 1] APPEND completed
C: d ESEARCH IN (mailboxes (Sent INBOX nothing Sent)) UNSEEN
S: * ESEARCH (TAG "d" MAILBOX INBOX UIDVALIDITY 1795341600) UID ALL 1
S: * ESEARCH (TAG "d" MAILBOX "Sent" UIDVALIDITY 1795341601) UID ALL 1:2
S: d OK ESEARCH completed
C: e ESEARCH IN (personal) RETURN (COUNT MIN) SUBJECT two
S: * ESEARCH (TAG "e" MAILBOX "Projets/Nord" UIDVALIDITY 1795341607) UID MIN 1 COUNT 1
S: * ESEARCH (TAG "e" MAILBOX "Sent" UIDVALIDITY 1795341601) UID MIN 1 COUNT 1
S: e OK ESEARCH completed
C: f ESEARCH IN (subtree Projets inboxes) ALL
S: * ESEARCH (TAG "f" MAILBOX INBOX UIDVALIDITY 1795341600) UID ALL 1:2
S: * ESEARCH (TAG "f" MAILBOX "Projets/Nord" UIDVALIDITY 1795341607) UID ALL 1
S: f OK ESEARCH completed
C: g ESEARCH IN (subtree-one Projets subscribed) SEEN
S: * ESEARCH (TAG "g" MAILBOX INBOX UIDVALIDITY 1795341600) UID ALL 2
S: * ESEARCH (TAG "g" MAILBOX "Projets/Nord" UIDVALIDITY 1795341607) UID ALL 1
S: g OK ESEARCH completed
C: g2 ESEARCH IN (inboxes) RETURN (UPDATE) SEEN
S: * NO [NOUPDATE "g2"] changes of this search are not told
S: * ESEARCH (TAG "g2" MAILBOX INBOX UIDVALIDITY 1795341600) UID ALL 2
S: g2 OK ESEARCH completed
C: h ESEARCH IN (mailboxes nothing) ALL
S: h OK ESEARCH completed
C: i ESEARCH IN (selected-delayed) ALL
S: i BAD [CLIENTBUG] the arguments have no valid form
C: j ESEARCH ALL
S: j BAD [CLIENTBUG] not now: another command must come first
C: k ESEARCH IN (personal) 1:2
S: k BAD [CLIENTBUG] the arguments have no valid form
C: l EXAMINE Sent
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS ()] read-only
S: * 2 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 1] first unseen
S: * OK [UIDVALIDITY 1795341601] UIDs valid
S: * OK [UIDNEXT 3] predicted next UID
S: * OK [MAILBOXID (F3)] the same under any name
S: * OK [HIGHESTMODSEQ 13] last change
S: l OK [READ-ONLY] EXAMINE completed
C: m ESEARCH RETURN (SAVE COUNT) SUBJECT abc
S: * ESEARCH (TAG "m" MAILBOX "Sent" UIDVALIDITY 1795341601) UID COUNT 1
S: m OK ESEARCH completed
C: n FETCH $ UID
S: * 2 FETCH (UID 2)
S: n OK FETCH completed
C: o ESEARCH IN (selected inboxes) RETURN () TEXT Hi
S: * ESEARCH (TAG "o" MAILBOX "Sent" UIDVALIDITY 1795341601) UID ALL 1:2
S: o OK ESEARCH completed
C: p UIDBATCHES 1000
S: * UIDBATCHES (TAG "p") 2:1
S: p OK UIDBATCHES completed
C: q UIDBATCHES 1000 2:9
S: * UIDBATCHES (TAG "q")
S: q OK UIDBATCHES completed
C: r UIDBATCHES 499
S: r BAD [CLIENTBUG] the arguments have no valid form
