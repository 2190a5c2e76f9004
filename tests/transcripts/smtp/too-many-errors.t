# The third error ends the connection.
tls: implicit
errors: 3
S: 220 mx.a.fr ESMTP
C: FOO
C: BAR
C: BAZ
C: NOOP
S: 500 5.5.1 command not recognised
S: 500 5.5.1 command not recognised
S: 500 5.5.1 command not recognised
S: 421 4.7.0 too many errors, closing
-- ending: TooManyErrors
-- connection closed
