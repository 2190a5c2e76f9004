# Expunges wait for a command that may tell of them; flags that nobody asked for are not told.
# [rfc5465#6.1.2] [rfc5465#5]
begin: selected
message: plain.eml
message: plain.eml
message: plain.eml
C: a NOTIFY SET (selected-delayed (MessageNew MessageExpunge))
S: a OK NOTIFY completed
== session 2
C: a STORE 1 +FLAGS.SILENT (\Deleted)
C: b EXPUNGE
C: c STORE 1 +FLAGS.SILENT (\Seen)
S: a OK STORE completed
S: * 1 EXPUNGE
S: b OK EXPUNGE completed
S: c OK STORE completed
== session 1
== plain.eml is delivered
S: * 4 EXISTS
C: b FETCH 4 (UID)
S: * 4 FETCH (UID 4)
S: b OK FETCH completed
C: c NOOP
S: * 1 EXPUNGE
S: c OK NOOP completed
== what is recorded?
-- delete
-- seen imap-mark
