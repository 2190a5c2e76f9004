# STORE in its forms.
# [rfc3501#6.4.6] [rfc3501#6.4.8] [rfc3501#7.2.6] [proofs#when-is-it-open]
dovecot: agrees
begin: selected
message: plain.eml
message: plain.eml
message: plain.eml
C: a STORE 1 +FLAGS (\Flagged $Label1)
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Label1)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $Label1 \*)] kept
S: * 1 FETCH (UID 1 FLAGS (\Flagged $Label1))
S: a OK STORE completed
C: b STORE 1:2 FLAGS (\Answered $label1)
S: * 1 FETCH (UID 1 FLAGS (\Answered $Label1))
S: * 2 FETCH (UID 2 FLAGS (\Answered $Label1))
S: b OK STORE completed
C: c STORE 1 -FLAGS \Answered $LABEL1
S: * 1 FETCH (UID 1 FLAGS ())
S: c OK STORE completed
C: d STORE 1 +FLAGS.SILENT (\Flagged)
S: d OK STORE completed
C: e UID STORE 1:2 -FLAGS.SILENT (\Flagged)
S: e OK UID STORE completed
C: f UID STORE 8:9 +FLAGS (\Seen)
S: f OK UID STORE completed
C: g STORE 2 FLAGS ()
S: * 2 FETCH (UID 2 FLAGS ())
S: g OK STORE completed
C: h STORE 2 +FLAGS (\Recent)
# Dovecot: it refuses \Recent instead of passing over it
S: * 2 FETCH (UID 2 FLAGS ())
S: h OK STORE completed
C: i STORE 2 +FLAGS (\Frob)
S: i BAD [CLIENTBUG] the arguments have no valid form
C: j STORE 9 +FLAGS (\Seen)
S: j BAD [CLIENTBUG] the arguments have no valid form
C: k STORE 1:3 +FLAGS.SILENT ($Forwarded $MDNSent Junk NonJunk)
S: * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Label1 $Forwarded $MDNSent Junk NonJunk)
S: * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $Label1 $Forwarded $MDNSent Junk NonJunk \*)] kept
S: k OK STORE completed
C: l FETCH 1:3 FLAGS
S: * 1 FETCH (FLAGS ($Forwarded $MDNSent Junk NonJunk))
S: * 2 FETCH (FLAGS ($Forwarded $MDNSent Junk NonJunk))
S: * 3 FETCH (FLAGS ($Forwarded $MDNSent Junk NonJunk))
S: l OK FETCH completed
C: m STORE 3 +FLAGS (\Seen)
S: * 3 FETCH (UID 3 FLAGS (\Seen $Forwarded $MDNSent Junk NonJunk))
S: m OK STORE completed
== what is recorded?
-- seen imap-mark
C: n UID STORE 1 FLAGS (\Seen)
S: * 1 FETCH (UID 1 FLAGS (\Seen))
S: n OK UID STORE completed
== what is recorded?
-- seen imap-mark
C: o UID FETCH 2 BODY.PEEK[TEXT]
S: * 2 FETCH (UID 2 BODY[TEXT] {36}
S: Le bilan est normal.
S: Bien \xc3\xa0 vous
S: )
S: o OK UID FETCH completed
== what is recorded?
-- transfer imap-peek
C: p UID STORE 2 +FLAGS (\Seen)
S: * 2 FETCH (UID 2 FLAGS (\Seen $Forwarded $MDNSent Junk NonJunk))
S: p OK UID STORE completed
== what is recorded?
-- open imap-seen declared
