# Outlook: LOGIN, CAPABILITY again, folders by LIST and LSUB, only PEEK, copies of what it sends by APPEND.
# [clients#imap-what-clients-do] [proofs#when-is-it-open]
begin: in TLS
message: plain.eml
S: * OK [CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR AUTH=PLAIN AUTH=LOGIN ID] Sceau ready
C: ab01 LOGIN "anne@a.mssante.fr" "correct horse battery"
S: ab01 OK [CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ UTF8=ACCEPT CONDSTORE QRESYNC SEARCHRES PARTIAL WITHIN STATUS=SIZE INPROGRESS OBJECTID SAVEDATE PREVIEW BINARY ID ENABLE NAMESPACE CREATE-SPECIAL-USE LIST-EXTENDED LIST-STATUS CHILDREN SPECIAL-USE QUOTA QUOTA=RES-STORAGE ACL RIGHTS=kxte LIST-MYRIGHTS METADATA LIST-METADATA NOTIFY COMPRESS=DEFLATE UNAUTHENTICATE MULTIAPPEND CATENATE REPLACE IDLE UNSELECT UIDPLUS ESEARCH MULTISEARCH CONTEXT=SEARCH UIDBATCHES SORT SORT=DISPLAY ESORT THREAD=ORDEREDSUBJECT THREAD=REFERENCES MOVE APPENDLIMIT=1048576] LOGIN completed
C: ab02 CAPABILITY
S: * CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ UTF8=ACCEPT CONDSTORE QRESYNC SEARCHRES PARTIAL WITHIN STATUS=SIZE INPROGRESS OBJECTID SAVEDATE PREVIEW BINARY ID ENABLE NAMESPACE CREATE-SPECIAL-USE LIST-EXTENDED LIST-STATUS CHILDREN SPECIAL-USE QUOTA QUOTA=RES-STORAGE ACL RIGHTS=kxte LIST-MYRIGHTS METADATA LIST-METADATA NOTIFY COMPRESS=DEFLATE UNAUTHENTICATE MULTIAPPEND CATENATE REPLACE IDLE UNSELECT UIDPLUS ESEARCH MULTISEARCH CONTEXT=SEARCH UIDBATCHES SORT SORT=DISPLAY ESORT THREAD=ORDEREDSUBJECT THREAD=REFERENCES MOVE APPENDLIMIT=1048576
S: ab02 OK CAPABILITY completed
C: ab03 LIST "" "*"
S: * LIST (\HasNoChildren) "/" INBOX
S: * LIST (\HasNoChildren \Archive) "/" "Archive"
S: * LIST (\HasNoChildren \Drafts) "/" "Drafts"
S: * LIST (\HasNoChildren \Junk) "/" "Junk"
S: * LIST (\HasNoChildren \Sent) "/" "Sent"
S: * LIST (\HasNoChildren \Trash) "/" "Trash"
S: ab03 OK LIST completed
C: ab04 LSUB "" "*"
S: * LSUB (\HasNoChildren) "/" INBOX
S: * LSUB (\HasNoChildren \Archive) "/" "Archive"
S: * LSUB (\HasNoChildren \Drafts) "/" "Drafts"
S: * LSUB (\HasNoChildren \Junk) "/" "Junk"
S: * LSUB (\HasNoChildren \Sent) "/" "Sent"
S: * LSUB (\HasNoChildren \Trash) "/" "Trash"
S: ab04 OK LSUB completed
C: ab05 IDLE
S: + idling
C: DONE
S: ab05 OK IDLE completed
C: ab06 SELECT "INBOX"
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] kept
S: * 1 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 1] first unseen
S: * OK [UIDVALIDITY 1795341600] UIDs valid
S: * OK [UIDNEXT 2] predicted next UID
S: * OK [MAILBOXID (F2)] the same under any name
S: * OK [HIGHESTMODSEQ 8] last change
S: ab06 OK [READ-WRITE] SELECT completed
C: ab07 UID FETCH 1:* (UID FLAGS RFC822.SIZE BODY.PEEK[HEADER] INTERNALDATE)
S: * 1 FETCH (UID 1 FLAGS () RFC822.SIZE 384 BODY[HEADER] {348}
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
S:  INTERNALDATE "22-Nov-2026 10:00:00 +0000")
S: ab07 OK UID FETCH completed
== what is recorded?
C: ab08 UID FETCH 1 (UID FLAGS RFC822.SIZE BODY.PEEK[] INTERNALDATE)
S: * 1 FETCH (UID 1 FLAGS () RFC822.SIZE 384 BODY[] {384}
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
S:  INTERNALDATE "22-Nov-2026 10:00:00 +0000")
S: ab08 OK UID FETCH completed
== what is recorded?
-- transfer imap-peek
C: ab09 UID STORE 1 +FLAGS.SILENT (\Seen)
S: ab09 OK UID STORE completed
== what is recorded?
-- open imap-seen declared
C: ab10 APPEND "Sent" (\Seen) {21}
S: + go ahead
C> Subject: Re:\r\n\r\nOui\r\n\r\n
S: ab10 OK [APPENDUID 1795341601 1] APPEND completed
C: ab11 UID STORE 1 +FLAGS.SILENT (\Deleted)
S: ab11 OK UID STORE completed
C: ab12 EXPUNGE
S: * 1 EXPUNGE
S: ab12 OK EXPUNGE completed
C: ab13 LOGOUT
S: * BYE logging out
S: ab13 OK LOGOUT completed
-- connection closed
== what is recorded?
-- delete
