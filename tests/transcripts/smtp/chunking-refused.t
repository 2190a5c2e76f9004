# Chunks that are refused are read over: their octets are never commands, and what was pipelined behind is no error.
# [rfc3030#2] [rfc5321#2.3.8]
tls: implicit
errors: 4
S: 220 mx.a.fr ESMTP
C: HELO mx.b.fr
S: 250 mx.a.fr
# no sender: one error
C> BDAT 6\r\nQUIT\r\nNOOP\r\n
S: 503 5.5.1 not now: another command must come first
S: 250 2.0.0 OK
# no recipient
C> MAIL FROM:<jean@b.fr>\r\nRCPT TO:<unknown@a.fr>\r\nBDAT 6 LAST\r\nQUIT\r\nRSET\r\n
S: 250 2.1.0 sender OK
S: 550 5.1.1 there is no such mailbox here
S: 554 5.5.1 no valid recipients
S: 250 2.0.0 OK
-- transaction dropped: None
# a refused sender, with the whole message behind
C> MAIL FROM:<stranger@b.fr>\r\nRCPT TO:<claire@a.fr>\r\nBDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\n
S: 550 5.7.1 the sender's domain is not listed for this certificate
S: 503 5.5.1 not now: another command must come first
S: 503 5.5.1 not now: another command must come first
S: 503 5.5.1 not now: another command must come first
# a lone line feed: told at once; the rest of the message is swallowed. One error
C> MAIL FROM:<jean@b.fr>\r\nRCPT TO:<claire@a.fr>\r\nBDAT 4\r\na\n.\nBDAT 6\r\nQUIT\r\nBDAT 0 LAST\r\nDATA\r\n
S: 250 2.1.0 sender OK
S: 250 2.1.5 recipient OK
S: 550 5.6.11 a CR or LF stands alone, lines end with CRLF
-- transaction dropped: Some(BareLineEnd)
S: 503 5.5.1 not now: another command must come first
S: 503 5.5.1 not now: another command must come first
S: 503 5.5.1 not now: another command must come first
# a lone carriage return at the very end. One error
C> MAIL FROM:<jean@b.fr>\r\nRCPT TO:<claire@a.fr>\r\nBDAT 2 LAST\r\na\rNOOP\r\n
S: 250 2.1.0 sender OK
S: 250 2.1.5 recipient OK
S: 550 5.6.11 a CR or LF stands alone, lines end with CRLF
-- transaction dropped: Some(BareLineEnd)
S: 250 2.0.0 OK
# the store fails in the first chunk
C> MAIL FROM:<jean@b.fr>\r\nRCPT TO:<claire@a.fr>\r\nBDAT 9\r\nunlucky\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n
S: 250 2.1.0 sender OK
S: 250 2.1.5 recipient OK
S: 451 4.3.1 insufficient system storage, try again later
S: 503 5.5.1 not now: another command must come first
S: 250 2.0.0 OK
# a count that can't be read: nobody knows where the chunk ends
C> BDAT six\r\nQUIT\r\n
S: 501 5.5.4 the arguments have no valid form
-- ending: Syntax
-- connection closed
