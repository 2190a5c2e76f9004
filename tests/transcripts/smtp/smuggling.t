# Ends of data that some servers accept and others do not. None ends the message here; all spoil it.
# [rfc5321#2.3.8]
tls: implicit
errors: 50
S: 220 mx.a.fr ESMTP
C: HELO mx.b.fr
S: 250 mx.a.fr
C: MAIL FROM:<jean@b.fr>
C: RCPT TO:<claire@a.fr>
C: DATA
S: 250 2.1.0 sender OK
S: 250 2.1.5 recipient OK
S: 354 send the message, end with CRLF.CRLF
C> first\n.\nMAIL FROM:<forged@b.fr>\nRCPT TO:<claire@a.fr>\nDATA\nforged\r\n.\r\n
S: 550 5.6.11 a CR or LF stands alone, lines end with CRLF
-- transaction dropped: Some(BareLineEnd)
C: MAIL FROM:<jean@b.fr>
C: RCPT TO:<claire@a.fr>
C: DATA
S: 250 2.1.0 sender OK
S: 250 2.1.5 recipient OK
S: 354 send the message, end with CRLF.CRLF
C> first\r\n.\nMAIL FROM:<forged@b.fr>\r\nRCPT TO:<claire@a.fr>\r\nDATA\r\nforged\r\n.\r\n
S: 550 5.6.11 a CR or LF stands alone, lines end with CRLF
-- transaction dropped: Some(BareLineEnd)
C: MAIL FROM:<jean@b.fr>
C: RCPT TO:<claire@a.fr>
C: DATA
S: 250 2.1.0 sender OK
S: 250 2.1.5 recipient OK
S: 354 send the message, end with CRLF.CRLF
C> first\r\n\0.\r\nMAIL FROM:<forged@b.fr>\r\n.\r\n
S: 550 5.6.11 the message holds a NUL byte
-- transaction dropped: Some(NulInContent)
C: DATA
S: 503 5.5.1 not now: another command must come first
# a command with a lone LF: nobody can say what another server would read in it
C> RSET\nMAIL FROM:<forged@b.fr>\r\n
S: 550 5.6.11 a CR or LF stands alone, lines end with CRLF
-- ending: BareLineEnd
-- connection closed
