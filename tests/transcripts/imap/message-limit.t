# MESSAGELIMIT: what can be asked for again is done for the newest messages, what must be whole is refused.
# [rfc9738#3] [rfc9738#3.1] [rfc9738#3.2]
begin: selected
messages: 2
message: plain.eml
message: plain.eml
message: plain.eml
message: plain.eml
C: a FETCH 1:* FLAGS
S: * 3 FETCH (FLAGS ())
S: * 4 FETCH (FLAGS ())
S: a OK [MESSAGELIMIT 2 3] FETCH completed
C: b FETCH 1:2 UID
S: * 1 FETCH (UID 1)
S: * 2 FETCH (UID 2)
S: b OK FETCH completed
C: c UID SEARCH ALL
S: * SEARCH 3 4
S: c OK [MESSAGELIMIT 2 3] UID SEARCH completed
C: d SORT (ARRIVAL) UTF-8 ALL
S: * SORT 3 4
S: d OK [MESSAGELIMIT 2 3] SORT completed
C: e THREAD ORDEREDSUBJECT UTF-8 ALL
S: * THREAD (3 4)
S: e OK [MESSAGELIMIT 2 3] THREAD completed
C: f STORE 1:* +FLAGS (\Deleted)
S: * 3 FETCH (UID 3 FLAGS (\Deleted))
S: * 4 FETCH (UID 4 FLAGS (\Deleted))
S: f OK [MESSAGELIMIT 2 3] STORE completed
C: g COPY 1:3 Archive
S: g NO [MESSAGELIMIT 2] too many messages for one command, name fewer
C: h MOVE 1:3 Archive
S: h NO [MESSAGELIMIT 2] too many messages for one command, name fewer
C: i COPY 1:2 Archive
S: i OK [COPYUID 1795341605 1:2 1:2] COPY completed
C> j APPEND Sent {3+}\r\na\r\n {3+}\r\na\r\n {3+}\r\na\r\n\r\n
S: j NO [MESSAGELIMIT 2] too many messages for one command, name fewer
C: k STORE 2 +FLAGS.SILENT (\Deleted)
S: k OK STORE completed
C: l EXPUNGE
S: * 4 EXPUNGE
S: * 3 EXPUNGE
S: l OK [MESSAGELIMIT 2 3] EXPUNGE completed
C: m EXPUNGE
S: * 2 EXPUNGE
S: m OK EXPUNGE completed
== what is recorded?
-- delete
-- delete
