# What an organisation shares, by its name: read, sorted and taken over, with proofs that name whoever did it.
# [rfc2342#5] [rfc4314#4] [proofs#when-is-it-open] [proofs#events] [rfc9208#4.1.3] [rfc9208#4.1.2]
begin: signed in
logins: shared
== plain.eml is delivered to accueil
== plain.eml is delivered to accueil
== plain.eml is delivered to labo
C: a STATUS Shared/accueil@a.mssante.fr/inbox (MESSAGES UNSEEN)
S: * STATUS "Shared/accueil@a.mssante.fr/INBOX" (MESSAGES 2 UNSEEN 2)
S: a OK STATUS completed
C: b GETQUOTAROOT Shared/accueil@a.mssante.fr/INBOX
S: * QUOTAROOT "Shared/accueil@a.mssante.fr/INBOX" "Shared/accueil@a.mssante.fr"
S: * QUOTA "Shared/accueil@a.mssante.fr" (STORAGE 1 1048576)
S: b OK GETQUOTAROOT completed
C: c GETQUOTA Shared/secret@a.mssante.fr
S: c NO [NONEXISTENT] there is no such mailbox
C: d EXAMINE Shared/labo@a.mssante.fr/INBOX
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS ()] read-only
S: * 1 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 1] first unseen
S: * OK [UIDVALIDITY 1795341618] UIDs valid
S: * OK [UIDNEXT 2] predicted next UID
S: * OK [MAILBOXID (F23)] the same under any name
S: * OK [HIGHESTMODSEQ 8] last change
S: d OK [READ-ONLY] EXAMINE completed
# the copy is hers from then on: that is a transfer, and what she does with it is no event
C: e COPY 1 INBOX
S: e OK [COPYUID 1795341600 1 1] COPY completed
== what is recorded?
-- transfer delegate
C: f MOVE 1 INBOX
S: f NO [NOPERM] the mailbox was opened for reading only
C: g SELECT Shared/accueil@a.mssante.fr/INBOX
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] kept
S: * 2 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 1] first unseen
S: * OK [UIDVALIDITY 1795341612] UIDs valid
S: * OK [UIDNEXT 3] predicted next UID
S: * OK [MAILBOXID (F16)] the same under any name
S: * OK [HIGHESTMODSEQ 9] last change
S: g OK [READ-WRITE] SELECT completed
C: h FETCH 1 (UID BODY[HEADER.FIELDS (SUBJECT)])
C: i UID STORE 1 +FLAGS.SILENT ($Urgent \Flagged)
C: j UID MOVE 1 Shared/accueil@a.mssante.fr/Archive
C: k UID MOVE 2 INBOX
C: l SELECT INBOX
C: m UID FETCH 2 BODY.PEEK[TEXT]
S: * 1 FETCH (FLAGS (\Seen) UID 1 BODY[HEADER.FIELDS (SUBJECT)] {52}
S: Subject: =?utf-8?q?R=C3=A9sultats?= de Mme Roche
S: 
S: )
S: h OK FETCH completed
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Urgent)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $Urgent \*)] kept
S: i OK UID STORE completed
S: * OK [COPYUID 1795341617 1 1] moved
S: * 1 EXPUNGE
S: j OK UID MOVE completed
S: * OK [COPYUID 1795341600 2 2] moved
S: * 1 EXPUNGE
S: k OK UID MOVE completed
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] kept
S: * 2 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 1] first unseen
S: * OK [UIDVALIDITY 1795341600] UIDs valid
S: * OK [UIDNEXT 3] predicted next UID
S: * OK [MAILBOXID (F2)] the same under any name
S: * OK [HIGHESTMODSEQ 9] last change
S: l OK [READ-WRITE] SELECT completed
S: * 2 FETCH (UID 2 BODY[TEXT] {36}
S: Le bilan est normal.
S: Bien \xc3\xa0 vous
S: )
S: m OK UID FETCH completed
# within the account a move is no event; out of it the original is gone, and its copy was handed over
== what is recorded?
-- seen imap-mark
-- transfer delegate
-- delete
# what a mailbox is for is its account's matter
C: n LIST "" "Shared/labo*/Sent"
S: * LIST (\HasNoChildren) "/" "Shared/labo@a.mssante.fr/Sent"
S: n OK LIST completed
C: o SETMETADATA Shared/accueil@a.mssante.fr/Sent (/private/specialuse "\\Junk")
S: o NO [USEATTR] no mailbox can be for this
