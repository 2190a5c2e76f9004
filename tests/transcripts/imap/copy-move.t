# COPY and MOVE with their codes.
# [rfc3501#6.4.7] [rfc3501#6.4.8] [rfc9051#6.4.9] [rfc4315#3] [rfc6851#3.3] [rfc9051#6.4.8] [rfc6851#4.3] [rfc3501#6.3.11]
dovecot: agrees
begin: selected
message: plain.eml \Seen $Label1
message: report.eml
message: odd.eml
message: plain.eml
C: a COPY 1:2 Archive
S: a OK [COPYUID 1795341605 1:2 1:2] COPY completed
C: b COPY 1 nothing
S: b NO [TRYCREATE] there is no such mailbox, create it first
C: c COPY 9 Archive
S: c BAD [CLIENTBUG] the arguments have no valid form
C: d UID COPY 3,9 Archive
S: d OK [COPYUID 1795341605 3 3] UID COPY completed
C: e UID COPY 9 Archive
S: e OK UID COPY completed
C: f MOVE 2:3 Trash
S: * OK [COPYUID 1795341603 2:3 1:2] moved
S: * 3 EXPUNGE
S: * 2 EXPUNGE
S: f OK MOVE completed
C: g UID MOVE 4 nothing
S: g NO [TRYCREATE] there is no such mailbox, create it first
C: h UID MOVE 4 Trash
S: * OK [COPYUID 1795341603 4 3] moved
S: * 2 EXPUNGE
S: h OK UID MOVE completed
C: i UID MOVE 4 Trash
S: i OK UID MOVE completed
C: j COPY 1 INBOX
S: * 2 EXISTS
S: j OK [COPYUID 1795341600 1 5] COPY completed
C: k MOVE 1 INBOX
S: * OK [COPYUID 1795341600 1 6] moved
S: * 1 EXPUNGE
S: * 2 EXISTS
S: k OK MOVE completed
C: l FETCH 1:* (UID FLAGS)
S: * 1 FETCH (UID 5 FLAGS (\Seen $Label1))
S: * 2 FETCH (UID 6 FLAGS (\Seen $Label1))
S: l OK FETCH completed
C: m SELECT Archive
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Label1)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $Label1 \*)] kept
S: * 3 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 2] first unseen
S: * OK [UIDVALIDITY 1795341605] UIDs valid
S: * OK [UIDNEXT 4] predicted next UID
S: * OK [MAILBOXID (F7)] the same under any name
S: * OK [HIGHESTMODSEQ 14] last change
S: m OK [READ-WRITE] SELECT completed
C: n FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE)
S: * 1 FETCH (UID 1 FLAGS (\Seen $Label1) INTERNALDATE "22-Nov-2026 10:00:00 +0000" RFC822.SIZE 384)
S: * 2 FETCH (UID 2 FLAGS () INTERNALDATE "22-Nov-2026 10:00:00 +0000" RFC822.SIZE 1239)
S: * 3 FETCH (UID 3 FLAGS () INTERNALDATE "22-Nov-2026 10:00:00 +0000" RFC822.SIZE 114)
S: n OK FETCH completed
C: o EXAMINE INBOX
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Label1)
S: * OK [PERMANENTFLAGS ()] read-only
S: * 2 EXISTS
S: * 0 RECENT
S: * OK [UIDVALIDITY 1795341600] UIDs valid
S: * OK [UIDNEXT 7] predicted next UID
S: * OK [MAILBOXID (F2)] the same under any name
S: * OK [HIGHESTMODSEQ 23] last change
S: o OK [READ-ONLY] EXAMINE completed
C: p COPY 1 Archive
S: p OK [COPYUID 1795341605 5 4] COPY completed
C: q STATUS Trash (MESSAGES UIDNEXT)
S: * STATUS "Trash" (MESSAGES 3 UIDNEXT 4)
S: q OK STATUS completed
C: r COPY * "&"
S: r NO [CANNOT] this cannot be the name of a mailbox
