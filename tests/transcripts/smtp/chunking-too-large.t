# A chunk beyond the limit is read and refused; one that is not worth reading ends the connection.
# [rfc3030#2] [rfc1870#6.1]
tls: implicit
message: 5
S: 220 mx.a.fr ESMTP
C: HELO mx.b.fr
S: 250 mx.a.fr
C> MAIL FROM:<jean@b.fr>\r\nRCPT TO:<claire@a.fr>\r\nBDAT 3\r\na\r\nBDAT 3\r\nb\r\nBDAT 3 LAST\r\nc\r\n
S: 250 2.1.0 sender OK
S: 250 2.1.5 recipient OK
S: 250 2.0.0 3 octets received
S: 552 5.3.4 the message is larger than this server takes
-- transaction dropped: Some(MessageTooLarge)
S: 503 5.5.1 not now: another command must come first
C> BDAT 18446744073709551616 LAST\r\nQUIT\r\n
S: 552 5.3.4 the message is larger than this server takes
-- ending: MessageTooLarge
-- connection closed
