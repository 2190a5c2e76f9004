# Before TLS an operator may greet, start TLS, do nothing and leave; all the rest is refused.
# [rfc3207#4] [mss#4]
profile: operators
S: 220 mx.a.fr ESMTP
C: NOOP
S: 250 2.0.0 OK
C: RSET
S: 250 2.0.0 OK
C: STARTTLS
S: 503 5.5.1 not now: another command must come first
C: HELO mx.b.fr
S: 250 mx.a.fr
C: MAIL FROM:<jean@b.fr>
S: 530 5.7.0 issue STARTTLS first
C: RCPT TO:<claire@a.fr>
S: 530 5.7.0 issue STARTTLS first
C: DATA
S: 530 5.7.0 issue STARTTLS first
C: VRFY claire
S: 530 5.7.0 issue STARTTLS first
C: HELP
S: 530 5.7.0 issue STARTTLS first
C: AUTH PLAIN AGEAYg==
S: 530 5.7.0 issue STARTTLS first
C: GET / HTTP/1.1
S: 530 5.7.0 issue STARTTLS first
C: STARTTLS now
S: 501 5.5.4 the arguments have no valid form
C: QUIT
S: 221 2.0.0 bye
-- connection closed
