# Sizes, recipients, and content that the store refuses in the middle.
# [rfc1870#6.1] [rfc5321#4.5.3.1.10] [rfc6531#3.5]
tls: implicit
errors: 50
line: 80
S: 220 mx.a.fr ESMTP
C: HELO mx.b.fr
S: 250 mx.a.fr
C: MAIL FROM:<jean@b.fr> SIZE=1001
S: 552 5.3.4 the message is larger than this server takes
C: MAIL FROM:<jean@b.fr> SIZE=99999999999999999999
S: 552 5.3.4 the message is larger than this server takes
C: MAIL FROM:<jérôme@b.fr>
S: 553 5.6.7 an address that is not ASCII needs SMTPUTF8
C: MAIL FROM:<jean@b.fr> SIZE=1000
S: 250 2.1.0 sender OK
C: RCPT TO:<jérôme@a.fr>
S: 553 5.6.7 an address that is not ASCII needs SMTPUTF8
C: RCPT TO:<a@a.fr>
C: RCPT TO:<b@a.fr>
C: RCPT TO:<c@a.fr>
C: RCPT TO:<d@a.fr>
S: 250 2.1.5 recipient OK
S: 250 2.1.5 recipient OK
S: 250 2.1.5 recipient OK
S: 452 4.5.3 too many recipients, send the others in another transaction
C: DATA
S: 354 send the message, end with CRLF.CRLF
C: this is an unlucky message
C: with more behind
C: .
S: 451 4.3.1 insufficient system storage, try again later
C: NOOP 0123456789012345678901234567890123456789012345678901234567890123456789012
S: 250 2.0.0 OK
C: NOOP 01234567890123456789012345678901234567890123456789012345678901234567890123
S: 500 5.5.2 the line is too long
C: NOOP 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789
S: 500 5.5.2 the line is too long
C: MAIL FROM:<jérôme@b.fr> SMTPUTF8
S: 250 2.1.0 sender OK
C: RCPT TO:<jérôme@a.fr>
S: 250 2.1.5 recipient OK
