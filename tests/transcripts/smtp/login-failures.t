# Three failed logins end the connection, in whatever way they fail.
# [rfc4954#4]
profile: submission
tls: implicit
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
S: 250-AUTH PLAIN LOGIN
S: 250-DELIVERBY
S: 250 MT-PRIORITY
C: AUTH CRAM-MD5
S: 504 5.5.4 this mechanism is not offered
C: AUTH PLAIN not*base64
S: 501 5.5.2 the login exchange has no valid form
C: AUTH PLAIN AGplYW5AYS5mcgB3cm9uZw==
S: 535 5.7.8 the name or the password is wrong
S: 421 4.7.0 too many errors, closing
-- ending: TooManyErrors
-- connection closed
