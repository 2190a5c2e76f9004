# APPEND, MULTIAPPEND and CATENATE within every limit, as any server has them.
# [rfc3501#6.3.11] [rfc3502#6.3.11] [rfc4469#3] [rfc4315#3]
dovecot: agrees
begin: selected
message: plain.eml
C: a APPEND INBOX (\Seen $Label1) " 1-Feb-2026 09:05:00 +0100" {24}
S: + go ahead
C> Subject: one\r\n\r\nHello.\r\n\r\n
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Label1)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $Label1 \*)] kept
S: * 2 EXISTS
S: a OK [APPENDUID 1795341600 2] APPEND completed
C> b APPEND Sent {20+}\r\nSubject: two\r\n\r\nHi\r\n {20+}\r\nSubject: 3rd\r\n\r\nHi\r\n (\\Draft) {20+}\r\nSubject: 4th\r\n\r\nHi\r\n\r\n
S: b OK [APPENDUID 1795341601 1:3] APPEND completed
C> c APPEND Drafts (\\Draft) CATENATE (URL "/Sent/;UID=1/;SECTION=HEADER" TEXT {5+}\r\nnew\r\n URL "/Sent/;UID=2/;section=TEXT")\r\n
S: c OK [APPENDUID 1795341602 1] APPEND completed
C> d APPEND Drafts CATENATE (TEXT {14+}\r\nSubject: 6\r\n\r\n TEXT {5+}\r\nBye\r\n)\r\n
S: d OK [APPENDUID 1795341602 2] APPEND completed
C: e APPEND Drafts CATENATE (URL "/Sent/;UID=99")
S: e NO [BADURL "/Sent/;UID=99"] this URL stands for nothing here
C: f APPEND nothing {20}
S: f NO [TRYCREATE] there is no such mailbox, create it first
# Dovecot: it asks for the message first
C> g APPEND nothing {20+}\r\nSubject: two\r\n\r\nHi\r\n\r\n
# Dovecot: it still reads the message before
S: g NO [TRYCREATE] there is no such mailbox, create it first
C: h SELECT Drafts
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] kept
S: * 2 EXISTS
S: * 0 RECENT
S: * OK [UNSEEN 1] first unseen
S: * OK [UIDVALIDITY 1795341602] UIDs valid
S: * OK [UIDNEXT 3] predicted next UID
S: * OK [MAILBOXID (F4)] the same under any name
S: * OK [HIGHESTMODSEQ 14] last change
S: h OK [READ-WRITE] SELECT completed
C: i FETCH 1:2 (FLAGS BODY.PEEK[])
S: * 1 FETCH (FLAGS (\Draft) BODY[] {25}
S: Subject: two
S:
S: new
S: Hi
S: )
S: * 2 FETCH (FLAGS () BODY[] {19}
S: Subject: 6
S:
S: Bye
S: )
S: i OK FETCH completed
