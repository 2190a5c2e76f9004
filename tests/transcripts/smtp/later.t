# A message for later, one that must not be late, and one that is urgent; the subject's clock stands at 2026-11-22T10:00Z.
# [rfc4865#4] [rfc2852#4] [rfc6710#3]
profile: submission
tls: implicit
hold: 86400
errors: 50
S: 220 mx.a.fr ESMTP
C: EHLO poste
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
S: 250-FUTURERELEASE 86400 2026-11-23T10:00:00Z
S: 250-DELIVERBY
S: 250 MT-PRIORITY
C: AUTH PLAIN AGplYW5AYS5mcgBzZWNyZXQ=
S: 235 2.7.0 logged in
C: MAIL FROM:<jean@a.fr> HOLDFOR=86400 MT-PRIORITY=-4
-- asked: hold=2026-11-23T10:00:00Z priority=-4
S: 250 2.1.0 sender OK
C: RSET
S: 250 2.0.0 OK
-- transaction dropped: None
C: MAIL FROM:<jean@a.fr> HOLDUNTIL=2026-11-22T12:00:00+01:00 BY=7200;NT
-- asked: hold=2026-11-22T11:00:00Z by=2026-11-22T12:00:00Z Notify
S: 250 2.1.0 sender OK
C: RSET
S: 250 2.0.0 OK
-- transaction dropped: None
C: MAIL FROM:<jean@a.fr> HOLDFOR=86401
S: 501 5.5.4 the release time is beyond what the reply to EHLO allows
C: MAIL FROM:<jean@a.fr> HOLDUNTIL=2026-11-23T10:00:01Z
S: 501 5.5.4 the release time is beyond what the reply to EHLO allows
C: MAIL FROM:<jean@a.fr> HOLDFOR=60 HOLDUNTIL=2026-11-22T12:00:00Z
S: 501 5.5.4 the arguments have no valid form
C: MAIL FROM:<jean@a.fr> HOLDFOR=3600 BY=3600;R
S: 501 5.5.4 BY ends before the release time
C: MAIL FROM:<jean@a.fr> BY=0;R
S: 501 5.5.4 the arguments have no valid form
C: MAIL FROM:<jean@a.fr> MT-PRIORITY=10
S: 501 5.5.4 the arguments have no valid form
