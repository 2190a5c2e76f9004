# IDLE: news from others, a word every two minutes, no mailbox needed.
# [rfc2177#3] [rfc9051#6.3.13] [clients#imap-what-clients-do]
dovecot: agrees
begin: selected
message: plain.eml
C: a IDLE
S: + idling
== 119 seconds pass
== 1 seconds pass
S: * OK Still here
== 120 seconds pass
S: * OK Still here
== plain.eml is delivered
S: * 2 EXISTS
== 119 seconds pass
== 1 seconds pass
S: * OK Still here
== session 2
C: a STORE 1 +FLAGS (\Seen $Later)
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Later)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $Later \*)] kept
S: * 1 FETCH (UID 1 FLAGS (\Seen $Later))
S: a OK STORE completed
== session 1
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Later)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $Later \*)] kept
S: * 1 FETCH (UID 1 FLAGS (\Seen $Later))
== session 2
C: b STORE 2 +FLAGS.SILENT (\Deleted)
S: b OK STORE completed
C: c EXPUNGE
S: * 2 EXPUNGE
S: c OK EXPUNGE completed
== session 1
S: * 2 EXPUNGE
C: DONE
S: a OK IDLE completed
== 600 seconds pass
== plain.eml is delivered
C: b IDLE
# Dovecot: it tells what came before IDLE only once something else happens
S: * 2 EXISTS
S: + idling
# Apple: DONE and the next command in one packet
C: DONE
C: c NOOP
# Dovecot: what it told an idler not yet
S: b OK IDLE completed
S: c OK NOOP completed
C: d IDLE
S: + idling
C: e NOOP
S: d BAD [CLIENTBUG] the arguments have no valid form
C: f CLOSE
S: f OK CLOSE completed
# Outlook: without a selected mailbox
C: g IDLE
S: + idling
== 120 seconds pass
S: * OK Still here
== plain.eml is delivered
C: done
S: g OK IDLE completed
C: h LOGOUT
S: * BYE logging out
S: h OK LOGOUT completed
-- connection closed
== what is recorded?
-- seen imap-mark
-- delete
