# A peer that only ever does nothing is sent away.
tls: implicit
idle commands: 3
S: 220 mx.a.fr ESMTP
C: HELO mx.b.fr
S: 250 mx.a.fr
C: NOOP
S: 250 2.0.0 OK
C: NOOP
S: 250 2.0.0 OK
C: NOOP
S: 421 4.7.0 too many errors, closing
-- ending: TooManyErrors
-- connection closed
