# Commands out of order, one after the other.
# [rfc5321#4.1.4] [rfc5321#4.1.1.5] [rfc5321#4.1.1.9] [rfc5321#7.3]
tls: implicit
errors: 50
S: 220 mx.a.fr ESMTP
C: MAIL FROM:<jean@b.fr>
S: 503 5.5.1 not now: another command must come first
C: HELO mx.b.fr
S: 250 mx.a.fr
C: RCPT TO:<claire@a.fr>
S: 503 5.5.1 not now: another command must come first
C: DATA
S: 503 5.5.1 not now: another command must come first
C: MAIL FROM:<jean@b.fr>
S: 250 2.1.0 sender OK
C: MAIL FROM:<jean@b.fr>
S: 503 5.5.1 not now: another command must come first
C: DATA
S: 554 5.5.1 no valid recipients
C: RCPT TO:<unknown@a.fr>
S: 550 5.1.1 there is no such mailbox here
C: DATA
S: 554 5.5.1 no valid recipients
C: RCPT TO:<claire@a.fr>
S: 250 2.1.5 recipient OK
C: RSET
S: 250 2.0.0 OK
-- transaction dropped: None
C: RCPT TO:<claire@a.fr>
S: 503 5.5.1 not now: another command must come first
C: MAIL FROM:<jean@b.fr>
S: 250 2.1.0 sender OK
# a greeting within a transaction ends it
C: EHLO mx.b.fr
-- transaction dropped: None
S: 250-mx.a.fr
S: 250-PIPELINING
S: 250-SIZE 1000
S: 250-8BITMIME
S: 250-SMTPUTF8
S: 250-ENHANCEDSTATUSCODES
S: 250-CHUNKING
S: 250-BINARYMIME
S: 250-DSN
S: 250-REQUIRETLS
S: 250-XSCEAU
S: 250 LIMITS MAILMAX=1000 RCPTMAX=3
C: DATA
S: 503 5.5.1 not now: another command must come first
C: VRFY claire
S: 252 2.0.0 not verified here, send and see
C: EXPN list
S: 502 5.5.1 this command is not served here
C: AUTH PLAIN
S: 502 5.5.1 this command is not served here
C: HELP
S: 214 2.0.0 see RFC 5321
C: NOOP again
S: 250 2.0.0 OK
C: XDAT 10 LAST
S: 500 5.5.1 command not recognised
C: 
S: 500 5.5.1 command not recognised
C: QUIT now
S: 501 5.5.4 the arguments have no valid form
