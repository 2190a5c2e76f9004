# FETCH: every item, the macros, by number and by UID.
# [rfc3501#6.4.5] [rfc3501#6.4.8] [rfc3501#7.4.2] [clients#imap-traps]
dovecot: agrees
begin: selected
message: plain.eml \Seen $Label1
message: report.eml
message: odd.eml \Flagged \Answered
C: a FETCH 1:* (FLAGS UID INTERNALDATE RFC822.SIZE)
S: * 1 FETCH (FLAGS (\Seen $Label1) UID 1 INTERNALDATE "22-Nov-2026 10:00:00 +0000" RFC822.SIZE 384)
S: * 2 FETCH (FLAGS () UID 2 INTERNALDATE "22-Nov-2026 10:00:00 +0000" RFC822.SIZE 1239)
S: * 3 FETCH (FLAGS (\Answered \Flagged) UID 3 INTERNALDATE "22-Nov-2026 10:00:00 +0000" RFC822.SIZE 114)
S: a OK FETCH completed
C: b FETCH 1 ALL
S: * 1 FETCH (FLAGS (\Seen $Label1) INTERNALDATE "22-Nov-2026 10:00:00 +0000" RFC822.SIZE 384 ENVELOPE ("Sun, 22 Nov 2026 09:58:00 +0100" "=?utf-8?q?R=C3=A9sultats?= de Mme Roche" (("=?utf-8?q?Dr_Bruno_Lef=C3=A8vre?=" NIL "bruno" "b.mssante.fr")) (("=?utf-8?q?Dr_Bruno_Lef=C3=A8vre?=" NIL "bruno" "b.mssante.fr")) (("=?utf-8?q?Dr_Bruno_Lef=C3=A8vre?=" NIL "bruno" "b.mssante.fr")) (("Anne Martin" NIL "anne" "a.mssante.fr")) NIL NIL NIL "<1@b.mssante.fr>"))
S: b OK FETCH completed
C: c FETCH 1 FAST
S: * 1 FETCH (FLAGS (\Seen $Label1) INTERNALDATE "22-Nov-2026 10:00:00 +0000" RFC822.SIZE 384)
S: c OK FETCH completed
C: d FETCH 1 FULL
S: * 1 FETCH (FLAGS (\Seen $Label1) INTERNALDATE "22-Nov-2026 10:00:00 +0000" RFC822.SIZE 384 ENVELOPE ("Sun, 22 Nov 2026 09:58:00 +0100" "=?utf-8?q?R=C3=A9sultats?= de Mme Roche" (("=?utf-8?q?Dr_Bruno_Lef=C3=A8vre?=" NIL "bruno" "b.mssante.fr")) (("=?utf-8?q?Dr_Bruno_Lef=C3=A8vre?=" NIL "bruno" "b.mssante.fr")) (("=?utf-8?q?Dr_Bruno_Lef=C3=A8vre?=" NIL "bruno" "b.mssante.fr")) (("Anne Martin" NIL "anne" "a.mssante.fr")) NIL NIL NIL "<1@b.mssante.fr>") BODY ("text" "plain" ("charset" "utf-8") NIL NIL "8bit" 36 2))
S: d OK FETCH completed
C: e FETCH 2 ENVELOPE
S: * 2 FETCH (ENVELOPE ("Sun, 22 Nov 2026 09:59:00 +0100" "Compte rendu" (("Lefevre, Bruno" NIL "bruno" "b.mssante.fr")) ((NIL NIL "secretariat" "b.mssante.fr")) ((NIL NIL "reponses" "b.mssante.fr")) ((NIL NIL "Equipe" NIL)(NIL NIL "anne" "a.mssante.fr")("Alain" NIL "alain" "a.mssante.fr")(NIL NIL NIL NIL)(NIL NIL "c" "c.mssante.fr")) ((NIL NIL "undisclosed-recipients" NIL)(NIL NIL NIL NIL)) NIL "<0@a.mssante.fr>" "<2@b.mssante.fr>"))
S: e OK FETCH completed
C: f FETCH 2 BODYSTRUCTURE
# Dovecot: it adds a charset that is not in the message
S: * 2 FETCH (BODYSTRUCTURE ((("text" "plain" ("charset" "iso-8859-1") NIL NIL "quoted-printable" 23 0 NIL NIL NIL NIL)("text" "html" ("charset" "utf-8") NIL NIL "7bit" 29 0 NIL NIL NIL NIL) "alternative" ("boundary" "inner") NIL NIL NIL)("application" "pdf" ("name*" "utf-8''Compte%20rendu%20%C3%A9t%C3%A9.pdf") "<pdf@b>" "le compte rendu" "base64" 12 "Q2hlY2sgSW50ZWdyaXR5IQ==" ("attachment" ("filename*" "utf-8''Compte%20rendu%20%C3%A9t%C3%A9.pdf")) ("fr" "en") NIL)("message" "rfc822" NIL NIL NIL "7bit" 77 (NIL "inside" ((NIL NIL "x" "c.mssante.fr")) ((NIL NIL "x" "c.mssante.fr")) ((NIL NIL "x" "c.mssante.fr")) NIL NIL NIL NIL NIL) ("text" "plain" NIL NIL NIL "7bit" 10 0 NIL NIL NIL NIL) 4 NIL NIL NIL NIL) "mixed" ("boundary" "outer") NIL NIL NIL))
S: f OK FETCH completed
C: g FETCH 2 BODY
# Dovecot: it adds a charset that is not in the message
S: * 2 FETCH (BODY ((("text" "plain" ("charset" "iso-8859-1") NIL NIL "quoted-printable" 23 0)("text" "html" ("charset" "utf-8") NIL NIL "7bit" 29 0) "alternative")("application" "pdf" ("name*" "utf-8''Compte%20rendu%20%C3%A9t%C3%A9.pdf") "<pdf@b>" "le compte rendu" "base64" 12)("message" "rfc822" NIL NIL NIL "7bit" 77 (NIL "inside" ((NIL NIL "x" "c.mssante.fr")) ((NIL NIL "x" "c.mssante.fr")) ((NIL NIL "x" "c.mssante.fr")) NIL NIL NIL NIL NIL) ("text" "plain" NIL NIL NIL "7bit" 10 0) 4) "mixed"))
S: g OK FETCH completed
C: h FETCH 3 (ENVELOPE BODYSTRUCTURE)
# Dovecot: it says 8-bit of headers as it is; ENVELOPE is ASCII
S: * 3 FETCH (ENVELOPE (NIL "=?utf-8?B?ZMOpasOg?= vu" NIL NIL NIL NIL NIL NIL NIL NIL) BODYSTRUCTURE ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 57 1 NIL NIL NIL NIL))
S: h OK FETCH completed
C: i UID FETCH 1:* (FLAGS)
S: * 1 FETCH (UID 1 FLAGS (\Seen $Label1))
S: * 2 FETCH (UID 2 FLAGS ())
S: * 3 FETCH (UID 3 FLAGS (\Answered \Flagged))
S: i OK UID FETCH completed
C: j UID FETCH 17:* (FLAGS)
S: * 3 FETCH (UID 3 FLAGS (\Answered \Flagged))
S: j OK UID FETCH completed
C: k UID FETCH 17:18 (FLAGS)
S: k OK UID FETCH completed
C: l FETCH 4 FLAGS
S: l BAD [CLIENTBUG] the arguments have no valid form
C: m FETCH 1:9 FLAGS
S: m BAD [CLIENTBUG] the arguments have no valid form
C: n FETCH 0 FLAGS
S: n BAD [CLIENTBUG] the arguments have no valid form
C: o FETCH 3:*,*:2,9:* UID
S: * 2 FETCH (UID 2)
S: * 3 FETCH (UID 3)
S: o OK FETCH completed
C: p FETCH 1 (FLAGS FROB)
S: p BAD [CLIENTBUG] the arguments have no valid form
C: q FETCH 1 (UID uid FLAGS)
S: * 1 FETCH (UID 1 FLAGS (\Seen $Label1))
S: q OK FETCH completed
C: r UID FETCH 2 (UID)
S: * 2 FETCH (UID 2)
S: r OK UID FETCH completed
== what is recorded?
