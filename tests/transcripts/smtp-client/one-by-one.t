# A server without pipelining: one command at a time, and none that is of no use.
# [rfc5321#3.3] [rfc3461#4] [rfc6531#3.4]
message: jean@b.fr to unknown@a.fr nobody@a.fr
message: jérôme@b.fr to claire@a.fr
needs: dsn
content: a\r\n
message: stranger@b.fr to claire@a.fr
S: 220 mx.a.fr ESMTP
C: EHLO mx.b.fr
S: 250-mx.a.fr
S: 250 STARTTLS
C: STARTTLS
S: 220 2.0.0 ready for TLS
-- TLS handshake
C: EHLO mx.b.fr
S: 250-mx.a.fr
S: 250-DSN
S: 250 smtputf8
C: MAIL FROM:<jean@b.fr>
S: 250 OK
C: RCPT TO:<unknown@a.fr>
S: 550 5.1.1 unknown
C: RCPT TO:<nobody@a.fr>
S: 450 4.2.1 later
C: RSET
-- outcomes: refused (550 5.1.1 unknown) | deferred (450 4.2.1 later)
S: 250 OK
C: MAIL FROM:<j\xc3\xa9r\xc3\xb4me@b.fr> SMTPUTF8 RET=HDRS ENVID=a+2Bb+20c
S: 250 OK
C: RCPT TO:<claire@a.fr> NOTIFY=NEVER
S: 250 OK
C: DATA
S: 354 OK
C: a
C: .
S: 250 OK
-- outcomes: delivered (250 OK)
C: MAIL FROM:<stranger@b.fr>
S: 550 5.7.1 not yours
-- outcomes: refused (550 5.7.1 not yours)
C: QUIT
S: 221 bye
-- connection closed
