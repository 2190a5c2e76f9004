# What sets \Seen, and what is recorded as an opening.
# [rfc3501#6.4.5] [proofs#when-is-it-open]
dovecot: agrees
begin: selected
message: plain.eml
message: plain.eml
message: plain.eml
message: plain.eml
message: plain.eml
C: a FETCH 1 BODY[TEXT]
S: * 1 FETCH (FLAGS (\Seen) BODY[TEXT] {36}
S: Le bilan est normal.
S: Bien \xc3\xa0 vous
S: )
S: a OK FETCH completed
== what is recorded?
-- transfer imap-body
-- open imap-body implied
C: b FETCH 1 (RFC822.TEXT)
S: * 1 FETCH (RFC822.TEXT {36}
S: Le bilan est normal.
S: Bien \xc3\xa0 vous
S: )
S: b OK FETCH completed
== what is recorded?
C: c FETCH 2:3 (FLAGS BODY[TEXT]<0.3>)
S: * 2 FETCH (FLAGS (\Seen) BODY[TEXT]<0> {3}
S: Le )
S: * 3 FETCH (FLAGS (\Seen) BODY[TEXT]<0> {3}
S: Le )
S: c OK FETCH completed
== what is recorded?
-- transfer imap-bulk
-- transfer imap-bulk
C: d FETCH 4 BODY[HEADER.FIELDS (TO)]
S: * 4 FETCH (FLAGS (\Seen) BODY[HEADER.FIELDS (TO)] {39}
S: To: Anne Martin <anne@a.mssante.fr>
S:
S: )
S: d OK FETCH completed
== what is recorded?
-- seen imap-mark
C: e FETCH 5 BODY[9]
S: * 5 FETCH (FLAGS (\Seen) BODY[9] NIL)
S: e OK FETCH completed
== what is recorded?
-- seen imap-mark
C: f FETCH 5 RFC822
S: * 5 FETCH (RFC822 {384}
S: Return-Path: <bruno@b.mssante.fr>
S: Date: Sun, 22 Nov 2026 09:58:00 +0100
S: From: =?utf-8?q?Dr_Bruno_Lef=C3=A8vre?= <bruno@b.mssante.fr>
S: To: Anne Martin <anne@a.mssante.fr>
S: Subject: =?utf-8?q?R=C3=A9sultats?= de Mme Roche
S: Message-ID: <1@b.mssante.fr>
S: MIME-Version: 1.0
S: Content-Type: text/plain; charset=utf-8
S: Content-Transfer-Encoding: 8bit
S:
S: Le bilan est normal.
S: Bien \xc3\xa0 vous
S: )
S: f OK FETCH completed
== what is recorded?
-- transfer imap-body
-- open imap-body implied
C: g EXAMINE INBOX
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS ()] read-only
S: * 5 EXISTS
S: * 0 RECENT
S: * OK [UIDVALIDITY 1795341600] UIDs valid
S: * OK [UIDNEXT 6] predicted next UID
S: * OK [MAILBOXID (F2)] the same under any name
S: * OK [HIGHESTMODSEQ 17] last change
S: g OK [READ-ONLY] EXAMINE completed
C: h STORE 1 -FLAGS (\Seen)
# Dovecot: it says OK to what a read-only mailbox does not take
S: h NO [NOPERM] the mailbox was opened for reading only
== session 2
C: a STORE 1 -FLAGS.SILENT (\Seen)
S: a OK STORE completed
== session 1
C: i FETCH 1 (BODY[TEXT]<0.1> RFC822.TEXT)
S: * 1 FETCH (BODY[TEXT]<0> {1}
S: L RFC822.TEXT {36}
S: Le bilan est normal.
S: Bien \xc3\xa0 vous
S: )
S: * 1 FETCH (UID 1 FLAGS ())
S: i OK FETCH completed
== what is recorded?
C: j STATUS INBOX (UNSEEN)
S: * STATUS INBOX (UNSEEN 1)
S: j OK STATUS completed
# a header says nothing of a reader, even of a message that was fetched before
C: k SELECT INBOX
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] kept
S: * 5 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 1] first unseen
S: * OK [UIDVALIDITY 1795341600] UIDs valid
S: * OK [UIDNEXT 6] predicted next UID
S: * OK [MAILBOXID (F2)] the same under any name
S: * OK [HIGHESTMODSEQ 18] last change
S: k OK [READ-WRITE] SELECT completed
C: l UID FETCH 1 BODY.PEEK[TEXT]<0.1>
S: * 1 FETCH (UID 1 BODY[TEXT]<0> {1}
S: L)
S: l OK UID FETCH completed
C: m FETCH 1 BODY[HEADER.FIELDS (TO)]
S: * 1 FETCH (FLAGS (\Seen) BODY[HEADER.FIELDS (TO)] {39}
S: To: Anne Martin <anne@a.mssante.fr>
S:
S: )
S: m OK FETCH completed
== what is recorded?
-- seen imap-mark
C: n STATUS INBOX (UNSEEN)
S: * STATUS INBOX (UNSEEN 0)
S: n OK STATUS completed
