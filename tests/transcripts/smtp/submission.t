# A person's client: TLS, login by PLAIN, and the habits of Outlook.
# [rfc4954#4] [rfc4954#3] [rfc6409#4.3] [clients#outlook] [clients#apple-8bit]
profile: submission
S: 220 mx.a.fr ESMTP
C: EHLO POSTE_12
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
S: 250-LIMITS MAILMAX=1000 RCPTMAX=3
S: 250-DELIVERBY
S: 250 MT-PRIORITY
C: AUTH PLAIN AGplYW5AYS5mcgBzZWNyZXQ=
S: 530 5.7.0 issue STARTTLS first
C: STARTTLS
S: 220 2.0.0 ready for TLS
-- TLS handshake
C: EHLO POSTE_12
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
S: 250-LIMITS MAILMAX=1000 RCPTMAX=3
S: 250-AUTH PLAIN LOGIN
S: 250-DELIVERBY
S: 250 MT-PRIORITY
C: MAIL FROM:<jean@a.fr>
S: 530 5.7.0 log in first
C: AUTH PLAIN AGplYW5AYS5mcgBzZWNyZXQ=
S: 235 2.7.0 logged in
C: AUTH PLAIN AGplYW5AYS5mcgBzZWNyZXQ=
S: 503 5.5.1 not now: another command must come first
C: MAIL FROM: <jean@a.fr> AUTH=<>
S: 250 2.1.0 sender OK
C: RCPT TO: <claire@a.fr>
S: 250 2.1.5 recipient OK
C: AUTH PLAIN AGplYW5AYS5mcgBzZWNyZXQ=
S: 503 5.5.1 not now: another command must come first
C: DATA
S: 354 send the message, end with CRLF.CRLF
C> Subject: \xe9\r\n.\r\n
-- taken from <jean@a.fr> to claire@a.fr: Subject: \xe9\r\n
S: 250 2.0.0 2tra2tra2tra2tra2tra2g
