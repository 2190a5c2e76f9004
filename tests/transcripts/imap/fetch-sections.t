# FETCH: sections, parts by number, header fields, partials; with PEEK nothing is marked.
# [rfc3501#6.4.5] [rfc3501#7.4.2] [clients#imap-traps]
dovecot: agrees
begin: selected
message: report.eml
message: plain.eml
C: a FETCH 1 BODY.PEEK[HEADER]
S: * 1 FETCH (BODY[HEADER] {446}
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
S: a OK FETCH completed
C: b FETCH 1 BODY.PEEK[HEADER.FIELDS (subject "Message-ID" X-None)]
S: * 1 FETCH (BODY[HEADER.FIELDS (subject Message-ID X-None)] {55}
S: Subject: Compte rendu
S: Message-ID: <2@b.mssante.fr>
S:
S: )
S: b OK FETCH completed
C: c FETCH 1 BODY.PEEK[HEADER.FIELDS.NOT (Date From Sender Reply-To To Cc In-Reply-To Return-Path Content-Type)]
S: * 1 FETCH (BODY[HEADER.FIELDS.NOT (Date From Sender Reply-To To Cc In-Reply-To Return-Path Content-Type)] {74}
S: Subject: Compte rendu
S: Message-ID: <2@b.mssante.fr>
S: MIME-Version: 1.0
S:
S: )
S: c OK FETCH completed
C: d FETCH 1 BODY.PEEK[1.1]
S: * 1 FETCH (BODY[1.1] {23}
S: Voir la pi=E8ce jointe.)
S: d OK FETCH completed
C: e FETCH 1 BODY.PEEK[1.1.MIME]
S: * 1 FETCH (BODY[1.1.MIME] {93}
S: Content-Type: text/plain; charset=iso-8859-1
S: Content-Transfer-Encoding: quoted-printable
S:
S: )
S: e OK FETCH completed
C: f FETCH 1 BODY.PEEK[2.MIME]
S: * 1 FETCH (BODY[2.MIME] {345}
S: Content-Type: application/pdf; name*=utf-8''Compte%20rendu%20%C3%A9t%C3%A9.pdf
S: Content-Disposition: attachment; filename*0*=utf-8''Compte%20rendu;
S:  filename*1*=%20%C3%A9t%C3%A9.pdf
S: Content-Transfer-Encoding: base64
S: Content-ID: <pdf@b>
S: Content-Description: le compte rendu
S: Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==
S: Content-Language: fr, en
S:
S: )
S: f OK FETCH completed
C: g FETCH 1 BODY.PEEK[2]
S: * 1 FETCH (BODY[2] {12}
S: JVBERi0xLjQK)
S: g OK FETCH completed
C: h FETCH 1 BODY.PEEK[3]
S: * 1 FETCH (BODY[3] {77}
S: Subject: inside
S: From: x@c.mssante.fr
S: Content-Type: text/plain
S:
S: inner text)
S: h OK FETCH completed
C: i FETCH 1 BODY.PEEK[3.HEADER]
S: * 1 FETCH (BODY[3.HEADER] {67}
S: Subject: inside
S: From: x@c.mssante.fr
S: Content-Type: text/plain
S:
S: )
S: i OK FETCH completed
C: j FETCH 1 BODY.PEEK[3.HEADER.FIELDS (From)]
S: * 1 FETCH (BODY[3.HEADER.FIELDS (From)] {24}
S: From: x@c.mssante.fr
S:
S: )
S: j OK FETCH completed
C: k FETCH 1 BODY.PEEK[3.TEXT]
S: * 1 FETCH (BODY[3.TEXT] {10}
S: inner text)
S: k OK FETCH completed
C: l FETCH 1 BODY.PEEK[3.1]
S: * 1 FETCH (BODY[3.1] {10}
S: inner text)
S: l OK FETCH completed
C: m FETCH 1 (BODY.PEEK[4] BODY.PEEK[1.1.1] BODY.PEEK[2.HEADER] BODY.PEEK[9.9.MIME])
# Dovecot: it takes what follows the number of a part without parts for that part
S: * 1 FETCH (BODY[4] NIL BODY[1.1.1] NIL BODY[2.HEADER] NIL BODY[9.9.MIME] NIL)
S: m OK FETCH completed
C: n FETCH 2 BODY.PEEK[]<0.50>
S: * 2 FETCH (BODY[]<0> {50}
S: Return-Path: <bruno@b.mssante.fr>
S: Date: Sun, 22 N)
S: n OK FETCH completed
C: o FETCH 2 BODY.PEEK[]<30.20>
S: * 2 FETCH (BODY[]<30> {20}
S: fr>
S: Date: Sun, 22 N)
S: o OK FETCH completed
C: p FETCH 2 (BODY.PEEK[]<100000.20> BODY.PEEK[TEXT]<20.2048> BODY.PEEK[TEXT]<22.9223372036854775807>)
S: * 2 FETCH (BODY[]<100000> {0}
S:  BODY[TEXT]<20> {16}
S:
S: Bien \xc3\xa0 vous
S:  BODY[TEXT]<22> {14}
S: Bien \xc3\xa0 vous
S: )
S: p OK FETCH completed
C: q FETCH 2 BODY.PEEK[HEADER.FIELDS (TO)]<4.4>
S: * 2 FETCH (BODY[HEADER.FIELDS (TO)]<4> {4}
S: Anne)
S: q OK FETCH completed
C: r FETCH 2 BODY.PEEK[]<0.0>
# Dovecot: it takes a partial of no octets
S: r BAD [CLIENTBUG] the arguments have no valid form
C: s FETCH 2 BODY.PEEK[1]
S: * 2 FETCH (BODY[1] {36}
S: Le bilan est normal.
S: Bien \xc3\xa0 vous
S: )
S: s OK FETCH completed
C: t FETCH 2 (BODY.PEEK[1.MIME] BODY.PEEK[2] RFC822.HEADER)
S: * 2 FETCH (BODY[1.MIME] {348}
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
S:  BODY[2] NIL RFC822.HEADER {348}
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
S: )
S: t OK FETCH completed
C: u FETCH 2 RFC822.PEEK
# Dovecot: it has no RFC822.PEEK, which Outlook falls back to
S: * 2 FETCH (RFC822 {384}
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
S: u OK FETCH completed
C: v FETCH 1:2 FLAGS
S: * 1 FETCH (FLAGS ())
S: * 2 FETCH (FLAGS ())
S: v OK FETCH completed
== what is recorded?
-- transfer imap-peek
-- transfer imap-peek
