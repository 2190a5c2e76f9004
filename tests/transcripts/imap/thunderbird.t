# A recorded run of Thunderbird 153: sign in, folders, new mail, reading, moving to the trash.
# [clients#imap-what-clients-do] [proofs#when-is-it-open]
begin: in TLS
message: plain.eml
message: report.eml
S: * OK [CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR AUTH=PLAIN AUTH=LOGIN ID] Sceau ready
C: 1 authenticate PLAIN
S: + 
C: AGFubmVAYS5tc3NhbnRlLmZyAGNvcnJlY3QgaG9yc2UgYmF0dGVyeQ==
S: 1 OK [CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ UTF8=ACCEPT CONDSTORE QRESYNC SEARCHRES PARTIAL WITHIN STATUS=SIZE INPROGRESS OBJECTID SAVEDATE PREVIEW BINARY ID ENABLE NAMESPACE CREATE-SPECIAL-USE LIST-EXTENDED LIST-STATUS CHILDREN SPECIAL-USE QUOTA QUOTA=RES-STORAGE ACL RIGHTS=kxte LIST-MYRIGHTS METADATA LIST-METADATA NOTIFY COMPRESS=DEFLATE UNAUTHENTICATE MULTIAPPEND CATENATE REPLACE IDLE UNSELECT UIDPLUS ESEARCH MULTISEARCH CONTEXT=SEARCH UIDBATCHES SORT SORT=DISPLAY ESORT THREAD=ORDEREDSUBJECT THREAD=REFERENCES MOVE APPENDLIMIT=1048576] AUTHENTICATE completed
C: 2 ID ("name" "Thunderbird" "version" "153.0")
S: * ID ("name" "Sceau")
S: 2 OK ID completed
C: 3 ENABLE UTF8=ACCEPT
S: * ENABLED UTF8=ACCEPT
S: 3 OK ENABLE completed
C: 4 namespace
S: * NAMESPACE (("" "/")) NIL (("Shared/" "/"))
S: 4 OK NAMESPACE completed
C: 5 LIST (SUBSCRIBED) "" "*" RETURN (SPECIAL-USE)
S: * LIST (\HasNoChildren \Subscribed) "/" INBOX
S: * LIST (\HasNoChildren \Archive \Subscribed) "/" "Archive"
S: * LIST (\HasNoChildren \Drafts \Subscribed) "/" "Drafts"
S: * LIST (\HasNoChildren \Junk \Subscribed) "/" "Junk"
S: * LIST (\HasNoChildren \Sent \Subscribed) "/" "Sent"
S: * LIST (\HasNoChildren \Trash \Subscribed) "/" "Trash"
S: 5 OK LIST completed
C: 6 list "" "Trash"
S: * LIST (\HasNoChildren \Trash) "/" "Trash"
S: 6 OK LIST completed
C: 7 select "INBOX"
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] kept
S: * 2 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 1] first unseen
S: * OK [UIDVALIDITY 1795341600] UIDs valid
S: * OK [UIDNEXT 3] predicted next UID
S: * OK [MAILBOXID (F2)] the same under any name
S: * OK [HIGHESTMODSEQ 9] last change
S: 7 OK [READ-WRITE] SELECT completed
C: 8 UID fetch 1:* (FLAGS)
S: * 1 FETCH (UID 1 FLAGS ())
S: * 2 FETCH (UID 2 FLAGS ())
S: 8 OK UID FETCH completed
C: 9 UID fetch 1:2 (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Cc Bcc Subject Date Message-ID Priority X-Priority References Newsgroups In-Reply-To Content-Type Reply-To Received)])
S: * 1 FETCH (UID 1 RFC822.SIZE 384 FLAGS () BODY[HEADER.FIELDS (From To Cc Bcc Subject Date Message-ID Priority X-Priority References Newsgroups In-Reply-To Content-Type Reply-To Received)] {261}
S: Date: Sun, 22 Nov 2026 09:58:00 +0100
S: From: =?utf-8?q?Dr_Bruno_Lef=C3=A8vre?= <bruno@b.mssante.fr>
S: To: Anne Martin <anne@a.mssante.fr>
S: Subject: =?utf-8?q?R=C3=A9sultats?= de Mme Roche
S: Message-ID: <1@b.mssante.fr>
S: Content-Type: text/plain; charset=utf-8
S:
S: )
S: * 2 FETCH (UID 2 RFC822.SIZE 1239 FLAGS () BODY[HEADER.FIELDS (From To Cc Bcc Subject Date Message-ID Priority X-Priority References Newsgroups In-Reply-To Content-Type Reply-To Received)] {358}
S: Date: Sun, 22 Nov 2026 09:59:00 +0100
S: From: "Lefevre, Bruno" <bruno@b.mssante.fr>
S: Reply-To: reponses@b.mssante.fr
S: To: Equipe: anne@a.mssante.fr, Alain <alain@a.mssante.fr>;, c@c.mssante.fr
S: Cc: undisclosed-recipients:;
S: Subject: Compte rendu
S: In-Reply-To: <0@a.mssante.fr>
S: Message-ID: <2@b.mssante.fr>
S: Content-Type: multipart/mixed; boundary="outer"
S:
S: )
S: 9 OK UID FETCH completed
== what is recorded?
C: 10 UID fetch 1 (UID RFC822.SIZE BODY.PEEK[])
S: * 1 FETCH (UID 1 RFC822.SIZE 384 BODY[] {384}
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
S: 10 OK UID FETCH completed
== what is recorded?
-- transfer imap-peek
C: 11 UID fetch 1:2 (UID BODY.PEEK[TEXT]<0.64>)
S: * 1 FETCH (UID 1 BODY[TEXT]<0> {36}
S: Le bilan est normal.
S: Bien \xc3\xa0 vous
S: )
S: * 2 FETCH (UID 2 BODY[TEXT]<0> {64}
S: preamble
S: --outer
S: Content-Type: multipart/alternative; boundary)
S: 11 OK UID FETCH completed
== what is recorded?
-- transfer imap-peek
C: 12 IDLE
S: + idling
== plain.eml is delivered
S: * 3 EXISTS
C: DONE
S: 12 OK IDLE completed
C: 13 UID fetch 3:* (FLAGS)
S: * 3 FETCH (UID 3 FLAGS ())
S: 13 OK UID FETCH completed
C: 14 uid store 1 +Flags (\Seen)
S: * 1 FETCH (UID 1 FLAGS (\Seen))
S: 14 OK UID STORE completed
== what is recorded?
-- open imap-seen declared
C: 15 UID fetch 3 (UID RFC822.SIZE BODY[]<0.65536>)
S: * 3 FETCH (FLAGS (\Seen) UID 3 RFC822.SIZE 384 BODY[]<0> {384}
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
S: 15 OK UID FETCH completed
== what is recorded?
-- transfer imap-body
-- open imap-body implied
C: 16 uid store 1 +FLAGS ($label1)
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $label1)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $label1 \*)] kept
S: * 1 FETCH (UID 1 FLAGS (\Seen $label1))
S: 16 OK UID STORE completed
C: 17 uid move 1 "Trash"
S: * OK [COPYUID 1795341603 1 1] moved
S: * 1 EXPUNGE
S: 17 OK UID MOVE completed
C: 18 noop
S: 18 OK NOOP completed
C: 19 close
S: 19 OK CLOSE completed
C: 20 logout
S: * BYE logging out
S: 20 OK LOGOUT completed
-- connection closed
