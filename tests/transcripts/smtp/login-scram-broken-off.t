# Broken off at the proof of the server, a client that was lied to about what is offered, and bad base64 in between.
# [rfc5802#6] [clients#sasl] [rfc4954#4]
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
C: AUTH SCRAM-SHA-256 biwsbj1qZWFuQGEuZnIscj1jbGllbnQ=
S: 334 cj1jbGllbnRzZXJ2ZXIscz1Cd2NIQndjSEJ3Y0hCd2NIQndjSEJ3PT0saT00MDk2
C: Yz1iaXdzLHI9Y2xpZW50c2VydmVyLHA9UTVuYytkMFM2N3I2dW9vVDlFTmZoWkhxSHZCdEUrcjBqc2tBd1l6T3VZRT0=
S: 334 dj1uTGNwM0RBT1c2YnphaS9QdVd4WEhwbThjb3BvSmRhOE5oblltNE10NUpZPQ==
C: *
S: 501 5.7.0 the login was cancelled
C: MAIL FROM:<jean@a.fr>
S: 530 5.7.0 log in first
C: AUTH SCRAM-SHA-256 biwsbj1qZWFuQGEuZnIscj1jbGllbnQ=
S: 334 cj1jbGllbnRzZXJ2ZXIscz1Cd2NIQndjSEJ3Y0hCd2NIQndjSEJ3PT0saT00MDk2
C: not*base64
S: 501 5.5.2 the login exchange has no valid form
C: AUTH SCRAM-SHA-256 eSwsbj1qZWFuQGEuZnIscj1jbGllbnQ=
S: 535 5.7.8 the name or the password is wrong
S: 421 4.7.0 too many errors, closing
-- ending: TooManyErrors
-- connection closed
