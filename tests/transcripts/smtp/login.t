# LOGIN with its two prompts, an exchange that is cancelled, one that is no base64, and the third failure.
# [rfc4954#4] [clients#outlook]
profile: submission
tls: implicit
S: 220 mx.a.fr ESMTP
C: AUTH LOGIN
S: 503 5.5.1 not now: another command must come first
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
C: AUTH LOGIN
S: 334 VXNlcm5hbWU6
C: *
S: 501 5.7.0 the login was cancelled
C: AUTH LOGIN
S: 334 VXNlcm5hbWU6
C: amVhbkBhLmZy
S: 334 UGFzc3dvcmQ6
C: d3Jvbmc=
S: 535 5.7.8 the name or the password is wrong
C: AUTH PLAIN
S: 334 
C: AGplYW5AYS5mcgBzZWNyZXQ=
S: 235 2.7.0 logged in
C: MAIL FROM:<jean@a.fr>
S: 250 2.1.0 sender OK
