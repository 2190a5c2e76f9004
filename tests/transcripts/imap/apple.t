# Apple Mail: initial response, folders with their unread counts, structure, then parts by number with partials.
# [clients#imap-what-clients-do] [proofs#when-is-it-open] [rfc5819#2]
begin: in TLS
message: report.eml
S: * OK [CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR AUTH=PLAIN AUTH=LOGIN ID] Sceau ready
C: 1.1 AUTHENTICATE PLAIN AGFubmVAYS5tc3NhbnRlLmZyAGNvcnJlY3QgaG9yc2UgYmF0dGVyeQ==
S: 1.1 OK [CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ UTF8=ACCEPT CONDSTORE QRESYNC SEARCHRES PARTIAL WITHIN STATUS=SIZE INPROGRESS OBJECTID SAVEDATE PREVIEW BINARY ID ENABLE NAMESPACE CREATE-SPECIAL-USE LIST-EXTENDED LIST-STATUS CHILDREN SPECIAL-USE QUOTA QUOTA=RES-STORAGE ACL RIGHTS=kxte LIST-MYRIGHTS METADATA LIST-METADATA NOTIFY COMPRESS=DEFLATE UNAUTHENTICATE MULTIAPPEND CATENATE REPLACE IDLE UNSELECT UIDPLUS ESEARCH MULTISEARCH CONTEXT=SEARCH UIDBATCHES SORT SORT=DISPLAY ESORT THREAD=ORDEREDSUBJECT THREAD=REFERENCES MOVE APPENDLIMIT=1048576] AUTHENTICATE completed
C: 2.1 ID ("name" "Mac OS X Mail" "version" "16.0" "os" "Mac OS X" "os-version" "26.0" "vendor" "Apple Inc.")
S: * ID ("name" "Sceau")
S: 2.1 OK ID completed
C: 3.1 LIST "" "*" RETURN (SPECIAL-USE STATUS (UNSEEN))
S: * LIST (\HasNoChildren) "/" INBOX
S: * STATUS INBOX (UNSEEN 1)
S: * LIST (\HasNoChildren \Archive) "/" "Archive"
S: * STATUS "Archive" (UNSEEN 0)
S: * LIST (\HasNoChildren \Drafts) "/" "Drafts"
S: * STATUS "Drafts" (UNSEEN 0)
S: * LIST (\HasNoChildren \Junk) "/" "Junk"
S: * STATUS "Junk" (UNSEEN 0)
S: * LIST (\HasNoChildren \Sent) "/" "Sent"
S: * STATUS "Sent" (UNSEEN 0)
S: * LIST (\HasNoChildren \Trash) "/" "Trash"
S: * STATUS "Trash" (UNSEEN 0)
S: 3.1 OK LIST completed
C: 4.1 SELECT INBOX
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] kept
S: * 1 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 1] first unseen
S: * OK [UIDVALIDITY 1795341600] UIDs valid
S: * OK [UIDNEXT 2] predicted next UID
S: * OK [MAILBOXID (F2)] the same under any name
S: * OK [HIGHESTMODSEQ 8] last change
S: 4.1 OK [READ-WRITE] SELECT completed
C: 5.1 FETCH 1:1 (FLAGS UID)
C: 6.1 UID FETCH 1 (INTERNALDATE UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (date subject from to cc message-id in-reply-to references content-type)])
C: 7.1 UID FETCH 1 (BODYSTRUCTURE BODY.PEEK[HEADER])
S: * 1 FETCH (FLAGS () UID 1)
S: 5.1 OK FETCH completed
S: * 1 FETCH (INTERNALDATE "22-Nov-2026 10:00:00 +0000" UID 1 RFC822.SIZE 1239 FLAGS () BODY[HEADER.FIELDS (date subject from to cc message-id in-reply-to references content-type)] {325}
S: Date: Sun, 22 Nov 2026 09:59:00 +0100
S: From: "Lefevre, Bruno" <bruno@b.mssante.fr>
S: To: Equipe: anne@a.mssante.fr, Alain <alain@a.mssante.fr>;, c@c.mssante.fr
S: Cc: undisclosed-recipients:;
S: Subject: Compte rendu
S: In-Reply-To: <0@a.mssante.fr>
S: Message-ID: <2@b.mssante.fr>
S: Content-Type: multipart/mixed; boundary="outer"
S:
S: )
S: 6.1 OK UID FETCH completed
S: * 1 FETCH (UID 1 BODYSTRUCTURE ((("text" "plain" ("charset" "iso-8859-1") NIL NIL "quoted-printable" 23 0 NIL NIL NIL NIL)("text" "html" ("charset" "utf-8") NIL NIL "7bit" 29 0 NIL NIL NIL NIL) "alternative" ("boundary" "inner") NIL NIL NIL)("application" "pdf" ("name*" "utf-8''Compte%20rendu%20%C3%A9t%C3%A9.pdf") "<pdf@b>" "le compte rendu" "base64" 12 "Q2hlY2sgSW50ZWdyaXR5IQ==" ("attachment" ("filename*" "utf-8''Compte%20rendu%20%C3%A9t%C3%A9.pdf")) ("fr" "en") NIL)("message" "rfc822" NIL NIL NIL "7bit" 77 (NIL "inside" ((NIL NIL "x" "c.mssante.fr")) ((NIL NIL "x" "c.mssante.fr")) ((NIL NIL "x" "c.mssante.fr")) NIL NIL NIL NIL NIL) ("text" "plain" NIL NIL NIL "7bit" 10 0 NIL NIL NIL NIL) 4 NIL NIL NIL NIL) "mixed" ("boundary" "outer") NIL NIL NIL) BODY[HEADER] {446}
S: Return-Path: <bruno@b.mssante.fr>
S: Date: Sun, 22 Nov 2026 09:59:00 +0100
S: From: "Lefevre, Bruno" <bruno@b.mssante.fr>
S: Sender: secretariat@b.mssante.fr
S: Reply-To: reponses@b.mssante.fr
S: To: Equipe: anne@a.mssante.fr, Alain <alain@a.mssante.fr>;, c@c.mssante.fr
S: Cc: undisclosed-recipients:;
S: Subject: Compte rendu
S: In-Reply-To: <0@a.mssante.fr>
S: Message-ID: <2@b.mssante.fr>
S: MIME-Version: 1.0
S: Content-Type: multipart/mixed; boundary="outer"
S:
S: )
S: 7.1 OK UID FETCH completed
== what is recorded?
C: 8.1 UID FETCH 1 (BODY.PEEK[1.1]<0.12> BODY.PEEK[1.1]<12.1000>)
S: * 1 FETCH (UID 1 BODY[1.1]<0> {12}
S: Voir la pi=E BODY[1.1]<12> {11}
S: 8ce jointe.)
S: 8.1 OK UID FETCH completed
== what is recorded?
-- transfer imap-peek
C: 9.1 IDLE
S: + idling
C: DONE
C: 10.1 UID STORE 1 +FLAGS.SILENT (\Seen)
S: 9.1 OK IDLE completed
S: 10.1 OK UID STORE completed
== what is recorded?
-- open imap-seen declared
C: 11.1 UID COPY 1 "Trash"
C: 12.1 UID STORE 1 +FLAGS.SILENT (\Deleted)
C: 13.1 UID EXPUNGE 1
S: 11.1 OK [COPYUID 1795341603 1 1] UID COPY completed
S: 12.1 OK UID STORE completed
S: * 1 EXPUNGE
S: 13.1 OK UID EXPUNGE completed
