# NAMESPACE, ID in all its forms, ENABLE, NOOP, and what is no command.
# [rfc2342#5] [rfc9051#6.3.10] [rfc2971#3.1] [rfc5161#3.1] [rfc6855#3] [clients#imap-what-clients-do] [clients#imap-traps]
dovecot: agrees
begin: signed in
C: a NAMESPACE
# Dovecot: nothing is shared there
S: * NAMESPACE (("" "/")) NIL (("Shared/" "/"))
S: a OK NAMESPACE completed
C: b ID NIL
S: * ID ("name" "Sceau")
S: b OK ID completed
C: c ID ()
S: * ID ("name" "Sceau")
S: c OK ID completed
C: d ID ("name" "Microsoft Office 365" "version" NIL)
S: * ID ("name" "Sceau")
S: d OK ID completed
C: e ID ("name")
# Dovecot: it takes half a pair
S: e BAD [CLIENTBUG] the arguments have no valid form
C: f ENABLE CONDSTORE X-FROB
S: * ENABLED CONDSTORE
S: f OK ENABLE completed
C: g ENABLE UTF8=ACCEPT
S: * ENABLED UTF8=ACCEPT
S: g OK ENABLE completed
C: h ENABLE
# Dovecot: it takes ENABLE of nothing
S: h BAD [CLIENTBUG] the arguments have no valid form
C: i FROB
S: i BAD [CLIENTBUG] command not recognised
C: j NOOP extra
# Dovecot: it takes arguments where there are none
S: j BAD [CLIENTBUG] the arguments have no valid form
# empty lines between commands, and a line that ends in LF alone
C:
C> k noop\n
S: k OK NOOP completed
C> l NO\0OP\r\n
S: l BAD [CLIENTBUG] command not recognised
C: no-tag-and-name
S: no-tag-and-name BAD [CLIENTBUG] the arguments have no valid form
C: + NOOP
S: * BAD [CLIENTBUG] the arguments have no valid form
C: m UNSELECT
S: m BAD [CLIENTBUG] not now: another command must come first
