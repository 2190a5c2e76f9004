# QRESYNC: who comes back hears what went and what changed, and nothing else.
# [rfc7162#3.2.3] [rfc7162#3.2.5] [rfc7162#3.2.6] [rfc7162#3.2.7] [rfc7162#3.2.10.2] [rfc7162#3.2.11] [rfc7162#3.2.4]
# [clients#imap-traps]
dovecot: agrees
begin: signed in
message: plain.eml
message: plain.eml
message: plain.eml
message: plain.eml
message: plain.eml
C: a SELECT INBOX (QRESYNC (1795341600 1))
S: a BAD [CLIENTBUG] not now: another command must come first
C: b ENABLE QRESYNC
S: * ENABLED QRESYNC
S: b OK ENABLE completed
C: c SELECT INBOX
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] kept
S: * 5 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 1] first unseen
S: * OK [UIDVALIDITY 1795341600] UIDs valid
S: * OK [UIDNEXT 6] predicted next UID
S: * OK [MAILBOXID (F2)] the same under any name
S: * OK [HIGHESTMODSEQ 12] last change
S: c OK [READ-WRITE] SELECT completed
# what this session does
C: d STORE 2,4 +FLAGS.SILENT (\Deleted)
S: * 2 FETCH (UID 2 MODSEQ (13))
S: * 4 FETCH (UID 4 MODSEQ (14))
S: d OK STORE completed
C: e UID EXPUNGE 4
S: * VANISHED 4
S: e OK [HIGHESTMODSEQ 15] UID EXPUNGE completed
C: f STORE 1 +FLAGS (\Seen)
S: * 1 FETCH (UID 1 MODSEQ (16) FLAGS (\Seen))
S: f OK STORE completed
# what another does while numbers are in use
== session 2
C: a SELECT INBOX
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] kept
S: * 4 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 2] first unseen
S: * OK [UIDVALIDITY 1795341600] UIDs valid
S: * OK [UIDNEXT 6] predicted next UID
S: * OK [MAILBOXID (F2)] the same under any name
S: * OK [HIGHESTMODSEQ 16] last change
S: a OK [READ-WRITE] SELECT completed
C: b EXPUNGE
S: * 2 EXPUNGE
S: b OK EXPUNGE completed
C: c STORE 3 +FLAGS (\Flagged)
S: * 3 FETCH (UID 5 FLAGS (\Flagged))
S: c OK STORE completed
== session 1
C: g FETCH 1:* (UID)
# Dovecot: it tells of a change although an expunge before it must wait
S: * 1 FETCH (UID 1)
S: * 3 FETCH (UID 3)
S: * 4 FETCH (UID 5)
S: g OK [EXPUNGEISSUED] FETCH completed
C: h NOOP
# Dovecot: it has told that
S: * VANISHED 2
S: * 3 FETCH (UID 5 MODSEQ (18) FLAGS (\Flagged))
S: h OK NOOP completed
C: i UID FETCH 1:10 (FLAGS) (CHANGEDSINCE 5 VANISHED)
S: * VANISHED (EARLIER) 2,4
S: * 1 FETCH (UID 1 FLAGS (\Seen) MODSEQ (16))
S: * 2 FETCH (UID 3 FLAGS () MODSEQ (10))
S: * 3 FETCH (UID 5 FLAGS (\Flagged) MODSEQ (18))
S: i OK UID FETCH completed
C: j FETCH 1:2 (FLAGS) (CHANGEDSINCE 5 VANISHED)
S: j BAD [CLIENTBUG] the arguments have no valid form
# it comes back: knows all, knows some, knows of another mailbox
C: k SELECT INBOX (QRESYNC (1795341600 5))
# Dovecot: its UIDVALIDITY and numbers are others
S: * OK [CLOSED] the mailbox before is closed
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] kept
S: * 3 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 2] first unseen
S: * OK [UIDVALIDITY 1795341600] UIDs valid
S: * OK [UIDNEXT 6] predicted next UID
S: * OK [MAILBOXID (F2)] the same under any name
S: * OK [HIGHESTMODSEQ 18] last change
S: * VANISHED (EARLIER) 2,4
S: * 1 FETCH (UID 1 MODSEQ (16) FLAGS (\Seen))
S: * 2 FETCH (UID 3 MODSEQ (10) FLAGS ())
S: * 3 FETCH (UID 5 MODSEQ (18) FLAGS (\Flagged))
S: k OK [READ-WRITE] SELECT completed
C: l SELECT INBOX (QRESYNC (1795341600 8 1:2))
# Dovecot: its UIDVALIDITY and numbers are others
S: * OK [CLOSED] the mailbox before is closed
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] kept
S: * 3 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 2] first unseen
S: * OK [UIDVALIDITY 1795341600] UIDs valid
S: * OK [UIDNEXT 6] predicted next UID
S: * OK [MAILBOXID (F2)] the same under any name
S: * OK [HIGHESTMODSEQ 18] last change
S: * VANISHED (EARLIER) 2
S: * 1 FETCH (UID 1 MODSEQ (16) FLAGS (\Seen))
S: l OK [READ-WRITE] SELECT completed
C: m SELECT INBOX (QRESYNC (1795341600 5 3:5 (1:2 1,3)))
# Dovecot: its UIDVALIDITY and numbers are others
S: * OK [CLOSED] the mailbox before is closed
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] kept
S: * 3 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 2] first unseen
S: * OK [UIDVALIDITY 1795341600] UIDs valid
S: * OK [UIDNEXT 6] predicted next UID
S: * OK [MAILBOXID (F2)] the same under any name
S: * OK [HIGHESTMODSEQ 18] last change
S: * VANISHED (EARLIER) 4
S: * 2 FETCH (UID 3 MODSEQ (10) FLAGS ())
S: * 3 FETCH (UID 5 MODSEQ (18) FLAGS (\Flagged))
S: m OK [READ-WRITE] SELECT completed
C: n SELECT INBOX (QRESYNC (7 5))
S: * OK [CLOSED] the mailbox before is closed
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] kept
S: * 3 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 2] first unseen
S: * OK [UIDVALIDITY 1795341600] UIDs valid
S: * OK [UIDNEXT 6] predicted next UID
S: * OK [MAILBOXID (F2)] the same under any name
S: * OK [HIGHESTMODSEQ 18] last change
S: n OK [READ-WRITE] SELECT completed
C: o UID MOVE 5 Trash
S: * OK [COPYUID 1795341603 5 1] moved
S: * VANISHED 5
S: o OK [HIGHESTMODSEQ 20] UID MOVE completed
C: p SELECT nowhere (QRESYNC (7 5))
S: * OK [CLOSED] the mailbox before is closed
S: p NO [NONEXISTENT] there is no such mailbox
C: q CLOSE
S: q BAD [CLIENTBUG] not now: another command must come first
== session 2
C: d IDLE
# Dovecot: it tells what came before IDLE only once something else happens
S: * 3 EXPUNGE
S: + idling
== plain.eml is delivered
# Dovecot: what it told an idler not yet
S: * 3 EXISTS
== what is recorded?
-- delete
-- seen imap-mark
-- delete
