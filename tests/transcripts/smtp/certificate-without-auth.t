# The certificate of the handshake is itself a login: MAIL without AUTH, as Thunderbird and record software send.
# [clients#client-certificate-login] [rfc6409#4.3]
profile: submission
tls: implicit
offers: everything
certificate: is a login
S: 220 mx.a.fr ESMTP
C: EHLO [192.0.2.1]
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
S: 250-AUTH EXTERNAL SCRAM-SHA-256-PLUS SCRAM-SHA-256 OAUTHBEARER XOAUTH2 PLAIN LOGIN
S: 250-DELIVERBY
S: 250 MT-PRIORITY
C: MAIL FROM:<jean@a.fr>
S: 250 2.1.0 sender OK
C: AUTH EXTERNAL =
S: 503 5.5.1 not now: another command must come first
C: RSET
S: 250 2.0.0 OK
-- transaction dropped: None
C: AUTH EXTERNAL =
S: 235 2.7.0 logged in
