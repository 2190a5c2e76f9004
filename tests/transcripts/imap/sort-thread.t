# SORT, THREAD and SORT RETURN over what the headers say.
# [rfc5256#3] [rfc5256#4] [rfc5957#3] [rfc5267#3.1]
dovecot: agrees
begin: selected
message: report.eml \Seen
message: plain.eml
message: odd.eml
message: plain.eml \Flagged
C: a SORT (SIZE) UTF-8 ALL
S: * SORT 3 2 4 1
S: a OK SORT completed
C: b SORT (REVERSE SIZE ARRIVAL) US-ASCII ALL
S: * SORT 1 2 4 3
S: b OK SORT completed
C: c UID SORT (SUBJECT REVERSE DATE) UTF-8 UNSEEN
S: * SORT 3 2 4
S: c OK UID SORT completed
C: d SORT (FROM TO CC DISPLAYFROM DISPLAYTO) UTF-8 ALL
S: * SORT 3 2 4 1
S: d OK SORT completed
C: e SORT RETURN (COUNT MIN MAX ALL) (REVERSE ARRIVAL) UTF-8 ALL
S: * ESEARCH (TAG "e") MIN 1 MAX 4 COUNT 4 ALL 1:4
S: e OK SORT completed
C: f UID SORT RETURN (PARTIAL 1:2) (REVERSE SIZE) UTF-8 ALL
S: * ESEARCH (TAG "f") UID PARTIAL (1:2 1:2)
S: f OK UID SORT completed
C: g SORT RETURN (SAVE) (DATE) UTF-8 FLAGGED
S: g OK SORT completed
C: h FETCH $ (UID)
S: * 4 FETCH (UID 4)
S: h OK FETCH completed
C: i THREAD REFERENCES UTF-8 ALL
S: * THREAD ((2)(4))(1)(3)
S: i OK THREAD completed
C: j UID THREAD ORDEREDSUBJECT UTF-8 2:*
S: * THREAD (2 4)(3)
S: j OK UID THREAD completed
C: k THREAD REFERENCES UTF-8 KEYWORD nobody
# Dovecot: it makes a keyword that is searched for one of the mailbox
S: * THREAD
S: k OK THREAD completed
C: l SORT (COLOUR) UTF-8 ALL
S: l BAD [CLIENTBUG] the arguments have no valid form
C: m SORT (DATE) KLINGON ALL
S: m NO [BADCHARSET] this charset is not supported
C: n THREAD JWZ UTF-8 ALL
S: n BAD [CLIENTBUG] the arguments have no valid form
C: o SORT (DATE) UTF-8 MODSEQ 1
# Dovecot: its changes have other numbers
S: * SORT 2 4 1 3 (MODSEQ 11)
S: o OK SORT completed
