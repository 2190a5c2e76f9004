# Identities, dates of saving, previews, quota, special uses, decoded parts, and signing out.
# [rfc8474#4.1] [rfc8474#4.2] [rfc8474#4.3] [rfc8474#5.1] [rfc8474#5.2] [rfc8474#5.3] [rfc8514#4.2] [rfc8970#3.1] [rfc8970#3.2]
# [rfc9208#4.1.1] [rfc9208#4.1.2] [rfc9208#4.1.3] [rfc9208#4.1.4] [rfc9208#4.2.1] [rfc9208#5.1] [rfc6154#3]
# [rfc3516#4.2] [rfc3516#4.3] [rfc8437#3] [rfc7889#4]
begin: signed in
message: plain.eml
message: report.eml \Deleted
C: a CREATE Projets/Nord
S: a OK [MAILBOXID (F11)] CREATE completed
C: b CREATE Archives2 (USE (\Archive))
S: b OK [MAILBOXID (F12)] CREATE completed
C: c CREATE Tout (USE (\All))
S: c NO [USEATTR] no mailbox can be for this
C: d CREATE Deux (USE (\Archive \Sent))
S: d NO [USEATTR] no mailbox can be for this
C: e LIST (SPECIAL-USE) "" "A*"
S: * LIST (\HasNoChildren \Archive) "/" "Archive"
S: * LIST (\HasNoChildren \Archive) "/" "Archives2"
S: e OK LIST completed
C: f STATUS Projets/Nord (MAILBOXID)
S: * STATUS "Projets/Nord" (MAILBOXID (F11))
S: f OK STATUS completed
C: g RENAME Projets/Nord Projets/Sud
S: g OK RENAME completed
C: h STATUS Projets/Sud (MAILBOXID MESSAGES)
S: * STATUS "Projets/Sud" (MAILBOXID (F11) MESSAGES 0)
S: h OK STATUS completed
C: i STATUS INBOX (DELETED DELETED-STORAGE APPENDLIMIT SIZE)
S: * STATUS INBOX (DELETED 1 DELETED-STORAGE 1239 APPENDLIMIT 1048576 SIZE 1623)
S: i OK STATUS completed
C: j GETQUOTAROOT INBOX
S: * QUOTAROOT INBOX ""
S: * QUOTA "" (STORAGE 2 1048576)
S: j OK GETQUOTAROOT completed
C: k GETQUOTA ""
S: * QUOTA "" (STORAGE 2 1048576)
S: k OK GETQUOTA completed
C: l GETQUOTA "User quota"
S: l NO [NONEXISTENT] there is no such mailbox
C: m SETQUOTA "" (STORAGE 1)
S: m NO [NOPERM] only the administrator may do this
C: n GETQUOTAROOT nowhere
S: n NO [NONEXISTENT] there is no such mailbox
C: o SELECT INBOX
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] kept
S: * 2 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 1] first unseen
S: * OK [UIDVALIDITY 1795341600] UIDs valid
S: * OK [UIDNEXT 3] predicted next UID
S: * OK [MAILBOXID (F2)] the same under any name
S: * OK [HIGHESTMODSEQ 9] last change
S: o OK [READ-WRITE] SELECT completed
C: p FETCH 1:2 (EMAILID THREADID SAVEDATE)
S: * 1 FETCH (EMAILID (M8) THREADID NIL SAVEDATE "22-Nov-2026 10:00:00 +0000")
S: * 2 FETCH (EMAILID (M9) THREADID NIL SAVEDATE "22-Nov-2026 10:00:00 +0000")
S: p OK FETCH completed
C: q COPY 1 Archives2
S: q OK [COPYUID 1795341608 1 1] COPY completed
C: r FETCH 1:2 (UID PREVIEW)
S: * 1 FETCH (UID 1 PREVIEW {33}
S: Le bilan est normal. Bien \xc3\xa0 vous)
S: * 2 FETCH (UID 2 PREVIEW {22}
S: Voir la pi\xc3\xa8ce jointe.)
S: r OK FETCH completed
C: s FETCH 1 PREVIEW (LAZY)
S: * 1 FETCH (PREVIEW {33}
S: Le bilan est normal. Bien \xc3\xa0 vous)
S: s OK FETCH completed
C: t FETCH 2 (BINARY.SIZE[1.1] BINARY.SIZE[2] BINARY.SIZE[])
S: * 2 FETCH (BINARY.SIZE[1.1] 21 BINARY.SIZE[2] 9 BINARY.SIZE[] 1239)
S: t OK FETCH completed
C: u FETCH 2 (BINARY.PEEK[2])
S: * 2 FETCH (BINARY[2] ~{9}
S: %PDF-1.4\n)
S: u OK FETCH completed
C: v FETCH 2 (BINARY.PEEK[2]<2.3> BINARY.PEEK[9])
S: * 2 FETCH (BINARY[2]<2> ~{3}
S: DF- BINARY[9] NIL)
S: v OK FETCH completed
C: w FETCH 2 (BINARY[1.MIME])
S: w BAD [CLIENTBUG] the arguments have no valid form
== what is recorded?
-- transfer imap-peek
C: x SEARCH EMAILID M1
S: * SEARCH
S: x OK SEARCH completed
C: y UNAUTHENTICATE
S: y OK UNAUTHENTICATE completed
C: z SELECT INBOX
S: z NO [NOPERM] log in first
C: A LOGIN anne@a.mssante.fr "correct horse battery"
S: A OK [CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ UTF8=ACCEPT CONDSTORE QRESYNC SEARCHRES PARTIAL WITHIN STATUS=SIZE INPROGRESS OBJECTID SAVEDATE PREVIEW BINARY ID ENABLE NAMESPACE CREATE-SPECIAL-USE LIST-EXTENDED LIST-STATUS CHILDREN SPECIAL-USE QUOTA QUOTA=RES-STORAGE ACL RIGHTS=kxte LIST-MYRIGHTS METADATA LIST-METADATA NOTIFY COMPRESS=DEFLATE UNAUTHENTICATE MULTIAPPEND CATENATE REPLACE IDLE UNSELECT UIDPLUS ESEARCH MULTISEARCH CONTEXT=SEARCH UIDBATCHES SORT SORT=DISPLAY ESORT THREAD=ORDEREDSUBJECT THREAD=REFERENCES MOVE APPENDLIMIT=1048576] LOGIN completed
C: B UNAUTHENTICATE now
S: B BAD [CLIENTBUG] the arguments have no valid form
