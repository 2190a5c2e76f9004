# Searches that are followed: what enters their results and what leaves them is told, until they are cancelled.
# [rfc5267#4.2] [rfc5267#4.3] [rfc5267#4.3.1] [rfc5267#4.3.3] [rfc5267#4.3.4] [rfc5267#4.3.5]
dovecot: agrees
begin: selected
message: plain.eml \Seen
message: plain.eml
message: plain.eml
C: u1 UID SEARCH RETURN (UPDATE) UNSEEN
# Dovecot: of UPDATE alone it tells no result; here there would be nothing to be updated
S: * ESEARCH (TAG "u1") UID ALL 2:3
S: u1 OK UID SEARCH completed
C: n1 SEARCH RETURN (UPDATE COUNT) SUBJECT "Compte rendu" NOT DELETED
S: * ESEARCH (TAG "n1") COUNT 0
S: n1 OK SEARCH completed
# the session's own change
C: a STORE 2 +FLAGS.SILENT (\Seen)
S: * ESEARCH (TAG "u1") UID REMOVEFROM (0 2)
S: a OK STORE completed
C: b UID STORE 1 -FLAGS (\Seen)
S: * 1 FETCH (UID 1 FLAGS ())
S: * ESEARCH (TAG "u1") UID ADDTO (0 1)
S: b OK UID STORE completed
# a change that touches no result is told to no search
C: c STORE 3 +FLAGS.SILENT ($x)
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $x)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $x \*)] kept
S: c OK STORE completed
# a delivery, told behind EXISTS, to an idler too
C: d IDLE
S: + idling
== plain.eml is delivered
# Dovecot: it tells an idler of the message, and of the search later
S: * 4 EXISTS
S: * ESEARCH (TAG "u1") UID ADDTO (0 4)
C: DONE
# Dovecot: what it told an idler not yet
S: d OK IDLE completed
# an expunge elsewhere: the result leaves before the number does
== session 2
C: a STORE 3 +FLAGS.SILENT (\Deleted)
S: a OK STORE completed
C: b EXPUNGE
S: * 3 EXPUNGE
S: b OK EXPUNGE completed
== session 1
C: e NOOP
S: * ESEARCH (TAG "u1") UID REMOVEFROM (0 3)
S: * 3 EXPUNGE
S: e OK NOOP completed
# by number: what stands there once the change is told
C: s1 SEARCH RETURN (UPDATE ALL) FLAGGED
S: * ESEARCH (TAG "s1")
S: s1 OK SEARCH completed
C: f UID STORE 4 +FLAGS.SILENT (\Flagged)
S: * ESEARCH (TAG "s1") ADDTO (0 3)
S: f OK UID STORE completed
# the tag of a search that is followed can't be used for another
C: s1 SEARCH RETURN (UPDATE) ALL
S: s1 BAD [CLIENTBUG] the arguments have no valid form
# what depends on the hour or on an order is answered once
C: w1 SEARCH RETURN (UPDATE COUNT) YOUNGER 3600
# Dovecot: its clock is not that of the script
S: * NO [NOUPDATE "w1"] changes of this search are not told
S: * ESEARCH (TAG "w1") COUNT 3
S: w1 OK SEARCH completed
C: x1 SEARCH RETURN (UPDATE COUNT) TEXT nothing
S: * NO [NOUPDATE "x1"] changes of this search are not told
S: * ESEARCH (TAG "x1") COUNT 0
S: x1 OK SEARCH completed
C: o1 UID SORT RETURN (UPDATE COUNT) (DATE) UTF-8 ALL
S: * NO [NOUPDATE "o1"] changes of this search are not told
S: * ESEARCH (TAG "o1") UID COUNT 3
S: o1 OK UID SORT completed
C: g CANCELUPDATE "u1" "w1"
# Dovecot: it follows what depends on the hour
S: g NO [CLIENTBUG] no search with this tag is followed
C: h CANCELUPDATE "u1" "s1"
# Dovecot: the command before has cancelled one
S: h OK CANCELUPDATE completed
C: i STORE 1:* +FLAGS.SILENT (\Seen)
S: i OK STORE completed
C: j CANCELUPDATE
S: j BAD [CLIENTBUG] the arguments have no valid form
# another mailbox ends them all
C: k SELECT Sent
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] kept
S: * 0 EXISTS
S: * 0 RECENT
S: * OK [UIDVALIDITY 1795341601] UIDs valid
S: * OK [UIDNEXT 1] predicted next UID
S: * OK [MAILBOXID (F3)] the same under any name
S: * OK [HIGHESTMODSEQ 3] last change
S: k OK [READ-WRITE] SELECT completed
C: l CANCELUPDATE "n1"
S: l NO [CLIENTBUG] no search with this tag is followed
== what is recorded?
-- seen imap-mark
-- delete
-- seen imap-mark
-- seen imap-mark
