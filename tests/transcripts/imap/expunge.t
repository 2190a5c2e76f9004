# EXPUNGE, UID EXPUNGE.
# [rfc3501#6.4.3] [rfc3501#7.4.1] [rfc9051#7.5.1] [rfc4315#2.1]
dovecot: agrees
begin: selected
message: plain.eml \Deleted
message: plain.eml
message: plain.eml \Deleted
message: plain.eml \Deleted
message: plain.eml
C: a UID EXPUNGE 2:3
S: * 3 EXPUNGE
S: a OK UID EXPUNGE completed
C: b UID EXPUNGE 2
S: b OK UID EXPUNGE completed
C: c EXPUNGE
S: * 3 EXPUNGE
S: * 1 EXPUNGE
S: c OK EXPUNGE completed
C: d EXPUNGE
S: d OK EXPUNGE completed
C: e FETCH 1:* (UID)
S: * 1 FETCH (UID 2)
S: * 2 FETCH (UID 5)
S: e OK FETCH completed
C: f UID EXPUNGE 9
S: f OK UID EXPUNGE completed
== what is recorded?
-- delete
-- delete
-- delete
