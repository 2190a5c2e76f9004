# Pipelined commands are carried out and answered one after the other; mbsync floods APPENDs like this.
# [rfc3501#5.5] [clients#imap-what-clients-do] [clients#imap-traps]
begin: selected
C> a APPEND INBOX (\\Seen) {6+}\r\na: 1\r\n\r\nb APPEND INBOX () {6+}\r\na: 2\r\n\r\nc APPEND INBOX {6+}\r\na: 3\r\n\r\nd STORE 2 +FLAGS.SILENT (\\Deleted)\r\ne UID EXPUNGE 1:*\r\nf FETCH 1:* (UID FLAGS BODY.PEEK[])\r\ng UID MOVE 3 Trash\r\nh SELECT Trash\r\ni FETCH 1 UID\r\n
S: * 1 EXISTS
S: a OK [APPENDUID 1795341600 1] APPEND completed
S: * 2 EXISTS
S: b OK [APPENDUID 1795341600 2] APPEND completed
S: * 3 EXISTS
S: c OK [APPENDUID 1795341600 3] APPEND completed
S: d OK STORE completed
S: * 2 EXPUNGE
S: e OK UID EXPUNGE completed
S: * 1 FETCH (UID 1 FLAGS (\Seen) BODY[] {6}
S: a: 1
S: )
S: * 2 FETCH (UID 3 FLAGS () BODY[] {6}
S: a: 3
S: )
S: f OK FETCH completed
S: * OK [COPYUID 1795341603 3 1] moved
S: * 2 EXPUNGE
S: g OK UID MOVE completed
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] kept
S: * 1 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 1] first unseen
S: * OK [UIDVALIDITY 1795341603] UIDs valid
S: * OK [UIDNEXT 2] predicted next UID
S: * OK [MAILBOXID (F5)] the same under any name
S: * OK [HIGHESTMODSEQ 13] last change
S: h OK [READ-WRITE] SELECT completed
S: * 1 FETCH (UID 1)
S: i OK FETCH completed
