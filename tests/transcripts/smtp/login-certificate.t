# The certificate of the handshake: by EXTERNAL with another's name, broken off, and with the own.
# [rfc4422#A] [clients#client-certificate-login] [rfc4954#4]
profile: submission
tls: implicit
offers: everything
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
C: AUTH EXTERNAL Y2xhaXJlQGEuZnI=
S: 535 5.7.8 this certificate is no login
C: AUTH EXTERNAL
S: 334 
C: *
S: 501 5.7.0 the login was cancelled
C: AUTH EXTERNAL =
S: 235 2.7.0 logged in
