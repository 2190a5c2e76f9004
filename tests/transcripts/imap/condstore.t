# CONDSTORE: changes are numbered, and a change is refused to who has not seen the last one.
# [rfc7162#3.1.2] [rfc7162#3.1.2.1] [rfc7162#3.1.3] [rfc7162#3.1.4] [rfc7162#3.1.5] [rfc7162#3.1.7] [rfc7162#3.1.8] [rfc8438#2]
dovecot: agrees
begin: signed in
message: plain.eml
message: plain.eml \Flagged
message: plain.eml
C: a STATUS INBOX (HIGHESTMODSEQ MESSAGES)
S: * STATUS INBOX (HIGHESTMODSEQ 10 MESSAGES 3)
S: a OK STATUS completed
C: b SELECT INBOX (CONDSTORE)
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] kept
S: * 3 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 1] first unseen
S: * OK [UIDVALIDITY 1795341600] UIDs valid
S: * OK [UIDNEXT 4] predicted next UID
S: * OK [MAILBOXID (F2)] the same under any name
S: * OK [HIGHESTMODSEQ 10] last change
S: b OK [READ-WRITE] SELECT completed
C: c FETCH 1:* (UID MODSEQ)
S: * 1 FETCH (UID 1 MODSEQ (8))
S: * 2 FETCH (UID 2 MODSEQ (9))
S: * 3 FETCH (UID 3 MODSEQ (10))
S: c OK FETCH completed
# told with the number of the change from now on
C: d STORE 1 +FLAGS (\Seen)
S: * 1 FETCH (UID 1 MODSEQ (11) FLAGS (\Seen))
S: d OK STORE completed
C: e STORE 2 +FLAGS.SILENT (\Answered)
S: * 2 FETCH (UID 2 MODSEQ (12))
S: e OK STORE completed
C: f FETCH 1:* (FLAGS) (CHANGEDSINCE 4)
# Dovecot: its changes have other numbers
S: * 1 FETCH (FLAGS (\Seen) MODSEQ (11))
S: * 2 FETCH (FLAGS (\Answered \Flagged) MODSEQ (12))
S: * 3 FETCH (FLAGS () MODSEQ (10))
S: f OK FETCH completed
C: g UID FETCH 1:* (FLAGS) (CHANGEDSINCE 0)
S: * 1 FETCH (UID 1 FLAGS (\Seen) MODSEQ (11))
S: * 2 FETCH (UID 2 FLAGS (\Answered \Flagged) MODSEQ (12))
S: * 3 FETCH (UID 3 FLAGS () MODSEQ (10))
S: g OK UID FETCH completed
== session 2
C: a SELECT INBOX
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] kept
S: * 3 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 2] first unseen
S: * OK [UIDVALIDITY 1795341600] UIDs valid
S: * OK [UIDNEXT 4] predicted next UID
S: * OK [MAILBOXID (F2)] the same under any name
S: * OK [HIGHESTMODSEQ 12] last change
S: a OK [READ-WRITE] SELECT completed
C: b STORE 3 +FLAGS ($done)
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $done)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $done \*)] kept
S: * 3 FETCH (UID 3 FLAGS ($done))
S: b OK STORE completed
== session 1
# whoever has not seen that change may not build on it
C: h STORE 1:3 (UNCHANGEDSINCE 5) +FLAGS.SILENT (\Deleted)
# Dovecot: its changes have other numbers
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $done)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $done \*)] kept
S: * 3 FETCH (UID 3 MODSEQ (13) FLAGS ($done))
S: h OK [MODIFIED 1:3] STORE completed
C: i UID STORE 3 (UNCHANGEDSINCE 6) -FLAGS ($done)
S: i OK [MODIFIED 3] UID STORE completed
C: j UID STORE 1:3 (UNCHANGEDSINCE 0) FLAGS ()
S: j OK [MODIFIED 1:3] UID STORE completed
C: k SEARCH MODSEQ 7
# Dovecot: its changes have other numbers
S: * SEARCH 1 2 3 (MODSEQ 13)
S: k OK SEARCH completed
C: l UID SEARCH MODSEQ "/flags/\\seen" all 1
S: * SEARCH 1 2 3 (MODSEQ 13)
S: l OK UID SEARCH completed
C: m SEARCH MODSEQ 700
S: * SEARCH
S: m OK SEARCH completed
C: n SEARCH RETURN (MIN) MODSEQ 4
S: * ESEARCH (TAG "n") MIN 1 MODSEQ 11
S: n OK SEARCH completed
C: o SEARCH RETURN (COUNT ALL) MODSEQ 4
S: * ESEARCH (TAG "o") COUNT 3 ALL 1:3 MODSEQ 13
S: o OK SEARCH completed
C: p FETCH 1 BODY[TEXT]
S: * 1 FETCH (BODY[TEXT] {36}
S: Le bilan est normal.
S: Bien \xc3\xa0 vous
S: )
S: p OK FETCH completed
C: q EXPUNGE
# Dovecot: its changes have other numbers
S: q OK EXPUNGE completed
C: r STORE 1 (UNCHANGEDSINCE x) FLAGS ()
S: r BAD [CLIENTBUG] the arguments have no valid form
C: s SELECT INBOX (FOO)
S: s BAD [CLIENTBUG] the arguments have no valid form
C: t LIST "" INBOX RETURN (STATUS (HIGHESTMODSEQ SIZE DELETED))
# Dovecot: it knows DELETED of IMAP4rev2 not yet
S: * LIST (\HasNoChildren) "/" INBOX
S: * STATUS INBOX (HIGHESTMODSEQ 13 SIZE 1152 DELETED 0)
S: t OK LIST completed
== what is recorded?
-- seen imap-mark
-- transfer imap-body
-- open imap-body implied
