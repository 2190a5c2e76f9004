# SEARCH RETURN: only what was asked for; SAVE and `$`; windows; how long ago.
# [rfc4731#3.1] [rfc4731#3.2] [rfc5182#2.1] [rfc5182#2.4] [rfc9394#3.1] [rfc9394#3.3] [rfc5032#2]
dovecot: agrees
begin: selected
message: plain.eml \Seen
message: report.eml \Flagged
message: plain.eml \Flagged
message: plain.eml
C: a SEARCH RETURN () FLAGGED
S: * ESEARCH (TAG "a") ALL 2:3
S: a OK SEARCH completed
C: b UID SEARCH RETURN (MIN MAX COUNT) ALL
S: * ESEARCH (TAG "b") UID MIN 1 MAX 4 COUNT 4
S: b OK UID SEARCH completed
C: c SEARCH RETURN (MIN MAX COUNT ALL) KEYWORD nobody
# Dovecot: it makes a keyword that is searched for one of the mailbox
S: * ESEARCH (TAG "c") COUNT 0
S: c OK SEARCH completed
C: d SEARCH RETURN (SAVE) FLAGGED
S: d OK SEARCH completed
C: e FETCH $ (UID FLAGS)
S: * 2 FETCH (UID 2 FLAGS (\Flagged))
S: * 3 FETCH (UID 3 FLAGS (\Flagged))
S: e OK FETCH completed
C: f SEARCH RETURN (SAVE COUNT) $ FROM secretariat
S: * ESEARCH (TAG "f") COUNT 0
S: f OK SEARCH completed
C: g UID STORE $ +FLAGS (\Deleted)
S: g OK UID STORE completed
C: h SEARCH RETURN (SAVE MIN) ALL
S: * ESEARCH (TAG "h") MIN 1
S: h OK SEARCH completed
C: i COPY $ Archive
S: i OK [COPYUID 1795341605 1 1] COPY completed
C: j UID SEARCH RETURN (PARTIAL -1:-2 SAVE) ALL
# Dovecot: it has no PARTIAL of RFC 9394
S: * ESEARCH (TAG "j") UID PARTIAL (-1:-2 3:4)
S: j OK UID SEARCH completed
C: k FETCH $ UID
# Dovecot: so nothing was saved
S: * 3 FETCH (UID 3)
S: * 4 FETCH (UID 4)
S: k OK FETCH completed
C: l UID FETCH 1:* (FLAGS) (PARTIAL 2:3)
# Dovecot: it has no PARTIAL of RFC 9394
S: * 2 FETCH (UID 2 FLAGS (\Flagged))
S: * 3 FETCH (UID 3 FLAGS (\Flagged))
S: l OK UID FETCH completed
C: m FETCH 1:* (UID) (PARTIAL -1:-1)
# Dovecot: it has no PARTIAL of RFC 9394
S: * 4 FETCH (UID 4)
S: m OK FETCH completed
# an expunged message is no longer in it; a search that is refused leaves it, one that fails empties it
C: n SEARCH RETURN (SAVE) ALL
S: n OK SEARCH completed
C: o EXPUNGE
S: o OK EXPUNGE completed
C: p UID FETCH $ UID
S: * 1 FETCH (UID 1)
S: * 2 FETCH (UID 2)
S: * 3 FETCH (UID 3)
S: * 4 FETCH (UID 4)
S: p OK UID FETCH completed
C: q SEARCH RETURN (SAVE FOO) ALL
S: q BAD [CLIENTBUG] the arguments have no valid form
C: r UID SEARCH $
S: * SEARCH 1 2 3 4
S: r OK UID SEARCH completed
C: s SEARCH RETURN (SAVE) CHARSET klingon TEXT x
S: s NO [BADCHARSET] this charset is not supported
C: t SEARCH $,1
S: t BAD [CLIENTBUG] the arguments have no valid form
== 60 seconds pass
C: u SEARCH YOUNGER 60
S: * SEARCH
S: u OK SEARCH completed
C: v SEARCH OLDER 60
S: * SEARCH 1 2 3 4
S: v OK SEARCH completed
C: w SEARCH RETURN (COUNT) YOUNGER 61 LARGER 1
# Dovecot: its clock is not that of the script
S: * ESEARCH (TAG "w") COUNT 4
S: w OK SEARCH completed
C: x SELECT INBOX
# Dovecot: the keyword that was searched for
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] kept
S: * 4 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 2] first unseen
S: * OK [UIDVALIDITY 1795341600] UIDs valid
S: * OK [UIDNEXT 5] predicted next UID
S: * OK [MAILBOXID (F2)] the same under any name
S: * OK [HIGHESTMODSEQ 11] last change
S: x OK [READ-WRITE] SELECT completed
C: y FETCH $ UID
S: y OK FETCH completed
