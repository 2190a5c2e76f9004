# What works now and nothing else: before TLS, before login, after login.
# [rfc3501#6.1.1] [rfc3501#6.2.1] [rfc3501#6.2.3] [clients#imap-what-to-offer]
begin: in clear
S: * OK [CAPABILITY IMAP4rev1 LITERAL+ SASL-IR LOGINDISABLED ID STARTTLS] Sceau ready
C: a CAPABILITY
S: * CAPABILITY IMAP4rev1 LITERAL+ SASL-IR LOGINDISABLED ID STARTTLS
S: a OK CAPABILITY completed
C: b NOOP
S: b OK NOOP completed
C: c LOGIN anne@a.mssante.fr "correct horse battery"
S: c NO [PRIVACYREQUIRED] issue STARTTLS first
C: d AUTHENTICATE PLAIN
S: d NO [PRIVACYREQUIRED] issue STARTTLS first
C: e SELECT INBOX
S: e NO [PRIVACYREQUIRED] issue STARTTLS first
C: f STARTTLS
S: f OK begin TLS now
-- TLS handshake
C: g CAPABILITY
S: * CAPABILITY IMAP4rev1 LITERAL+ SASL-IR AUTH=PLAIN AUTH=LOGIN ID
S: g OK CAPABILITY completed
C: h STARTTLS
S: h BAD [CLIENTBUG] not now: another command must come first
C: i SELECT INBOX
S: i NO [NOPERM] log in first
C: j LOGIN anne@a.mssante.fr "correct horse battery"
S: j OK [CAPABILITY IMAP4rev1 LITERAL+ UTF8=ACCEPT ID ENABLE NAMESPACE LIST-EXTENDED LIST-STATUS CHILDREN SPECIAL-USE IDLE UNSELECT UIDPLUS MOVE] LOGIN completed
C: k CAPABILITY
S: * CAPABILITY IMAP4rev1 LITERAL+ UTF8=ACCEPT ID ENABLE NAMESPACE LIST-EXTENDED LIST-STATUS CHILDREN SPECIAL-USE IDLE UNSELECT UIDPLUS MOVE
S: k OK CAPABILITY completed
C: l LOGIN anne@a.mssante.fr "correct horse battery"
S: l BAD [CLIENTBUG] not now: another command must come first
C: m STARTTLS
S: m BAD [CLIENTBUG] not now: another command must come first
C: n FETCH 1 FLAGS
S: n BAD [CLIENTBUG] not now: another command must come first
C: o SELECT INBOX
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] kept
S: * 0 EXISTS
S: * 0 RECENT
S: * OK [UIDVALIDITY 1795341600] UIDs valid
S: * OK [UIDNEXT 1] predicted next UID
S: o OK [READ-WRITE] SELECT completed
C: p CAPABILITY
S: * CAPABILITY IMAP4rev1 LITERAL+ UTF8=ACCEPT ID ENABLE NAMESPACE LIST-EXTENDED LIST-STATUS CHILDREN SPECIAL-USE IDLE UNSELECT UIDPLUS MOVE
S: p OK CAPABILITY completed
C: q LOGOUT
S: * BYE logging out
S: q OK LOGOUT completed
-- connection closed
