# SELECT, EXAMINE, CLOSE, UNSELECT; STATUS of what is selected.
# [rfc3501#6.3.1] [rfc3501#6.3.2] [rfc9051#6.3.3] [rfc3501#6.3.10] [rfc9051#6.3.11] [rfc3501#6.4.2] [rfc9051#6.4.1] [rfc3501#7.2.6] [rfc3691#2] [rfc9051#6.4.2] [rfc4315#2.1]
dovecot: agrees
begin: signed in
message: plain.eml \Seen
message: plain.eml $Label1
message: plain.eml \Deleted
C: a SELECT Inbox
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Label1)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $Label1 \*)] kept
S: * 3 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 2] first unseen
S: * OK [UIDVALIDITY 1795341600] UIDs valid
S: * OK [UIDNEXT 4] predicted next UID
S: * OK [MAILBOXID (F2)] the same under any name
S: * OK [HIGHESTMODSEQ 10] last change
S: a OK [READ-WRITE] SELECT completed
C: b STATUS INBOX (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN)
S: * STATUS INBOX (MESSAGES 3 RECENT 0 UIDNEXT 4 UIDVALIDITY 1795341600 UNSEEN 2)
S: b OK STATUS completed
C: c STATUS nothing (MESSAGES)
S: c NO [NONEXISTENT] there is no such mailbox
C: d STATUS INBOX ()
S: d BAD [CLIENTBUG] the arguments have no valid form
C: e SELECT nothing
S: e NO [NONEXISTENT] there is no such mailbox
C: f FETCH 1 FLAGS
S: f BAD [CLIENTBUG] not now: another command must come first
C: g EXAMINE INBOX
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Label1)
S: * OK [PERMANENTFLAGS ()] read-only
S: * 3 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 2] first unseen
S: * OK [UIDVALIDITY 1795341600] UIDs valid
S: * OK [UIDNEXT 4] predicted next UID
S: * OK [MAILBOXID (F2)] the same under any name
S: * OK [HIGHESTMODSEQ 10] last change
S: g OK [READ-ONLY] EXAMINE completed
C: h STORE 1 +FLAGS (\Flagged)
# Dovecot: it says OK to what a read-only mailbox does not take
S: h NO [NOPERM] the mailbox was opened for reading only
C: i EXPUNGE
# Dovecot: it says OK to what a read-only mailbox does not take
S: i NO [NOPERM] the mailbox was opened for reading only
C: j UID EXPUNGE 3
# Dovecot: it says OK to what a read-only mailbox does not take
S: j NO [NOPERM] the mailbox was opened for reading only
C: k MOVE 1 Trash
# Dovecot: it moves what is in a read-only mailbox
S: k NO [NOPERM] the mailbox was opened for reading only
C: l CLOSE
S: l OK CLOSE completed
C: m CLOSE
S: m BAD [CLIENTBUG] not now: another command must come first
C: n SELECT INBOX
# Dovecot: so a message is missing
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Label1)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $Label1 \*)] kept
S: * 3 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 2] first unseen
S: * OK [UIDVALIDITY 1795341600] UIDs valid
S: * OK [UIDNEXT 4] predicted next UID
S: * OK [MAILBOXID (F2)] the same under any name
S: * OK [HIGHESTMODSEQ 10] last change
S: n OK [READ-WRITE] SELECT completed
C: o UNSELECT
S: o OK UNSELECT completed
C: p STATUS INBOX (MESSAGES)
# Dovecot: so a message is missing
S: * STATUS INBOX (MESSAGES 3)
S: p OK STATUS completed
C: q SELECT INBOX
# Dovecot: so a message is missing
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Label1)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $Label1 \*)] kept
S: * 3 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 2] first unseen
S: * OK [UIDVALIDITY 1795341600] UIDs valid
S: * OK [UIDNEXT 4] predicted next UID
S: * OK [MAILBOXID (F2)] the same under any name
S: * OK [HIGHESTMODSEQ 10] last change
S: q OK [READ-WRITE] SELECT completed
# with CLOSE the deleted go unsaid
C: r CLOSE
S: r OK CLOSE completed
C: s STATUS INBOX (MESSAGES)
# Dovecot: so a message is missing
S: * STATUS INBOX (MESSAGES 2)
S: s OK STATUS completed
C: t SELECT "Sent"
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] kept
S: * 0 EXISTS
S: * 0 RECENT
S: * OK [UIDVALIDITY 1795341601] UIDs valid
S: * OK [UIDNEXT 1] predicted next UID
S: * OK [MAILBOXID (F3)] the same under any name
S: * OK [HIGHESTMODSEQ 3] last change
S: t OK [READ-WRITE] SELECT completed
C: u CHECK
S: u OK CHECK completed
== what is recorded?
-- delete
