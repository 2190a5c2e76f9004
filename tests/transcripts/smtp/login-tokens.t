# A token that is refused is explained in JSON, the client answers with next to nothing, and only then has failed.
# [rfc7628#3.2.2] [rfc7628#3.2.3] [clients#imap-what-to-offer]
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
C: AUTH XOAUTH2 dXNlcj1qZWFuQGEuZnIBYXV0aD1CZWFyZXIgb2xkAQE=
S: 334 eyJzY2hlbWVzIjoiYmVhcmVyIiwic2NvcGUiOiJvcGVuaWQiLCJzdGF0dXMiOiI0MDEifQ==
C: 
S: 535 5.7.8 the name or the password is wrong
C: AUTH OAUTHBEARER
S: 334 
C: bixhPWplYW5AYS5mciwBYXV0aD1CZWFyZXIgb2xkAQE=
S: 334 eyJvcGVuaWQtY29uZmlndXJhdGlvbiI6Imh0dHBzOi8vaWRwLnRlc3QveCIsInNjb3BlIjoib3BlbmlkIiwic3RhdHVzIjoiaW52YWxpZF90b2tlbiJ9
C: AQ==
S: 535 5.7.8 the name or the password is wrong
C: AUTH OAUTHBEARER bixhPWplYW5AYS5mciwBaG9zdD1teC5hLmZyAXBvcnQ9NTg3AWF1dGg9QmVhcmVyIGdvb2QBAQ==
S: 235 2.7.0 logged in
