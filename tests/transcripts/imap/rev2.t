# IMAP4rev2: what changes once it is enabled. Names in UTF-8, LIST with SELECT, CLOSED, ESEARCH instead of SEARCH; no RECENT.
# [rfc9051#6.3.1] [rfc9051#5.1] [rfc9051#6.3.2] [rfc9051#6.3.4] [rfc9051#6.3.6] [rfc9051#6.3.9.7] [rfc9051#6.4.4] [rfc9051#7.3.4]
begin: selected
message: plain.eml
message: plain.eml \Seen
# before it, as IMAP4rev1 has it
C: a SEARCH UNSEEN
S: * SEARCH 1
S: a OK SEARCH completed
C: b SELECT INBOX
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] kept
S: * 2 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 1] first unseen
S: * OK [UIDVALIDITY 1795341600] UIDs valid
S: * OK [UIDNEXT 3] predicted next UID
S: * OK [MAILBOXID (F2)] the same under any name
S: * OK [HIGHESTMODSEQ 9] last change
S: b OK [READ-WRITE] SELECT completed
C: c ENABLE IMAP4rev2
S: * ENABLED IMAP4rev2
S: c OK ENABLE completed
C: d SEARCH UNSEEN
S: * ESEARCH (TAG "d") ALL 1
S: d OK SEARCH completed
C: e UID SEARCH KEYWORD nobody
S: * ESEARCH (TAG "e") UID
S: e OK UID SEARCH completed
C: f SEARCH RETURN (COUNT) ALL
S: * ESEARCH (TAG "f") COUNT 2
S: f OK SEARCH completed
C: g CREATE "Résultats/été"
S: g OK [MAILBOXID (F11)] CREATE completed
C: h LIST "" "R*"
S: * LIST (\HasChildren) "/" "R\xc3\xa9sultats"
S: * LIST (\HasNoChildren) "/" "R\xc3\xa9sultats/\xc3\xa9t\xc3\xa9"
S: h OK LIST completed
# a name that is kept in another form than it was sent in: the client hears the one that is kept
C> i CREATE "caf\x65\xcc\x81"\r\n
S: * LIST (\HasNoChildren) "/" "caf\xc3\xa9" ("OLDNAME" ("cafe\xcc\x81"))
S: i OK [MAILBOXID (F12)] CREATE completed
C> j RENAME "caf\xc3\xa9" "th\x65\xcc\x81"\r\n
S: * LIST (\HasNoChildren) "/" "th\xc3\xa9" ("OLDNAME" ("caf\xc3\xa9"))
S: j OK RENAME completed
C: k SELECT "Résultats/été"
S: * OK [CLOSED] the mailbox before is closed
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] kept
S: * 0 EXISTS
S: * OK [UIDVALIDITY 1795341607] UIDs valid
S: * OK [UIDNEXT 1] predicted next UID
S: * OK [MAILBOXID (F11)] the same under any name
S: * OK [HIGHESTMODSEQ 11] last change
S: * LIST (\HasNoChildren) "/" "R\xc3\xa9sultats/\xc3\xa9t\xc3\xa9"
S: k OK [READ-WRITE] SELECT completed
C: l STATUS "Résultats/été" (MESSAGES DELETED SIZE UNSEEN UIDNEXT UIDVALIDITY)
S: * STATUS "R\xc3\xa9sultats/\xc3\xa9t\xc3\xa9" (MESSAGES 0 DELETED 0 SIZE 0 UNSEEN 0 UIDNEXT 1 UIDVALIDITY 1795341607)
S: l OK STATUS completed
C> m APPEND INBOX {16+}\r\nSubject: \xc3\xa9t\xc3\xa9\r\n\r\n\r\n
S: m OK [APPENDUID 1795341600 3] APPEND completed
C: n DELETE "Résultats"
S: n NO [HASCHILDREN] the mailbox has others below it
C: o CREATE "a/b"
S: o OK [MAILBOXID (F15)] CREATE completed
C: p NAMESPACE
S: * NAMESPACE (("" "/")) NIL (("Shared/" "/"))
S: p OK NAMESPACE completed
