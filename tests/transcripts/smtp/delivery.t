# An operator delivers a message over STARTTLS, the way that every other script takes a piece of.
# [rfc5321#3.3] [rfc1870#3] [rfc2034#2] [rfc6531#3.1] [rfc3207#4] [rfc2034#4]
profile: operators
S: 220 mx.a.fr ESMTP
C: EHLO mx.b.fr
S: 250-mx.a.fr
S: 250-STARTTLS
S: 250-PIPELINING
S: 250-SIZE 1000
S: 250-8BITMIME
S: 250-SMTPUTF8
S: 250-ENHANCEDSTATUSCODES
S: 250-CHUNKING
S: 250-BINARYMIME
S: 250-DSN
S: 250 LIMITS MAILMAX=1000 RCPTMAX=3
C: STARTTLS
S: 220 2.0.0 ready for TLS
-- TLS handshake
C: EHLO mx.b.fr
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
C: MAIL FROM:<jean@b.fr> SIZE=30 BODY=8BITMIME
S: 250 2.1.0 sender OK
C: RCPT TO:<claire@a.fr> NOTIFY=FAILURE ORCPT=rfc822;claire@a.fr
-- asked: notify=On(NotifyOn { success: false, failure: true, delay: false }) orcpt=rfc822;claire@a.fr
S: 250 2.1.5 recipient OK
C: RCPT TO:<unknown@a.fr>
S: 550 5.1.1 there is no such mailbox here
C: RCPT TO:<full@a.fr>
S: 452 4.2.2 this mailbox is full
C: DATA
S: 354 send the message, end with CRLF.CRLF
C: Subject: essai
C: 
C: ..point
C: .
-- taken from <jean@b.fr> to claire@a.fr: Subject: essai\r\n\r\n.point\r\n
S: 250 2.0.0 2tra2tra2tra2tra2tra2g
# a second message on the same connection, as a bounce
C: MAIL FROM:<>
S: 250 2.1.0 sender OK
C: RCPT TO:<Postmaster>
S: 250 2.1.5 recipient OK
C: DATA
S: 354 send the message, end with CRLF.CRLF
C: .
-- taken from <> to Postmaster@mx.a.fr: 
S: 250 2.0.0 2tra2tra2tra2tra2tra2g
C: QUIT
S: 221 2.0.0 bye
-- connection closed
