# What others do is told when it may be told: no EXPUNGE while numbers are in use.
# [rfc3501#7.4.1] [rfc3501#5.5] [rfc5530#3] [clients#imap-traps]
dovecot: agrees
begin: selected
message: plain.eml
message: plain.eml
message: plain.eml
C: a NOOP
S: a OK NOOP completed
== session 2
C: a STORE 2 +FLAGS.SILENT (\Deleted)
S: a OK STORE completed
C: b EXPUNGE
S: * 2 EXPUNGE
S: b OK EXPUNGE completed
== session 1
C: b FETCH 1:3 FLAGS
# Dovecot: it tells of a message that is gone from what it knew
S: * 1 FETCH (FLAGS ())
S: * 3 FETCH (FLAGS ())
S: b OK [EXPUNGEISSUED] FETCH completed
C: c FETCH 2 BODY.PEEK[TEXT]
# Dovecot: it answers with no octets for a message that is gone
S: c OK [EXPUNGEISSUED] FETCH completed
C: d STORE 1:3 +FLAGS ($a)
# Dovecot: it changes what is gone
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $a)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $a \*)] kept
S: * 1 FETCH (UID 1 FLAGS ($a))
S: * 3 FETCH (UID 3 FLAGS ($a))
S: d OK [EXPUNGEISSUED] STORE completed
C: e SEARCH ALL
# Dovecot: it finds what is gone
S: * SEARCH 1 3
S: e OK SEARCH completed
C: f COPY 2 Archive
S: * 2 EXPUNGE
S: f NO [EXPUNGEISSUED] the message is gone
C: g FETCH 2 FLAGS
S: * 2 FETCH (FLAGS ($a))
S: g OK FETCH completed
C: h STORE 2 +FLAGS (\Seen)
S: * 2 FETCH (UID 3 FLAGS (\Seen $a))
S: h OK STORE completed
C: i UID FETCH 1:* (FLAGS)
S: * 1 FETCH (UID 1 FLAGS ($a))
S: * 2 FETCH (UID 3 FLAGS (\Seen $a))
S: i OK UID FETCH completed
# flags of two sessions merge
C: j STORE 1 +FLAGS (\Flagged)
S: * 1 FETCH (UID 1 FLAGS (\Flagged $a))
S: j OK STORE completed
== session 2
C: c STORE 1 +FLAGS (\Answered)
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $a)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $a \*)] kept
S: * 1 FETCH (UID 1 FLAGS (\Answered \Flagged $a))
S: * 2 FETCH (UID 3 FLAGS (\Seen $a))
S: c OK STORE completed
== session 1
C: k NOOP
S: * 1 FETCH (UID 1 FLAGS (\Answered \Flagged $a))
S: k OK NOOP completed
== session 2
C: d STORE 1 +FLAGS (\Draft)
S: * 1 FETCH (UID 1 FLAGS (\Answered \Flagged \Draft $a))
S: d OK STORE completed
== session 1
# only what others changed is told
C: l STORE 1:2 +FLAGS.SILENT ($b)
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $a $b)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $a $b \*)] kept
S: * 1 FETCH (UID 1 FLAGS (\Answered \Flagged \Draft $a $b))
S: l OK STORE completed
C: m NOOP
S: m OK NOOP completed
== session 2
C: e NOOP
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $a $b)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $a $b \*)] kept
S: * 1 FETCH (UID 1 FLAGS (\Answered \Flagged \Draft $a $b))
S: * 2 FETCH (UID 3 FLAGS (\Seen $a $b))
S: e OK NOOP completed
# pipelined, carried out and answered in order
C: f STORE 1 +FLAGS.SILENT (\Deleted)
C: g EXPUNGE
C: h FETCH 1 (UID FLAGS)
# Dovecot: it looks for what was expunged after all three
S: f OK STORE completed
S: * 1 EXPUNGE
S: g OK EXPUNGE completed
S: * 1 FETCH (UID 3 FLAGS (\Seen $a $b))
S: h OK FETCH completed
== session 1
C: n CREATE x
# Dovecot: it tells of expunges later
S: * 1 EXPUNGE
S: n OK [MAILBOXID (F11)] CREATE completed
== session 2
C: i SELECT x
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] kept
S: * 0 EXISTS
S: * 0 RECENT
S: * OK [UIDVALIDITY 1795341606] UIDs valid
S: * OK [UIDNEXT 1] predicted next UID
S: * OK [MAILBOXID (F11)] the same under any name
S: * OK [HIGHESTMODSEQ 23] last change
S: i OK [READ-WRITE] SELECT completed
== session 1
C: o DELETE x
S: o OK DELETE completed
== session 2
C: j NOOP
# Dovecot: it ends the session when the mailbox is gone
S: j OK NOOP completed
C> k APPEND x {3+}\r\na\r\n\r\n
# Dovecot: the session has ended
S: k NO [TRYCREATE] there is no such mailbox, create it first
C: l FETCH 1 FLAGS
# Dovecot: the session has ended
S: l BAD [CLIENTBUG] the arguments have no valid form
C: m SELECT x
# Dovecot: the session has ended
S: m NO [NONEXISTENT] there is no such mailbox
== what is recorded?
-- delete
-- seen imap-mark
-- delete
