# Content in chunks: counted octets, in which nothing ends a message and nothing is a command.
# [rfc3030#2]
tls: implicit
errors: 50
S: 220 mx.a.fr ESMTP
C: HELO mx.b.fr
S: 250 mx.a.fr
C: MAIL FROM:<jean@b.fr>
C: RCPT TO:<claire@a.fr>
C> BDAT 17\r\nSubject: essai\r\n\r
S: 250 2.1.0 sender OK
S: 250 2.1.5 recipient OK
S: 250 2.0.0 17 octets received
# neither recipients nor DATA once a chunk has come
C: RCPT TO:<paul@a.fr>
S: 503 5.5.1 not now: another command must come first
C: DATA
S: 503 5.5.1 not now: another command must come first
C: MAIL FROM:<jean@b.fr>
S: 503 5.5.1 not now: another command must come first
# the line end is divided between two chunks; a dot alone ends nothing
C> BDAT 21 LAST\r\n\n.\r\nQUIT\r\n..\r\nthe end
-- taken from <jean@b.fr> to claire@a.fr: Subject: essai\r\n\r\n.\r\nQUIT\r\n..\r\nthe end\r\n
S: 250 2.0.0 2tra2tra2tra2tra2tra2g
# everything in one packet, ended by an empty chunk; then the next message at once
C> MAIL FROM:<jean@b.fr>\r\nRCPT TO:<claire@a.fr>\r\nBDAT 3\r\na\r\nBDAT 3\r\nb\r\nBDAT 0\r\nBDAT 0 LAST\r\nMAIL FROM:<jean@b.fr>\r\n
S: 250 2.1.0 sender OK
S: 250 2.1.5 recipient OK
S: 250 2.0.0 3 octets received
S: 250 2.0.0 3 octets received
S: 250 2.0.0 0 octets received
-- taken from <jean@b.fr> to claire@a.fr: a\r\nb\r\n
S: 250 2.0.0 2tra2tra2tra2tra2tra2g
S: 250 2.1.0 sender OK
# RSET between two chunks
C> RCPT TO:<claire@a.fr>\r\nBDAT 3\r\na\r\nRSET\r\nBDAT 8 LAST\r\nDATA\r\n\r\n
S: 250 2.1.5 recipient OK
S: 250 2.0.0 3 octets received
S: 250 2.0.0 OK
-- transaction dropped: None
S: 503 5.5.1 not now: another command must come first
