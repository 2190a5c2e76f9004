# A whole transaction in one packet, but for the content; replies in the order of the commands.
# [rfc2920#3]
tls: implicit
errors: 3
S: 220 mx.a.fr ESMTP
C: HELO mx.b.fr
S: 250 mx.a.fr
C: MAIL FROM:<jean@b.fr>
C: RCPT TO:<claire@a.fr>
C: RCPT TO:<unknown@a.fr>
C: RCPT TO:<paul@a.fr>
C: DATA
S: 250 2.1.0 sender OK
S: 250 2.1.5 recipient OK
S: 550 5.1.1 there is no such mailbox here
S: 250 2.1.5 recipient OK
S: 354 send the message, end with CRLF.CRLF
# the end of one message and the next transaction in one packet
C: first
C: .
C: MAIL FROM:<stranger@b.fr>
C: RCPT TO:<claire@a.fr>
C: RCPT TO:<paul@a.fr>
C: RCPT TO:<marie@a.fr>
C: DATA
C: MAIL FROM:<jean@b.fr>
C: RCPT TO:<unknown@a.fr>
C: DATA
C: RSET
C: MAIL FROM:<jean@b.fr>
C: RCPT TO:<claire@a.fr>
C: DATA
-- taken from <jean@b.fr> to claire@a.fr paul@a.fr: first\r\n
S: 250 2.0.0 2tra2tra2tra2tra2tra2g
# what follows a refused sender is no error of its own, or five commands would end the connection here
S: 550 5.7.1 the sender's domain is not listed for this certificate
S: 503 5.5.1 not now: another command must come first
S: 503 5.5.1 not now: another command must come first
S: 503 5.5.1 not now: another command must come first
S: 503 5.5.1 not now: another command must come first
S: 250 2.1.0 sender OK
S: 550 5.1.1 there is no such mailbox here
S: 554 5.5.1 no valid recipients
S: 250 2.0.0 OK
-- transaction dropped: None
S: 250 2.1.0 sender OK
S: 250 2.1.5 recipient OK
S: 354 send the message, end with CRLF.CRLF
C> second\r\n.\r\nQUIT\r\n
-- taken from <jean@b.fr> to claire@a.fr: second\r\n
S: 250 2.0.0 2tra2tra2tra2tra2tra2g
S: 221 2.0.0 bye
-- connection closed
