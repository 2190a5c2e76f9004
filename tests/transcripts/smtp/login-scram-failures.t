# A wrong password, then a binding to another connection, then a name that is let wait: the third failure ends it.
# [rfc5802#6] [clients#sasl]
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
C: Yz1iaXdzLHI9Y2xpZW50c2VydmVyLHA9V20wU0MxSHE1SnlTNkZQdXdma04wNGg1NmRaOXRyaHRyUmhvcDc4ck14dz0=
S: 535 5.7.8 the name or the password is wrong
C: AUTH SCRAM-SHA-256-PLUS cD10bHMtZXhwb3J0ZXIsLG49amVhbkBhLmZyLHI9Y2xpZW50
S: 334 cj1jbGllbnRzZXJ2ZXIscz1Cd2NIQndjSEJ3Y0hCd2NIQndjSEJ3PT0saT00MDk2
C: Yz1jRDEwYkhNdFpYaHdiM0owWlhJc0xHVnNjMlYzYUdWeVpRPT0scj1jbGllbnRzZXJ2ZXIscD0wNFpvcEFwczhha2tET1lwb3hWSjFPbGdMTjZ6Q2pPckFWclZLVCtkMnhjPQ==
S: 535 5.7.8 the name or the password is wrong
C: AUTH SCRAM-SHA-256 biwsbj10aHJvdHRsZWRAYS5mcixyPWNsaWVudA==
S: 454 4.7.0 too many failed logins, try again later
S: 421 4.7.0 too many errors, closing
-- ending: TooManyErrors
-- connection closed
