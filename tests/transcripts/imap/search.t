# SEARCH by flags, numbers, dates, sizes, headers and texts, in any charset.
# [rfc3501#6.4.4] [rfc3501#6.4.8] [clients#imap-traps]
dovecot: agrees
begin: selected
message: plain.eml \Seen
message: report.eml \Answered $Label1
message: odd.eml \Deleted \Flagged
C: a SEARCH ALL
S: * SEARCH 1 2 3
S: a OK SEARCH completed
C: b SEARCH UNSEEN
S: * SEARCH 2 3
S: b OK SEARCH completed
C: c SEARCH DELETED FLAGGED
S: * SEARCH 3
S: c OK SEARCH completed
C: d SEARCH OR SEEN ANSWERED
S: * SEARCH 1 2
S: d OK SEARCH completed
C: e SEARCH KEYWORD $label1
S: * SEARCH 2
S: e OK SEARCH completed
C: f SEARCH UNKEYWORD $Label1 UNDELETED
S: * SEARCH 1
S: f OK SEARCH completed
C: g SEARCH NEW
# Dovecot: it knows \Recent
S: * SEARCH
S: g OK SEARCH completed
C: h SEARCH 2:*
S: * SEARCH 2 3
S: h OK SEARCH completed
C: i UID SEARCH UID 17:*
S: * SEARCH 3
S: i OK UID SEARCH completed
C: j SEARCH UID 17:18
S: * SEARCH
S: j OK SEARCH completed
C: k SEARCH (NOT 1 NOT (2))
S: * SEARCH 3
S: k OK SEARCH completed
C: l SEARCH SINCE 22-Nov-2026 BEFORE "23-Nov-2026"
S: * SEARCH 1 2 3
S: l OK SEARCH completed
C: m SEARCH SENTON 22-Nov-2026
S: * SEARCH 1 2
S: m OK SEARCH completed
C: n SEARCH SMALLER 150
S: * SEARCH 3
S: n OK SEARCH completed
C: o SEARCH LARGER 1000
S: * SEARCH 2
S: o OK SEARCH completed
C> p SEARCH CHARSET UTF-8 SUBJECT {10+}\r\nR\xc3\xa9SULTATS\r\n
S: * SEARCH 1
S: p OK SEARCH completed
C> q SEARCH CHARSET ISO-8859-1 BODY {5}\r\n
S: + go ahead
C> pi\xe8ce\r\n
S: * SEARCH 2
S: q OK SEARCH completed
C: r SEARCH CHARSET X-UNKNOWN TEXT x
S: r NO [BADCHARSET] this charset is not supported
C> s SEARCH TEXT {9+}\r\nd\xc3\xa9j\xc3\xa0 vu\r\n
S: * SEARCH 3
S: s OK SEARCH completed
C: t SEARCH FROM bruno TO alain
S: * SEARCH 2
S: t OK SEARCH completed
C: u SEARCH HEADER Message-ID ""
S: * SEARCH 1 2
S: u OK SEARCH completed
C: v SEARCH BODY "inner text"
S: * SEARCH 2
S: v OK SEARCH completed
C: w SEARCH BODY "preamble"
S: * SEARCH
S: w OK SEARCH completed
C: x SEARCH FROB
S: x BAD [CLIENTBUG] the arguments have no valid form
C: y SEARCH OR SEEN
S: y BAD [CLIENTBUG] the arguments have no valid form
C: z SEARCH RETURN (COUNT) ALL
S: * ESEARCH (TAG "z") COUNT 3
S: z OK SEARCH completed
C: A UID SEARCH NOT DELETED
S: * SEARCH 1 2
S: A OK UID SEARCH completed
C: B SEARCH BODY "normal" SEEN
S: * SEARCH 1
S: B OK SEARCH completed
== what is recorded?
C: C UID SEARCH RETURN () ALL
S: * ESEARCH (TAG "C") UID ALL 1:3
S: C OK UID SEARCH completed
